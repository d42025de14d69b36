"""Telling people: the workflow is the outbox, so nothing is told before it has happened."""

from datetime import datetime
from typing import Any

from temporalio import activity

from activities.back_order_letters import ABOUT_MISSING, back_order_facts, missing_lines
from activities.effects import Effects, first_result
from activities.pressing import press_staff
from activities.tasks import task_id
from activities.tracking import tracking_state
from fulfillment.domain.lifecycle import Nudge
from fulfillment.domain.notices import (
    Letter,
    LetterFacts,
    LetterItem,
    LetterParcel,
    NoticeKind,
    is_wanted,
)
from fulfillment.domain.orders import Order
from fulfillment.domain.tracking import TrackingStatus
from fulfillment.messages import (
    Notified,
    NotifyCustomer,
    NudgeStaff,
    RecordAssignment,
    Recorded,
    RecordRefusal,
)
from fulfillment.ports import Handed, Mail, Ports
from fulfillment.records import ActionRecord, NoticeRecord, TaskState
from fulfillment.stores import UnitOfWork

OF_PARCELS = frozenset(
    {
        NoticeKind.SHIPPED,
        NoticeKind.OUT_FOR_DELIVERY,
        NoticeKind.EXCEPTION,
        NoticeKind.EXCEPTION_RESOLVED,
    }
)
"""Messages that name their parcels, and where to follow them."""

ASKING = frozenset({NoticeKind.QUESTION, NoticeKind.QUESTION_REMINDER})
"""Messages that ask something about an order on hold."""


class NotificationActivities:
    """Messages to customers and staff, and the audit of what was asked."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="notify_customer")
    async def notify_customer(self, request: NotifyCustomer) -> Notified:
        """Send a message to the customer, once, and put it on record.

        That a parcel arrives today is told only while it is true.
        """
        async with self._ports.database.reading() as tx:
            earlier = await first_result(tx, request, Notified)
            if earlier is not None:
                return earlier
            if await _is_overtaken(tx, request):
                return Notified(notice_id="")
            order = (await tx.orders.get(request.order_id)).order
            facts = await self._facts(tx, order, request)
        letter = self._ports.letters.customer_letter(request.kind, facts, order.customer.locale)
        wanted = is_wanted(request.kind, order.customer.notices)
        recipient = order.customer.email if wanted else ""
        handed = await self._hand_over(request.key, recipient, letter)

        async def record(tx: UnitOfWork) -> Notified:
            now = self._ports.clock.now()
            notice = NoticeRecord(
                key=request.key,
                order_id=request.order_id,
                fulfillment_id=request.fulfillment_id,
                kind=request.kind.value,
                recipient=recipient,
                subject=letter.subject,
                sent_at=now,
            )
            await tx.journal.add_notice(notice)
            if handed.refused:
                await tx.journal.add_action(_refused(request, handed.refused, now))
            return Notified(notice_id=request.key)

        return await self._effects.once(request, request.order_id, Notified, record)

    async def _hand_over(self, key: str, recipient: str, letter: Letter) -> Handed:
        if not recipient:
            return Handed()
        return await self._ports.notifier.send(
            key, Mail(recipient=recipient, **letter.model_dump())
        )

    async def _facts(self, tx: UnitOfWork, order: Order, request: NotifyCustomer) -> LetterFacts:
        parcels = await self._parcels(tx, request)
        return LetterFacts(
            **await back_order_facts(tx, order, request),
            **_answer_by(request),
            order_id=order.order_id,
            customer_name=" ".join(order.customer.name.split()),
            total=str(order.amount),
            detail=request.detail,
            replaces=order.replaces.order_id if order.replaces else "",
            items=await _items(tx, order, request),
            parcels=tuple(parcels),
        )

    async def _parcels(self, tx: UnitOfWork, request: NotifyCustomer) -> list[LetterParcel]:
        if request.kind not in OF_PARCELS or request.fulfillment_id is None:
            return []
        return [
            LetterParcel(
                carrier=label.carrier_id,
                tracking_number=label.tracking_number,
                link=self._ports.tracking_link.replace("{tracking_number}", label.tracking_number),
            )
            for label in await tx.parcels.labels(request.fulfillment_id)
            if not request.tracking_numbers or label.tracking_number in request.tracking_numbers
        ]

    @activity.defn(name="nudge_staff")
    async def nudge_staff(self, request: NudgeStaff) -> Recorded:
        """Remind the floor, tell the supervisor, or give the task back to the pool."""
        earlier = await self._effects.earlier(request, Recorded)
        if earlier is not None:
            return earlier
        subject = request.fulfillment_id or f"order {request.order_id}"
        await press_staff(self._ports, request.key, request.kind, subject, request.reason)

        async def record(tx: UnitOfWork) -> Recorded:
            await _count(tx, request)
            await tx.journal.add_action(
                ActionRecord(
                    at=self._ports.clock.now(),
                    by="engine",
                    action=request.kind.value,
                    order_id=request.order_id,
                    fulfillment_id=request.fulfillment_id,
                    detail=request.reason,
                )
            )
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, record)

    @activity.defn(name="record_assignment")
    async def record_assignment(self, request: RecordAssignment) -> Recorded:
        """Give the open task of a fulfillment to a person, or back to the pool."""
        async with self._ports.database.reading() as tx:
            order_id = (await tx.fulfillments.get(request.fulfillment_id)).order_id

        async def record(tx: UnitOfWork) -> Recorded:
            tasks = await tx.tasks.page(state=TaskState.OPEN, fulfillment_id=request.fulfillment_id)
            for task in tasks:
                await tx.tasks.assign(task.task_id, request.assignment.to)
            await tx.journal.add_action(
                ActionRecord(
                    at=self._ports.clock.now(),
                    by=request.assignment.by,
                    action="assign",
                    order_id=order_id,
                    fulfillment_id=request.fulfillment_id,
                    detail=request.assignment.to or "the pool",
                )
            )
            return Recorded(key=request.key)

        return await self._effects.once(request, order_id, Recorded, record)

    @activity.defn(name="record_refusal")
    async def record_refusal(self, request: RecordRefusal) -> Recorded:
        """Put on record what was asked by signal and refused."""

        async def record(tx: UnitOfWork) -> Recorded:
            await tx.journal.add_action(
                ActionRecord(
                    at=self._ports.clock.now(),
                    by=request.by,
                    action=request.action,
                    order_id=request.order_id,
                    fulfillment_id=request.fulfillment_id,
                    detail=request.reason,
                    refused=True,
                )
            )
            return Recorded(key=request.key)

        orders = [request.order_id] if request.order_id else []
        return await self._effects.once_for(request, orders, Recorded, record)


def _answer_by(request: NotifyCustomer) -> dict[str, Any]:
    """Return by when the customer shall answer, in letters that ask something."""
    if request.kind not in ASKING or request.until is None:
        return {}
    return {"answer_by": f"{request.until:%Y-%m-%d}"}


async def _is_overtaken(tx: UnitOfWork, request: NotifyCustomer) -> bool:
    """Return whether what is to be told has passed already: the parcel is there, or held up."""
    if request.kind is not NoticeKind.OUT_FOR_DELIVERY or request.fulfillment_id is None:
        return False
    labels = await tx.parcels.labels(request.fulfillment_id)
    told = [one for one in labels if one.tracking_number in request.tracking_numbers]
    states = [await tracking_state(tx, label) for label in told]
    return not any(state.status is TrackingStatus.OUT_FOR_DELIVERY for state in states)


async def _items(tx: UnitOfWork, order: Order, request: NotifyCustomer) -> tuple[LetterItem, ...]:
    """Return what the message is about: the order, what of it is missing, or what has left."""
    if request.kind is NoticeKind.ACKNOWLEDGED:
        told = [(line.sku, line.quantity) for line in order.lines]
    elif request.kind is NoticeKind.SHIPPED and request.fulfillment_id:
        share = await tx.fulfillments.get(request.fulfillment_id)
        told = [(line.sku, line.shipped) for line in share.lines if line.shipped]
    elif request.kind in ABOUT_MISSING:
        missing = await missing_lines(tx, order.order_id)
        told = [(line.sku, line.quantity) for line in missing]
    else:
        told = [(line.sku, line.quantity) for line in request.lines]
    articles = await tx.catalog.articles({sku for sku, _ in told})
    return tuple(
        LetterItem(quantity=units, name=articles[sku].name if sku in articles else sku)
        for sku, units in told
    )


def _refused(request: NotifyCustomer, why: str, at: datetime) -> ActionRecord:
    return ActionRecord(
        at=at,
        by="mail server",
        action=f"tell {request.kind.value}",
        order_id=request.order_id,
        fulfillment_id=request.fulfillment_id,
        detail=why,
        refused=True,
    )


async def _count(tx: UnitOfWork, request: NudgeStaff) -> None:
    if request.fulfillment_id is None or request.task is None:
        return
    name = request.task_id or task_id(request.fulfillment_id, request.task)
    if request.kind is Nudge.REASSIGNMENT:
        await tx.tasks.assign(name, None)
    await tx.tasks.count_nudge(name, escalation=request.kind is not Nudge.REMINDER)
