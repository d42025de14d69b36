"""Rules that hold the ledger against the order lines: where goods are is what was done to them."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_

from fulfillment.domain.inventory import AccountKind
from fulfillment.domain.put_backs import PutBackOutcome
from fulfillment.domain.return_units import UnitState
from fulfillment.persistence.repositories.book_rules.given_up import arrived_late
from fulfillment.persistence.repositories.book_rules.rule import Rule, counted, differing
from fulfillment.persistence.tables import (
    account_levels,
    fulfillment_lines,
    fulfillments,
    parcels,
    put_back_lines,
    put_backs,
    return_units,
)

_level = account_levels.c
_line = fulfillment_lines.c
_put = put_back_lines.c
_KEYS = ("owner", "sku")
_REPAIR = "compare the movements of {owner} with its confirmations; book or record what is missing"


def _ref() -> ColumnElement[str]:
    """Return which account of its kind it is: what stands behind the kind and the colon."""
    return func.substr(_level.account, func.length(_level.kind) + literal(2))


def _held(*kinds: AccountKind) -> Select[Any]:
    held = counted(_ref(), _level.sku, units=_level.quantity)
    return held.where(_level.kind.in_(list(kinds)))


def _in_cartons() -> Select[Any]:
    owner = func.coalesce(parcels.c.fulfillment_id, _level.account)
    held = counted(owner, _level.sku, units=_level.quantity)
    joined = held.select_from(account_levels).outerjoin(parcels, parcels.c.parcel_id == _ref())
    return joined.where(_level.kind == AccountKind.CARTON)


def _of_fulfillment(units: ColumnElement[Any]) -> Select[Any]:
    return counted(_line.fulfillment_id, _line.sku, units=units)


def _of_order(units: ColumnElement[Any]) -> Select[Any]:
    per_order = counted(fulfillments.c.order_id, _line.sku, units=units)
    return per_order.select_from(fulfillments).join(fulfillment_lines)


def _to_put_back() -> Select[Any]:
    units = counted(put_backs.c.fulfillment_id, put_backs.c.sku, units=put_backs.c.quantity)
    return units.where(put_backs.c.done_at.is_(None))


def _to_put_back_from(*kinds: AccountKind) -> Select[Any]:
    """Return what of canceled fulfillments a person still has to put back from there."""
    units = counted(_put.fulfillment_id, _put.sku, units=_put.quantity)
    there = or_(*(_put.source.startswith(f"{kind.value}:") for kind in kinds))
    return units.where(_put.done_at.is_(None), there)


def _arrived_in_spite() -> Select[Any]:
    """Return by order and SKU what has reached its customer although it was to come back."""
    units = counted(fulfillments.c.order_id, _put.sku, units=_put.quantity)
    joined = units.select_from(fulfillments).join(put_back_lines)
    return joined.where(_put.outcome == PutBackOutcome.ARRIVED)


def _back(owner: ColumnElement[str], *, from_carrier: bool) -> Select[Any]:
    """Return what has come back, less than nothing where it is no more."""
    came = return_units.c.state.in_([UnitState.RECEIVED, UnitState.INSPECTED])
    gone = counted(owner, return_units.c.sku, units=-func.count())
    return gone.where(came, return_units.c.from_carrier == from_carrier).group_by(
        owner, return_units.c.sku
    )


def _rule(
    name: str, held: Select[Any], done: Select[Any], where: str, what: str, *also: Select[Any]
) -> Rule:
    return Rule(
        name=name,
        broken=differing(_KEYS, [held], [done, *also]),
        rows=(f"account_levels {where} {{owner}} {{sku}}", "fulfillment_lines of {owner}"),
        message=f"{{left}} of {{sku}} are {where} {{owner}} by the ledger, {{right}} are {what}",
        repair=_REPAIR,
    )


RULES = (
    _rule(
        "what is picked and not packed is in cart and put wall",
        _held(AccountKind.CART, AccountKind.PUT_WALL),
        _of_fulfillment(_line.picked - _line.packed),
        "in cart or put wall for",
        "picked and not packed, or to be put back",
        _to_put_back(),
        _to_put_back_from(AccountKind.CART, AccountKind.PUT_WALL),
    ),
    _rule(
        "what is packed and not shipped is in cartons",
        _in_cartons(),
        _of_fulfillment(_line.packed - _line.shipped),
        "in cartons of",
        "packed and not shipped, or to be put back",
        _to_put_back_from(AccountKind.CARTON),
    ),
    _rule(
        "what is shipped and not delivered is with the carrier",
        _held(AccountKind.CARRIER),
        _of_fulfillment(_line.shipped - _line.delivered - _line.resent - _line.refunded),
        "with the carrier of",
        "shipped, not delivered and not given up, or coming back",
        _back(return_units.c.fulfillment_id, from_carrier=True),
        _to_put_back_from(AccountKind.CARRIER),
    ),
    _rule(
        "what is delivered is with the customer",
        _held(AccountKind.CUSTOMER),
        _of_order(_line.delivered),
        "with the customer of",
        "delivered and not returned",
        arrived_late(),
        _arrived_in_spite(),
        _back(return_units.c.order_id, from_carrier=False),
    ),
)
