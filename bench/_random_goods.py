"""Random goods, cartons and rules of packing, each from a seed."""

from random import Random

from fulfillment.domain.carton_search import cartonize
from fulfillment.domain.carton_validation import validate_plan
from fulfillment.domain.cartonization import PackItem, PackRules
from fulfillment.domain.catalog import CartonType, Orientation
from fulfillment.domain.errors import PlanInvalid, Unpackable
from fulfillment.domain.units import Dimensions


def _dimensions(length: int, width: int, height: int) -> Dimensions:
    return Dimensions(length_mm=length, width_mm=width, height_mm=height)


def cartons(luck: Random) -> list[CartonType]:
    """Return one to four carton types."""
    found = []
    for number in range(luck.randint(1, 4)):
        sides = [luck.randint(100, 400) for _ in range(3)]
        found.append(
            CartonType(
                carton_id=f"C{number}",
                inner=_dimensions(*sides),
                outer=_dimensions(*(side + 8 for side in sides)),
                empty_weight_g=luck.randint(50, 300),
                max_weight_g=luck.randint(2_000, 20_000),
                cost_minor=luck.randint(0, 90),
            )
        )
    return found


def items(luck: Random) -> list[PackItem]:
    """Return the units of an order with all traits that packing knows."""
    found = []
    for line_no in range(1, luck.randint(1, 7) + 1):
        first = PackItem(
            item_ref=f"{line_no}/1",
            line_no=line_no,
            sku=f"SKU-{line_no}",
            name=f"Article {line_no}",
            dimensions=_dimensions(*(luck.randint(5, 150) for _ in range(3))),
            weight_g=luck.randint(1, 4_000),
            orientation=luck.choice(list(Orientation)),
            fragile=luck.choice([False, False, True]),
            segregation_group=luck.choice(["general", "general", "bleach"]),
            bears_g=luck.choice([None, None, 0, 500, 3_000]),
            bears_g_per_dm2=luck.choice([None, None, 100, 2_000]),
            ships_in_own_box=luck.choice([False] * 19 + [True]),
        )
        units = range(1, luck.randint(1, 5) + 1)
        found += [first.model_copy(update={"item_ref": f"{line_no}/{unit}"}) for unit in units]
    return found


def rules(luck: Random) -> PackRules:
    """Return rules as a warehouse might set them."""
    return PackRules(
        support_percent=luck.choice([0, 50, 80, 80, 100]),
        padding_mm=luck.choice([0, 5, 15]),
        minor_per_kg=luck.choice([0, 250]),
        by_hand=luck.choice([True] * 9 + [False]),
    )


def broken_rules(seed: int) -> list[str]:
    """Plan the cartons of random goods, and return what the independent check finds in the plan.

    Goods that no carton takes are taken out, as a person would do it.
    """
    luck = Random(seed)
    goods, offered, kept_to = items(luck), cartons(luck), rules(luck)
    try:
        plan = cartonize(goods, offered, kept_to)
    except Unpackable as refused:
        out = {problem.path for problem in refused.problems}
        goods = [item for item in goods if f"line {item.line_no}" not in out]
        plan = cartonize(goods, offered, kept_to)
    try:
        validate_plan(plan, goods, offered, kept_to)
    except PlanInvalid as found:
        return [f"seed {seed}: {problem}" for problem in found.problems]
    return []
