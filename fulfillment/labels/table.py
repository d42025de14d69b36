"""Tables over as many A4 pages as they take, with a head on each page and a closing on the last."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from fulfillment.domain.errors import Problem, Unprintable
from fulfillment.labels.page import PT_PER_MM, Page, Style
from fulfillment.labels.text import LEADING, Type, printable, wrapped

WIDTH_MM, HEIGHT_MM = 210.0, 297.0
MARGIN_MM = 15.0
INNER_MM = WIDTH_MM - 2 * MARGIN_MM
BOTTOM_MM = HEIGHT_MM - 18.0
SIZE_PT = 8.5
LINE_MM = SIZE_PT * LEADING / PT_PER_MM
ROW_GAP_MM = 1.2
CELL_GAP_MM = 2.0


class Column(NamedTuple):
    """A column: its title, its width, and on which side its cells stand."""

    title: str
    width_mm: float
    right: bool = False
    path: str = "cell"
    """The field of its cells, for the message."""


class Sheet(NamedTuple):
    """What stands around a table."""

    head: Callable[[Page], float]
    """Draws what is above the table on each page; returns where the table begins."""
    closing: Callable[[Page, float], None]
    """Draws what is below the table on its last page, from there on."""
    closing_mm: float
    foot: str
    """What stands at the end of each page, before its number."""


Cells = Sequence[Sequence[str]]
"""The rows of text of each cell of a table's row."""


def draw_table(
    page: Page, columns: Sequence[Column], rows: Sequence[Sequence[str]], sheet: Sheet
) -> None:
    """Draw a table from the top of an empty page on.

    Raises:
        Unprintable: a text has characters that the fonts lack, or does not fit a page.

    """
    broken = [_broken(page, columns, row) for row in rows]
    top_mm = sheet.head(page)
    begin_mm = top_mm + LINE_MM + 2 * ROW_GAP_MM
    pages = list(_paginated(broken, BOTTOM_MM - begin_mm, sheet.closing_mm))
    for number, some in enumerate(pages, 1):
        if number > 1:
            page.turn()
            sheet.head(page)
        _titles(page, columns, top_mm)
        end_mm = _write(page, columns, some, begin_mm)
        foot = f"{sheet.foot}, page {number} of {len(pages)}"
        page.text((MARGIN_MM, HEIGHT_MM - 14, INNER_MM, 5), [foot], Style(8), "foot")
    sheet.closing(page, end_mm)


def _broken(page: Page, columns: Sequence[Column], row: Sequence[str]) -> Cells:
    face = Type(region=page.region)
    return [
        [
            line
            for part in cell.split("\n")
            for line in wrapped(
                printable(part, column.path),
                SIZE_PT,
                (column.width_mm - CELL_GAP_MM) * PT_PER_MM,
                face,
            )
        ]
        for column, cell in zip(columns, row, strict=True)
    ]


def _height_mm(cells: Cells) -> float:
    return max(map(len, cells)) * LINE_MM + ROW_GAP_MM


def _paginated(rows: list[Cells], room_mm: float, closing_mm: float) -> Iterator[list[Cells]]:
    """Yield the rows of each page; the last leaves room for the closing."""
    some: list[Cells] = []
    left_mm = room_mm
    for cells in rows:
        height_mm = _height_mm(cells)
        if height_mm > room_mm:
            came = f"a row of {height_mm:.0f} mm: {cells[0]!r}"
            problem = Problem(path="row", expected="a row that fits a page", came=came)
            raise Unprintable.of(problem)
        if height_mm > left_mm:
            yield some
            some, left_mm = [], room_mm
        some.append(cells)
        left_mm -= height_mm
    if closing_mm > left_mm:
        yield some
        some = []
    yield some


def _titles(page: Page, columns: Sequence[Column], top_mm: float) -> None:
    page.rule(top_mm, MARGIN_MM, to_mm=WIDTH_MM - MARGIN_MM)
    left_mm = MARGIN_MM
    for column in columns:
        box = (left_mm, top_mm + ROW_GAP_MM, column.width_mm - CELL_GAP_MM, LINE_MM)
        page.text(box, [column.title], Style(7.5, bold=True, right=column.right), "title")
        left_mm += column.width_mm
    bottom_mm = top_mm + LINE_MM + ROW_GAP_MM
    page.rule(bottom_mm, MARGIN_MM, to_mm=WIDTH_MM - MARGIN_MM)


def _write(page: Page, columns: Sequence[Column], rows: list[Cells], top_mm: float) -> float:
    """Write rows and return where they end."""
    for cells in rows:
        left_mm = MARGIN_MM
        for column, lines in zip(columns, cells, strict=True):
            # A hair more than it needs, or rounding shrinks what fits.
            width_mm, height_mm = column.width_mm - CELL_GAP_MM, len(lines) * LINE_MM
            box = (left_mm, top_mm, width_mm + 0.01, height_mm + 0.01)
            page.text(box, list(lines), Style(SIZE_PT, right=column.right), column.path)
            left_mm += column.width_mm
        top_mm += _height_mm(cells)
    page.rule(top_mm, MARGIN_MM, to_mm=WIDTH_MM - MARGIN_MM)
    return top_mm
