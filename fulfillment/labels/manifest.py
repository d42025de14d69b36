"""The manifest: what a carrier takes from a warehouse at a cut-off, signed by both."""

from fulfillment.domain.documents import ManifestContent
from fulfillment.domain.gs1 import human_readable
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
    Column("No.", 11, right=True),
    Column("Parcel", 44, path="parcel_id"),
    Column("SSCC", 41, path="sscc"),
    Column("Tracking number", 31, path="tracking_number"),
    Column("Service", 37, path="service_name"),
    Column("kg", 16, right=True),
)
CODE_DOTS = (3, 2)
CLOSING_MM = 52.0


def draw_manifest(content: ManifestContent) -> bytes:
    """Return a manifest as PDF, on as many A4 pages as it takes.

    Raises:
        Unprintable: a text has characters that the fonts lack, or does not fit.

    """
    page = Page(WIDTH_MM, HEIGHT_MM, f"Manifest {content.manifest_id}", content.sender.country)
    rows = [
        (
            str(number),
            row.parcel_id,
            human_readable(row.sscc).removeprefix("(00) "),
            row.tracking_number,
            row.service_name,
            kilograms(row.weight_g),
        )
        for number, row in enumerate(content.rows, 1)
    ]
    sheet = Sheet(
        head=lambda page: _head(page, content),
        closing=lambda page, top_mm: _closing(page, content, top_mm),
        closing_mm=CLOSING_MM,
        foot=f"Manifest {content.manifest_id}",
    )
    draw_table(page, COLUMNS, rows, sheet)
    return page.finish()


def kilograms(weight_g: int) -> str:
    """Return a weight as people read it."""
    return f"{weight_g // 1000}.{weight_g % 1000:03d}"


def _head(page: Page, content: ManifestContent) -> float:
    page.text((MARGIN_MM, 14, 85, 10), ["Manifest"], Style(20, bold=True), "title")
    page.text((MARGIN_MM, 25, 85, 6), [content.manifest_id], Style(11), "manifest_id")
    code = (WIDTH_MM / 2, 13, WIDTH_MM / 2 - 5, 14.0)
    page.code128(code, content.manifest_id, CODE_DOTS, "manifest_id")
    half = INNER_MM / 2 - 4
    facts = [
        f"Carrier: {content.carrier_name}",
        f"Cut-off: {content.cut_off:%Y-%m-%d %H:%M %Z}",
        f"Parcels: {len(content.rows)}",
        f"Weight: {kilograms(content.weight_g)} kg",
    ]
    page.text((MARGIN_MM, 34, half, 22), facts, Style(10), "carrier_name")
    sender = [f"Warehouse {content.warehouse_name}", *content.sender.lines()]
    page.text((MARGIN_MM + half + 8, 34, half, 26), sender, Style(9), "sender")
    return 63


def _closing(page: Page, content: ManifestContent, top_mm: float) -> None:
    total = f"{len(content.rows)} parcels, {kilograms(content.weight_g)} kg in all"
    box = (MARGIN_MM, top_mm + 2, INNER_MM - 2, 5)
    page.text(box, [total], Style(10, bold=True, right=True), "total")
    half = INNER_MM / 2 - 6
    for left_mm, who in (
        (MARGIN_MM, "Handed over for the warehouse"),
        (MARGIN_MM + half + 12, f"Received for {content.carrier_name}"),
    ):
        page.text((left_mm, top_mm + 14, half, 5), [who], Style(9, bold=True), "carrier_name")
        for line_mm, what in ((30, "Signature"), (43, "Name, date and time")):
            page.rule(top_mm + line_mm, left_mm, to_mm=left_mm + half)
            page.text((left_mm, top_mm + line_mm + 0.8, half, 4), [what], Style(7), "signature")
