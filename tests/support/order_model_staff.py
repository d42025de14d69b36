"""What staff can do in the model of an order; what is refused, returns None."""

from fulfillment.domain.delivery_exceptions import GIVING_UP
from fulfillment.domain.inventory import AccountKind
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.money_ledger import PostingKind
from fulfillment.domain.tracking import TrackingStatus
from order_model import (
    State,
    changed,
    cost_minor,
    moved,
    posted,
    put,
)

A, S, T = AccountKind, Stage, TrackingStatus
FURTHER = {S.PICKING: S.SORTING, S.SORTING: S.PACKING, S.PACKING: S.AWAITING_PICKUP}
"""Where a person's confirmation leads; labels are bought without one."""


def confirm(state: State, number: int) -> State | None:
    """Confirm the step that a fulfillment stands at: picked, sorted, packed."""
    share = state.shares[number]
    if share.stage not in FURTHER:
        return None
    if share.stage is S.PICKING:
        state = state._replace(claimed=changed(state.claimed, share.line, -share.units))
        state = moved(state, share.line, share.units, A.BIN, A.CARTON)
    labels = int(FURTHER[share.stage] is S.AWAITING_PICKUP)
    return put(state, number, share._replace(stage=FURTHER[share.stage], live_labels=labels))


def hand_over(state: State, number: int) -> State | None:
    """Give the parcel to the carrier; its cost is captured."""
    share = state.shares[number]
    if share.stage is not S.AWAITING_PICKUP:
        return None
    state = moved(state, share.line, share.units, A.CARTON, A.CARRIER)
    cost = cost_minor([share])
    state = posted(state, PostingKind.CAPTURED, cost)
    left = share._replace(stage=S.IN_TRANSIT, parcel=T.PICKED_UP, captured_minor=cost)
    left = left._replace(void_labels=0)
    return put(state, number, left)


def pick_short(state: State, number: int) -> State | None:
    """Find one unit less in the bin than the books say, and no other one in it."""
    share = state.shares[number]
    if share.stage is not S.PICKING or state.shorts:
        return None
    claimed = changed(state.claimed, share.line, -1)
    state = state._replace(claimed=claimed, shorts=1)
    state = moved(state, share.line, state.free(share.line), A.BIN, A.ADJUSTMENT)
    left = share._replace(units=share.units - 1)
    if not left.units:
        left = share._replace(stage=S.CANCELED)
    return put(state, number, left)


def put_back(state: State, number: int) -> State | None:
    """Put a canceled fulfillment's goods back into their bin."""
    share = state.shares[number]
    if share.task is not TaskKind.PUT_BACK:
        return None
    state = moved(state, share.line, share.units, share.put_back_from, A.BIN)
    return put(state, number, share._replace(task=None))


def reship(state: State, number: int) -> State | None:
    """Decide that goods which did not arrive are sent again, as an order of their own."""
    return _give_up(state, number, GIVING_UP[0].value)


def refund(state: State, number: int) -> State | None:
    """Decide that goods which did not arrive are refunded."""
    after = _give_up(state, number, GIVING_UP[1].value)
    if after is None:
        return None
    return posted(after, PostingKind.REFUNDED, state.shares[number].captured_minor)


def _give_up(state: State, number: int, choice: str) -> State | None:
    share = state.shares[number]
    if share.task is not TaskKind.DELIVERY_EXCEPTION:
        return None
    expected = TaskKind.UNDELIVERED if share.parcel is T.RETURNED else None
    state = moved(state, share.line, share.units, A.CARRIER, A.UNDELIVERED)
    gone = share._replace(stage=S.UNDELIVERED, task=expected, given_up=choice, parcel=None)
    return put(state, number, gone._replace(live_labels=0))


def receive_undelivered(state: State, number: int) -> State | None:
    """Take in a parcel that was given up: its goods go to quarantine."""
    share = state.shares[number]
    if share.task is not TaskKind.UNDELIVERED:
        return None
    state = moved(state, share.line, share.units, A.UNDELIVERED, A.QUARANTINE)
    return put(state, number, share._replace(task=None))


def inspect(state: State, number: int) -> State | None:
    """Take in what a customer sent back, as new: it goes to its bin, and is refunded."""
    share = state.shares[number]
    if share.task is not TaskKind.INSPECT:
        return None
    state = moved(state, share.line, share.units, A.CUSTOMER, A.BIN)
    state = posted(state, PostingKind.REFUNDED, share.captured_minor)
    return put(state, number, share._replace(task=None, returned=True))
