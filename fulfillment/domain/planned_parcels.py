"""The parcels that a carton plan makes, as a carrier sees them."""

from collections import Counter
from collections.abc import Mapping, Sequence

from fulfillment.domain.cartonization import PackedCarton, PackPlan
from fulfillment.domain.catalog import Article, CartonType, TemperatureClass
from fulfillment.domain.money import Money
from fulfillment.domain.packing import fill_deciliters
from fulfillment.domain.shipping import ParcelSpec
from fulfillment.domain.units import Dimensions
from fulfillment.domain.weighing import Weighing


def parcel_spec(
    ref: str,
    outer: Dimensions,
    gross_weight_g: int,
    units: Mapping[str, int],
    articles: Mapping[str, Article],
) -> ParcelSpec:
    """Return a parcel of so many units of each SKU: the strictest of its contents."""
    inside = [articles[sku] for sku in units]
    hazards = sorted(a.hazard_class for a in inside if a.hazard_class)
    classes = {article.temperature_class for article in inside}
    value_minor = sum(articles[sku].unit_value_minor * count for sku, count in units.items())
    return ParcelSpec(
        parcel_ref=ref,
        outer=outer,
        gross_weight_g=gross_weight_g,
        value=Money(amount_minor=value_minor, currency=inside[0].currency),
        hazard_class=hazards[0] if hazards else None,
        fragile=any(article.fragile for article in inside),
        temperature_class=next(t for t in reversed(TemperatureClass) if t in classes),
    )


def planned_parcels(
    plan: PackPlan,
    cartons: Sequence[CartonType],
    articles: Mapping[str, Article],
    weighing: Weighing,
) -> tuple[ParcelSpec, ...]:
    """Return a plan's parcels in its order, with what their protective fill should weigh."""
    types = {carton.carton_id: carton for carton in cartons}
    return tuple(
        parcel_spec(
            f"p{number}",
            outer_of(packed, types),
            packed.gross_weight_g + weighing.fill_g(fill_deciliters(packed.void_mm3)),
            Counter(place.sku for place in packed.placements),
            articles,
        )
        for number, packed in enumerate(plan.cartons, start=1)
    )


def outer_of(packed: PackedCarton, types: Mapping[str, CartonType]) -> Dimensions:
    """Return the outside of a packed carton; of an item's own box, the item's size."""
    if not packed.own_box:
        return types[packed.carton_id].outer
    (place,) = packed.placements
    return Dimensions(length_mm=place.dx_mm, width_mm=place.dy_mm, height_mm=place.dz_mm)


def cartons_minor(plan: PackPlan, cartons: Sequence[CartonType]) -> int:
    """Return what a plan's cartons cost themselves, in minor units."""
    costs = {carton.carton_id: carton.cost_minor for carton in cartons}
    return sum(costs[packed.carton_id] for packed in plan.cartons if not packed.own_box)
