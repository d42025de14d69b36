"""A batch's picks: bins in walking order, and the tote for each unit."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from fulfillment.domain.batch_bins import Shelves
from fulfillment.domain.batch_models import Cart, DraftBatch, Released
from fulfillment.domain.batch_totes import Load, stowed
from fulfillment.domain.inventory import BinStock
from fulfillment.domain.pick_batches import BatchPick
from fulfillment.domain.routing_exact import shortest_walk
from fulfillment.domain.routing_tour import shortest_length_mm


class Packed(NamedTuple):
    """A fulfillment, and the loads that its goods make; none where a cart is too small for it."""

    released: Released
    loads: list[Load]


class _Wish(NamedTuple):
    """Units of a line that go into one tote."""

    released: Released
    line_no: int
    tote: str


def wanted(members: Sequence[Released]) -> dict[str, int]:
    """Return how many units of each article they want together."""
    total: Counter[str] = Counter()
    for one in members:
        for line in one.lines:
            total[line.sku] += line.quantity
    return dict(total)


def draft_batch(members: Sequence[Packed], shelves: Shelves, cart: Cart) -> DraftBatch:
    """Take the members' goods from the shelves, and return their batch.

    Raises:
        StockViolation: the bins hold less than they want.

    """
    taken = shelves.take(wanted([one.released for one in members]))
    spots = {shelves.spot(place) for place in taken}
    turn = {spot: nth for nth, spot in enumerate(shortest_walk(spots, shelves.grid))}
    taken.sort(key=lambda place: (turn[shelves.spot(place)], place.bin_id, place.sku, place.lot))
    return DraftBatch(
        members=tuple((one.released.fulfillment_id, one.released.order_id) for one in members),
        picks=tuple(_picks(taken, _wishes(members, cart))),
        distance_mm=shortest_length_mm(spots, shelves.grid),
        beyond_cart=not all(one.loads for one in members),
    )


def _wishes(members: Sequence[Packed], cart: Cart) -> dict[str, list[tuple[_Wish, int]]]:
    """Return, by article, who wants how many units in which tote."""
    wishes: dict[str, list[tuple[_Wish, int]]] = defaultdict(list)
    loads = [load for one in members for load in one.loads]
    tote_of = stowed(loads) or {}
    by_id = {one.released.fulfillment_id: one.released for one in members}
    for position, load in enumerate(loads):
        one, tote = by_id[load.fulfillment_id], cart.totes[tote_of[position]].tote
        for line_no, sku, quantity in load.units:
            wishes[sku].append((_Wish(one, line_no, tote), quantity))
    for one, loaded in members:
        for line in () if loaded else one.lines:
            wishes[line.sku].append((_Wish(one, line.line_no, ""), line.quantity))
    return wishes


def _picks(
    taken: Sequence[BinStock], wishes: Mapping[str, list[tuple[_Wish, int]]]
) -> Iterator[BatchPick]:
    """Give what is taken to those who want it, in walking order."""
    open_wishes = {sku: list(reversed(rows)) for sku, rows in wishes.items()}
    number = 0
    for place in taken:
        left = place.quantity
        while left:
            wish, need = open_wishes[place.sku].pop()
            give = min(left, need)
            if give < need:
                open_wishes[place.sku].append((wish, need - give))
            left -= give
            number += 1
            yield BatchPick(
                pick_no=number,
                bin_id=place.bin_id,
                sku=place.sku,
                lot=place.lot,
                quantity=give,
                fulfillment_id=wish.released.fulfillment_id,
                order_id=wish.released.order_id,
                line_no=wish.line_no,
                tote=wish.tote,
            )
