"""A few carton plans that differ: one of them is the cheapest to ship, and rates say which."""

from collections.abc import Callable, Iterator, Sequence

from fulfillment.domain.carton_search import EFFORT, cartonize, never
from fulfillment.domain.carton_splits import PRICES, Cartons, Variants, variants
from fulfillment.domain.cartonization import PackItem, PackPlan, PackRules
from fulfillment.domain.catalog import CartonType

MOST_PLANS = 2 + len(PRICES)
"""The usual one, the cheapest by each price, and one of lighter parcels."""


def candidate_plans(
    items: Sequence[PackItem],
    cartons: Sequence[CartonType],
    rules: PackRules,
    *,
    expired: Callable[[], bool] = never,
    effort: int = EFFORT,
) -> list[PackPlan]:
    """Return carton plans that differ in their cartons or in what these weigh.

    The first is what `cartonize` returns; there are at most `MOST_PLANS`. Where no deadline hits,
    the same input gives the same plans.

    Args:
        items: the units to be packed.
        cartons: the cartons there are.
        rules: the warehouse's.
        expired: asked now and then; once it says so, what was found so far is all.
        effort: how many items are laid at most for the first plan of a segregation group.

    Raises:
        Unpackable: some items fit no carton; one problem per order line.
        PlanInvalid: two items have the same `item_ref`.

    """
    usual = cartonize(items, cartons, rules, expired=expired, effort=effort)
    by_ref = {item.item_ref: item for item in items}
    ways = []
    for packed in usual.cartons:
        inside = [by_ref[place.item_ref] for place in packed.placements]
        ways.append(variants(packed, inside, cartons, rules, expired))
    found: dict[object, PackPlan] = {}
    for chosen in _combined(ways):
        plan = PackPlan(cartons=tuple(packed for cartons in chosen for packed in cartons))
        found.setdefault(_likeness(plan), plan)
    return list(found.values())


def _combined(ways: Sequence[Variants]) -> Iterator[list[Cartons]]:
    yield [way.usual for way in ways]
    for number in range(len(PRICES)):
        yield [way.by_price[number] for way in ways]
    yield [way.light for way in ways]


def _likeness(plan: PackPlan) -> object:
    return tuple(sorted((packed.carton_id, packed.gross_weight_g) for packed in plan.cartons))
