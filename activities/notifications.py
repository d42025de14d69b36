"""Telling people: the workflow is the outbox, so nothing is told before it has happened."""

from temporalio import activity

from activities.effects import Effects
from activities.tasks import task_id
from fulfillment.domain.lifecycle import Nudge
from fulfillment.domain.notices import customer_letter, staff_letter
from fulfillment.messages import (
    Notified,
    NotifyCustomer,
    NudgeStaff,
    RecordAssignment,
    Recorded,
    RecordRefusal,
)
from fulfillment.ports import Mail, Ports
from fulfillment.records import ActionRecord, NoticeRecord, TaskState
from fulfillment.stores import UnitOfWork


class NotificationActivities:
    """Messages to customers and staff, and the audit of what was asked."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="notify_customer")
    async def notify_customer(self, request: NotifyCustomer) -> Notified:
        """Send a message to the customer, once, and put it on record."""
        earlier = await self._effects.earlier(request, Notified)
        if earlier is not None:
            return earlier
        async with self._ports.database.reading() as tx:
            order = (await tx.orders.get(request.order_id)).order
        letter = customer_letter(request.kind.value, order, request.detail)
        recipient = order.customer.email
        mail = Mail(recipient=recipient, subject=letter.subject, body=letter.body)
        await self._ports.notifier.send(request.key, mail)

        async def record(tx: UnitOfWork) -> Notified:
            await tx.journal.add_notice(
                NoticeRecord(
                    key=request.key,
                    order_id=request.order_id,
                    fulfillment_id=request.fulfillment_id,
                    kind=request.kind.value,
                    recipient=recipient,
                    subject=letter.subject,
                    sent_at=self._ports.clock.now(),
                )
            )
            return Notified(notice_id=request.key)

        return await self._effects.once(request, request.order_id, Notified, record)

    @activity.defn(name="nudge_staff")
    async def nudge_staff(self, request: NudgeStaff) -> Recorded:
        """Remind the floor, tell the supervisor, or give the task back to the pool."""
        earlier = await self._effects.earlier(request, Recorded)
        if earlier is not None:
            return earlier
        subject = request.fulfillment_id or f"order {request.order_id}"
        letter = staff_letter(request.kind.value, subject, request.reason)
        reminder = request.kind is Nudge.REMINDER
        to = self._ports.floor_mail if reminder else self._ports.supervisor_mail
        mail = Mail(recipient=to, subject=letter.subject, body=letter.body)
        await self._ports.notifier.send(request.key, mail)

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

        return await self._effects.once(request, request.order_id, Recorded, record)


async def _count(tx: UnitOfWork, request: NudgeStaff) -> None:
    if request.fulfillment_id is None or request.task is None:
        return
    name = task_id(request.fulfillment_id, request.task)
    if request.kind is Nudge.REASSIGNMENT:
        await tx.tasks.assign(name, None)
    await tx.tasks.count_nudge(name, escalation=request.kind is not Nudge.REMINDER)
