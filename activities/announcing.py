"""Announcing changes of orders: the message is written in the transaction of the change itself."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from activities.announced_changes import OF_SEVERAL, STOPPING, Change, changes_of, step_of
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.webhook_events import (
    ContentState,
    EventData,
    EventType,
    FulfillmentState,
    LineState,
    Message,
    OrderState,
    ParcelState,
    ShareLineState,
    external_id,
    says_the_same,
)
from fulfillment.records import ParcelRecord
from fulfillment.stores import UnitOfWork

_ONCE = frozenset({EventType.FULFILLMENT_CANCELED})
"""What happens to a fulfillment once, however many effects find it so."""


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
