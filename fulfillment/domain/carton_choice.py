"""A plan with the cartons that the packer wants, or why there is none."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice, permutations

from fulfillment.domain.cartonization import PackedCarton, PackItem, PackPlan
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.errors import ConfirmationRefused, Problem, Unpackable

Planner = Callable[[Sequence[PackItem], Sequence[CartonType]], PackPlan]
"""Plans items into cartons, each as often as it likes; raises Unpackable where one fits none."""

_MAX_SEQUENCES = 6
"""Sequences of carton types that are tried: all of three types."""


def plan_with(
    wanted: Sequence[str],
    items: Sequence[PackItem],
    cartons: Sequence[CartonType],
    planner: Planner,
) -> PackPlan:
    """Return a plan that takes no carton but the wanted ones, and each at most as often as named.

    A wanted carton that nothing is left for is not in the plan. First the planner chooses freely
    among the wanted types; where it takes one too often, the cartons are filled one type after the
    other, in every sequence up to a bound. So a plan is not found in every case in which there is
    one, but what is returned keeps the planner's rules.

    Raises:
        ConfirmationRefused: a carton that is not in the catalog, or items that don't fit; one
            problem for each order line, with the reason.

    """
    supply = Counter(wanted)
    types = _types(supply, cartons)
    try:
        free = planner(items, types)
    except Unpackable as misfits:
        raise ConfirmationRefused.of(*map(_with_other_remedy, misfits.problems)) from misfits
    if Counter(packed.carton_id for packed in free.cartons) <= supply:
        return free
    fitting = {carton.carton_id: _kinds_that_fit(items, carton, planner) for carton in types}
    least: Sequence[PackItem] = items
    for sequence in _sequences(types):
        filled, left = _fill_in_turn(sequence, supply, items, fitting, planner)
        if not left:
            return PackPlan(cartons=tuple(filled))
        least = min(least, left, key=_volume_mm3)
    raise ConfirmationRefused.of(*_left_over(least, wanted, items))


def _volume_mm3(items: Sequence[PackItem]) -> int:
    return sum(item.dimensions.volume_mm3 for item in items)


def _kind(item: PackItem) -> tuple[int, str]:
    return (item.line_no, item.sku)


def _types(supply: Mapping[str, int], cartons: Sequence[CartonType]) -> list[CartonType]:
    known = {carton.carton_id: carton for carton in cartons}
    problems = [
        Problem(
            path=f"carton {name}",
            expected=f"one of {', '.join(sorted(known))}",
            came="an unknown one",
            remedy="scan the carton's own code",
        )
        for name in supply
        if name not in known
    ]
    if problems:
        raise ConfirmationRefused.of(*problems)
    return [known[name] for name in supply]


def _sequences(types: Sequence[CartonType]) -> Iterator[Sequence[CartonType]]:
    """Yield the types in sequences, beginning with the largest first."""
    largest = sorted(types, key=lambda c: (-c.inner.volume_mm3, c.carton_id))
    return islice(permutations(largest), _MAX_SEQUENCES)


def _fill_in_turn(
    sequence: Sequence[CartonType],
    supply: Mapping[str, int],
    items: Sequence[PackItem],
    fitting: Mapping[str, AbstractSet[tuple[int, str]]],
    planner: Planner,
) -> tuple[list[PackedCarton], list[PackItem]]:
    """Fill one type of carton after the other; return them, and the items that are left."""
    filled: list[PackedCarton] = []
    left = list(items)
    for carton in sequence:
        candidates = [item for item in left if _kind(item) in fitting[carton.carton_id]]
        if not candidates:
            continue
        loads = planner(candidates, [carton]).cartons
        filled += sorted(loads, key=lambda load: load.void_mm3)[: supply[carton.carton_id]]
        packed = {place.item_ref for load in filled for place in load.placements}
        left = [item for item in items if item.item_ref not in packed]
    return filled, left


def _kinds_that_fit(
    items: Sequence[PackItem], carton: CartonType, planner: Planner
) -> AbstractSet[tuple[int, str]]:
    """Return which items fit into such a carton when they are alone in it."""
    one_of_each = {_kind(item): item for item in items}
    return {kind for kind, item in one_of_each.items() if _fits(item, carton, planner)}


def _fits(item: PackItem, carton: CartonType, planner: Planner) -> bool:
    try:
        planner([item], [carton])
    except Unpackable:
        return False
    return True


def _left_over(
    left: Sequence[PackItem], wanted: Sequence[str], items: Sequence[PackItem]
) -> Iterator[Problem]:
    groups = sorted({item.segregation_group for item in items})
    counts = Counter(map(_kind, left))
    one_of_each = {_kind(item): item for item in left}
    for kind, item in one_of_each.items():
        size = item.dimensions
        came = (
            f"none left for {counts[kind]} of it, {size.length_mm} x {size.width_mm} x "
            f"{size.height_mm} mm, {item.weight_g} g each"
        )
        if len(groups) > len(wanted):
            came = f"too few cartons: {' and '.join(groups)} never share one"
        yield Problem(
            path=f"line {item.line_no}, {item.name} ({item.sku})",
            expected=f"room in {', '.join(wanted)}",
            came=came,
            remedy="take a larger carton, or one more",
        )


def _with_other_remedy(misfit: Problem) -> Problem:
    return misfit.model_copy(update={"remedy": "take a larger carton for it"})
