"""Outward webhooks, and deliveries to us that were refused, on SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, bindparam, delete, func, or_, select, update

from fulfillment.domain.webhook_events import Message
from fulfillment.domain.webhooks import Delivery, DeliveryState, Endpoint
from fulfillment.persistence.repositories.store import SqlStore, missing, select_by
from fulfillment.persistence.tables import (
    refused_deliveries,
    webhook_deliveries,
    webhook_endpoints,
    webhook_messages,
)
from fulfillment.webhooks.stores import RefusedDelivery, Which

_MESSAGES = webhook_messages.c
_DELIVERIES = webhook_deliveries.c
_REFUSED = refused_deliveries.c
_LAST_MESSAGE = (
    select(webhook_messages)
    .where(_MESSAGES.order_id == bindparam("order_id"))
    .order_by(_MESSAGES.sequence.desc())
    .limit(1)
)
_SECRETS = ("secret", "previous_secret")


class SqlWebhookStore(SqlStore):
    """Outward messages with their endpoints; and what storefronts sent us in vain."""

    # --- endpoints -----------------------------------------------------------------------

    async def add_endpoint(self, endpoint: Endpoint) -> None:
        """Put an endpoint on record.

        Raises:
            Inconsistent: one of that id is.

        """
        await self._insert(webhook_endpoints, [_endpoint_row(endpoint)])

    async def endpoints(self) -> list[Endpoint]:
        """Return all endpoints, by id."""
        rows = await self._rows(select_by(webhook_endpoints, order_by="endpoint_id"))
        return [Endpoint.model_validate(dict(row)) for row in rows]

    async def endpoint(self, endpoint_id: str) -> Endpoint | None:
        """Return an endpoint, or None; nobody else changes it before a writing transaction ends."""
        await self._hold("webhooks", [endpoint_id])
        one = webhook_endpoints.c.endpoint_id == endpoint_id
        row = await self._row(select(webhook_endpoints).where(one))
        return None if row is None else Endpoint.model_validate(dict(row))

    async def save_endpoint(self, endpoint: Endpoint) -> None:
        """Replace what is on record of an endpoint."""
        one = webhook_endpoints.c.endpoint_id == endpoint.endpoint_id
        changed = update(webhook_endpoints).where(one).values(_endpoint_row(endpoint))
        if not await self._change(changed):
            raise missing(endpoint=endpoint.endpoint_id)

    async def remove_endpoint(self, endpoint_id: str) -> bool:
        """Remove an endpoint with its deliveries, not the messages; say whether it was there."""
        await self._hold("webhooks", [endpoint_id])
        await self._change(delete(webhook_deliveries).where(_DELIVERIES.endpoint_id == endpoint_id))
        one = webhook_endpoints.c.endpoint_id == endpoint_id
        return await self._change(delete(webhook_endpoints).where(one)) == 1

    # --- messages ------------------------------------------------------------------------

    async def last_message(self, order_id: str) -> Message | None:
        """Return the last message of an order, or None."""
        row = await self._row(_LAST_MESSAGE, order_id=order_id)
        return None if row is None else _message(row)

    async def add_message(self, message: Message) -> None:
        """Put a message on record.

        Raises:
            Inconsistent: its id, or its place in the order's sequence, is taken.

        """
        await self._insert(webhook_messages, [message.model_dump()])

    async def knows(self, message_id: str) -> bool:
        """Return whether a message is on record."""
        one = select_by(webhook_messages, "message_id")
        return await self._row(one, message_id=message_id) is not None

    async def message(self, message_id: str) -> Message:
        """Return a message; raises NotFound."""
        one = select(webhook_messages).where(_MESSAGES.message_id == message_id)
        row = await self._row(one)
        if row is None:
            raise missing(message=message_id)
        return _message(row)

    async def messages(
        self, which: Which, *, after: str | None = None, limit: int = 50
    ) -> list[Message]:
        """Return messages in the order they were put on record, beginning behind `after`."""
        found = select(webhook_messages).order_by(_MESSAGES.number).limit(limit)
        for name in ("message_id", "order_id"):
            if getattr(which, name) is not None:
                found = found.where(_MESSAGES[name] == getattr(which, name))
        if which.since is not None:
            found = found.where(_MESSAGES.at >= which.since)
        if which.endpoint_id is not None or which.state is not None:
            found = found.where(_MESSAGES.message_id.in_(_queued(which)))
        if after is not None:
            before = select(_MESSAGES.number).where(_MESSAGES.message_id == after)
            found = found.where(_MESSAGES.number > before.scalar_subquery())
        return [_message(row) for row in await self._rows(found)]

    # --- deliveries ----------------------------------------------------------------------

    async def queue(self, endpoint_id: str, message_ids: Sequence[str], at: datetime) -> None:
        """Have messages delivered from that time on, whatever became of them before."""
        fresh = [
            Delivery(message_id=name, endpoint_id=endpoint_id, next_attempt_at=at)
            for name in message_ids
        ]
        await self._put(webhook_deliveries, [delivery.model_dump() for delivery in fresh])

    async def deliveries(self, message_ids: Collection[str]) -> list[Delivery]:
        """Return what became of messages, by message and endpoint."""
        found = select(webhook_deliveries).where(_DELIVERIES.message_id.in_(list(message_ids)))
        ordered = found.order_by(_DELIVERIES.message_id, _DELIVERIES.endpoint_id)
        return [_delivery(row) for row in await self._rows(ordered)]

    async def save_delivery(self, delivery: Delivery) -> None:
        """Replace what is on record of a delivery, unless its endpoint was removed meanwhile."""
        one = update(webhook_deliveries).where(
            _DELIVERIES.message_id == delivery.message_id,
            _DELIVERIES.endpoint_id == delivery.endpoint_id,
        )
        await self._change(one.values(delivery.model_dump()))

    async def due(self, endpoint_id: str, now: datetime, limit: int) -> list[Delivery]:
        """Return what is to be delivered now, in the order of the messages."""
        found = select(webhook_deliveries).join(
            webhook_messages, _MESSAGES.message_id == _DELIVERIES.message_id
        )
        mine = found.where(
            _DELIVERIES.endpoint_id == endpoint_id,
            _DELIVERIES.state == DeliveryState.PENDING,
            _DELIVERIES.next_attempt_at <= now,
        )
        rows = await self._rows(mine.order_by(_MESSAGES.number).limit(limit))
        return [_delivery(row) for row in rows]

    async def next_due(self, endpoint_id: str) -> datetime | None:
        """Return when the next delivery is due, or None where none is pending."""
        earliest = select(func.min(_DELIVERIES.next_attempt_at).label("at")).where(
            _DELIVERIES.endpoint_id == endpoint_id, _DELIVERIES.state == DeliveryState.PENDING
        )
        row = await self._row(earliest)
        return None if row is None else row["at"]

    async def give_up(self, endpoint_id: str, error: str) -> int:
        """Mark all that is pending as failed; return how many."""
        pending = update(webhook_deliveries).where(
            _DELIVERIES.endpoint_id == endpoint_id, _DELIVERIES.state == DeliveryState.PENDING
        )
        changes = {"state": DeliveryState.FAILED, "next_attempt_at": None, "error": error}
        return await self._change(pending.values(changes))

    async def overdue(self, before: datetime) -> list[Delivery]:
        """Return what was due before then at endpoints that listen, and is still pending."""
        paused = webhook_endpoints.c.paused_until
        listening = select(webhook_endpoints.c.endpoint_id).where(
            webhook_endpoints.c.enabled, or_(paused.is_(None), paused < before)
        )
        found = select(webhook_deliveries).where(
            _DELIVERIES.state == DeliveryState.PENDING,
            _DELIVERIES.next_attempt_at < before,
            _DELIVERIES.endpoint_id.in_(listening),
        )
        ordered = found.order_by(_DELIVERIES.endpoint_id, _DELIVERIES.message_id)
        return [_delivery(row) for row in await self._rows(ordered)]

    # --- what storefronts sent in vain ---------------------------------------------------

    async def add_refused(self, refused: RefusedDelivery) -> None:
        """Keep a delivery of a storefront that was refused; once, by its id, topic and code."""
        names = ("storefront", "delivery_id", "topic", "code", "order_id")
        same = [
            refused_deliveries.c[name].is_not_distinct_from(getattr(refused, name))
            for name in names
        ]
        if await self._row(select(_REFUSED.number).where(*same)) is None:
            row = refused.model_dump(exclude={"number"})
            await self._insert(refused_deliveries, [{**row, "fields": list(refused.fields)}])

    async def refused(self, *, before: int | None = None, limit: int = 50) -> list[RefusedDelivery]:
        """Return refused deliveries, the newest first, beginning below the number `before`."""
        found = select(refused_deliveries).order_by(_REFUSED.number.desc()).limit(limit)
        if before is not None:
            found = found.where(_REFUSED.number < before)
        return [RefusedDelivery.model_validate(dict(row)) for row in await self._rows(found)]


def _endpoint_row(endpoint: Endpoint) -> dict[str, Any]:
    secrets = {name: getattr(endpoint, name) for name in _SECRETS}
    return {
        **endpoint.model_dump(exclude=set(_SECRETS)),
        **{name: value and value.get_secret_value() for name, value in secrets.items()},
        "event_types": list(endpoint.event_types),
    }


def _queued(which: Which) -> Any:  # noqa: ANN401 - a Select
    queued = select(_DELIVERIES.message_id)
    if which.endpoint_id is not None:
        queued = queued.where(_DELIVERIES.endpoint_id == which.endpoint_id)
    return queued if which.state is None else queued.where(_DELIVERIES.state == which.state)


def _message(row: RowMapping) -> Message:
    return Message.model_validate(dict(row))


def _delivery(row: RowMapping) -> Delivery:
    return Delivery.model_validate(dict(row))
