"""The shipping label: 4 by 6 inches, for a thermal printer of 203 dpi."""

from fulfillment.domain.catalog import TemperatureClass
from fulfillment.domain.documents import LabelContent
from fulfillment.domain.gs1 import FNC1, element_string, human_readable
from fulfillment.labels.marks import MARK_MM, fragile, this_way_up
from fulfillment.labels.page import Page, Style

WIDTH_MM, HEIGHT_MM = 101.6, 152.4
LEFT_MM = 4.0
MIDDLE_MM = 57.0
REFERENCES_MM = 52.0
SSCC_DOTS = (4,)
"""Modules of 0.5 mm: GS1 wants 0.495 to 0.94 mm (General Specifications, section 5.12.3.5)."""
SSCC_HEIGHT_MM = 31.75
"""GS1's least height for logistic labels (General Specifications, section 5.12.3.5)."""
TRACKING_DOTS = (4, 3, 2)


def draw_label(content: LabelContent) -> bytes:
    """Return a parcel's label as a PDF of one page.

    Raises:
        Unprintable: a text has characters that the font lacks, or does not fit.

    """
    page = Page(WIDTH_MM, HEIGHT_MM, f"Label {content.tracking_number}")
    _sender_and_service(page, content)
    _recipient(page, content)
    _handling(page, content)
    _references(page, content)
    _codes(page, content)
    return page.finish()


def _sender_and_service(page: Page, content: LabelContent) -> None:
    page.row(LEFT_MM, 3, "FROM", 6)
    page.text((LEFT_MM, 6, 51, 18), content.sender.lines(), Style(7), "sender")
    page.line((MIDDLE_MM, 0), (MIDDLE_MM, 25))
    left, width = MIDDLE_MM + 2, WIDTH_MM - MIDDLE_MM - 5
    page.text((left, 2.5, width, 4), [content.carrier_name], Style(7), "carrier_name")
    page.text((left, 6, width, 7), [content.service_name], Style(12, bold=True), "service_name")
    page.text((left, 12.5, 17, 5.5), [content.mode.upper()], Style(10, bold=True), "mode")
    page.text(
        (left + 18, 12.5, width - 18, 5.5), [content.ordinal], Style(10, bold=True), "ordinal"
    )
    page.text((left, 18.5, width, 4), [f"Ship date {content.ship_on}"], Style(8), "ship_on")
    page.rule(25)


def _recipient(page: Page, content: LabelContent) -> None:
    marked = content.fragile or content.upright
    width = WIDTH_MM - 2 * LEFT_MM - (MARK_MM + 3 if marked else 0)
    page.row(LEFT_MM, 26.5, "TO", 6)
    page.text(
        (LEFT_MM, 29.5, width, 31),
        content.recipient.lines(),
        Style(13, bold=True),
        "recipient",
    )
    page.rule(62)


def _handling(page: Page, content: LabelContent) -> None:
    left = WIDTH_MM - MARK_MM - 3
    marks = [fragile] * content.fragile + [this_way_up] * content.upright
    for number, mark in enumerate(marks):
        mark(page, left, 27.5 + number * (MARK_MM + 1.5))


def _references(page: Page, content: LabelContent) -> None:
    page.text((LEFT_MM, 64, 46, 8), [content.routing_code], Style(18, bold=True), "routing_code")
    page.text((LEFT_MM, 74, 46, 7), _cautions(content), Style(8, bold=True), "hazard_class")
    page.line((REFERENCES_MM, 62), (REFERENCES_MM, 82))
    left, width = REFERENCES_MM + 2, WIDTH_MM - REFERENCES_MM - 5
    weight = f"Weight {content.weight_g // 1000}.{content.weight_g % 1000:03d} kg"
    page.text((left, 63, width, 4.5), [weight], Style(9, bold=True), "weight_g")
    page.text((left, 67.7, width, 6.8), [f"Order {content.order_id}"], Style(8), "order_id")
    page.text((left, 74.7, width, 6.8), [f"Parcel {content.parcel_id}"], Style(8), "parcel_id")
    page.rule(82)


def _cautions(content: LabelContent) -> list[str]:
    cold = content.temperature_class is not TemperatureClass.AMBIENT
    keep = f"KEEP {content.temperature_class.upper()}" if cold else ""
    return [keep, f"HAZARD CLASS {content.hazard_class}" if content.hazard_class else ""]


def _codes(page: Page, content: LabelContent) -> None:
    page.row(LEFT_MM, 83, "TRACKING NUMBER", 6)
    page.code128(86.5, 16, content.tracking_number, TRACKING_DOTS, "tracking_number")
    _centered(page, 103, content.tracking_number)
    page.rule(108.5)
    page.row(LEFT_MM, 109.5, "SSCC", 6)
    page.code128(112.5, SSCC_HEIGHT_MM, FNC1 + element_string(content.sscc), SSCC_DOTS, "sscc")
    _centered(page, 145.2, human_readable(content.sscc))


def _centered(page: Page, top_mm: float, text: str) -> None:
    page.text(
        (LEFT_MM, top_mm, WIDTH_MM - 2 * LEFT_MM, 5), [text], Style(11, centered=True), "code"
    )
