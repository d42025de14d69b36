"""Which items no carton takes, and why."""

from collections import Counter
from collections.abc import Sequence

from fulfillment.domain.cartonization import PackItem, PackRules, payload_g, size_of, turns_of
from fulfillment.domain.catalog import CartonType, Orientation
from fulfillment.domain.errors import PlanInvalid, Problem, Unpackable
from fulfillment.domain.units import Dimensions

_REASONS = {
    Orientation.ANY: "too large in every orientation",
    Orientation.UPRIGHT: "too large standing upright",
    Orientation.FLAT: "too large lying flat",
}


def refuse_duplicates(items: Sequence[PackItem]) -> None:
    """Refuse units that can't be told apart.

    Raises:
        PlanInvalid: two items have the same `item_ref`.

    """
    counts = Counter(item.item_ref for item in items)
    problems = [
        Problem(
            path=ref,
            expected="an item_ref of its own for each unit",
            came=f"the same for {count} units",
            remedy="number the units <line_no>/<unit>",
        )
        for ref, count in counts.items()
        if count > 1
    ]
    if problems:
        raise PlanInvalid.of(*problems)


def refuse_unpackable(
    items: Sequence[PackItem], cartons: Sequence[CartonType], rules: PackRules
) -> None:
    """Refuse items that no carton takes even alone.

    Raises:
        Unpackable: there are some; one problem per order line, with the item's name and why.

    """
    kinds = {(item.line_no, item.sku): item for item in items if not _any(item, cartons, rules)}
    if kinds:
        raise Unpackable.of(*(_misfit(item, cartons, rules) for item in kinds.values()))


def takes(carton: CartonType, item: PackItem, rules: PackRules) -> bool:
    """Say whether a carton takes an item, with its padding, if nothing else is in it."""
    return item.weight_g <= payload_g(carton) and _fits(item, carton, rules)


def _any(item: PackItem, cartons: Sequence[CartonType], rules: PackRules) -> bool:
    return any(takes(carton, item, rules) for carton in cartons)


def _fits(item: PackItem, carton: CartonType, rules: PackRules) -> bool:
    inner, padding = size_of(carton.inner), 2 * rules.padding_of(item)
    return any(
        all(side + padding <= room for side, room in zip(turn, inner, strict=True))
        for turn in turns_of(item)
    )


def _misfit(item: PackItem, cartons: Sequence[CartonType], rules: PackRules) -> Problem:
    """Say why an item fits no carton, beside the largest there is."""
    largest = max(cartons, key=lambda c: (c.inner.volume_mm3, c.max_weight_g), default=None)
    offered = "there is none"
    if largest is not None:
        offered = (
            f"the largest, {largest.carton_id}, is {_measures(largest.inner)} inside and takes "
            f"{payload_g(largest)} g"
        )
    reason = _REASONS[item.orientation]
    if any(_fits(item, carton, rules) for carton in cartons):
        reason = "too heavy for each carton it fits into"
    elif padding := rules.padding_of(item):
        reason += f" with {padding} mm of padding on every side"
    return Problem(
        path=f"line {item.line_no}",
        expected=f"an item that fits a carton ({offered})",
        came=f"{item.name} ({item.sku}) of {_measures(item.dimensions)} and {item.weight_g} g, "
        f"{reason}",
        remedy="add a carton type that takes it, correct its size in the catalog, or let it ship "
        "in its own box",
    )


def _measures(size: Dimensions) -> str:
    return f"{size.length_mm} x {size.width_mm} x {size.height_mm} mm"
