"""A filled carton, in the words of a plan."""

from collections.abc import Sequence

from fulfillment.domain.cartonization import (
    PackedCarton,
    PackItem,
    PackRules,
    Placement,
    size_of,
)
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.lowering import lowering_sequence


def in_own_box(item: PackItem) -> PackedCarton:
    """Return a unit that ships as it is."""
    return PackedCarton(
        carton_id=item.sku,
        placements=(_placement(item, (0, 0, 0, *size_of(item.dimensions)), 0),),
        gross_weight_g=item.weight_g,
        void_mm3=0,
        own_box=True,
    )


def packed_carton(
    carton: CartonType, contents: Sequence[tuple[PackItem, Sequence[int]]], rules: PackRules
) -> PackedCarton:
    """Return a carton of items, each with its box: from and to along x, y, z with its padding."""
    items = [item for item, _ in contents]
    places = [_placement(item, box, rules.padding_of(item)) for item, box in contents]
    void_mm3 = carton.inner.volume_mm3 - sum(item.dimensions.volume_mm3 for item in items)
    return PackedCarton(
        carton_id=carton.carton_id,
        placements=lowering_sequence(places, {item.item_ref: item for item in items}),
        gross_weight_g=carton.empty_weight_g + sum(item.weight_g for item in items),
        void_mm3=void_mm3,
    )


def _placement(item: PackItem, box: Sequence[int], padding_mm: int) -> Placement:
    x1, y1, z1, x2, y2, z2 = box
    return Placement(
        item_ref=item.item_ref,
        line_no=item.line_no,
        sku=item.sku,
        x_mm=x1 + padding_mm,
        y_mm=y1 + padding_mm,
        z_mm=z1 + padding_mm,
        dx_mm=x2 - x1 - 2 * padding_mm,
        dy_mm=y2 - y1 - 2 * padding_mm,
        dz_mm=z2 - z1 - 2 * padding_mm,
        padding_mm=padding_mm,
    )
