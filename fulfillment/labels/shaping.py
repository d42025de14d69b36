"""From characters to glyphs: fonts by script, direction by the bidirectional algorithm, shapes.

Source: Unicode Standard Annex 9 (bidirectional algorithm); Annex 29 (what is not parted).
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import uharfbuzz as hb
from bidi import algorithm as bidi

from fulfillment.labels.typefaces import UNITS_PER_EM, Source, Typeface, source_of, typeface

JOINERS = "\u200c\u200d"
"""Zero-width non-joiner and joiner: they change the shapes of Arabic and Devanagari letters."""
VIRAMA = 9
"""Canonical combining class of the sign that joins two Indic consonants."""
RIGHT_TO_LEFT = {"R", "AL", "AN"}


class Glyph(NamedTuple):
    """A shape at its place in a row, in thousandths of an em."""

    glyph: int
    text: str
    """The characters it stands for; "" if another glyph of the cluster stands for them."""
    advance: int
    x: int
    y: int


class Run(NamedTuple):
    """Neighboring glyphs of one font."""

    face: Typeface
    glyphs: tuple[Glyph, ...]


class Row(NamedTuple):
    """A row of text as it is drawn, from left to right."""

    runs: tuple[Run, ...]
    width: float
    """In em."""
    right_to_left: bool


class _Piece(NamedTuple):
    """Characters of one font and one embedding level."""

    text: str
    source: Source
    level: int


@lru_cache(maxsize=2048)
def shaped(text: str, *, bold: bool = False, region: str = "") -> Row:
    """Return a printable text as glyphs."""
    base, levels = _levels(text)
    runs = tuple(_run(piece, bold=bold) for piece in _visual(list(_pieces(text, levels, region))))
    width = sum(glyph.advance for run in runs for glyph in run.glyphs) / UNITS_PER_EM
    return Row(runs, width, base % 2 == 1)


def clusters(text: str) -> list[str]:
    """Return a text in parts that a line break may part, but not divide: letters with marks."""
    parts: list[str] = []
    for character in text:
        joins = bool(parts) and (
            unicodedata.category(character).startswith("M")
            or character in JOINERS
            or parts[-1][-1] == "\u200d"
            or unicodedata.combining(parts[-1][-1]) == VIRAMA
        )
        if joins:
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def _levels(text: str) -> tuple[int, list[int]]:
    """Return the embedding level of the row, and of each character; even is left to right."""
    if not any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in text):
        return 0, [0] * len(text)
    base = bidi.get_base_level(text)
    storage = bidi.get_empty_storage()
    storage["base_level"], storage["base_dir"] = base, ("L", "R")[base]
    bidi.get_embedding_levels(text, storage)
    bidi.explicit_embed_and_overrides(storage)
    bidi.resolve_weak_types(storage)
    bidi.resolve_neutral_types(storage, False)  # noqa: FBT003 - its "debug"
    bidi.resolve_implicit_levels(storage, False)  # noqa: FBT003 - its "debug"
    return base, [character["level"] for character in storage["chars"]]


def _pieces(text: str, levels: list[int], region: str) -> Iterator[_Piece]:
    """Yield the text piece by piece; marks and spaces stay in the font of what precedes them."""
    found: list[Source] = []
    for character in text:
        sticks = unicodedata.category(character) in {"Mn", "Mc", "Me", "Zs", "Cf"}
        same = found and sticks and typeface(found[-1], bold=False).has(character)
        source = found[-1] if same else source_of(character, region)
        found.append(source or (found[-1] if found else source_of(" ", region)))  # type: ignore[arg-type]
    together = zip(text, found, levels, strict=True)
    for (source, level), group in groupby(together, key=lambda item: item[1:]):
        yield _Piece("".join(item[0] for item in group), source, level)


def _visual(pieces: list[_Piece]) -> list[_Piece]:
    """Return pieces from left to right.

    Source: Unicode Standard Annex 9, rule L2.

    """
    for level in range(max((p.level for p in pieces), default=0), 0, -1):
        groups = [list(g) for _, g in groupby(pieces, key=lambda p: p.level >= level)]
        turned = [g[::-1] if g[0].level >= level else g for g in groups]
        pieces = [piece for group in turned for piece in group]
    return pieces


def _run(piece: _Piece, *, bold: bool) -> Run:
    face = typeface(piece.source, bold=bold)
    buffer = hb.Buffer()
    buffer.add_str(piece.text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if piece.level % 2 else "ltr"
    hb.shape(face.font, buffer)
    starts = sorted({info.cluster for info in buffer.glyph_infos})
    ends = dict(zip(starts, [*starts[1:], len(piece.text)], strict=True))
    glyphs, seen = [], set[int]()
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        text = "" if info.cluster in seen else piece.text[info.cluster : ends[info.cluster]]
        seen.add(info.cluster)
        glyphs.append(
            Glyph(info.codepoint, text, position.x_advance, position.x_offset, position.y_offset)
        )
    return Run(face, tuple(glyphs))
