"""A model of one order in two warehouses: its state, and what follows in it by itself.

Each line's article lies in a warehouse of its own, so that each fulfillment has units of one line.
Where a rule is pure in `fulfillment.domain`, the model asks it, so that the two can't drift apart.
"""

from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from fulfillment.domain.inventory import AccountKind
from fulfillment.domain.lifecycle import (
    CLOSED,
    LineProgress,
    Outcome,
    Stage,
    TaskKind,
    roll_up,
)
from fulfillment.domain.money_ledger import LEVELS, PostingKind, levels_after, postings
from fulfillment.domain.tracking import TrackingStatus

A = AccountKind
ACCOUNTS = (
    A.SUPPLIER,
    A.ADJUSTMENT,
    A.BIN,
    A.CARTON,
    A.CARRIER,
    A.CUSTOMER,
    A.UNDELIVERED,
    A.QUARANTINE,
    A.RETURNED,
)
"""Where goods are; all that people hold in the warehouse is in the carton's account."""

WANTED = (2, 1)
"""Units of each line."""

PRICES_MINOR = (1000, 700)
"""What a unit of each line costs."""

Goods = tuple[int, ...]
"""Units of a line's article on each of `ACCOUNTS`."""

Money = tuple[int, ...]
"""What the payment has come to, as the names of `LEVELS` say."""


class Share(NamedTuple):
    """A fulfillment: units of one line, and what it holds."""

    line: int
    units: int
    stage: Stage = Stage.RELEASED
    live_labels: int = 0
    void_labels: int = 0
    parcel: TrackingStatus | None = None
    task: TaskKind | None = None
    """What somebody has to see to beside the stage's own step."""
    captured_minor: int = 0
    given_up: str = ""
    """What was decided of goods that did not arrive: reship or refund."""
    returned: bool = False

    @property
    def in_books(self) -> int:
        """Return the units that are still of this fulfillment."""
        return 0 if self.stage is Stage.CANCELED else self.units

    @property
    def put_back_from(self) -> AccountKind:
        """Return where its goods come from that are put back: what has left, the carrier brings."""
        return A.CARRIER if self.captured_minor else A.CARTON


class State(NamedTuple):
    """The whole order at rest: nothing happens until somebody acts or time passes.

    Fulfillments stand by line, then as they were made; those that were canceled and have nothing
    to be put back are gone from it.
    """

    goods: tuple[Goods, ...]
    claimed: tuple[int, ...]
    canceled: tuple[int, ...] = (0, 0)
    money: Money = (0, 0, 0, 0)
    shares: tuple[Share, ...] = ()
    asked: tuple[bool, ...] = (False, False)
    """Whether the customer is to choose about what is missing of each line."""
    missed_before: tuple[int, ...] = (0, 0)
    """Of how many missing units of each line the customer was told."""
    together: bool = False
    """Whether what is there waits for what is missing."""
    received: tuple[int, ...] = (0, 0)
    shorts: int = 0
    is_settled: bool = False

    def missing(self, line: int) -> int:
        """Return the units of a line that nobody has reserved."""
        reserved = sum(share.in_books for share in self.shares if share.line == line)
        return WANTED[line] - self.canceled[line] - reserved

    def on(self, kind: AccountKind, line: int) -> int:
        """Return how many units of a line's article are on an account."""
        return self.goods[line][ACCOUNTS.index(kind)]

    def free(self, line: int) -> int:
        """Return the units in the bin that nobody has claimed."""
        return self.on(A.BIN, line) - self.claimed[line]


LINES = range(len(WANTED))


def changed(values: tuple[int, ...], line: int, by: int) -> tuple[int, ...]:
    """Return the values with one changed."""
    return tuple(value + by if n == line else value for n, value in enumerate(values))


def moved(state: State, line: int, units: int, source: AccountKind, target: AccountKind) -> State:
    """Book units from one account to another."""
    levels = list(state.goods[line])
    levels[ACCOUNTS.index(source)] -= units
    levels[ACCOUNTS.index(target)] += units
    goods = tuple(tuple(levels) if n == line else row for n, row in enumerate(state.goods))
    return state._replace(goods=goods)


def posted(state: State, kind: PostingKind, amount_minor: int) -> State:
    """Post an amount, by the domain's own ledger."""
    levels = dict(zip(LEVELS, state.money, strict=True))
    after = levels_after(levels, postings(kind, amount_minor))
    return state._replace(money=tuple(after.values()))


def put(state: State, number: int, share: Share) -> State:
    """Return the state with a fulfillment as it is now."""
    shares = tuple(share if n == number else old for n, old in enumerate(state.shares))
    return state._replace(shares=shares)


def held_minor(state: State) -> int:
    """Return what is authorized and neither captured nor voided."""
    authorized, captured, voided, _ = state.money
    return authorized - captured - voided


def begun(stock: tuple[int, int], *, together: bool = False) -> State:
    """Return an order that was just accepted and authorized."""
    nothing = tuple([0] * len(ACCOUNTS))
    state = State(goods=(nothing, nothing), claimed=(0, 0), together=together)
    for line in LINES:
        state = moved(state, line, stock[line], A.SUPPLIER, A.BIN)
    due = sum(units * price for units, price in zip(WANTED, PRICES_MINOR, strict=True))
    return settled_down(posted(state, PostingKind.AUTHORIZED, due))


# --- what follows by itself ------------------------------------------------------------------


def settled_down(state: State) -> State:
    """Reserve what is there, start what may start, ask about the rest, and settle at the end."""
    state = _reserved(state._replace(shares=tuple(filter(_matters, state.shares))))
    missing = tuple(state.missing(line) for line in LINES)
    waits = any(missing)
    if not (state.together and waits):
        state = _started(state)
    asked = tuple(
        bool(units) and (is_asked or units > before)
        for units, is_asked, before in zip(missing, state.asked, state.missed_before, strict=True)
    )
    state = state._replace(asked=asked, missed_before=missing, together=state.together and waits)
    return state if waits else _closed(state)


def _matters(share: Share) -> bool:
    """Return whether anything can still happen with a fulfillment, or its goods were shipped."""
    return share.stage is not Stage.CANCELED or share.task is not None


def _reserved(state: State) -> State:
    if state.is_settled:
        return state
    for line in LINES:
        units = min(state.missing(line), state.free(line))
        if units:
            shares = sorted((*state.shares, Share(line, units)), key=attrgetter("line"))
            claimed = changed(state.claimed, line, units)
            state = state._replace(claimed=claimed, shares=tuple(shares))
    return state


def _started(state: State) -> State:
    started = tuple(
        share._replace(stage=Stage.PICKING) if share.stage is Stage.RELEASED else share
        for share in state.shares
    )
    return state._replace(shares=started)


def _closed(state: State) -> State:
    """Settle once every fulfillment has ended, those too whose goods are put back."""
    open_ones = [s for s in state.shares if s.stage not in CLOSED or s.task is TaskKind.PUT_BACK]
    if open_ones or state.is_settled:
        return state
    return posted(state, PostingKind.VOIDED, held_minor(state))._replace(is_settled=True)


# --- what is left at the end -----------------------------------------------------------------


def progress(state: State, line: int) -> LineProgress:
    """Return what has become of a line."""
    mine = [share for share in state.shares if share.line == line]
    given_up = {
        choice: sum(share.units for share in mine if share.given_up == choice)
        for choice in ("reship", "refund")
    }
    return LineProgress(
        line_no=line + 1,
        sku=str(line),
        ordered=WANTED[line],
        canceled=state.canceled[line],
        reserved=sum(share.in_books for share in mine),
        delivered=sum(share.units for share in mine if share.stage is Stage.DELIVERED),
        returned=sum(share.units for share in mine if share.returned),
        resent=given_up["reship"],
        refunded=given_up["refund"],
    )


def outcome(state: State) -> Outcome:
    """Return how the order ended, by the domain's own rule."""
    return roll_up([progress(state, line) for line in LINES])


def is_at_rest(state: State) -> bool:
    """Return whether the order has ended and nobody has anything to do for it."""
    return state.is_settled and not any(share.task for share in state.shares)


def cost_minor(shares: Iterable[Share]) -> int:
    """Return what the units of fulfillments cost."""
    return sum(share.units * PRICES_MINOR[share.line] for share in shares)
