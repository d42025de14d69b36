"""Announcing changes of orders: the message is written in the transaction of the change itself."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activities.return_events import RETURN_STEPS, return_event
from fulfillment.domain.holds import choices_of
from fulfillment.domain.lifecycle import Outcome, OutcomeKind, Stage
from fulfillment.domain.webhook_events import (
    ContentState,
    EventData,
    EventType,
    FulfillmentState,
    HoldState,
    LineState,
    Message,
    OrderState,
    ParcelState,
    ShareLineState,
    external_id,
    reason_words,
    says_the_same,
)
from fulfillment.messages import (
    AddressChanged,
    Amended,
    BatchRecorded,
    Delivered,
    FloorPlanned,
    HandedOver,
    HoldOrder,
    Intercepted,
    InterceptParcels,
    Labeled,
    LabelsGivenBack,
    ManifestPickup,
    ManifestSettled,
    PaymentResult,
    Refunded,
    ReplacementOrdered,
    Reservation,
    SettleOrder,
    StopWork,
    Verification,
    WorkStopped,
)
from fulfillment.messages.back_orders import BackOrderChosen
from fulfillment.records import ParcelRecord
from fulfillment.stores import UnitOfWork

_ONCE = frozenset({EventType.FULFILLMENT_CANCELED})
"""What happens to a fulfillment once, however many effects find it so."""


@dataclass(frozen=True)
class Change:
    """Something that became of an order, and of which share, parcel or amount."""

    type: EventType
    fulfillment_id: str | None = None
    reason: str | None = None
    amount_minor: int | None = None
    tracking_number: str | None = None
    replacement_order_id: str | None = None
    return_id: str | None = None
    hold: HoldState | None = None


@dataclass(frozen=True)
class _Cause:
    order: OrderState
    """As the effect has left it."""
    key: str
    at: datetime


async def announce_effect(
    tx: UnitOfWork,
    order_id: str,
    request: Any,  # noqa: ANN401 - any effect's
    result: Any,  # noqa: ANN401
    at: datetime,
) -> list[str]:
    """Announce what an effect has changed of its order, in its own transaction, as `announce`."""
    changes, step = changes_of(request, result), step_of(request.key)
    if step in OF_SEVERAL or step in STOPPING:
        shares = await tx.fulfillments.of_order(order_id)
        own = {None, *(share.fulfillment_id for share in shares)}
        changes = [change for change in changes if change.fulfillment_id in own]
        canceled = [share.fulfillment_id for share in shares if share.stage is Stage.CANCELED]
        changes += [Change(EventType.FULFILLMENT_CANCELED, name) for name in canceled]
    return await announce(tx, order_id, request.key, changes, at)


async def announce(
    tx: UnitOfWork, order_id: str, key: str, changes: Sequence[Change], at: datetime
) -> list[str]:
    """Put a message on record for each change, and queue it for each endpoint that wants it.

    In the transaction of the effect that changed the order, which has the order to itself: so no
    change goes unannounced, none is announced that did not commit, and an order's messages are
    numbered without gaps. Without any endpoint on record nothing is written.

    Args:
        tx: the effect's transaction.
        order_id: whose change it is.
        key: the effect's key; the messages' ids are made of it.
        changes: what the effect has changed, in the trade's order.
        at: when.

    Returns:
        The endpoints to wake once this is committed.

    """
    endpoints = await tx.webhooks.endpoints() if changes else []
    if not endpoints:
        return []
    woken: dict[str, None] = {}
    cause = _Cause(await _order_state(tx, order_id), key, at)
    last = await tx.webhooks.last_message(order_id)
    for change in changes:
        message = await _message(tx, cause, change, last)
        if message is None:
            continue
        last = message
        await tx.webhooks.add_message(message)
        for endpoint in endpoints:
            if endpoint.enabled and endpoint.wants(change.type):
                await tx.webhooks.queue(endpoint.endpoint_id, [message.message_id], at)
                woken[endpoint.endpoint_id] = None
    return list(woken)


async def _message(
    tx: UnitOfWork, cause: _Cause, change: Change, last: Message | None
) -> Message | None:
    """Return the message of a change, or None where the last one says the same already."""
    data = EventData(
        sequence=last.sequence + 1 if last else 1,
        order=cause.order,
        fulfillment=await _share_state(tx, change.fulfillment_id),
        tracking_number=change.tracking_number,
        replacement_order_id=change.replacement_order_id,
        return_id=change.return_id,
        amount_minor=change.amount_minor,
        reason=change.reason,
        hold=change.hold,
    )
    if last and last.type == change.type and says_the_same(_data(last), data):
        return None
    message_id = _message_id(cause.key, change)
    if change.type in _ONCE and await tx.webhooks.knows(message_id):
        return None
    return Message(
        message_id=message_id,
        order_id=cause.order.order_id,
        sequence=data.sequence,
        type=change.type.value,
        at=cause.at,
        data=data.model_dump(mode="json", exclude_none=True),
    )


def _message_id(key: str, change: Change) -> str:
    cause = "once" if change.type in _ONCE else key
    subject = f"{cause}/{change.type.value}/{change.fulfillment_id}/{change.tracking_number}"
    return f"msg_{hashlib.sha256(subject.encode()).hexdigest()[:32]}"


def _data(message: Message) -> EventData:
    return EventData.model_validate(message.data)


async def _order_state(tx: UnitOfWork, order_id: str) -> OrderState:
    record = await tx.orders.get(order_id)
    replaces = record.order.replaces
    fields = set(LineState.model_fields) - {"back_ordered"}
    return OrderState(
        order_id=order_id,
        external_id=external_id(order_id),
        stage=record.stage,
        outcome=record.outcome.kind if record.outcome else None,
        amount_minor=record.order.amount_minor,
        currency=record.order.currency,
        replaces=replaces.order_id if replaces else None,
        lines=tuple(
            LineState(**line.model_dump(include=fields), back_ordered=line.back_ordered)
            for line in await tx.orders.progress(order_id)
        ),
    )


async def _share_state(tx: UnitOfWork, fulfillment_id: str | None) -> FulfillmentState | None:
    if fulfillment_id is None:
        return None
    share = await tx.fulfillments.get(fulfillment_id)
    fields = set(FulfillmentState.model_fields) - {"lines", "parcels"}
    labels = {
        label.parcel_id: label.model_dump(include={"tracking_number", "carrier_id", "service_id"})
        for label in await tx.parcels.labels(fulfillment_id)
    }
    return FulfillmentState(
        **share.model_dump(include=fields),
        lines=tuple(ShareLineState.model_validate(line.model_dump()) for line in share.lines),
        parcels=tuple(
            _parcel(parcel, labels.get(parcel.parcel_id, {}))
            for parcel in await tx.parcels.of_fulfillment(fulfillment_id)
        ),
    )


def _parcel(parcel: ParcelRecord, label: dict[str, Any]) -> ParcelState:
    contents = tuple(
        ContentState(line_no=line_no, sku=sku, quantity=units)
        for line_no, sku, units in parcel.contents
    )
    return ParcelState(parcel_id=parcel.parcel_id, contents=contents, **label)


# --- which effect changes what ---------------------------------------------------------------


def step_of(key: str) -> str:
    """Return the step of an effect's key."""
    return key.split("/")[-3]


def changes_of(request: Any, result: Any) -> list[Change]:  # noqa: ANN401 - any effect's
    """Return what an effect has changed of its order, by its key's step."""
    step = step_of(request.key)
    simple = _SIMPLE.get(step)
    if simple is not None:
        return [Change(simple, getattr(request, "fulfillment_id", None))]
    told = _TOLD.get(step)
    return told(request, result) if told else []


def _verified(_: Any, result: Verification) -> list[Change]:  # noqa: ANN401 - as changes_of
    return [] if result.findings else [Change(EventType.ORDER_VERIFIED)]


def _held(request: HoldOrder, _: Any) -> list[Change]:  # noqa: ANN401
    state = HoldState(kinds=request.kinds, choices=choices_of(request.kinds), until=request.until)
    return [Change(EventType.ORDER_ON_HOLD, reason=reason_words(request.reason), hold=state)]


def _authorized(_: Any, result: PaymentResult) -> list[Change]:  # noqa: ANN401
    if result.declined is not None:
        return [Change(EventType.PAYMENT_DECLINED, amount_minor=result.amount_minor)]
    held = result.amount_minor
    return [Change(EventType.PAYMENT_AUTHORIZED, amount_minor=held)] if held else []


def _captured(request: Any, result: PaymentResult) -> list[Change]:  # noqa: ANN401
    share = request.fulfillment_id
    if result.declined is not None:
        return [Change(EventType.PAYMENT_DECLINED, share, amount_minor=result.amount_minor)]
    taken = result.amount_minor
    return [Change(EventType.PAYMENT_CAPTURED, share, amount_minor=taken)] if taken else []


def _voided(_: Any, result: PaymentResult) -> list[Change]:  # noqa: ANN401
    back = result.amount_minor if result.declined is None else 0
    return [Change(EventType.PAYMENT_VOIDED, amount_minor=back)] if back else []


def _refunded(_: Any, result: Refunded) -> list[Change]:  # noqa: ANN401
    kind = EventType.PAYMENT_REFUND_OWED if result.owed else EventType.PAYMENT_REFUNDED
    return [Change(kind, amount_minor=result.amount_minor)] if result.amount_minor else []


def _reserved(_: Any, result: Reservation) -> list[Change]:  # noqa: ANN401
    shares = [share.fulfillment_id for share in result.fulfillments]
    reserved = [Change(EventType.FULFILLMENT_RESERVED, share) for share in shares]
    substituted = [Change(EventType.ORDER_SUBSTITUTED)] * bool(result.substitutions)
    missing = [Change(EventType.ORDER_BACK_ORDERED)] * bool(result.missing)
    return [*reserved, *substituted, *missing]


def _chosen(_: Any, result: BackOrderChosen) -> list[Change]:  # noqa: ANN401
    less = bool(result.canceled) and not result.nothing_left
    partly = [Change(EventType.ORDER_PARTLY_CANCELED)] * less
    return [Change(EventType.ORDER_BACK_ORDER_CHOSEN), *partly]


def _stopped(request: StopWork, result: WorkStopped) -> list[Change]:
    part = request.back_ordered_only or request.lines or request.fulfillment_id
    told = part and result.canceled and not result.nothing_left
    return [Change(EventType.ORDER_PARTLY_CANCELED)] if told else []


def _labeled(request: Any, result: Labeled) -> list[Change]:  # noqa: ANN401
    usable = not (result.canceled or result.stale)
    return [Change(EventType.FULFILLMENT_LABELED, request.fulfillment_id)] if usable else []


def _handed_over(request: Any, result: HandedOver) -> list[Change]:  # noqa: ANN401
    left = not result.readdressed
    return [Change(EventType.FULFILLMENT_SHIPPED, request.fulfillment_id)] if left else []


def _sent_elsewhere(_: Any, result: AddressChanged) -> list[Change]:  # noqa: ANN401
    return [Change(EventType.ORDER_ADDRESS_CORRECTED)] if result.fields else []


def _amended(_: Any, result: Amended) -> list[Change]:  # noqa: ANN401
    return [Change(EventType.ORDER_AMENDED)] if result.fields else []


def _labels_voided(request: Any, result: LabelsGivenBack) -> list[Change]:  # noqa: ANN401
    share, given = request.fulfillment_id, result.tracking_numbers
    return [Change(EventType.FULFILLMENT_LABELS_VOIDED, share)] if given else []


def _intercepted(request: InterceptParcels, result: Intercepted) -> list[Change]:
    if result.refused is not None:
        return []
    return [Change(EventType.FULFILLMENT_INTERCEPTED, name) for name in request.fulfillment_ids]


def _delivered(request: Any, result: Delivered) -> list[Change]:  # noqa: ANN401
    share = request.fulfillment_id
    kind = EventType.FULFILLMENT_DELIVERED if result.at else EventType.FULFILLMENT_UNDELIVERED
    return [Change(kind, share)]


_ENDED = {
    OutcomeKind.COMPLETED: EventType.ORDER_COMPLETED,
    OutcomeKind.CANCELED: EventType.ORDER_CANCELED,
    OutcomeKind.REJECTED: EventType.ORDER_REJECTED,
}


def _settled(request: SettleOrder, result: Outcome) -> list[Change]:
    words = reason_words(request.rejection) if request.rejection else None
    return [Change(_ENDED[result.kind], reason=words)]


def _returning(request: Any, result: Any) -> list[Change]:  # noqa: ANN401
    kind, amount_minor = return_event(request, result)
    if kind is None:
        return []
    return [Change(kind, amount_minor=amount_minor, return_id=request.return_id)]


def _replaced(_: Any, result: ReplacementOrdered) -> list[Change]:  # noqa: ANN401
    sent = result.replacement_id
    return [Change(EventType.ORDER_REPLACED, replacement_order_id=sent)]


def _planned(_: Any, result: FloorPlanned) -> list[Change]:  # noqa: ANN401
    members = [share for batch in result.batches for share, _ in batch.members]
    return [Change(EventType.FULFILLMENT_PICKING, share) for share in members]


def _batch_picked(_: Any, result: BatchRecorded) -> list[Change]:  # noqa: ANN401
    return [Change(EventType.FULFILLMENT_PICKED, share) for share in result.live]


def _fetched_later(_: Any, result: ManifestPickup | ManifestSettled) -> list[Change]:  # noqa: ANN401
    return [Change(EventType.FULFILLMENT_PICKUP_REBOOKED, share) for share in result.changed]


_SIMPLE = {
    "record_order": EventType.ORDER_ACKNOWLEDGED,
    "record_release": EventType.ORDER_RELEASED,
    "record_address": EventType.ORDER_ADDRESS_CORRECTED,
    "record_payment_means": EventType.ORDER_RELEASED,
    "record_question": EventType.ORDER_CUSTOMER_ASKED,
    "record_reply": EventType.ORDER_CUSTOMER_ANSWERED,
    "record_put_back": EventType.FULFILLMENT_PUT_BACK,
    "plan_picking": EventType.FULFILLMENT_PICKING,
    "record_short_pick": EventType.FULFILLMENT_SHORT_PICKED,
    "record_picking": EventType.FULFILLMENT_PICKED,
    "record_sorting": EventType.FULFILLMENT_SORTED,
    "record_packing": EventType.FULFILLMENT_PACKED,
    "rebook_pickup": EventType.FULFILLMENT_PICKUP_REBOOKED,
}
"""Effects that always change the same, by their step."""

_TOLD: dict[str, Callable[[Any, Any], list[Change]]] = {
    "verify_order": _verified,
    "hold_order": _held,
    "authorize_payment": _authorized,
    "capture_payment": _captured,
    "void_payment": _voided,
    "refund_payment": _refunded,
    "reserve_stock": _reserved,
    "record_back_order_choice": _chosen,
    "stop_work": _stopped,
    "buy_labels": _labeled,
    "record_handover": _handed_over,
    "record_new_address": _sent_elsewhere,
    "record_amendment": _amended,
    "give_back_labels": _labels_voided,
    "intercept_parcels": _intercepted,
    "record_delivery": _delivered,
    "order_replacement": _replaced,
    "settle_order": _settled,
    **dict.fromkeys(RETURN_STEPS, _returning),
    "plan_floor": _planned,
    "record_batch_picking": _batch_picked,
    "book_manifest_pickup": _fetched_later,
    "settle_manifest": _fetched_later,
}
"""Effects whose result says what they have changed."""

STOPPING = frozenset({"stop_work", "record_short_pick", "record_batch_picking", "call_off_batch"})
"""Effects that may cancel a share, or end its batch after it; which ones, its stage says."""

OF_SEVERAL = frozenset(
    {"plan_floor", "record_batch_picking", "book_manifest_pickup", "settle_manifest"}
)
"""Effects on the shares of several orders at once."""

ANNOUNCED = frozenset({*_SIMPLE, *_TOLD, *STOPPING})
"""The steps that change an order, for the merchant."""

UNANNOUNCED = frozenset(
    {
        "announce_manifest",
        "arrange_supply",
        "change_cartons",
        "close_manifest",
        "find_cut_offs",
        "end_supply",
        "follow_up_supply",
        "issue_components",
        "notify_customer",
        "nudge_batch_staff",
        "nudge_dock",
        "notify_returner",
        "nudge_return_staff",
        "nudge_staff",
        "nudge_supply_staff",
        "plan_supply",
        "record_assignment",
        "record_batch_assignment",
        "record_batch_sorting",
        "record_lapse",
        "record_other_means",
        "record_refusal",
        "record_rejection",
        "record_supply_receipt",
        "release_to_floor",
        "renew_authorization",
        "write_off_payment",
        "resolve_parcels",
        "review_parcels",
        "send_purchase_order",
        "settle_in_kind",
    }
)
"""The steps that change nothing of an order itself."""
