"""The packing slip: what lies in a parcel, on as many A5 pages as it takes."""

from collections.abc import Iterator
from typing import NamedTuple

from fulfillment.domain.documents import SlipContent, SlipLine
from fulfillment.labels.page import PT_PER_MM, Page, Style
from fulfillment.labels.text import LEADING, Type, printable, wrapped

WIDTH_MM, HEIGHT_MM = 148.0, 210.0
MARGIN_MM = 12.0
FIRST_ROW_MM = 74.0
"""Where rows start on each page, below the head."""
LAST_ROW_MM = HEIGHT_MM - 18.0
SIZE_PT = 9.0
ROW_MM = SIZE_PT * LEADING / PT_PER_MM
SLACK_MM = 0.01
"""So that rounding does not shrink what fits exactly."""
QUANTITY_MM, NAME_MM, PRICE_MM = MARGIN_MM, 26.0, 110.0


class Row(NamedTuple):
    """A row of the slip, cell by cell; each cell fits its column."""

    quantity: str = ""
    name: str = ""
    price: str = ""
    bold: bool = False


def draw_slip(content: SlipContent) -> bytes:
    """Return a parcel's packing slip as a PDF.

    Raises:
        Unprintable: a text has characters that the fonts lack.

    """
    title = f"Packing slip {content.parcel_id}"
    page = Page(WIDTH_MM, HEIGHT_MM, title, content.recipient.country)
    room = int((LAST_ROW_MM - FIRST_ROW_MM) / ROW_MM)
    sheets = list(_paginated(list(_blocks(content)), room))
    for number, rows in enumerate(sheets, start=1):
        if number > 1:
            page.turn()
        _head(page, content)
        _foot(page, content, f"Page {number} of {len(sheets)}")
        for line, row in enumerate(rows):
            _write(page, FIRST_ROW_MM + line * ROW_MM, row)
    return page.finish()


def _blocks(content: SlipContent) -> Iterator[list[Row]]:
    for number, line in enumerate(content.lines):
        rows = list(_line_rows(line, f"lines[{number}]", priced=content.shows_prices))
        yield [*rows, Row()]
    if content.gift and content.gift.wrap:
        yield [Row(name="Wrapped as a gift", bold=True), Row()]
    if content.gift and content.gift.message:
        paragraphs = content.gift.message.splitlines()
        texts = (row for text in paragraphs for row in _name_rows(text, "gift.message"))
        yield [Row(name="Gift message", bold=True), *(Row(name=text) for text in texts)]


def _line_rows(line: SlipLine, path: str, *, priced: bool) -> Iterator[Row]:
    price = str(line.price).replace(" ", "\u00a0") if priced and line.price else ""
    first, *rest = _name_rows(line.name, f"{path}.name", bold=True)
    yield Row(f"{line.quantity}\u00a0x", first, price, bold=True)
    yield from (Row(name=text, bold=True) for text in rest)
    yield from (Row(name=text) for text in _name_rows(f"SKU {line.sku}", f"{path}.sku"))
    if line.in_place_of:
        instead = f"in place of SKU {line.in_place_of}"
        yield from (Row(name=text) for text in _name_rows(instead, f"{path}.in_place_of"))
    for label, value in line.properties.items():
        texts = _name_rows(f"{label[:1].upper()}{label[1:]}: {value}", f"{path}.properties")
        yield from (Row(name=text) for text in texts)


def _name_rows(text: str, path: str, *, bold: bool = False) -> list[str]:
    available_pt = (PRICE_MM - NAME_MM - 2) * PT_PER_MM
    return wrapped(printable(text, path), SIZE_PT, available_pt, Type(bold))


def _paginated(blocks: list[list[Row]], room: int) -> Iterator[list[Row]]:
    """Yield the rows of each page; a block stays together unless it is longer than a page."""
    rows: list[Row] = []
    for block in blocks:
        if rows and len(rows) + len(block) > room + 1:  # the empty row at its end may hang over
            yield rows
            rows = []
        rows += block
        while len(rows) > room + 1:
            yield rows[:room]
            rows = rows[room:]
    yield rows


def _write(page: Page, top_mm: float, row: Row) -> None:
    height_mm, style = ROW_MM + SLACK_MM, Style(SIZE_PT, bold=True)
    quantity_box = (QUANTITY_MM, top_mm, NAME_MM - QUANTITY_MM - 1, height_mm)
    price_box = (PRICE_MM, top_mm, WIDTH_MM - MARGIN_MM - PRICE_MM, height_mm)
    page.text(quantity_box, [row.quantity], style, "quantity")
    page.row(NAME_MM, top_mm, row.name, SIZE_PT, bold=row.bold)
    page.text(price_box, [row.price], style, "price")


def _head(page: Page, content: SlipContent) -> None:
    inner = WIDTH_MM - 2 * MARGIN_MM
    page.text((MARGIN_MM, 11, inner, 9), ["Packing slip"], Style(18, bold=True), "title")
    page.text((MARGIN_MM, 21, inner, 5), [f"Order {content.order_id}"], Style(10), "order_id")
    which = f"Ordered on {content.ordered_on}, parcel {content.parcel_id}, {content.ordinal}"
    page.text((MARGIN_MM, 26, inner, 5), [which], Style(9), "parcel_id")
    half = inner / 2 - 3
    for left, title, address, path in (
        (MARGIN_MM, "Ship to", content.recipient, "recipient"),
        (MARGIN_MM + half + 6, "From", content.sender, "sender"),
    ):
        page.text((left, 33, half, 4), [title], Style(7, bold=True), "title")
        page.text((left, 37, half, 27), address.lines(), Style(9), path)
    page.rule(66, MARGIN_MM, to_mm=WIDTH_MM - MARGIN_MM)
    page.row(QUANTITY_MM, 67.5, "Quantity", 7, bold=True)
    page.row(NAME_MM, 67.5, "Article", 7, bold=True)
    if content.shows_prices and any(line.price for line in content.lines):
        page.row(PRICE_MM, 67.5, "Price", 7, bold=True)
    page.rule(71.5, MARGIN_MM, to_mm=WIDTH_MM - MARGIN_MM)


def _foot(page: Page, content: SlipContent, which: str) -> None:
    page.rule(HEIGHT_MM - 15, MARGIN_MM, to_mm=WIDTH_MM - MARGIN_MM)
    box = (MARGIN_MM, HEIGHT_MM - 13, WIDTH_MM - 2 * MARGIN_MM, 5.0)
    page.text(box, [f"{which}, parcel {content.parcel_id}"], Style(8), "parcel_id")
