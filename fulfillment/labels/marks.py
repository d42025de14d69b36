"""Handling marks of a label: how the parcel wants to be treated.

Source: ISO 780 (graphical symbols for handling and storage), no. 1 fragile, no. 3 this way up.
"""

from fulfillment.labels.page import Page, Style

MARK_MM = 15.0
"""Side of a mark, with its caption."""


def fragile(page: Page, left_mm: float, top_mm: float) -> None:
    """Draw the glass."""
    x, y = left_mm + MARK_MM / 2, top_mm
    bowl = [
        (x - 3.2, y + 1),
        (x + 3.2, y + 1),
        (x + 2.6, y + 4.5),
        (x, y + 6.5),
        (x - 2.6, y + 4.5),
    ]
    page.path(bowl, filled=True)
    page.line((x, y + 6), (x, y + 10), 0.9)
    page.line((x - 2.6, y + 10), (x + 2.6, y + 10), 0.9)
    _caption(page, left_mm, top_mm, "FRAGILE")


def this_way_up(page: Page, left_mm: float, top_mm: float) -> None:
    """Draw the two arrows on their ground."""
    y = top_mm
    for x in (left_mm + MARK_MM / 2 - 2.6, left_mm + MARK_MM / 2 + 2.6):
        page.path([(x - 1.9, y + 4.2), (x, y + 1), (x + 1.9, y + 4.2)], filled=True)
        page.line((x, y + 4), (x, y + 8.8), 1.1)
    page.line((left_mm + 2.6, y + 10), (left_mm + MARK_MM - 2.6, y + 10), 0.9)
    _caption(page, left_mm, top_mm, "THIS WAY UP")


def _caption(page: Page, left_mm: float, top_mm: float, text: str) -> None:
    box = (left_mm, top_mm + 11.2, MARK_MM, 3.2)
    page.text(box, [text], Style(6, bold=True, centered=True), "handling mark")
