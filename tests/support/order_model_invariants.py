"""What is true of the model of an order in each of its states."""

from collections.abc import Callable

from fulfillment.domain.inventory import SOURCES, AccountKind
from fulfillment.domain.lifecycle import Stage, TaskKind
from order_model import (
    ACCOUNTS,
    LINES,
    WANTED,
    Share,
    State,
    cost_minor,
    held_minor,
    is_at_rest,
    progress,
)

A, S = AccountKind, Stage
LYING = (S.RELEASED, S.PICKING)
IN_HAND = (S.SORTING, S.PACKING, S.LABELING, S.AWAITING_PICKUP)
LABELED = (S.AWAITING_PICKUP, S.IN_TRANSIT)


def _units(state: State, line: int, test: Callable[[Share], bool]) -> int:
    return sum(share.units for share in state.shares if share.line == line and test(share))


def goods_are_conserved(state: State, line: int) -> bool:
    """Say whether no unit appears or vanishes, and none is owed by a place where goods lie."""
    on_hand = zip(ACCOUNTS, state.goods[line], strict=True)
    lies = all(units >= 0 for kind, units in on_hand if kind not in SOURCES)
    return sum(state.goods[line]) == 0 and lies


def claims_are_what_is_still_to_be_picked(state: State, line: int) -> bool:
    """Say so, and that they are never more than what lies in the bin."""
    to_pick = _units(state, line, lambda share: share.stage in LYING)
    return to_pick == state.claimed[line] <= state.on(A.BIN, line)


def goods_are_where_their_fulfillment_says(state: State, line: int) -> bool:
    """Compare what people hold, what carriers have, and what customers have."""
    back = TaskKind.PUT_BACK
    where: dict[AccountKind, Callable[[Share], bool]] = {
        A.CARTON: lambda s: s.stage in IN_HAND or (s.task, s.put_back_from) == (back, A.CARTON),
        A.CARRIER: lambda s: (
            s.stage is S.IN_TRANSIT or (s.task, s.put_back_from) == (back, A.CARRIER)
        ),
        A.CUSTOMER: lambda s: s.stage is S.DELIVERED and not s.returned,
    }
    return all(state.on(kind, line) == _units(state, line, test) for kind, test in where.items())


def no_unit_is_canceled_and_shipped(state: State, line: int) -> bool:
    """Say whether each ordered unit is missing, canceled, or of one fulfillment."""
    told = progress(state, line)
    return min(state.missing(line), state.canceled[line]) >= 0 and told.reserved <= WANTED[line]


def money_is_covered(state: State) -> bool:
    """Say whether what is captured was authorized, what is refunded was captured."""
    authorized, captured, voided, refunded = state.money
    return authorized >= captured + voided and captured >= refunded >= 0 <= voided


def the_customer_pays_what_left_and_was_not_given_back(state: State) -> bool:
    """Say whether it is what is on its way, has arrived and was kept, or is sent again."""
    _, captured, _, refunded = state.money
    paid_for = (
        share
        for share in state.shares
        if share.stage in {S.IN_TRANSIT, S.DELIVERED, S.UNDELIVERED}
        and not share.returned
        and share.given_up != "refund"
    )
    return captured - refunded == cost_minor(paid_for)


def a_parcel_has_one_live_label(state: State) -> bool:
    """Say whether it has while it waits or is on its way, and none before and after."""
    return all(share.live_labels == (share.stage in LABELED) for share in state.shares)


def at_rest_nothing_is_held_or_owed(state: State) -> bool:
    """Say whether there is no claim, no goods in anybody's hands or on their way, no money held."""
    if not is_at_rest(state):
        return True
    free = all(not state.claimed[n] and not state.missing(n) for n in LINES)
    away = any(state.on(kind, n) for kind in (A.CARTON, A.CARRIER) for n in LINES)
    return free and not away and held_minor(state) == 0


OF_LINES = (
    goods_are_conserved,
    claims_are_what_is_still_to_be_picked,
    goods_are_where_their_fulfillment_says,
    no_unit_is_canceled_and_shipped,
)
OF_ORDERS = (
    money_is_covered,
    the_customer_pays_what_left_and_was_not_given_back,
    a_parcel_has_one_live_label,
    at_rest_nothing_is_held_or_owed,
)


def broken(state: State) -> list[str]:
    """Return which of them do not hold in a state."""
    of_lines = [rule.__name__ for rule in OF_LINES for n in LINES if not rule(state, n)]
    return of_lines + [rule.__name__ for rule in OF_ORDERS if not rule(state)]
