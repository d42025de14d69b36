"""Text that our fonts can print, and how it fits its place.

Fonts for most living scripts are there (see `fulfillment.labels.typefaces`). Letters that they lack
lose their marks, pictographs are spelled out ([party popper]), and what is left is refused. Nothing
is ever printed as an empty box, or cut off.
"""

import unicodedata
from typing import NamedTuple

from fulfillment.domain.errors import Problem, Unprintable
from fulfillment.labels.shaping import JOINERS, clusters, shaped
from fulfillment.labels.typefaces import source_of

LEADING = 1.2
"""Line height over font size."""
SMALLEST_PT = 5.0
"""The smallest size that a 203 dpi printer prints legibly."""
STEP_PT = 0.5

REPLACEMENTS = {"\t": " ", "\n": " ", "\u00ad": "", "\u2011": "-", "\u202f": "\u00a0"}
"""White space in other words, and a hyphen that fonts seldom have."""


class Type(NamedTuple):
    """How letters look: their weight, and the country whose form Han characters take."""

    bold: bool = False
    region: str = ""


PLAIN = Type()


class Fitted(NamedTuple):
    """Rows of text and the size at which they fit their place."""

    rows: tuple[str, ...]
    size_pt: float


def printable(text: str, path: str = "text") -> str:
    """Return a text in characters that the fonts have.

    Args:
        text: anything.
        path: the field it came from, for the message.

    Raises:
        Unprintable: a character is of a script without font, or is a control character.

    """
    composed = unicodedata.normalize("NFC", text)
    parts = [_in_fonts(character) for character in composed]
    lacking = [c for c, part in zip(composed, parts, strict=True) if part is None]
    if lacking:
        named = ", ".join(f"{c!r} ({unicodedata.name(c, f'U+{ord(c):04X}')})" for c in lacking[:3])
        raise Unprintable.of(
            Problem(
                path=path,
                expected="characters of a script that we have a font for",
                came=f"{text!r} with {named}",
                remedy="write it in Latin letters",
            )
        )
    return "".join(part or "" for part in parts)


def _in_fonts(character: str) -> str | None:
    """Return what is printed for a character, or None if nothing can stand for it."""
    if character in REPLACEMENTS:
        return REPLACEMENTS[character]
    match unicodedata.category(character):
        case "Cf":
            return character if character in JOINERS else ""
        case "Cc" | "Cs" | "Cn":
            return None
        case category:
            return character if source_of(character) else _instead(character, category)


def _instead(character: str, category: str) -> str | None:
    name = unicodedata.name(character, "").lower()
    if "variation selector" in name:
        return ""
    decomposed = unicodedata.normalize("NFKD", character)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    if plain and all(source_of(c) for c in plain):
        return plain
    return f"[{name}]" if category in {"So", "Sk"} and name else None


def width_pt(text: str, size_pt: float, face: Type = PLAIN) -> float:
    """Return the width of a printable text in points."""
    return shaped(text, bold=face.bold, region=face.region).width * size_pt


def wrapped(
    text: str,
    size_pt: float,
    available_pt: float,
    face: Type = PLAIN,
) -> list[str]:
    """Return the rows of a text at a width: broken at spaces, and within words only if need be."""
    rows = [""]
    for word in filter(None, text.split(" ")):
        extended = f"{rows[-1]} {word}".strip()
        if width_pt(extended, size_pt, face) <= available_pt:
            rows[-1] = extended
            continue
        if width_pt(word, size_pt, face) <= available_pt:
            rows.append(word)
            continue
        for part in clusters(f" {word}" if rows[-1] else word):
            if rows[-1] and width_pt(rows[-1] + part, size_pt, face) > available_pt:
                rows.append("")
            rows[-1] += part
    return rows


def fitted(
    texts: list[str], face: Type, box_pt: tuple[float, float], largest_pt: float, path: str
) -> Fitted:
    """Return texts, each from a new row, at the largest size at which they fit into a box.

    Args:
        texts: printable ones.
        face: how their letters look.
        box_pt: width and height.
        largest_pt: where to start shrinking from.
        path: the field they came from, for the message.

    Raises:
        Unprintable: too long even at the smallest size.

    """
    available_pt, height_pt = box_pt
    size_pt = largest_pt
    while size_pt >= SMALLEST_PT:
        rows = [row for text in texts for row in wrapped(text, size_pt, available_pt, face)]
        if len(rows) * size_pt * LEADING <= height_pt:
            return Fitted(tuple(rows), size_pt)
        size_pt -= STEP_PT
    raise Unprintable.of(
        Problem(
            path=path,
            expected=f"a text that fits at {SMALLEST_PT:g} points",
            came=f"{sum(map(len, texts))} characters: {' / '.join(texts)!r}",
            remedy="shorten it",
        )
    )
