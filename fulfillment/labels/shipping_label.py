"""The shipping label: 4 by 6 inches, for a thermal printer of 203 dpi."""

from fulfillment.domain.documents import LabelContent
from fulfillment.domain.gs1 import (
    FNC1,
    element_string,
    human_readable,
    routing_element_string,
)
from fulfillment.labels.marks import MARK_MM, marks
from fulfillment.labels.page import Page, Style

WIDTH_MM, HEIGHT_MM = 101.6, 152.4
LEFT_MM = 4.0
INNER_MM = WIDTH_MM - 2 * LEFT_MM
MIDDLE_MM = 57.0
REFERENCES_MM = 58.75
MARKS_IN_A_COLUMN = 2
SSCC_DOTS = (4,)
"""Modules of 0.5 mm: GS1 wants 0.495 to 0.94 mm (General Specifications, section 5.12.3.5)."""
SSCC_HEIGHT_MM = 31.75
"""GS1's least height for logistic labels (General Specifications, section 5.12.3.5)."""
TRACKING_DOTS = (4, 3, 2)
ROUTING_DOTS = (3, 2)
ROUTING_LEFT_MM = 0.75
"""The quiet zone may use the margin."""


def on_a_label(kind: type[Page], content: LabelContent) -> bytes:
    """Return a parcel's label, drawn on a page of some kind.

    Raises:
        Unprintable: a text has characters that the fonts lack, or does not fit.

    """
    title = f"Label {content.tracking_number}"
    page = kind(WIDTH_MM, HEIGHT_MM, title, content.recipient.country)
    _sender_and_service(page, content)
    _recipient(page, content)
    _references(page, content)
    _codes(page, content)
    return page.finish()


def _sender_and_service(page: Page, content: LabelContent) -> None:
    page.row(LEFT_MM, 2.5, "FROM (RETURN ADDRESS)", 5.5, bold=False)
    page.text((LEFT_MM, 5.5, 51, 18.5), content.sender.lines(), Style(7.5), "sender")
    page.line((MIDDLE_MM, 0), (MIDDLE_MM, 25))
    left, width = MIDDLE_MM + 2, WIDTH_MM - MIDDLE_MM - 5
    page.text((left, 2.5, width, 4), [content.carrier_name], Style(7.5), "carrier_name")
    page.text((left, 6, width, 7), [content.service_name], Style(12, bold=True), "service_name")
    page.text((left, 13, 17, 5.5), [content.mode.upper()], Style(10, bold=True), "mode")
    page.text(
        (left + 18, 13, width - 18, 5.5),
        [content.ordinal],
        Style(10, bold=True, right=True),
        "ordinal",
    )
    page.text((left, 19.5, width, 4), [f"Ship date {content.ship_on}"], Style(8), "ship_on")
    page.rule(25)


def _recipient(page: Page, content: LabelContent) -> None:
    drawn = list(marks(content))
    columns = -(-len(drawn) // MARKS_IN_A_COLUMN)
    page.row(LEFT_MM, 26, "TO", 5.5, bold=False)
    width = INNER_MM - columns * (MARK_MM + 1) - (1 if columns else 0)
    lines = content.recipient.lines()
    page.text((LEFT_MM, 29, width, 31.5), lines, Style(13, bold=True), "recipient")
    for number, mark in enumerate(drawn):
        column, place = divmod(number, MARKS_IN_A_COLUMN)
        mark(page, WIDTH_MM - 3 - (column + 1) * (MARK_MM + 1), 27 + place * (MARK_MM + 2))
    page.rule(62)


def _references(page: Page, content: LabelContent) -> None:
    routing, width = routing_element_string(content.routing_code), REFERENCES_MM - LEFT_MM
    text_mm = 8.0 if routing else 17.0
    page.text(
        (LEFT_MM, 63, width - 2, text_mm),
        [content.routing_code],
        Style(18, bold=True),
        "routing_code",
    )
    if routing:
        box = (ROUTING_LEFT_MM, 72.0, REFERENCES_MM - ROUTING_LEFT_MM, 9.0)
        page.code128(box, FNC1 + routing, ROUTING_DOTS, "routing_code")
    page.line((REFERENCES_MM, 62), (REFERENCES_MM, 83))
    left, width = REFERENCES_MM + 2, WIDTH_MM - REFERENCES_MM - 5
    weight = f"Weight {content.weight_g // 1000}.{content.weight_g % 1000:03d} kg"
    page.text((left, 63.5, width, 4.5), [weight], Style(9, bold=True), "weight_g")
    page.text((left, 68.2, width, 7), [f"Order {content.order_id}"], Style(8), "order_id")
    page.text((left, 75.4, width, 7), [f"Parcel {content.parcel_id}"], Style(8), "parcel_id")
    page.rule(83)


def _codes(page: Page, content: LabelContent) -> None:
    page.row(LEFT_MM, 84, "TRACKING NUMBER", 5.5, bold=False)
    across = (0.0, 87.5, WIDTH_MM, 15.5)
    page.code128(across, content.tracking_number, TRACKING_DOTS, "tracking_number")
    _centered(page, 103.2, content.tracking_number)
    page.rule(109)
    page.row(LEFT_MM, 110, "SSCC", 5.5, bold=False)
    across = (0.0, 113.0, WIDTH_MM, SSCC_HEIGHT_MM)
    page.code128(across, FNC1 + element_string(content.sscc), SSCC_DOTS, "sscc")
    _centered(page, 145.4, human_readable(content.sscc))


def _centered(page: Page, top_mm: float, text: str) -> None:
    page.text((LEFT_MM, top_mm, INNER_MM, 5), [text], Style(11, centered=True), "code")
