"""The commercial invoice: what customs want to know of a parcel that crosses their border."""

from fulfillment.domain.addresses import Address
from fulfillment.domain.documents import InvoiceContent, InvoiceLine
from fulfillment.domain.money import Money, allocate
from fulfillment.labels.manifest import kilograms
from fulfillment.labels.page import Page, Style
from fulfillment.labels.table import (
    HEIGHT_MM,
    INNER_MM,
    MARGIN_MM,
    WIDTH_MM,
    Column,
    Sheet,
    draw_table,
)

COLUMNS = (
    Column("Units", 14, right=True),
    Column("Description of goods", 62, path="name"),
    Column("HS code", 24, path="hs_code"),
    Column("Origin", 15, path="origin"),
    Column("Net kg", 18, right=True),
    Column("Unit value", 23, right=True),
    Column("Value", 24, right=True),
)
CODE_DOTS = (3, 2)
CLOSING_MM = 62.0
DECLARATION = (
    "The exporter declares that the particulars of this invoice are true and correct, and that the "
    "goods originate in the countries named."
)


def draw_invoice(content: InvoiceContent) -> bytes:
    """Return a parcel's commercial invoice as PDF, on as many A4 pages as it takes.

    Raises:
        Unprintable: a text has characters that the fonts lack, or does not fit.

    """
    title = f"Commercial invoice {content.invoice_id}"
    page = Page(WIDTH_MM, HEIGHT_MM, title, content.recipient.country)
    sheet = Sheet(
        head=lambda page: _head(page, content),
        closing=lambda page, top_mm: _closing(page, content, top_mm),
        closing_mm=CLOSING_MM,
        foot=title,
    )
    draw_table(page, COLUMNS, [_cells(line, content.currency) for line in content.lines], sheet)
    return page.finish()


def _cells(line: InvoiceLine, currency: str) -> tuple[str, ...]:
    # The largest of the units' values: all of them add up to the line's.
    unit_minor = allocate(line.value_minor, [1] * line.quantity)[0]
    return (
        str(line.quantity),
        f"{line.name}\nSKU {line.sku}",
        line.hs_code,
        line.origin,
        kilograms(line.net_weight_g),
        _amount(unit_minor, currency),
        _amount(line.value_minor, currency),
    )


def _amount(amount_minor: int, currency: str) -> str:
    return str(Money(amount_minor=amount_minor, currency=currency)).removesuffix(f" {currency}")


def _head(page: Page, content: InvoiceContent) -> float:
    page.text((MARGIN_MM, 14, 90, 9), ["Commercial invoice"], Style(20, bold=True), "title")
    page.text((MARGIN_MM, 25, 90, 6), [f"No. {content.invoice_id}"], Style(11), "invoice_id")
    code = (WIDTH_MM / 2, 13, WIDTH_MM / 2 - 5, 12.0)
    page.code128(code, content.tracking_number, CODE_DOTS, "tracking_number")
    below = (WIDTH_MM / 2, 25.5, WIDTH_MM / 2 - 5, 4.5)
    page.text(below, [content.tracking_number], Style(9, centered=True), "tracking_number")
    half = INNER_MM / 2 - 4
    for left_mm, title, address, path in (
        (MARGIN_MM, "Exporter (sender)", content.sender, "sender"),
        (MARGIN_MM + half + 8, "Importer (recipient)", content.recipient, "recipient"),
    ):
        page.text((left_mm, 36, half, 4), [title], Style(7.5, bold=True), "title")
        page.text((left_mm, 40.5, half, 34), _party(address), Style(9.5), path)
    page.rule(77, MARGIN_MM, to_mm=WIDTH_MM - MARGIN_MM)
    for left_mm, facts in zip((MARGIN_MM, MARGIN_MM + half + 8), _facts(content), strict=True):
        page.text((left_mm, 79, half, 22), facts, Style(9), "order_id")
    return 104


def _party(address: Address) -> list[str]:
    phone = f"Phone {address.phone}" if address.phone else ""
    tax = f"Tax id {address.tax_id}" if address.tax_id else ""
    return [*address.lines(), phone, tax]


def _facts(content: InvoiceContent) -> tuple[list[str], list[str]]:
    return (
        [
            f"Date: {content.issued_on}",
            f"Order: {content.order_id}",
            f"Parcel: {content.parcel_id} ({content.ordinal})",
            f"Carrier: {content.carrier_name}",
        ],
        [
            f"Reason for export: {content.reason}",
            f"Incoterm: {content.incoterm} {content.recipient.city or content.recipient.country}",
            f"Currency: {content.currency}",
            f"Gross weight: {kilograms(content.gross_weight_g)} kg",
        ],
    )


def _closing(page: Page, content: InvoiceContent, top_mm: float) -> None:
    units = sum(line.quantity for line in content.lines)
    net = kilograms(sum(line.net_weight_g for line in content.lines))
    total = f"{units} units, {net} kg net, total value {content.total}"
    box = (MARGIN_MM, top_mm + 2, INNER_MM - 2, 5)
    page.text(box, [total], Style(10, bold=True, right=True), "total")
    declared = (MARGIN_MM, top_mm + 18, INNER_MM, 10)
    page.text(declared, [DECLARATION], Style(9), "declaration")
    half = INNER_MM / 2 - 6
    for left_mm, what in (
        (MARGIN_MM, "Place and date"),
        (MARGIN_MM + half + 12, "Name and signature for the exporter"),
    ):
        page.rule(top_mm + 48, left_mm, to_mm=left_mm + half)
        page.text((left_mm, top_mm + 48.8, half, 4), [what], Style(7), "signature")
