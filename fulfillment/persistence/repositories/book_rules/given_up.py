"""Rules of parcels that are not waited for any more: what is lost is explained."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select

from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.inventory import AccountKind
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.money_ledger import PostingKind
from fulfillment.domain.orders import PaymentMethod
from fulfillment.persistence.repositories.book_rules.rule import Rule, counted, differing
from fulfillment.persistence.tables import (
    account_levels,
    effects,
    fulfillment_lines,
    given_up_parcels,
    money_entries,
    movements,
    order_units,
    orders,
    parcels,
    refunded_units,
)
from fulfillment.stores.given_up import AWAY

_level = account_levels.c
_line = fulfillment_lines.c
_moved = movements.c
_given_up = given_up_parcels.c


def _prefix(kind: AccountKind) -> str:
    return f"{kind.value}:"


def _is(account: ColumnElement[Any], kind: AccountKind) -> ColumnElement[bool]:
    prefix = _prefix(kind)
    return func.substr(account, 1, len(prefix)) == prefix


def _ref(account: ColumnElement[Any], kind: AccountKind) -> ColumnElement[str]:
    return func.substr(account, len(_prefix(kind)) + 1)


def arrived_late() -> Select[Any]:
    """Return by order and SKU what has reached its customer after it was given up."""
    customer = _ref(_moved.target, AccountKind.CUSTOMER)
    late = _is(_moved.source, AccountKind.UNDELIVERED) & _is(_moved.target, AccountKind.CUSTOMER)
    return counted(customer, _moved.sku, units=_moved.quantity).where(late)


def _left_the_carrier() -> Select[Any]:
    given_up = _is(_moved.source, AccountKind.CARRIER) & _is(_moved.target, AccountKind.UNDELIVERED)
    share = _ref(_moved.source, AccountKind.CARRIER)
    return counted(share, _moved.sku, units=_moved.quantity).where(given_up)


_EXPLAINED = Rule(
    name="what was given up has left the carrier's account",
    broken=differing(
        ("owner", "sku"),
        [_left_the_carrier()],
        [counted(_line.fulfillment_id, _line.sku, units=_line.resent + _line.refunded)],
    ),
    rows=("movements of carrier:{owner} {sku}", "fulfillment_lines of {owner}"),
    message="{left} of {sku} were booked off {owner} as undelivered, {right} were given up",
    repair="compare the given_up_parcels of {owner} with its movements, and book what is missing",
)

_held = exists().where(
    _level.account == literal(_prefix(AccountKind.UNDELIVERED)) + _given_up.parcel_id,
    _level.quantity > 0,
)

_WHEREABOUTS = Rule(
    name="the goods of a given-up parcel are where it says",
    broken=select(_given_up.parcel_id, _given_up.goods)
    .where(
        or_(
            and_(_given_up.goods.in_(list(AWAY)), ~_held),
            and_(_given_up.goods.not_in(list(AWAY)), _held),
        )
    )
    .order_by(_given_up.parcel_id),
    rows=("given_up_parcels {parcel_id}", "account_levels undelivered:{parcel_id}"),
    message="the goods of {parcel_id} are {goods} by its record, and not by the ledger",
    repair="find out where they are, and book them there",
)

_undelivered = _ref(_level.account, AccountKind.UNDELIVERED)

_OWNER = Rule(
    name="what is undelivered is of a given-up parcel",
    broken=select(_level.account, _level.sku, _level.quantity)
    .select_from(account_levels)
    .outerjoin(parcels, parcels.c.parcel_id == _undelivered)
    .outerjoin(given_up_parcels, _given_up.parcel_id == parcels.c.parcel_id)
    .where(_level.kind == AccountKind.UNDELIVERED, _level.quantity > 0)
    .where(_given_up.parcel_id.is_(None))
    .order_by(_level.account, _level.sku),
    rows=("account_levels {account} {sku}",),
    message="{quantity} of {sku} are in {account}, and no such parcel was given up",
    repair="find out where they are, and book them there",
)

_sent = (
    select(effects.c.key)
    .where(effects.c.order_id == _given_up.order_id, effects.c.step == "order_replacement")
    .exists()
)
_unit = order_units.c
_refunded = (
    select(refunded_units.c.key)
    .join(
        order_units,
        and_(
            _unit.order_id == refunded_units.c.order_id,
            _unit.line_no == refunded_units.c.line_no,
            _unit.unit_no == refunded_units.c.unit_no,
        ),
    )
    .where(_unit.fulfillment_id == _given_up.fulfillment_id)
    .exists()
)
_written_off = (
    select(money_entries.c.key)
    .where(money_entries.c.fulfillment_id == _given_up.fulfillment_id)
    .where(money_entries.c.kind == PostingKind.WRITTEN_OFF)
    .exists()
)
_costs = exists().where(_unit.fulfillment_id == _given_up.fulfillment_id, _unit.amount_minor > 0)
_paid_back = or_(
    _refunded, _written_off, ~_costs, orders.c.payment_method == PaymentMethod.ON_DELIVERY
)

_CARRIED_OUT = Rule(
    name="what was decided of a given-up parcel is done",
    broken=select(_given_up.parcel_id, _given_up.order_id, _given_up.choice)
    .join(orders, orders.c.order_id == _given_up.order_id)
    .where(orders.c.stage == OrderStage.SETTLED)
    .where(
        or_(
            and_(_given_up.choice == Choice.RESHIP, ~_sent),
            and_(_given_up.choice == Choice.REFUND, ~_paid_back),
        )
    )
    .order_by(_given_up.parcel_id),
    rows=("given_up_parcels {parcel_id}", "effects of {order_id}"),
    message="{parcel_id} was given up by {choice}, and nothing of that is on record for {order_id}",
    repair="send its goods again, or refund them, and tell the customer of {order_id}",
)

RULES = (_EXPLAINED, _WHEREABOUTS, _OWNER, _CARRIED_OUT)
