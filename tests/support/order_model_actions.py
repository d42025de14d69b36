"""What customers, staff, carriers, suppliers and time can do in the model of an order.

Each action is refused, as the product refuses it, by returning None.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from fulfillment.domain.back_order_choices import (
    BackOrderChoice,
    default_choices,
)
from fulfillment.domain.inventory import AccountKind
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.tracking import TrackingStatus
from order_model import (
    LINES,
    State,
    changed,
    moved,
    put,
    settled_down,
)
from order_model_customer import (
    ask_return,
    call_off,
    cancel,
    cancel_missing,
    cancel_unit,
    placed,
    readdress,
    ship_rest,
    wait,
)
from order_model_staff import (
    FURTHER,
    confirm,
    hand_over,
    inspect,
    pick_short,
    put_back,
    receive_undelivered,
    refund,
    reship,
)

A, S, T = AccountKind, Stage, TrackingStatus
DEFAULT = BackOrderChoice.CANCEL
"""What is chosen for a customer who does not answer."""

TROUBLE = (T.EXCEPTION, T.RETURNED)


class Step(NamedTuple):
    """An action, and of which fulfillment or line it is."""

    name: str
    number: int = 0


def steps(state: State, names: Iterable[str] = ()) -> Iterator[tuple[Step, State]]:
    """Yield each action that is possible, or these if they are, and where it leads to."""
    for name in names or ACTIONS:
        for number in _subjects(name, state):
            after = ACTIONS[name](state, number)
            if after is not None:
                yield Step(name, number), settled_down(after)


def _subjects(name: str, state: State) -> range:
    if name in OF_ORDER:
        return range(1)
    return LINES if name in OF_LINE else range(len(state.shares))


# --- carriers, suppliers, time ---------------------------------------------------------------


def out_for_delivery(state: State, number: int) -> State | None:
    """Bring a parcel to its street."""
    return _news(state, number, T.OUT_FOR_DELIVERY)


def lost(state: State, number: int) -> State | None:
    """Lose a parcel."""
    return _news(state, number, T.EXCEPTION)


def returned(state: State, number: int) -> State | None:
    """Bring a parcel back to its sender."""
    return _news(state, number, T.RETURNED)


def _news(state: State, number: int, status: TrackingStatus) -> State | None:
    share = state.shares[number]
    if share.stage is not S.IN_TRANSIT or share.parcel in {*TROUBLE, status}:
        return None
    task = TaskKind.DELIVERY_EXCEPTION if status in TROUBLE else None
    return put(state, number, share._replace(parcel=status, task=task))


def delivered(state: State, number: int) -> State | None:
    """Bring a parcel to its customer."""
    share = state.shares[number]
    if share.stage is not S.IN_TRANSIT or share.parcel in TROUBLE:
        return None
    state = moved(state, share.line, share.units, A.CARRIER, A.CUSTOMER)
    arrived = share._replace(stage=S.DELIVERED, parcel=None, task=None, live_labels=0)
    return put(state, number, arrived)


def receive(state: State, line: int) -> State | None:
    """Have a supplier bring a unit that is missing."""
    if state.received[line] or not state.missing(line):
        return None
    state = moved(state, line, 1, A.SUPPLIER, A.BIN)
    return state._replace(received=changed(state.received, line, 1))


def remind(state: State, _: int) -> State | None:
    """Let people wait until they are reminded, which changes nothing."""
    waits = any(s.task is TaskKind.PUT_BACK or s.stage in FURTHER for s in state.shares)
    return state if waits else None


def deadline(state: State, _: int) -> State | None:
    """Let the customer's time for choosing pass: the default is chosen for each line."""
    lines = [
        LineQuantity(line_no=n + 1, sku=f"S{n}", quantity=state.missing(n))
        for n in LINES
        if state.asked[n] and not state.is_settled
    ]
    if not lines:
        return None
    for choice in default_choices(placed(together=state.together), lines, DEFAULT):
        after = cancel_missing(state, choice.line_no - 1)
        state = state if after is None else after
    return state


def miss_pickup(state: State, number: int) -> State | None:
    """Have the carrier not come; the pickup is booked again, and the label stays."""
    share = state.shares[number]
    return state if share.stage is S.AWAITING_PICKUP else None


Act = Callable[[State, int], State | None]
CUSTOMER: dict[str, Act] = {
    "cancel": cancel,
    "call off": call_off,
    "cancel unit": cancel_unit,
    "amend": cancel_unit,
    "wait": wait,
    "ship rest": ship_rest,
    "cancel missing": cancel_missing,
    "readdress": readdress,
    "ask return": ask_return,
}
STAFF: dict[str, Act] = {
    "confirm": confirm,
    "hand over": hand_over,
    "pick short": pick_short,
    "put back": put_back,
    "reship": reship,
    "refund": refund,
    "receive undelivered": receive_undelivered,
    "inspect": inspect,
}
CARRIER: dict[str, Act] = {
    "out for delivery": out_for_delivery,
    "lost": lost,
    "returned": returned,
    "delivered": delivered,
}
SUPPLIER: dict[str, Act] = {"receive": receive}
TIME: dict[str, Act] = {"remind": remind, "deadline": deadline, "miss pickup": miss_pickup}
ACTIONS: dict[str, Act] = {**CUSTOMER, **STAFF, **CARRIER, **SUPPLIER, **TIME}
OF_ORDER = frozenset({"cancel", "readdress", "remind", "deadline"})
OF_LINE = frozenset({"cancel unit", "amend", "wait", "ship rest", "cancel missing", "receive"})
