"""A printed page, measured in millimeters from its top left corner."""

from io import BytesIO
from typing import NamedTuple

from reportlab.graphics.barcode.code128 import Code128
from reportlab.pdfgen.canvas import Canvas

from fulfillment.domain.errors import Problem, Unprintable
from fulfillment.labels.text import (
    BOLD,
    LEADING,
    REGULAR,
    fitted,
    printable,
    register_fonts,
    width_pt,
)

PT_PER_MM = 72 / 25.4
DOT_MM = 0.125
"""One dot of a 203 dpi (8 dots/mm) thermal printer."""
QUIET_MODULES = 10
"""Empty modules on each side of a symbol (ISO/IEC 15417, section 4.4)."""


class Style(NamedTuple):
    """How text stands in its box."""

    size_pt: float
    bold: bool = False
    centered: bool = False


class Page:
    """A document that is drawn page by page; equal drawings give equal bytes."""

    def __init__(self, width_mm: float, height_mm: float, title: str) -> None:
        """Open a document of one page size."""
        register_fonts()
        self.width_mm, self.height_mm = width_mm, height_mm
        self._bytes = BytesIO()
        size = (width_mm * PT_PER_MM, height_mm * PT_PER_MM)
        self.canvas = Canvas(self._bytes, pagesize=size, invariant=1, pageCompression=1)
        self.canvas.setTitle(title)

    def finish(self) -> bytes:
        """Close the document and return it as PDF."""
        self.canvas.save()
        return self._bytes.getvalue()

    def turn(self) -> None:
        """Go on to a new page."""
        self.canvas.showPage()

    def rule(self, y_mm: float, x_mm: float = 0.0, *, to_mm: float | None = None) -> None:
        """Draw a horizontal line, by default over the whole width."""
        self.line((x_mm, y_mm), (self.width_mm if to_mm is None else to_mm, y_mm))

    def line(self, start: tuple[float, float], end: tuple[float, float], mm: float = 0.375) -> None:
        """Draw a straight line of some thickness."""
        self.canvas.setLineWidth(mm * PT_PER_MM)
        self.canvas.line(*self._point(*start), *self._point(*end))

    def row(self, x_mm: float, y_mm: float, text: str, size_pt: float, font: str = REGULAR) -> None:
        """Write one row of printable text; y is its top."""
        self.canvas.setFont(font, size_pt)
        x, y = self._point(x_mm, y_mm)
        self.canvas.drawString(x, y - size_pt, text)

    def text(
        self, box_mm: tuple[float, float, float, float], texts: list[str], style: Style, path: str
    ) -> None:
        """Write texts, each from a new row, into a box, as large as they fit but no larger.

        Args:
            box_mm: left, top, width and height.
            texts: anything; empty ones are left out.
            style: how; its size is the largest that is taken.
            path: the field they came from, for the message.

        Raises:
            Unprintable: characters that the font lacks, or too long for the box.

        """
        left, top, width, height = box_mm
        font = BOLD if style.bold else REGULAR
        lines = [printable(text, path) for text in texts if text]
        box_pt = (width * PT_PER_MM, height * PT_PER_MM)
        rows, size = fitted(lines, font, box_pt, style.size_pt, path)
        for number, row in enumerate(rows):
            spare_mm = width - width_pt(row, font, size) / PT_PER_MM if style.centered else 0.0
            down_mm = number * size * LEADING / PT_PER_MM
            self.row(left + spare_mm / 2, top + down_mm, row, size, font)

    def code128(
        self, top_mm: float, height_mm: float, value: str, module_dots: tuple[int, ...], path: str
    ) -> None:
        """Draw a centered Code 128 symbol with its quiet zones, on the printer's dots.

        Args:
            top_mm: its upper edge.
            height_mm: of its bars.
            value: printable ASCII; FNC1 is written as reportlab has it.
            module_dots: widths of the narrowest bar to try, in dots, the preferred one first.
            path: the field it came from, for the message.

        Raises:
            Unprintable: wider than the page at each of the module widths.

        Source: ISO/IEC 15417 (Code 128).

        """
        for dots in module_dots:
            module_mm = dots * DOT_MM
            symbol = Code128(
                value,
                barWidth=module_mm * PT_PER_MM,
                barHeight=height_mm * PT_PER_MM,
                quiet=0,
                humanReadable=False,
            )
            width_mm = symbol.width / PT_PER_MM
            if width_mm + 2 * QUIET_MODULES * module_mm <= self.width_mm:
                left_mm = round((self.width_mm - width_mm) / 2 / DOT_MM) * DOT_MM
                symbol.drawOn(self.canvas, *self._point(left_mm, top_mm + height_mm))
                return
        raise Unprintable.of(
            Problem(path=path, expected="a code that fits the width of the label", came=repr(value))
        )

    def path(self, points: list[tuple[float, float]], *, filled: bool) -> None:
        """Draw a closed polygon."""
        outline = self.canvas.beginPath()
        outline.moveTo(*self._point(*points[0]))
        for point in points[1:]:
            outline.lineTo(*self._point(*point))
        outline.close()
        self.canvas.setLineWidth(0.375 * PT_PER_MM)
        self.canvas.drawPath(outline, stroke=1, fill=int(filled))

    def _point(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        return x_mm * PT_PER_MM, (self.height_mm - y_mm) * PT_PER_MM
