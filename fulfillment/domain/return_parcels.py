"""In which parcels goods come back: those that they came in, as few as hold them."""

from collections import Counter
from collections.abc import Mapping, Sequence

from fulfillment.domain.base import Value
from fulfillment.domain.units import Dimensions

Content = tuple[int, str, int]
"""Line number, SKU, units."""


class CameIn(Value):
    """A parcel as it was sent to the customer."""

    outer: Dimensions
    gross_weight_g: int
    contents: tuple[Content, ...]


class ComesIn(Value):
    """A parcel as it is expected back."""

    outer: Dimensions
    gross_weight_g: int
    contents: tuple[Content, ...]


def return_parcels(
    wanted: Mapping[tuple[int, str], int], sent: Sequence[CameIn], weights_g: Mapping[str, int]
) -> list[ComesIn]:
    """Return the parcels that goods come back in: their own cartons, the fullest of them first.

    Args:
        wanted: units by line and SKU.
        sent: the parcels of their order; together they hold what is wanted.
        weights_g: what a unit of each SKU weighs.

    Returns:
        One for each carton that is needed, weighing what it weighed less what stays.

    """
    left = Counter(dict(wanted))
    rest = list(sent)
    back: list[ComesIn] = []
    while left.total() and rest:
        best = max(rest, key=lambda parcel: _taken(parcel, left).total())
        rest.remove(best)
        taken = _taken(best, left)
        if not taken.total():
            break
        left -= taken
        back.append(_coming(best, taken, weights_g))
    return back


def _taken(parcel: CameIn, left: Counter[tuple[int, str]]) -> Counter[tuple[int, str]]:
    inside: Counter[tuple[int, str]] = Counter()
    for line_no, sku, units in parcel.contents:
        inside[line_no, sku] += units
    return inside & left


def _coming(
    parcel: CameIn, taken: Counter[tuple[int, str]], weights_g: Mapping[str, int]
) -> ComesIn:
    inside = sum(weights_g[sku] * units for _, sku, units in parcel.contents)
    back = sum(weights_g[sku] * units for (_, sku), units in taken.items())
    contents = tuple((line_no, sku, units) for (line_no, sku), units in sorted(taken.items()))
    return ComesIn(
        outer=parcel.outer,
        gross_weight_g=max(1, parcel.gross_weight_g - inside + back),
        contents=contents,
    )
