"""What a bin did not hold: from which other bins of the warehouse it is taken, and when."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from fulfillment.domain.base import Value
from fulfillment.domain.catalog import Bin, Layout
from fulfillment.domain.inventory import BinStock
from fulfillment.domain.pick_batches import BatchPick
from fulfillment.domain.routing import walking_distance_mm


class ShortPickPolicy(StrEnum):
    """Where units that a bin did not hold are looked for first."""

    OTHER_BIN = "other_bin"
    """In the other bins of the warehouse, on the same walk; what is not there, by its order."""
    ORDER = "order"
    """By the order at once: another warehouse, a substitute, a back-order."""


class Detour(Value):
    """Units that are taken from another bin, and after which of the stops ahead."""

    stock: BinStock
    after: int
    """The stop's number among those ahead, from 0."""
    extra_mm: int


def find_elsewhere(
    missing: int, stock: Sequence[BinStock], ahead: Sequence[Bin], layout: Layout
) -> list[Detour]:
    """Return from which bins units are taken instead: first expired first, then the nearest.

    Args:
        missing: how many units are looked for.
        stock: what lies unbound in other bins.
        ahead: the bins of the walk from where the picker stands on.
        layout: the warehouse's aisles.

    Returns:
        Detours that come to `missing` units, or to all that there are.

    """
    found: list[Detour] = []
    detours = [_shortest(place, ahead, layout) for place in stock]
    for detour in sorted(detours, key=_turn):
        units = min(missing, detour.stock.quantity)
        missing -= units
        if units:
            taken = detour.stock.model_copy(update={"quantity": units})
            found.append(detour.model_copy(update={"stock": taken}))
    return found


def _turn(detour: Detour) -> tuple[date, int, str, str]:
    place = detour.stock
    return place.expires_on or date.max, detour.extra_mm, place.lot, place.bin_id


def _shortest(place: BinStock, ahead: Sequence[Bin], layout: Layout) -> Detour:
    new = Bin(
        bin_id=place.bin_id,
        warehouse_id=ahead[0].warehouse_id,
        aisle=place.aisle,
        cell=place.cell,
    )
    before_mm = walking_distance_mm(ahead, layout)
    walks = (
        (walking_distance_mm([*ahead[:n], new, *ahead[n:]], layout) - before_mm, n - 1)
        for n in range(1, len(ahead) + 1)
    )
    extra_mm, after = min(walks)
    return Detour(stock=place, after=after, extra_mm=extra_mm)


def with_detours(
    ahead: Sequence[BatchPick], detours: Sequence[Detour], first_no: int
) -> list[BatchPick]:
    """Return the picks ahead with one more for each detour, at its place in the walk.

    Args:
        ahead: the picks from the short one on; a detour's number is one of these.
        detours: where the short pick's units are taken instead.
        first_no: the number of the first pick that is added.

    """
    short, added = ahead[0], list(enumerate(detours, first_no))
    walk: list[BatchPick] = []
    for number, pick in enumerate(ahead):
        walk.append(pick)
        for pick_no, detour in added:
            if detour.after == number:
                place = detour.stock.model_dump(include={"bin_id", "lot", "quantity"})
                walk.append(short.model_copy(update={"pick_no": pick_no, **place}))
    return walk
