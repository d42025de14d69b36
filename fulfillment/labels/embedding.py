"""Fonts inside a PDF: the glyphs that a document uses, and no others, as Type 3 fonts.

Any outline fits into a Type 3 font (TrueType, CFF, an instance of a variable font), shaped as it
is; and what is written stays text that can be searched and copied.

Source: ISO 32000-1, section 9.6.5 (Type 3 fonts), 9.10.3 (ToUnicode CMaps).
"""

import zlib
from functools import lru_cache
from typing import Any

from reportlab.pdfbase import pdfdoc

from fulfillment.labels.shaping import Glyph, Row, Run
from fulfillment.labels.typefaces import UNITS_PER_EM, Typeface

CODES_OF_A_FONT = 255
INVISIBLE = "\u200b"
"""What a glyph stands for whose characters another glyph stands for."""
CMAP = (
    "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
    "/CMapName /ToUnicode def /CMapType 2 def\n"
    "1 begincodespacerange <00> <FF> endcodespacerange\n"
    "{mappings}\nendcmap CMapName currentdict /CMap defineresource pop end end"
)
MAPPINGS_AT_ONCE = 100


class Stream(pdfdoc.PDFObject):
    """A stream that is written as it is; reportlab's own is deflated anew in each document."""

    def __init__(self, written: bytes) -> None:
        """Keep what `deflated` made."""
        self._written = written

    def format(self, document: object) -> bytes:
        """Return what reportlab writes into a document."""
        del document
        return self._written


class EmbeddedFont:
    """The glyphs of one typeface that a document uses, by their codes."""

    def __init__(self, name: str, face: Typeface) -> None:
        """Begin without glyphs."""
        self.name, self.face = name, face
        self.codes: dict[tuple[int, str], int] = {}

    def code(self, glyph: Glyph) -> int:
        """Return the code of a glyph that stands for certain characters."""
        return self.codes.setdefault((glyph.glyph, glyph.text), len(self.codes) + 1)

    def add_to(self, document: Any) -> None:  # noqa: ANN401 - reportlab types it in part
        """Put the font into a document, and into the resources of all of its pages."""
        names = {code: f"g{code}" for code in self.codes.values()}
        procedures = {
            names[code]: document.Reference(
                Stream(_procedure(self.face, glyph)), f"{self.name}.{code}"
            )
            for (glyph, _), code in self.codes.items()
        }
        widths = [self.face.advance(glyph) for glyph, _ in self.codes]
        characters = Stream(deflated(self._to_unicode()))
        font = {
            "Type": pdfdoc.PDFName("Font"),
            "Subtype": pdfdoc.PDFName("Type3"),
            "FontBBox": pdfdoc.PDFArray([0, 0, 0, 0]),
            "FontMatrix": pdfdoc.PDFArray([1 / UNITS_PER_EM, 0, 0, 1 / UNITS_PER_EM, 0, 0]),
            "CharProcs": pdfdoc.PDFDictionary(procedures),
            "Encoding": pdfdoc.PDFDictionary(
                {"Differences": pdfdoc.PDFArray([1, *map(pdfdoc.PDFName, names.values())])}
            ),
            "FirstChar": 1,
            "LastChar": len(self.codes),
            "Widths": pdfdoc.PDFArray(widths),
            "Resources": pdfdoc.PDFDictionary({}),
            "ToUnicode": document.Reference(characters, f"{self.name}.cmap"),
        }
        fonts = document.idToObject["BasicFonts"].dict
        fonts[self.name] = document.Reference(pdfdoc.PDFDictionary(font), self.name)

    def _to_unicode(self) -> str:
        mappings = [
            f"<{code:02X}> <{(text or INVISIBLE).encode('utf-16-be').hex()}>"
            for (_, text), code in self.codes.items()
        ]
        groups = [
            mappings[first : first + MAPPINGS_AT_ONCE]
            for first in range(0, len(mappings), MAPPINGS_AT_ONCE)
        ]
        blocks = [f"{len(g)} beginbfchar\n{chr(10).join(g)}\nendbfchar" for g in groups]
        return CMAP.format(mappings="\n".join(blocks))


class FontBook:
    """The fonts of one document, filled while it is written."""

    def __init__(self) -> None:
        """Begin without fonts."""
        self._fonts: list[EmbeddedFont] = []

    def write(self, code: list[str], x_pt: float, y_pt: float, row: Row, size_pt: float) -> None:
        """Write a row from a point on its base line into a page's content."""
        for run in row.runs:
            shown = " ".join(self._shown(run, size_pt))
            code.append(f"BT {x_pt:.2f} {y_pt:.2f} Td {shown} ET")
            x_pt += sum(glyph.advance for glyph in run.glyphs) * size_pt / UNITS_PER_EM

    def embed(self, document: Any) -> None:  # noqa: ANN401 - reportlab types it in part
        """Put the fonts into the document."""
        for font in self._fonts:
            font.add_to(document)

    def _shown(self, run: Run, size_pt: float) -> list[str]:
        operators: list[str] = []
        selected, rise, pen, at = "", 0, 0, 0
        for glyph in run.glyphs:
            font = self._font_for(run.face, glyph)
            if font.name != selected:
                operators.append(f"/{font.name} {size_pt:g} Tf")
                selected = font.name
            if glyph.y != rise:
                operators.append(f"{glyph.y * size_pt / UNITS_PER_EM:.3f} Ts")
                rise = glyph.y
            wanted = pen + glyph.x
            operators.append(f"[{at - wanted} <{font.code(glyph):02X}>] TJ")
            at, pen = wanted + run.face.advance(glyph.glyph), pen + glyph.advance
        return [*operators, "0 Ts"] if rise else operators

    def _font_for(self, face: Typeface, glyph: Glyph) -> EmbeddedFont:
        """Return the font that has the glyph already, or one that still has room for it."""
        mine = [font for font in self._fonts if font.face is face]
        known = next((f for f in mine if (glyph.glyph, glyph.text) in f.codes), None)
        if known:
            return known
        if not mine or len(mine[-1].codes) == CODES_OF_A_FONT:
            mine.append(EmbeddedFont(f"T{len(self._fonts) + 1}", face))
            self._fonts.append(mine[-1])
        return mine[-1]


def deflated(content: str) -> bytes:
    """Return a content as a PDF stream."""
    data = zlib.compress(content.encode("latin-1"))
    return b"<</Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (len(data), data)


@lru_cache(maxsize=4096)
def _procedure(face: Typeface, glyph: int) -> bytes:
    # A bounding box that is too large costs nothing, one that is too small cuts.
    box = f"{-UNITS_PER_EM} {-UNITS_PER_EM} {3 * UNITS_PER_EM} {2 * UNITS_PER_EM}"
    return deflated(f"{face.advance(glyph)} 0 {box} d1 {face.outline(glyph)} f")
