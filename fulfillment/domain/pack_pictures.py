"""The picture of a packed carton: what lies where, numbered as in the packer's steps.

The carton is seen from the right, the front and above, as if its near sides were of glass. Every
item has the number of the step that puts it in. What lies wholly behind others is drawn dashed.
"""

from collections.abc import Iterator, Sequence
from textwrap import shorten, wrap

from fulfillment.domain.cartonization import PackItem, Placement
from fulfillment.domain.drawing import Drawing, Line, Mark, Polygon, Words
from fulfillment.domain.pack_scene import (
    HATCH,
    INK,
    LIGHTER,
    Scene,
    ShownItem,
    around,
    in_runs,
    lightened,
)
from fulfillment.domain.packing import CartonSteps, PackSheet, StepKind, liters
from fulfillment.domain.painting import Block

WIDTH, LEAST_HEIGHT = 1000, 640
_STAGE = (64.0, 90.0, 600.0, 500.0)
"""Where the carton is drawn: left, top, width, height."""
_LEGEND_X, _LEGEND_TOP, _LEGEND_CHARACTERS = 700.0, 110.0, 36
_ROW, _LEADING = 10.0, 17.0

_COLORS = ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#0072b2", "#d55e00", "#999999")
"""Told apart also by the color-blind, and by their lightness in gray.

Source: Okabe & Ito 2008, Color Universal Design.
"""
_GRAY = "#6b6b6b"


def carton_picture(sheet: PackSheet, carton_number: int) -> Drawing:
    """Return the picture of a carton of a plan; the same plan gives the same picture.

    Args:
        sheet: the plan with its steps.
        carton_number: which of its cartons, from 1.

    """
    steps = sheet.steps[carton_number - 1]
    shown = _shown(sheet, carton_number)
    scene = Scene(steps.inner, _STAGE)
    title = (
        f"Order {sheet.order_id}: carton {carton_number} of {len(sheet.steps)}, {steps.carton_id}"
    )
    legend = list(_legend(shown))
    ends = [int(mark.at[1]) + 40 for mark in legend if isinstance(mark, Words)]
    return Drawing(
        width=WIDTH,
        height=max(LEAST_HEIGHT, *ends),
        title=title,
        description="; ".join(_named(one) for one in shown),
        marks=(
            Words((40, 38), title, 20, INK, bold=True),
            Words((40, 62), _facts(steps, len(shown)), 14, _GRAY),
            *scene.back(),
            *scene.items(shown),
            *scene.front(),
            *scene.numbers(shown),
            *legend,
        ),
    )


def _shown(sheet: PackSheet, carton_number: int) -> list[ShownItem]:
    steps = sheet.steps[carton_number - 1].steps
    numbers = {step.item_ref: step.number for step in steps if step.kind is StepKind.PUT}
    items = {item.item_ref: item for item in sheet.items}
    places = sheet.plan.cartons[carton_number - 1].placements
    skus = list(dict.fromkeys(place.sku for place in places))
    return [
        ShownItem(
            number=numbers[place.item_ref],
            item=items[place.item_ref],
            block=_block(owner, place),
            color=_COLORS[skus.index(place.sku) % len(_COLORS)],
        )
        for owner, place in enumerate(places)
    ]


def _block(owner: int, place: Placement) -> Block:
    """Return where an item lies, in coordinates that grow toward the viewer: front is near."""
    low = (place.x_mm, -place.y_mm - place.dy_mm, place.z_mm)
    high = (place.x_mm + place.dx_mm, -place.y_mm, place.z_mm + place.dz_mm)
    return Block(owner, low, high)


def _facts(steps: CartonSteps, count: int) -> str:
    inner = steps.inner
    fill = f"{liters(steps.fill_dl)} of fill ({steps.fill_g} g)" if steps.fill_dl else "no fill"
    return (
        f"{inner.length_mm} × {inner.width_mm} × {inner.height_mm} mm inside, {count} "
        f"{'item' if count == 1 else 'items'}, {fill}, {steps.weight_g} g packed"
    )


def _named(shown: ShownItem) -> str:
    return f"{shown.number}: {shown.item.name} ({shown.item.sku})"


# --- the legend ------------------------------------------------------------------------------


def _legend(shown: Sequence[ShownItem]) -> Iterator[Mark]:
    """Yield, for each article, its color, its numbers, and what it is."""
    y = _LEGEND_TOP
    by_sku: dict[str, list[ShownItem]] = {}
    for one in shown:
        by_sku.setdefault(one.item.sku, []).append(one)
    for same in by_sku.values():
        item = same[0].item
        yield from _swatch(y, same[0])
        numbers = in_runs([one.number for one in same])
        rows = [
            *((row, True) for row in wrap(f"No. {numbers}", _LEGEND_CHARACTERS)),
            (shorten(item.name, _LEGEND_CHARACTERS, placeholder=" …") or item.name[:30], False),
            (f"{item.sku}, {_size(item)}", False),
            *([("fragile: nothing on top of it", False)] if item.fragile else []),
        ]
        for text, bold in rows:
            yield Words((_LEGEND_X + 36, y + 12), text, 13, INK, bold=bold)
            y += _LEADING
        y += _ROW


def _swatch(y: float, shown: ShownItem) -> Iterator[Mark]:
    left, right, top, bottom = _LEGEND_X, _LEGEND_X + 24, y, y + 24
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    yield Polygon(corners, lightened(shown.color, LIGHTER[1]))
    for start, end in around(corners):
        yield Line(start, end, INK, 1.1)
    if shown.item.fragile:
        for share in (1 / 3, 2 / 3, 1):
            yield Line((left + 24 * share, top), (left, top + 24 * share), HATCH, 0.5)


def _size(item: PackItem) -> str:
    size = item.dimensions
    return f"{size.length_mm} × {size.width_mm} × {size.height_mm} mm"
