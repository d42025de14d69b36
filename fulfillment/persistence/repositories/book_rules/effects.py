"""Rules of what was done once: no state without its effect, no message without its cause."""

from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, and_, false, func, literal, or_, select

from fulfillment.domain.lifecycle import STEPS, OrderStage, OutcomeKind, Stage
from fulfillment.domain.orders import PaymentMethod
from fulfillment.messages import NoticeKind
from fulfillment.persistence.repositories.book_rules.rule import Rule
from fulfillment.persistence.tables import (
    effects,
    fulfillment_lines,
    fulfillments,
    notices,
    order_lines,
    orders,
    payments,
    pick_batch_members,
)
from fulfillment.records import MemberState

STEP_BEHIND = {
    "plan_picking": Stage.RELEASED,
    "record_picking": Stage.PICKING,
    "record_sorting": Stage.SORTING,
    "record_packing": Stage.PACKING,
    "buy_labels": Stage.LABELING,
    "record_handover": Stage.AWAITING_PICKUP,
    "record_delivery": Stage.IN_TRANSIT,
}
"""The step that takes a fulfillment beyond a stage."""

_order = orders.c
_share = fulfillments.c
_member = pick_batch_members.c
_lines = fulfillment_lines.c


def _beyond(stage: Stage) -> list[Stage]:
    return list(STEPS[STEPS.index(stage) + 1 :])


def _done(step: str, workflow: ColumnElement[str], order_id: ColumnElement[str]) -> Exists:
    """Return whether the workflow's effect of that step is on record."""
    prefix = workflow + literal("/")
    return (
        select(effects.c.step)
        .where(effects.c.order_id == order_id, effects.c.step == step)
        .where(func.substr(effects.c.key, 1, func.length(prefix)) == prefix)
        .exists()
    )


def _share_done(step: str) -> Exists:
    return _done(step, literal("fulfillment/") + _share.fulfillment_id, _share.order_id)


def _batch_done(stage: Stage) -> ColumnElement[bool]:
    """Return whether a pick batch took the share beyond a stage, for itself and others."""
    mine = select(_member.batch_id).where(
        _member.fulfillment_id == _share.fulfillment_id, _member.state == MemberState.IN
    )
    if stage is Stage.RELEASED:
        return mine.exists()
    if stage is not Stage.PICKING:
        return false()
    key = literal("pick-batch/") + _member.batch_id + literal("/record_batch_picking/-/1")
    return mine.join(effects, effects.c.key == key).exists()


def _order_done(step: str) -> Exists:
    return _done(step, literal("order/") + _order.order_id, _order.order_id)


def _steps_missing() -> Select[Any]:
    captured = (
        select(payments.c.order_id)
        .where(payments.c.order_id == _share.order_id, payments.c.captured_minor > 0)
        .where(payments.c.method != PaymentMethod.PAID)
        .exists()
    )
    names = select(_share.fulfillment_id, _share.stage).join(
        orders, _order.order_id == _share.order_id
    )
    missing = [
        and_(_share.stage.in_(_beyond(stage)), ~or_(_share_done(step), _batch_done(stage)))
        for step, stage in STEP_BEHIND.items()
    ]
    settled = and_(_order.stage == OrderStage.SETTLED, _share.stage == Stage.DELIVERED)
    missing.append(and_(settled, captured, ~_share_done("capture_payment")))
    return names.where(or_(*missing)).order_by(_share.fulfillment_id)


def _order_steps_missing() -> Select[Any]:
    reserved = select(_share.order_id).where(_share.order_id == _order.order_id).exists()
    authorized = (
        select(payments.c.order_id)
        .where(payments.c.order_id == _order.order_id, payments.c.authorized_minor > 0)
        .where(payments.c.method == PaymentMethod.TO_AUTHORIZE)
        .exists()
    )
    missing = or_(
        ~_order_done("record_order"),
        and_(reserved, or_(~_order_done("verify_order"), ~_order_done("reserve_stock"))),
        and_(authorized, ~_order_done("authorize_payment")),
        and_(_order.stage == OrderStage.SETTLED, ~_order_done("settle_order")),
    )
    return select(_order.order_id, _order.stage).where(missing).order_by(_order.order_id)


_STEPS = Rule(
    name="a fulfillment's stage has the effects that led to it",
    broken=_steps_missing(),
    rows=("fulfillments {fulfillment_id}", "effects of fulfillment/{fulfillment_id}/"),
    message="{fulfillment_id} is {stage}, and the effect of a step up to there is not on record",
    repair="compare with its workflow, and reset fulfillment/{fulfillment_id} to before that step",
)

_ORDER_STEPS = Rule(
    name="an order's stage has the effects that led to it",
    broken=_order_steps_missing(),
    rows=("orders {order_id}", "effects of order/{order_id}/"),
    message="{order_id} is {stage}, and the effect of a step up to there is not on record",
    repair="compare with the workflow order/{order_id}, and reset it to before that step",
)

_CAUSE = Rule(
    name="a message has its cause",
    broken=select(notices.c.key, notices.c.kind, notices.c.order_id)
    .where(~select(effects.c.key).where(effects.c.key == notices.c.key).exists())
    .order_by(notices.c.key),
    rows=("notices {key}",),
    message="the customer of {order_id} was told {kind!r}, and no effect of that key is on record",
    repair="find out who sent it; write to the customer if it is not true",
)

_told = notices.c

_PREMATURE = Rule(
    name="a message is true",
    broken=select(_told.key, _told.kind, _share.fulfillment_id, _share.stage)
    .join(fulfillments, _share.fulfillment_id == _told.fulfillment_id)
    .where(
        or_(
            and_(
                _told.kind == NoticeKind.SHIPPED,
                _share.stage.not_in([*_beyond(Stage.AWAITING_PICKUP), Stage.UNDELIVERED]),
                ~and_(_share.stage == Stage.CANCELED, _share_done("record_handover")),
            ),
            and_(_told.kind == NoticeKind.DELIVERED, _share.stage != Stage.DELIVERED),
        )
    )
    .order_by(_told.key),
    rows=("notices {key}", "fulfillments {fulfillment_id}"),
    message="the customer was told {kind!r} of {fulfillment_id}, which is {stage}",
    repair="write to the customer, and set the stage to what the goods say",
)


def _sent(kind: NoticeKind) -> Exists:
    same_order = select(_told.key).where(_told.order_id == _order.order_id, _told.kind == kind)
    return same_order.exists()


def _sent_of_share(kind: NoticeKind) -> Exists:
    same = _told.fulfillment_id == _share.fulfillment_id
    return select(_told.key).where(same, _told.kind == kind).exists()


_UNTOLD = Rule(
    name="the customer of a settled order was told",
    broken=select(_order.order_id, _order.outcome_kind)
    .where(_order.stage == OrderStage.SETTLED)
    .where(
        or_(
            ~_sent(NoticeKind.ACKNOWLEDGED),
            and_(_order.outcome_kind == OutcomeKind.CANCELED, ~_sent(NoticeKind.CANCELED)),
            and_(_order.outcome_kind == OutcomeKind.REJECTED, ~_sent(NoticeKind.REJECTED)),
        )
    )
    .order_by(_order.order_id),
    rows=("orders {order_id}", "notices of {order_id}"),
    message="{order_id} is {outcome_kind}, and its acknowledgment or its final message is missing",
    repair="send the customer of {order_id} the message that is missing",
)

_UNTOLD_SHARE = Rule(
    name="the customer was told of each fulfillment of a settled order",
    broken=select(_share.fulfillment_id, _share.order_id, _share.stage)
    .join(orders, _order.order_id == _share.order_id)
    .where(_order.stage == OrderStage.SETTLED)
    .where(
        or_(
            and_(
                _share.stage.in_([*_beyond(Stage.AWAITING_PICKUP), Stage.UNDELIVERED]),
                ~_sent_of_share(NoticeKind.SHIPPED),
            ),
            and_(_share.stage == Stage.DELIVERED, ~_sent_of_share(NoticeKind.DELIVERED)),
        )
    )
    .order_by(_share.fulfillment_id),
    rows=("fulfillments {fulfillment_id}", "notices of {order_id}"),
    message="{fulfillment_id} is {stage}, and the customer was not told of its shipping or arrival",
    repair="send the customer of {order_id} the message that is missing",
)

_UNTOLD_SUBSTITUTE = Rule(
    name="the customer of a settled order was told of what was substituted",
    broken=select(_order.order_id, _lines.line_no, _lines.sku)
    .join(fulfillments, _share.order_id == _order.order_id)
    .join(fulfillment_lines, _lines.fulfillment_id == _share.fulfillment_id)
    .join(
        order_lines,
        and_(order_lines.c.order_id == _order.order_id, order_lines.c.line_no == _lines.line_no),
    )
    .where(_order.stage == OrderStage.SETTLED, _share.stage == Stage.DELIVERED)
    .where(_lines.delivered > 0, _lines.sku != order_lines.c.sku)
    .where(~_sent(NoticeKind.SUBSTITUTED))
    .order_by(_order.order_id, _lines.line_no, _lines.sku),
    rows=("fulfillment_lines of {order_id}, line {line_no}", "notices of {order_id}"),
    message="line {line_no} of {order_id} came as {sku}, and the customer was not told",
    repair="send the customer of {order_id} the message that is missing",
)

RULES = (_STEPS, _ORDER_STEPS, _CAUSE, _PREMATURE, _UNTOLD, _UNTOLD_SHARE, _UNTOLD_SUBSTITUTE)
