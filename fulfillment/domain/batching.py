"""Which fulfillments are picked together in one walk, from which bins, into which totes.

Together the walks should be short; but what must leave first is fetched in the fewest walks that
carry it, and later goods only fill these up.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from fulfillment.domain.base import Instant
from fulfillment.domain.batch_bins import NearestSpots, Shelves
from fulfillment.domain.batch_models import (
    BatchRules,
    Cart,
    DraftBatch,
    LeftOut,
    PlannedBatches,
    Released,
    ReleasedLine,
    Tote,
    Waiting,
)
from fulfillment.domain.batch_picks import Packed, draft_batch, wanted
from fulfillment.domain.batch_search import Batch, BatchSearch
from fulfillment.domain.batch_totes import loads_of, stowed
from fulfillment.domain.catalog import Layout
from fulfillment.domain.errors import Problem
from fulfillment.domain.inventory import BinStock

__all__ = [
    "BatchRules",
    "Cart",
    "DraftBatch",
    "LeftOut",
    "PlannedBatches",
    "Released",
    "ReleasedLine",
    "Tote",
    "Waiting",
    "plan_batches",
]

LOOKS_AT = 120
"""So many fulfillments are planned together, those that must go soonest; then the next so many."""

MOST_WALKS = 8_000
"""So many walks the improvement of a plan measures at most: a second, or two in two blocks."""


def plan_batches(  # noqa: PLR0913, PLR0917 - each is a fact of its own
    released: Sequence[Released],
    stock: Sequence[BinStock],
    layout: Layout,
    cart: Cart,
    rules: BatchRules,
    now: Instant,
) -> PlannedBatches:
    """Plan the walks for what is released.

    Args:
        released: what may be picked, in any sequence.
        stock: what lies in the bins and may be taken; expired goods are not among it.
        layout: the warehouse's aisles.
        cart: what a walk can carry.
        rules: who may wait for company.
        now: the time of planning.

    """
    urgent_until = now + rules.urgent_within
    in_turn = sorted(released, key=lambda one: _turn(one, urgent_until))
    there, left_out = _what_is_there(in_turn, stock)
    shelves = Shelves(stock, layout)
    drafts: list[DraftBatch] = []
    waiting: list[Waiting] = []
    for members in _groups(there, shelves, cart, urgent_until):
        held_until = {one.released.fulfillment_id: _may_wait(one, rules) for one in members}
        if _is_full(members, cart, rules) or min(held_until.values()) <= now:
            drafts.append(draft_batch(members, shelves, cart))
        else:
            waiting += [Waiting(fulfillment_id=name, until=at) for name, at in held_until.items()]
    return PlannedBatches(batches=tuple(drafts), waiting=tuple(waiting), left_out=tuple(left_out))


def _turn(one: Released, urgent_until: Instant) -> tuple[bool, Instant, Instant, str]:
    urgent = one.urgent or one.ship_by <= urgent_until
    return not urgent, one.ship_by, one.released_at, one.fulfillment_id


def _may_wait(one: Packed, rules: BatchRules) -> Instant:
    """Return until when it may be held back for company."""
    if one.released.urgent or not one.loads:
        return one.released.released_at
    soon = one.released.ship_by - rules.urgent_within
    return min(one.released.released_at + rules.max_wait, soon)


def _is_full(members: Sequence[Packed], cart: Cart, rules: BatchRules) -> bool:
    loads = sum(len(one.loads) for one in members)
    return len(members) >= rules.fewest_members or loads >= len(cart.totes)


def _what_is_there(
    in_turn: Iterable[Released], stock: Iterable[BinStock]
) -> tuple[list[Released], list[LeftOut]]:
    """Return whose goods lie in the bins, and who has to be left out; the first get theirs."""
    left: Counter[str] = Counter()
    for place in stock:
        left[place.sku] += place.quantity
    there, left_out = [], []
    for one in in_turn:
        needs = wanted([one])
        short = next((sku for sku, quantity in needs.items() if left[sku] < quantity), None)
        if short is None:
            left.subtract(needs)
            there.append(one)
        else:
            problem = _missing(short, needs[short], left[short])
            left_out.append(LeftOut(fulfillment_id=one.fulfillment_id, problem=problem))
    return there, left_out


def _missing(sku: str, quantity: int, there: int) -> Problem:
    return Problem(
        path=sku,
        expected=f"{quantity} in the bins, not bound and not expired",
        came=str(there),
        remedy="count the bins and book the difference with `fulfillment stock adjust`",
    )


def _groups(
    there: Sequence[Released], shelves: Shelves, cart: Cart, urgent_until: Instant
) -> list[list[Packed]]:
    """Return who goes with whom, who must go soonest first."""
    packed = [Packed(one, loads_of(one, cart) or []) for one in there]
    groups = [[one] for one in packed if not one.loads]
    fitting = [one for one in packed if one.loads]
    for first in range(0, len(fitting), LOOKS_AT):
        some = fitting[first : first + LOOKS_AT]
        batches = _batches(some, shelves, _ranks(some, urgent_until))
        groups += [[some[member] for member in sorted(batch)] for batch in batches]
    return sorted(groups, key=lambda group: _turn(group[0].released, urgent_until))


def _ranks(members: Sequence[Packed], urgent_until: Instant) -> list[int]:
    """Return how soon each must go: what is urgent first, then by the hour of its cut-off."""
    turns = [_turn(one.released, urgent_until) for one in members]
    hours = [
        (later, later and at.replace(minute=0, second=0, microsecond=0))
        for later, at, _, _ in turns
    ]
    rank_of = {hour: rank for rank, hour in enumerate(dict.fromkeys(hours))}
    return [rank_of[hour] for hour in hours]


def _batches(members: Sequence[Packed], shelves: Shelves, ranks: Sequence[int]) -> list[Batch]:
    options = shelves.spots(wanted([one.released for one in members]))
    nearest = NearestSpots(options, shelves.grid)
    articles = [{line.sku for line in one.released.lines} for one in members]

    def length_mm(batch: Batch) -> int:
        return nearest.length_mm(set[str]().union(*(articles[member] for member in batch)))

    def fits(batch: Batch) -> bool:
        return (
            stowed([load for member in sorted(batch) for load in members[member].loads]) is not None
        )

    return BatchSearch(ranks, fits, length_mm, MOST_WALKS).run()
