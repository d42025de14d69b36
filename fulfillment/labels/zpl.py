"""A label in ZPL II: what the printer draws itself, sharper and smaller, and a picture of the rest.

Bar codes, lines and plain ASCII text are the printer's own (^BC, ^GB, ^A0); other scripts and the
handling marks are dots of one graphic field (^GF), compressed.

Source: Zebra, ZPL II Programming Guide: ^BC, ^FT, ^GB, ^GF, "Alternative data compression scheme".
"""

import base64
import binascii
import zlib

from PIL import Image, ImageChops
from reportlab.graphics.barcode.code128 import setb

from fulfillment.labels.page import DOTS_PER_MM, PT_PER_MM, RULE_MM, Box, Page, Point, Style, Symbol
from fulfillment.labels.raster import DOTS_PER_INCH, dots

START_C = 105
STARTS = {104: ">:", START_C: ">;"}
"""Of code sets B and C, by their symbols."""
TO_C, TO_B, FNC1_SYMBOL = 99, 100, 102
ESCAPED = {">": ">0", "^": "><", "~": ">="}
LETTERS = {symbol: character for character, symbol in setb.items()}
ROW_BITS = 8

FONT_0 = {
    25: "ijl",
    28: " !'(),./:;I[\\]`ft",
    34: "r",
    38: "z",
    44: "?Jcksvxy",
    47: '"#$*0123456789Laeo',
    50: "EFTZ^_bdghnpqu{|}",
    53: "CSV",
    56: "ABKOPQXY",
    59: "DGR",
    62: "&HNU",
    66: "w",
    75: "Mm",
    81: "W",
    91: "%+-=@",
    100: "<>~",
}
"""The printer's scalable font: characters by their width in hundredths of their height.

Source: measured on zplkit, whose glyphs are captured from printers.
"""
ADVANCES = {character: width for width, some in FONT_0.items() for character in some}


LEAST_DOTS = 10
"""A printer's letters are not smaller, in height and width (ZPL II, ^A)."""


class ZplPage(Page):
    """A page of one label, drawn as ZPL commands as far as the printer can draw by itself."""

    def __init__(self, width_mm: float, height_mm: float, title: str, region: str = "") -> None:
        """Open a label."""
        super().__init__(width_mm, height_mm, title, region)
        self._commands: list[str] = []
        self._pictured, self._in_own_font = False, True

    def finish(self) -> bytes:
        """Close the label and return it as ZPL, in UTF-8."""
        width, height = (round(mm / 25.4 * DOTS_PER_INCH) for mm in (self.width_mm, self.height_mm))
        graphics = [_graphic(dots(super().finish()))] if self._pictured else []
        head = ["^XA", "^CI28", f"^PW{width}", f"^LL{height}", "^LH0,0"]
        return "\n".join([*head, *graphics, *self._commands, "^XZ", ""]).encode()

    def line(self, start: Point, end: Point, thickness_mm: float = RULE_MM) -> None:
        """Draw a straight line: a box, unless it is aslant."""
        if start[0] != end[0] and start[1] != end[1]:
            self._pictured = True
            return super().line(start, end, thickness_mm)
        (left, top), (right, bottom) = sorted((start, end))
        thick = max(1, round(thickness_mm * DOTS_PER_MM))
        width, height = (max(thick, _dots(side)) for side in (right - left, bottom - top))
        x, y = _dots(left), _dots(top)
        if right > left:
            y = max(0, _dots(top) - thick // 2)
        else:
            x = max(0, _dots(left) - thick // 2)
        self._commands.append(f"^FO{x},{y}^GB{width},{height},{thick}^FS")
        return None

    def path(self, points: list[Point], *, filled: bool, thickness_mm: float = RULE_MM) -> None:
        """Draw a closed polygon."""
        self._pictured = True
        super().path(points, filled=filled, thickness_mm=thickness_mm)

    def row(self, x_mm: float, y_mm: float, text: str, size_pt: float, *, bold: bool) -> None:
        """Write one row of text, in the printer's font if that has it."""
        height, width = self._own_size(text, size_pt, bold=bold)
        if min(height, width) < LEAST_DOTS:
            self._pictured = True
            return super().row(x_mm, y_mm, text, size_pt, bold=bold)
        base = _dots(y_mm + size_pt / PT_PER_MM)
        escaped = "".join(f"_{ord(c):02x}" if c in "^~_" else c for c in text)
        place = f"^FT{_dots(x_mm)},{base}"
        self._commands.append(f"{place}^A0N,{height},{width}^FH^FD{escaped}^FS")
        return None

    def _own_size(self, text: str, size_pt: float, *, bold: bool) -> tuple[int, int]:
        """Return height and width of the printer's letters in dots; 0 where it can't write this.

        As wide as in the PDF, so that the text fits and stands where it shall.
        """
        if not (self._in_own_font and text and text.isascii()):
            return 0, 0
        height = round(size_pt / PT_PER_MM * DOTS_PER_MM)
        ours = self._shaped(text, bold).width * 100
        return height, int(height * ours / sum(ADVANCES[character] for character in text))

    def text(self, box_mm: Box, texts: list[str], style: Style, path: str) -> None:
        """Write texts into a box, all of them in one font."""
        self._in_own_font = all(text.isascii() for text in texts)
        super().text(box_mm, texts, style, path)
        self._in_own_font = True

    def symbol(self, symbol: Symbol) -> None:
        """Draw a symbol's bars, in the code sets that the PDF has, so that it is as wide."""
        place = f"^FO{_dots(symbol.left_mm)},{_dots(symbol.top_mm)}"
        height = _dots(symbol.height_mm)
        start, *body = symbol.bars.encoded[:-2]
        text = STARTS[start] + _field_data(body, in_c=start == START_C)
        self._commands.append(f"{place}^BY{symbol.module_dots}^BCN,{height},N,N,N,N^FD{text}^FS")


def picture(image: Image.Image) -> bytes:
    """Return a picture in black and white as a ZPL label of its own: a carrier's label, say."""
    width, height = image.size
    head = ["^XA", f"^PW{width}", f"^LL{height}", "^LH0,0"]
    return "\n".join([*head, _graphic(image), "^XZ", ""]).encode()


def _field_data(symbols: list[int], *, in_c: bool) -> str:
    """Return Code 128 symbols as the data of a ^FD field, with their changes of code set."""
    written = []
    for symbol in symbols:
        if symbol == FNC1_SYMBOL:
            written.append(">8")
        elif in_c and symbol == TO_B:
            in_c = False
            written.append(">6")
        elif in_c:
            written.append(f"{symbol:02d}")
        elif symbol == TO_C:
            in_c = True
            written.append(">5")
        else:
            written.append(ESCAPED.get(LETTERS[symbol], LETTERS[symbol]))
    return "".join(written)


def _graphic(image: Image.Image) -> str:
    """Return what is black of a picture as a ^GF field, deflated, in base 64, with its CRC."""
    ink = ImageChops.invert(image.convert("L"))
    left, top, right, bottom = ink.getbbox() or (0, 0, ROW_BITS, 1)
    left -= left % ROW_BITS
    width = -(-(right - left) // ROW_BITS) * ROW_BITS
    cut = ink.crop((left, top, left + width, bottom)).convert("1")
    rows = cut.tobytes()
    data = base64.b64encode(zlib.compress(rows, 9))
    crc = binascii.crc_hqx(data, 0)
    size = f"{len(rows)},{len(rows)},{width // ROW_BITS}"
    return f"^FO{left},{top}^GFA,{size},:Z64:{data.decode()}:{crc:04X}^FS"


def _dots(length_mm: float) -> int:
    return round(length_mm * DOTS_PER_MM)
