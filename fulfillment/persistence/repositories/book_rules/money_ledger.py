"""Rules of the money ledger: payments follow from its postings, and refunds from their units."""

from typing import Any

from sqlalchemy import Case, Subquery, and_, case, func, literal, not_, or_, select, union_all

from fulfillment.domain.money_ledger import ACCOUNTS, LEVELS, MoneyAccount
from fulfillment.domain.refunds import RefundState
from fulfillment.persistence.repositories.book_rules.rule import Rule
from fulfillment.persistence.tables import (
    effects,
    money_entries,
    payments,
    refunded_units,
    refunds,
)

OPENING = "opening/"
"""Begins the keys of what earlier payments had come to when the ledger began."""
FREE_ACCOUNTS = (MoneyAccount.CUSTOMER, MoneyAccount.SHOP)
"""Accounts that may be below zero: money enters the books from them."""

_entry, _paid, _refund = money_entries.c, payments.c, refunds.c


def _signed(level: str) -> Case[Any]:
    signs = [
        (_entry.kind == kind, sign * _entry.amount_minor) for kind, sign in LEVELS[level].items()
    ]
    return case(*signs, else_=0)


_posted = (
    select(_entry.order_id, *(func.sum(_signed(level)).label(level) for level in LEVELS))
    .group_by(_entry.order_id)
    .subquery("posted")
)

_LEVELS = Rule(
    name="payments follow from the money ledger",
    broken=select(
        _paid.order_id,
        *(_paid[level] for level in LEVELS),
        *(func.coalesce(_posted.c[level], 0).label(f"posted_{level}") for level in LEVELS),
    )
    .outerjoin(_posted, _posted.c.order_id == _paid.order_id)
    .where(or_(*(_paid[level] != func.coalesce(_posted.c[level], 0) for level in LEVELS)))
    .order_by(_paid.order_id),
    rows=("payments {order_id}", "money_entries of {order_id}"),
    message="{order_id}: authorized {authorized_minor}, captured {captured_minor}, voided "
    "{voided_minor}, refunded {refunded_minor}; its postings come to {posted_authorized_minor}, "
    "{posted_captured_minor}, {posted_voided_minor}, {posted_refunded_minor} (minor units)",
    repair="ask the gateway (`fulfillment verify --gateway`), and set the amounts to the postings",
)

_KINDS = Rule(
    name="a posting moves between the accounts of its kind",
    broken=select(_entry.number, _entry.order_id, _entry.kind, _entry.source, _entry.target)
    .where(
        not_(
            or_(
                *(
                    and_(_entry.kind == kind, _entry.source == source, _entry.target == target)
                    for kind, (source, target) in ACCOUNTS.items()
                )
            )
        )
    )
    .order_by(_entry.number),
    rows=("money_entries {number}",),
    message="{kind} of {order_id} goes from {source} to {target}",
    repair="set the accounts to those of its kind (docs/payments.md)",
)


def _balances() -> Subquery:
    sides = [
        select(
            _entry.order_id, _entry.source.label("account"), (-_entry.amount_minor).label("minor")
        ),
        select(_entry.order_id, _entry.target.label("account"), _entry.amount_minor.label("minor")),
    ]
    both = union_all(*sides).subquery("both")
    return (
        select(both.c.order_id, both.c.account, func.sum(both.c.minor).label("minor"))
        .group_by(both.c.order_id, both.c.account)
        .subquery("balances")
    )


_balance = _balances().c

_NEGATIVE = Rule(
    name="no account that holds money is negative",
    broken=select(_balance.order_id, _balance.account, _balance.minor)
    .where(_balance.minor < 0, _balance.account.not_in(FREE_ACCOUNTS))
    .order_by(_balance.order_id, _balance.account),
    rows=("money_entries of {order_id}",),
    message="{order_id}: {minor} minor units on {account}",
    repair="ask the gateway (`fulfillment verify --gateway`) which posting is missing or too much",
)

_EFFECT = Rule(
    name="a posting has its effect",
    broken=select(_entry.number, _entry.key, _entry.kind, _entry.order_id)
    .where(func.substr(_entry.key, 1, len(OPENING)) != literal(OPENING))
    .where(~select(effects.c.key).where(effects.c.key == _entry.key).exists())
    .order_by(_entry.number),
    rows=("money_entries {number}",),
    message="{kind} of {order_id} is posted, and no effect {key} is on record",
    repair="ask the gateway whether it was done under that key",
)

_units = (
    select(refunded_units.c.key, func.sum(refunded_units.c.amount_minor).label("minor"))
    .group_by(refunded_units.c.key)
    .subquery("units")
)
_units_minor = func.coalesce(_units.c.minor, 0)

_AMOUNTS = Rule(
    name="a refund is what its units cost, with what is added and kept",
    broken=select(_refund.key, _refund.order_id, _refund.amount_minor, _units_minor.label("units"))
    .outerjoin(_units, _units.c.key == _refund.key)
    .where(_refund.state != RefundState.DECLINED)
    .where(_refund.amount_minor != _units_minor + _refund.extra_minor - _refund.fee_minor)
    .order_by(_refund.key),
    rows=("refunds {key}", "refunded_units of {key}"),
    message="refund of {order_id}: {amount_minor}, and its units cost {units} (minor units)",
    repair="compare with the request of effect {key} in the order's workflow",
)

_made = (
    select(_refund.order_id, func.sum(_refund.amount_minor).label("minor"))
    .where(_refund.state == RefundState.MADE)
    .group_by(_refund.order_id)
    .subquery("made")
)
_made_minor = func.coalesce(_made.c.minor, 0)

_REFUNDED = Rule(
    name="refunded is what the refunds came to",
    broken=select(_paid.order_id, _paid.refunded_minor, _made_minor.label("made"))
    .outerjoin(_made, _made.c.order_id == _paid.order_id)
    .where(_paid.refunded_minor != _made_minor)
    .order_by(_paid.order_id),
    rows=("payments {order_id}", "refunds of {order_id}"),
    message="{order_id}: {refunded_minor} refunded, and its refunds come to {made} (minor units)",
    repair="ask the gateway (`fulfillment verify --gateway`) which refunds were made",
)

RULES = (_LEVELS, _KINDS, _NEGATIVE, _EFFECT, _AMOUNTS, _REFUNDED)
