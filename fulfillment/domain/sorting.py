"""How picked goods are laid out for packing: together what is alike, apart what must be."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Identifier, Value
from fulfillment.domain.units import Grams


class SortItem(Value):
    """An order line as it comes from the cart; `weight_g` is of one unit."""

    line_no: int
    sku: Identifier
    name: str
    quantity: Annotated[int, Field(gt=0)]
    segregation_group: str
    weight_g: Grams
    fragile: bool


class SortCluster(Value):
    """The goods of one segregation group, in the sequence that packing wants."""

    segregation_group: str
    items: tuple[SortItem, ...]


def sort_plan(items: Iterable[SortItem]) -> tuple[SortCluster, ...]:
    """Cluster the items by segregation group, by name, and lay each cluster out for packing.

    Heavy and sturdy ones come first and fragile ones last; lines of one SKU stand side by side.
    Every item comes exactly once.
    """
    given = list(items)
    heaviest: dict[tuple[bool, str], int] = {}
    for item in given:
        kind = (item.fragile, item.sku)
        heaviest[kind] = max(heaviest.get(kind, 0), item.weight_g)

    def turn(item: SortItem) -> tuple[bool, int, str, int, int]:
        kind_g = heaviest[item.fragile, item.sku]
        return (item.fragile, -kind_g, item.sku, -item.weight_g, item.line_no)

    groups = sorted({item.segregation_group for item in given})
    return tuple(
        SortCluster(
            segregation_group=group,
            items=tuple(sorted((i for i in given if i.segregation_group == group), key=turn)),
        )
        for group in groups
    )
