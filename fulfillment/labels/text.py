"""Text in the font that we have: what it can print, and how it fits its place.

The font is Bitstream Vera, which comes inside reportlab and is embedded: Latin-1 and some letters
more. Other Latin letters lose their marks (ş becomes s), pictographs are spelled out ([party
popper]), and other scripts are refused. Nothing is ever printed as an empty box, or cut off.
"""

import unicodedata
from functools import cache
from typing import NamedTuple

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from fulfillment.domain.errors import Problem, Unprintable

REGULAR, BOLD = "Vera", "VeraBd"
LEADING = 1.2
"""Line height over font size."""
SMALLEST_PT = 5.0
"""The smallest size that a 203 dpi printer prints legibly."""
STEP_PT = 0.5
NONCHARACTER = 0xFFFF
"""Mapped by the font, but no character."""

REPLACEMENTS = {
    **dict(zip("ĦħŊŋŦŧƏəĸ", "HhNnTtEeq", strict=True)),
    "ẞ": "SS",
    "\t": " ",
    "\n": " ",
    "\u00ad": "",
    **dict(zip("\u2010\u2011\u2012\u02bb\u02bc\u2032\u2033", "---'''\"", strict=True)),
}
"""Characters that do not decompose into what the font has.

Source: ICAO Doc 9303-3, section 6 (transliteration of multinational Latin characters).
"""


class Fitted(NamedTuple):
    """Rows of text and the size at which they fit their place."""

    rows: tuple[str, ...]
    size_pt: float


@cache
def register_fonts() -> frozenset[int]:
    """Make the fonts known to reportlab and return the code points that they have."""
    fonts = [TTFont(name, f"{name}.ttf") for name in (REGULAR, BOLD)]
    for font in fonts:
        pdfmetrics.registerFont(font)
    covered = frozenset.intersection(*(frozenset(font.face.charToGlyph) for font in fonts))
    return covered - {NONCHARACTER}


def printable(text: str, path: str = "text") -> str:
    """Return a text in characters that the font has.

    Args:
        text: anything.
        path: the field it came from, for the message.

    Raises:
        Unprintable: a character is of another script, or is a control character.

    """
    glyphs = register_fonts()
    composed = unicodedata.normalize("NFC", text)
    parts = [_in_font(character, glyphs) for character in composed]
    lacking = [c for c, part in zip(composed, parts, strict=True) if part is None]
    if lacking:
        named = ", ".join(f"{c!r} ({unicodedata.name(c, f'U+{ord(c):04X}')})" for c in lacking[:3])
        raise Unprintable.of(
            Problem(
                path=path,
                expected="characters of Latin scripts",
                came=f"{text!r} with {named}",
                remedy="write it in Latin letters",
            )
        )
    return "".join(part or "" for part in parts)


def _in_font(character: str, glyphs: frozenset[int]) -> str | None:
    if character in REPLACEMENTS:
        return REPLACEMENTS[character]
    if ord(character) in glyphs:
        return character
    category = unicodedata.category(character)
    if category in {"Cf", "Mn", "Me"}:
        return (
            "" if category == "Cf" or "VARIATION SELECTOR" in unicodedata.name(character) else None
        )
    decomposed = unicodedata.normalize("NFKD", character)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    if plain and all(ord(c) in glyphs for c in plain):
        return plain
    name = unicodedata.name(character, "").lower()
    return f"[{name}]" if category in {"So", "Sk"} and name else None


def width_pt(text: str, font: str, size_pt: float) -> float:
    """Return the width of a text in points."""
    register_fonts()
    return float(pdfmetrics.stringWidth(text, font, size_pt))


def wrapped(text: str, font: str, size_pt: float, available_pt: float) -> list[str]:
    """Return the rows of a text at a width: broken at spaces, and within words only if need be."""
    rows = [""]
    for word in filter(None, text.split(" ")):
        extended = f"{rows[-1]} {word}".strip()
        if width_pt(extended, font, size_pt) <= available_pt:
            rows[-1] = extended
            continue
        if width_pt(word, font, size_pt) <= available_pt:
            rows.append(word)
            continue
        for character in f" {word}" if rows[-1] else word:
            if rows[-1] and width_pt(rows[-1] + character, font, size_pt) > available_pt:
                rows.append("")
            rows[-1] += character
    return rows


def fitted(
    texts: list[str], font: str, box_pt: tuple[float, float], largest_pt: float, path: str
) -> Fitted:
    """Return texts, each from a new row, at the largest size at which they fit into a box.

    Args:
        texts: printable ones.
        font: its name.
        box_pt: width and height.
        largest_pt: where to start shrinking from.
        path: the field they came from, for the message.

    Raises:
        Unprintable: too long even at the smallest size.

    """
    available_pt, height_pt = box_pt
    size_pt = largest_pt
    while size_pt >= SMALLEST_PT:
        rows = [row for text in texts for row in wrapped(text, font, size_pt, available_pt)]
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
