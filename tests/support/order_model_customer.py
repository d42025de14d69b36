"""What a customer can do in the model of an order; what is refused, returns None."""

from functools import cache

import plant
from fulfillment.domain.back_order_choices import (
    BackOrderChoice,
    LineChoice,
    check_choices,
)
from fulfillment.domain.cancellation import Action, actions_at
from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError
from fulfillment.domain.lifecycle import STEPS, Stage, TaskKind
from fulfillment.domain.money_ledger import PostingKind
from fulfillment.domain.orders import LineQuantity, Order
from fulfillment.domain.readdressing import EFFECT, AddressEffect, all_gone
from fulfillment.domain.tracking import TrackingStatus
from fulfillment.domain.unit_choice import Holding, LineUnits, choose_units
from order_model import (
    LINES,
    WANTED,
    Share,
    State,
    changed,
    held_minor,
    posted,
    put,
)

S, T = Stage, TrackingStatus
UNRESERVED = -1
TREATMENT = {stage: frozenset(action for _, action in actions_at(stage)) for stage in Stage}
"""What a cancellation does at a stage."""


def cancel(state: State, _: int) -> State | None:
    """Cancel all that is left, unless something of it can't be canceled any more."""
    live = [n for n, share in enumerate(state.shares) if share.stage is not S.CANCELED]
    is_left = live or any(state.missing(line) for line in LINES)
    if not is_left or not all(_is_cancelable(state.shares[n]) for n in live):
        return None
    for number in live:
        state = _stopped(state, number, state.shares[number].units)
    rest = tuple(state.canceled[n] + state.missing(n) for n in LINES)
    state = state._replace(canceled=rest)
    return posted(state, PostingKind.VOIDED, held_minor(state))


def call_off(state: State, number: int) -> State | None:
    """Cancel one fulfillment with all its units."""
    share = state.shares[number]
    if state.is_settled or share.stage is S.CANCELED or not _is_cancelable(share):
        return None
    return _stopped(state, number, share.units)


def cancel_unit(state: State, line: int) -> State | None:
    """Cancel a unit of a line: the one that it costs least to stop, as the domain chooses."""
    held = [
        (number, share.units, share.stage)
        for number, share in enumerate(state.shares)
        if share.line == line and share.stage in STEPS
    ]
    number = _cheapest(state.missing(line), tuple(held))
    if state.is_settled or number is None:
        return None
    if number == UNRESERVED:
        return state._replace(canceled=changed(state.canceled, line, 1))
    return _stopped(state, number, 1)


@cache
def _cheapest(missing: int, held: tuple[tuple[int, int, Stage], ...]) -> int | None:
    """Return of which fulfillment a unit is canceled; None if all of them have left."""
    holdings = [
        Holding(line_no=1, sku="S", quantity=units, fulfillment_id=str(number), stage=stage)
        for number, units, stage in held
    ]
    if missing:
        holdings.append(Holding(line_no=1, sku="S", quantity=missing))
    try:
        [chosen] = choose_units([LineUnits(line_no=1, quantity=1)], holdings)
    except FulfillmentError:
        return None
    return UNRESERVED if chosen.fulfillment_id is None else int(chosen.fulfillment_id)


def _is_cancelable(share: Share) -> bool:
    refused = TREATMENT[share.stage] & {Action.RETURN, Action.DECIDED}
    return not refused and share.parcel is not T.OUT_FOR_DELIVERY


def _stopped(state: State, number: int, canceled: int) -> State:
    """Cancel a fulfillment, of its units so many for good, as the table says for its stage."""
    share = state.shares[number]
    state = state._replace(canceled=changed(state.canceled, share.line, canceled))
    live = 0 if share.stage is S.IN_TRANSIT else share.live_labels
    stopped = share._replace(stage=S.CANCELED, parcel=None, task=None, live_labels=live)
    for action in TREATMENT[share.stage]:
        match action:
            case Action.RELEASE:
                claimed = changed(state.claimed, share.line, -share.units)
                state = state._replace(claimed=claimed)
            case Action.PUT_BACK | Action.INTERCEPT:
                stopped = stopped._replace(task=TaskKind.PUT_BACK)
            case Action.VOID_LABEL:
                void = stopped.void_labels + stopped.live_labels
                stopped = stopped._replace(live_labels=0, void_labels=void)
            case Action.REFUND:
                state = posted(state, PostingKind.REFUNDED, share.captured_minor)
            case _:
                pass
    return put(state, number, stopped)


def wait(state: State, line: int) -> State | None:
    """Choose to wait for what is missing of a line."""
    if not _may_choose(state, line, BackOrderChoice.WAIT) or not state.asked[line]:
        return None
    return state._replace(asked=_not_asked(state, line))


def ship_rest(state: State, line: int) -> State | None:
    """Choose to have sent what is there."""
    if not _may_choose(state, line, BackOrderChoice.SHIP_REST):
        return None
    return state._replace(together=False, asked=_not_asked(state, line))


def cancel_missing(state: State, line: int) -> State | None:
    """Choose not to have what is missing of a line."""
    if not _may_choose(state, line, BackOrderChoice.CANCEL):
        return None
    return state._replace(canceled=changed(state.canceled, line, state.missing(line)))


def _not_asked(state: State, line: int) -> tuple[bool, ...]:
    return tuple(old and n != line for n, old in enumerate(state.asked))


def _may_choose(state: State, line: int, choice: BackOrderChoice) -> bool:
    missing = tuple((n, state.missing(n)) for n in LINES if state.missing(n))
    return not state.is_settled and _fits(missing, line, choice, together=state.together)


@cache
def _fits(
    missing: tuple[tuple[int, int], ...], line: int, choice: BackOrderChoice, *, together: bool
) -> bool:
    lines = [LineQuantity(line_no=n + 1, sku=f"S{n}", quantity=units) for n, units in missing]
    chosen = LineChoice(line_no=line + 1, choice=choice)
    try:
        check_choices(placed(together=together), lines, [chosen])
    except ConfirmationRefused:
        return False
    return True


@cache
def placed(*, together: bool) -> Order:
    """Return the order itself."""
    rows = [(f"S{n}", units) for n, units in enumerate(WANTED)]
    return plant.order("MODEL", *rows, ship_complete=together)


def readdress(state: State, _: int) -> State | None:
    """Have it sent elsewhere: what is labeled is labeled anew."""
    stages = [share.stage for share in state.shares]
    missing = sum(state.missing(line) for line in LINES)
    again = [n for n, s in enumerate(stages) if EFFECT[s] is AddressEffect.RELABEL]
    if state.is_settled or all_gone(stages, missing) or not again:
        return None
    for number in again:
        share = state.shares[number]
        if share.void_labels:
            return None  # once is enough to see
        state = put(state, number, share._replace(void_labels=share.live_labels, live_labels=1))
    return state


def ask_return(state: State, number: int) -> State | None:
    """Ask to send a delivered fulfillment's units back."""
    share = state.shares[number]
    if share.stage is not S.DELIVERED or share.task or share.returned:
        return None
    return put(state, number, share._replace(task=TaskKind.INSPECT))
