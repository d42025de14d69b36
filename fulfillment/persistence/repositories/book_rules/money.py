"""Rules of payments and labels: what was taken is what was shipped, and no more than was held."""

from sqlalchemy import and_, func, or_, select

from fulfillment.domain.inventory import AccountKind
from fulfillment.domain.lifecycle import OrderStage, Stage
from fulfillment.domain.money_ledger import PostingKind
from fulfillment.domain.orders import PaymentMethod
from fulfillment.persistence.repositories.book_rules.rule import Rule
from fulfillment.persistence.tables import (
    fulfillments,
    labels,
    money_entries,
    order_units,
    orders,
    parcels,
    payments,
    put_back_lines,
    refunded_units,
)

_paid = payments.c
_CAPTURED_HERE = [PaymentMethod.TO_AUTHORIZE, PaymentMethod.AUTHORIZED]
_SHIPPED = [Stage.IN_TRANSIT, Stage.DELIVERED, Stage.UNDELIVERED]
_LABELED = [Stage.AWAITING_PICKUP, *_SHIPPED]

_LIMITS = Rule(
    name="authorized covers captured and voided, captured covers refunded",
    broken=select(payments)
    .where(
        or_(
            _paid.authorized_minor < _paid.captured_minor + _paid.voided_minor,
            _paid.captured_minor < _paid.refunded_minor,
            _paid.refunded_minor < 0,
            _paid.voided_minor < 0,
        )
    )
    .order_by(_paid.order_id),
    rows=("payments {order_id}",),
    message="{order_id}: authorized {authorized_minor}, captured {captured_minor}, "
    "voided {voided_minor}, refunded {refunded_minor} {currency} (minor units)",
    repair="ask the gateway for {reference} and set the amounts to its answer",
)

_same_unit = and_(
    refunded_units.c.order_id == order_units.c.order_id,
    refunded_units.c.line_no == order_units.c.line_no,
    refunded_units.c.unit_no == order_units.c.unit_no,
)
_coming_back = (
    select(fulfillments.c.order_id)
    .join(put_back_lines, put_back_lines.c.fulfillment_id == fulfillments.c.fulfillment_id)
    .where(fulfillments.c.order_id == orders.c.order_id)
    .where(put_back_lines.c.source.startswith(f"{AccountKind.CARRIER.value}:"))
    .exists()
)
_due = (
    select(
        order_units.c.order_id,
        func.sum(order_units.c.amount_minor).label("due"),
    )
    .outerjoin(fulfillments, fulfillments.c.fulfillment_id == order_units.c.fulfillment_id)
    .outerjoin(refunded_units, _same_unit)
    # Canceled on their way, units were captured, and are refunded; nobody has them any more.
    .where(or_(fulfillments.c.stage.in_(_SHIPPED), refunded_units.c.key.is_not(None)))
    .group_by(order_units.c.order_id)
    .subquery("due")
)
_due_minor = func.coalesce(_due.c.due, 0)
_captured_minor = func.coalesce(_paid.captured_minor, 0)
_lost = (
    select(money_entries.c.order_id, func.sum(money_entries.c.amount_minor).label("minor"))
    .where(money_entries.c.kind == PostingKind.WRITTEN_OFF)
    .group_by(money_entries.c.order_id)
    .subquery("lost")
)
_lost_minor = func.coalesce(_lost.c.minor, 0)
_accounted_minor = _captured_minor + _lost_minor

_CAPTURED = Rule(
    name="captured and written off is what the shipped units cost",
    broken=select(
        orders.c.order_id,
        _captured_minor.label("captured"),
        _lost_minor.label("lost_minor"),
        _due_minor.label("due_minor"),
    )
    .outerjoin(payments, _paid.order_id == orders.c.order_id)
    .outerjoin(_lost, _lost.c.order_id == orders.c.order_id)
    .outerjoin(_due, _due.c.order_id == orders.c.order_id)
    .where(orders.c.payment_method.in_(_CAPTURED_HERE))
    .where(
        or_(
            and_(_accounted_minor > _due_minor, ~_coming_back),
            # A refund of what comes back follows its cancellation, as a capture
            # follows the hand-over: so only a settled order must have caught up.
            (orders.c.stage == OrderStage.SETTLED) & (_accounted_minor != _due_minor),
        )
    )
    .order_by(orders.c.order_id),
    rows=("payments {order_id}", "order_units {order_id}"),
    message="{captured} captured and {lost_minor} written off for {order_id}, "
    "what was shipped costs {due_minor} (minor units)",
    repair="capture what is missing, or refund what was taken too much",
)

_GIVEN_BACK = Rule(
    name="what was paid at once for canceled units is given back",
    broken=select(
        orders.c.order_id,
        func.count().label("units"),
        func.sum(order_units.c.amount_minor).label("minor"),
    )
    .join(order_units, order_units.c.order_id == orders.c.order_id)
    .outerjoin(refunded_units, _same_unit)
    .where(orders.c.payment_method == PaymentMethod.PAID, orders.c.stage == OrderStage.SETTLED)
    .where(order_units.c.fulfillment_id.is_(None), refunded_units.c.key.is_(None))
    .where(order_units.c.amount_minor > 0)
    .group_by(orders.c.order_id)
    .order_by(orders.c.order_id),
    rows=("order_units {order_id}", "refunded_units {order_id}"),
    message="{units} units of {order_id} were paid for {minor} (minor units), and neither "
    "shipped nor given back",
    repair="refund them where {order_id} was paid, and put it on record",
)

_live = func.count(labels.c.label_id)
_LABELS = Rule(
    name="a parcel has at most one live label, and one from labeling on",
    broken=select(parcels.c.parcel_id, fulfillments.c.stage, _live.label("live"))
    .select_from(parcels)
    .join(fulfillments, fulfillments.c.fulfillment_id == parcels.c.fulfillment_id)
    .outerjoin(labels, (labels.c.parcel_id == parcels.c.parcel_id) & ~labels.c.voided)
    .group_by(parcels.c.parcel_id, fulfillments.c.stage)
    .having(or_(_live > 1, (_live == 0) & fulfillments.c.stage.in_(_LABELED)))
    .order_by(parcels.c.parcel_id),
    rows=("labels of parcel {parcel_id}",),
    message="parcel {parcel_id} of a fulfillment that is {stage} has {live} live labels",
    repair="void all but the label that the parcel carries, or buy one if it has none",
)

RULES = (_LIMITS, _CAPTURED, _GIVEN_BACK, _LABELS)
