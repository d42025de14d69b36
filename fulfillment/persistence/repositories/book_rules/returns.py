"""Rules of returns: what came back was sent, lies where it was put, and was paid back as said."""

from sqlalchemy import and_, func, literal, or_, select

from fulfillment.domain.inventory import AccountKind
from fulfillment.domain.lifecycle import NOT_LEFT, Stage
from fulfillment.domain.return_units import UnitState
from fulfillment.domain.returns import OPEN_STAGES, ReturnStage
from fulfillment.persistence.repositories.book_rules.rule import Rule, counted, differing
from fulfillment.persistence.tables import (
    account_levels,
    effects,
    fulfillments,
    order_units,
    replacing_units,
    return_refunds,
    return_units,
    returns,
)
from fulfillment.stores.returns import RefundState

_level = account_levels.c
_return = returns.c
_unit = return_units.c
_refund = return_refunds.c
_own = order_units.c
_same_unit = and_(
    _own.order_id == _unit.order_id,
    _own.line_no == _unit.line_no,
    _own.unit_no == _unit.unit_no,
)

_stands = replacing_units.c
_stands_for = and_(
    _stands.order_id == _unit.order_id,
    _stands.line_no == _unit.line_no,
    _stands.unit_no == _unit.unit_no,
)

_SENT = Rule(
    name="what a return takes has left",
    broken=select(_unit.return_id, _unit.line_no, _unit.unit_no, fulfillments.c.stage)
    .join(order_units, _same_unit)
    .outerjoin(fulfillments, fulfillments.c.fulfillment_id == _own.fulfillment_id)
    .where(_unit.state != UnitState.RELEASED)
    .where(
        or_(
            fulfillments.c.stage.is_(None),
            fulfillments.c.stage.in_([*NOT_LEFT, Stage.CANCELED]),
        )
    )
    .order_by(_unit.return_id, _unit.line_no, _unit.unit_no),
    rows=("return_units {return_id} {line_no} {unit_no}",),
    message="return {return_id} takes unit {line_no}/{unit_no}, whose fulfillment is {stage}",
    repair="see what was sent, and cancel the return: fulfillment returns cancel {return_id}",
)

_came = func.coalesce(_unit.came_as, _unit.sku).label("sku")
_WAITING = Rule(
    name="what came back and waits for inspection is in its return's account",
    broken=differing(
        ("owner", "sku"),
        [
            counted(
                func.substr(_level.account, func.length(_level.kind) + literal(2)),
                _level.sku,
                units=_level.quantity,
            ).where(_level.kind == AccountKind.RETURNED)
        ],
        [
            counted(_unit.return_id, _came, units=func.count())
            .where(_unit.state == UnitState.RECEIVED)
            .group_by(_unit.return_id, _came)
        ],
    ),
    rows=("account_levels returned:{owner} {sku}", "return_units of {owner}"),
    message="{left} of {sku} are in the account of return {owner}, {right} wait for inspection",
    repair="compare the movements of {owner} with its receipts and inspections",
)

_ENDED = Rule(
    name="a return that has ended waits for nothing",
    broken=select(_return.return_id, _return.stage, func.count().label("units"))
    .join(return_units, _unit.return_id == _return.return_id)
    .where(_return.stage.not_in(list(OPEN_STAGES)))
    .where(_unit.state.in_([UnitState.ANNOUNCED, UnitState.RECEIVED]))
    .group_by(_return.return_id, _return.stage)
    .order_by(_return.return_id),
    rows=("returns {return_id}", "return_units of {return_id}"),
    message="return {return_id} is {stage}, yet {units} units of it are waited for",
    repair="inspect what came of {return_id}, and release what did not",
)

_units_of = (
    select(
        _unit.return_id,
        _unit.refund_no,
        func.count().label("units"),
        func.sum(func.coalesce(_stands.amount_minor, _own.amount_minor)).label("amount_minor"),
        func.sum(_unit.shipping_kept_minor).label("kept"),
    )
    .join(order_units, _same_unit)
    .outerjoin(replacing_units, _stands_for)
    .where(_unit.refund_no.is_not(None))
    .group_by(_unit.return_id, _unit.refund_no)
    .subquery("refunded_of_return")
)
_of_units = _units_of.c

_ADD_UP = Rule(
    name="a return's refund is what its units cost, plus extra, less what is kept",
    broken=select(
        _refund.return_id,
        _refund.refund_no,
        _refund.amount_minor,
        func.coalesce(_of_units.amount_minor, 0).label("cost"),
        _refund.extra_minor,
        _refund.fee_minor,
    )
    .outerjoin(
        _units_of,
        and_(_of_units.return_id == _refund.return_id, _of_units.refund_no == _refund.refund_no),
    )
    .where(
        or_(
            func.coalesce(_of_units.units, 0) != _refund.units,
            func.coalesce(_of_units.kept, 0) != _refund.shipping_kept_minor,
            func.coalesce(_of_units.amount_minor, 0) + _refund.extra_minor - _refund.fee_minor
            != _refund.amount_minor,
        )
    )
    .order_by(_refund.return_id, _refund.refund_no),
    rows=("return_refunds {return_id} {refund_no}", "return_units of {return_id}"),
    message="refund {refund_no} of {return_id} is {amount_minor}; its units cost {cost}, "
    "{extra_minor} more and {fee_minor} less were agreed (minor units)",
    repair="compare with the refund on record at the gateway, and correct what differs",
)

_prefix = literal("return/") + _refund.return_id + literal("/refund_payment/")
_payers = select(_stands.paid_by).where(_stands.order_id == _return.order_id)
_MADE = Rule(
    name="a refund of a return that has ended was made",
    broken=select(_refund.return_id, _refund.refund_no, _refund.state, _refund.amount_minor)
    .join(returns, _return.return_id == _refund.return_id)
    .where(_return.stage.not_in(list(OPEN_STAGES)))
    .where(
        or_(
            _refund.state != RefundState.DONE,
            ~select(effects.c.key)
            .where(effects.c.step == "refund_payment")
            .where(or_(effects.c.order_id == _return.order_id, effects.c.order_id.in_(_payers)))
            .where(func.substr(effects.c.key, 1, func.length(_prefix)) == _prefix)
            .exists(),
        )
    )
    .order_by(_refund.return_id, _refund.refund_no),
    rows=("return_refunds {return_id} {refund_no}",),
    message="{amount_minor} of return {return_id} are {state}, and no refund is on record",
    repair="give it back by hand, and put it on record",
)

_SETTLED = Rule(
    name="what was accepted of a resolved return was given back or replaced",
    broken=select(_unit.return_id, _unit.line_no, _unit.unit_no)
    .join(returns, _return.return_id == _unit.return_id)
    .where(_return.stage == ReturnStage.RESOLVED, _return.linked_order_id.is_(None))
    .where(_unit.accepted, _unit.refund_no.is_(None))
    .order_by(_unit.return_id, _unit.line_no, _unit.unit_no),
    rows=("return_units {return_id} {line_no} {unit_no}",),
    message="unit {line_no}/{unit_no} of return {return_id} was accepted, and nothing came of it",
    repair="give it back, or send it again, by hand",
)

RULES = (_SENT, _WAITING, _ENDED, _ADD_UP, _MADE, _SETTLED)
