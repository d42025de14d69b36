"""A printed page, measured in millimeters from its top left corner."""

from io import BytesIO
from typing import Any, NamedTuple

from reportlab.graphics.barcode.code128 import Code128
from reportlab.pdfgen.canvas import Canvas

from fulfillment.domain.errors import Problem, Unprintable
from fulfillment.labels.embedding import FontBook
from fulfillment.labels.shaping import Row, shaped
from fulfillment.labels.text import LEADING, Type, fitted, printable

PT_PER_MM = 72 / 25.4
DOTS_PER_MM = 8
DOT_MM = 1 / DOTS_PER_MM
"""One dot of a 203 dpi thermal printer."""
QUIET_MODULES = 10
"""Empty modules on each side of a symbol (ISO/IEC 15417, section 4.4)."""
RULE_MM = 0.375
GUARD_DOTS = 0.05
"""What a bar is narrower on each side, so that no rounding takes it into the next dot."""

Box = tuple[float, float, float, float]
"""Left, top, width and height in millimeters."""
Point = tuple[float, float]


class Style(NamedTuple):
    """How text stands in its box."""

    size_pt: float
    bold: bool = False
    centered: bool = False
    right: bool = False


class Symbol(NamedTuple):
    """A Code 128 symbol at its place."""

    left_mm: float
    top_mm: float
    height_mm: float
    module_dots: int
    bars: Code128


class Page:
    """A document that is drawn page by page; equal drawings give equal bytes."""

    def __init__(self, width_mm: float, height_mm: float, title: str, region: str = "") -> None:
        """Open a document of one page size.

        Args:
            width_mm: of its pages.
            height_mm: of its pages.
            title: for who opens it on a screen.
            region: the country whose form Han characters take.

        """
        self.width_mm, self.height_mm, self.region = width_mm, height_mm, region
        self._bytes, self._fonts = BytesIO(), FontBook()
        size = (width_mm * PT_PER_MM, height_mm * PT_PER_MM)
        self.canvas: Any = Canvas(self._bytes, pagesize=size, invariant=1, pageCompression=1)
        self.canvas.setTitle(title)

    def finish(self) -> bytes:
        """Close the document and return it as PDF."""
        self._fonts.embed(self.canvas._doc)  # noqa: SLF001 - reportlab gives it to its own fonts
        self.canvas.save()
        return self._bytes.getvalue()

    def turn(self) -> None:
        """Go on to a new page."""
        self.canvas.showPage()

    def rule(self, y_mm: float, x_mm: float = 0.0, *, to_mm: float | None = None) -> None:
        """Draw a horizontal line, by default over the whole width."""
        self.line((x_mm, y_mm), (self.width_mm if to_mm is None else to_mm, y_mm))

    def line(self, start: Point, end: Point, thickness_mm: float = RULE_MM) -> None:
        """Draw a straight line."""
        self.canvas.setLineWidth(thickness_mm * PT_PER_MM)
        self.canvas.line(*self._point(*start), *self._point(*end))

    def row(self, x_mm: float, y_mm: float, text: str, size_pt: float, *, bold: bool) -> None:
        """Write one row of printable text; y is its top, the base line lies a size below."""
        x_pt, y_pt = self._point(x_mm, y_mm)
        row = self._shaped(text, bold)
        self._fonts.write(self.canvas._code, x_pt, y_pt - size_pt, row, size_pt)  # noqa: SLF001

    def text(self, box_mm: Box, texts: list[str], style: Style, path: str) -> None:
        """Write texts, each from a new row, into a box, as large as they fit but no larger.

        A row of a script that is written from right to left begins at the right edge.

        Args:
            box_mm: left, top, width and height.
            texts: anything; empty ones are left out.
            style: how; its size is the largest that is taken.
            path: the field they came from, for the message.

        Raises:
            Unprintable: characters that the fonts lack, or too long for the box.

        """
        left, top, width, height = box_mm
        lines = [printable(text, path) for text in texts if text]
        box_pt = (width * PT_PER_MM, height * PT_PER_MM)
        rows, size = fitted(lines, Type(style.bold, self.region), box_pt, style.size_pt, path)
        for number, text in enumerate(rows):
            row = self._shaped(text, style.bold)
            spare_mm = width - row.width * size / PT_PER_MM
            share = 0.5 if style.centered else float(style.right or row.right_to_left)
            down_mm = number * size * LEADING / PT_PER_MM
            self.row(left + share * spare_mm, top + down_mm, text, size, bold=style.bold)

    def code128(
        self,
        box_mm: Box,
        value: str,
        module_dots: tuple[int, ...],
        path: str,
    ) -> None:
        """Draw a Code 128 symbol, centered in a box with its quiet zones, on the printer's dots.

        Args:
            box_mm: left, top, width, and the height of the bars.
            value: printable ASCII; FNC1 is written as reportlab has it.
            module_dots: widths of the narrowest bar to try, in dots, the preferred one first.
            path: the field it came from, for the message.

        Raises:
            Unprintable: wider than the box at each of the module widths.

        Source: ISO/IEC 15417 (Code 128).

        """
        left, top, width, height = box_mm
        for dots in module_dots:
            bars = Code128(
                value,
                barWidth=dots * DOT_MM * PT_PER_MM,
                barHeight=height * PT_PER_MM,
                quiet=0,
                humanReadable=False,
            )
            spare_mm = width - bars.width / PT_PER_MM  # the width encodes and decomposes, too
            if spare_mm >= 2 * QUIET_MODULES * dots * DOT_MM:
                at_mm = round((left + spare_mm / 2) * DOTS_PER_MM) / DOTS_PER_MM
                self.symbol(Symbol(at_mm, top, height, dots, bars))
                return
        raise Unprintable.of(
            Problem(path=path, expected="a code that fits the width of the paper", came=repr(value))
        )

    def symbol(self, symbol: Symbol) -> None:
        """Draw a symbol's bars."""
        at_dots = symbol.left_mm * DOTS_PER_MM
        bars = []
        for letter in symbol.bars.decomposed:
            width_dots = (ord(letter.lower()) - ord("a") + 1) * symbol.module_dots
            if letter.isupper():
                bars.append((at_dots + GUARD_DOTS, width_dots - 2 * GUARD_DOTS))
            at_dots += width_dots
        _, bottom_pt = self._point(0, symbol.top_mm + symbol.height_mm)
        upright = f"{bottom_pt:.4f}", f"{symbol.height_mm * PT_PER_MM:.4f}"
        rectangles = [
            f"{left * DOT_MM * PT_PER_MM:.4f} {upright[0]} {width * DOT_MM * PT_PER_MM:.4f}"
            f" {upright[1]} re"
            for left, width in bars
        ]
        # reportlab's own rectangles take a third of a label's time.
        self.canvas._code.append(f"{' '.join(rectangles)} f")  # noqa: SLF001

    def path(self, points: list[Point], *, filled: bool, thickness_mm: float = RULE_MM) -> None:
        """Draw a closed polygon."""
        outline = self.canvas.beginPath()
        outline.moveTo(*self._point(*points[0]))
        for point in points[1:]:
            outline.lineTo(*self._point(*point))
        outline.close()
        self.canvas.setLineWidth(thickness_mm * PT_PER_MM)
        self.canvas.drawPath(outline, stroke=1, fill=int(filled))

    def _shaped(self, text: str, bold: bool) -> Row:  # noqa: FBT001 - inside
        return shaped(text, bold=bold, region=self.region)

    def _point(self, x_mm: float, y_mm: float) -> Point:
        return x_mm * PT_PER_MM, (self.height_mm - y_mm) * PT_PER_MM
