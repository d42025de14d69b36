"""Handling marks of a label: how the parcel wants to be treated.

Source: ISO 780 (graphical symbols for handling and storage), no. 1 fragile, no. 3 this way up, no.
17 temperature limits; UN Model Regulations, 5.2.2.2 (hazard labels), 5.2.1.9 (lithium batteries).
"""

from collections.abc import Callable, Iterator
from math import cos, pi, sin

from fulfillment.domain.catalog import TemperatureClass
from fulfillment.domain.documents import LabelContent
from fulfillment.labels.page import Page, Style

MARK_MM = 15.0
"""Side of a mark, with its caption."""
PICTURE_MM = 11.0
LITHIUM_CLASS = "9"

Mark = Callable[[Page, float, float], None]
"""Draws a mark at its left and top."""


def marks(content: LabelContent) -> Iterator[Mark]:
    """Yield the marks of a label, the ones that the law wants first."""
    hazard = content.hazard_class
    if hazard == LITHIUM_CLASS:
        yield lithium
    if hazard is not None:
        yield lambda page, left, top: hazardous(page, left, top, hazard)
    if content.temperature_class is not TemperatureClass.AMBIENT:
        keep = f"KEEP {content.temperature_class.upper()}"
        yield lambda page, left, top: cold(page, left, top, keep)
    if content.fragile:
        yield fragile
    if content.upright:
        yield this_way_up


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


def cold(page: Page, left_mm: float, top_mm: float, caption: str) -> None:
    """Draw the snowflake."""
    x, y = left_mm + MARK_MM / 2, top_mm + PICTURE_MM / 2
    for sixth in range(6):
        angle = sixth * pi / 3 + pi / 6
        tip, fork = _polar(x, y, 4.8, angle), _polar(x, y, 2.9, angle)
        page.line((x, y), tip, 0.7)
        for turn in (-pi / 4, pi / 4):
            page.line(fork, _polar(*fork, 1.6, angle + turn), 0.6)
    _caption(page, left_mm, top_mm, caption)


def lithium(page: Page, left_mm: float, top_mm: float) -> None:
    """Draw the battery that bursts into flame, in its frame."""
    x, y = left_mm + MARK_MM / 2, top_mm
    page.path(
        _rectangle(left_mm + 1.2, y + 0.6, MARK_MM - 2.4, 10.0), filled=False, thickness_mm=0.9
    )
    page.path(_rectangle(x - 4.2, y + 4.2, 3.6, 5.0), filled=True)
    page.path(_rectangle(x - 3.1, y + 3.2, 1.4, 1.0), filled=True)
    flame = [(2.4, 9.2), (0.6, 7.6), (1.0, 5.6), (1.9, 6.4), (2.6, 2.6), (4.2, 5.4), (4.4, 7.8)]
    page.path([(x + dx, y + dy) for dx, dy in flame], filled=True)
    _caption(page, left_mm, top_mm, "LITHIUM BATTERY")


def hazardous(page: Page, left_mm: float, top_mm: float, hazard_class: str) -> None:
    """Draw the diamond with the class in its lower corner."""
    x, y, half = left_mm + MARK_MM / 2, top_mm + PICTURE_MM / 2, 5.0
    page.path([(x, y - half), (x + half, y), (x, y + half), (x - half, y)], filled=False)
    for stripe in range(-3, 4):
        page.line((x + stripe, y - half + abs(stripe) + 0.6), (x + stripe, y - 0.4), 0.5)
    page.text(
        (x - 3, y + 0.2, 6, 4), [hazard_class], Style(8, bold=True, centered=True), "hazard_class"
    )
    _caption(page, left_mm, top_mm, f"HAZARD CLASS {hazard_class}")


def _polar(x: float, y: float, length: float, angle: float) -> tuple[float, float]:
    return x + length * cos(angle), y + length * sin(angle)


def _rectangle(left: float, top: float, width: float, height: float) -> list[tuple[float, float]]:
    return [
        (left, top),
        (left + width, top),
        (left + width, top + height),
        (left, top + height),
    ]


def _caption(page: Page, left_mm: float, top_mm: float, text: str) -> None:
    box = (left_mm, top_mm + PICTURE_MM, MARK_MM, 4.6)
    page.text(box, [text], Style(5.5, bold=True, centered=True), "handling mark")
