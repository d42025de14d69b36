"""Telling the customer and staff about a return, each thing once and after it has happened."""

from collections.abc import Sequence

from temporalio import activity

from activities.effects import Effects, first_result
from activities.pressing import press_staff
from activities.return_tasks import open_return_tasks
from fulfillment.domain.money import Money
from fulfillment.domain.notices import (
    LetterFacts,
    LetterItem,
    LetterParcel,
    NoticeKind,
    is_wanted,
)
from fulfillment.domain.orders import Order
from fulfillment.messages import Notified, Recorded
from fulfillment.messages.returns import NotifyReturner, NudgeReturnStaff
from fulfillment.ports import Attachment, Handed, Mail, Ports
from fulfillment.records import ActionRecord, NoticeRecord
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import ReturnParcelRecord, ReturnRecord

WITH_LABEL = (NoticeKind.RETURN_APPROVED, NoticeKind.RETURN_REMINDER)
"""Letters that the label goes with."""


class ReturnNoticeActivities:
    """Messages about a return."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="notify_returner")
    async def notify_returner(self, request: NotifyReturner) -> Notified:
        """Send the customer a message about a return, once; the label goes with it where due."""
        async with self._ports.database.reading() as tx:
            earlier = await first_result(tx, request, Notified)
            if earlier is not None:
                return earlier
            order = (await tx.orders.get(request.order_id)).order
            made = await tx.returns.get(request.return_id)
            parcels = await tx.returns.parcels(made.return_id)
            facts = await self._facts(tx, order, made, parcels, request)
            labels = await _labels(tx, parcels) if request.kind in WITH_LABEL else ()
        letter = self._ports.letters.customer_letter(request.kind, facts, order.customer.locale)
        wanted = is_wanted(request.kind, order.customer.notices)
        recipient = order.customer.email if wanted else ""
        mail = Mail(recipient=recipient, **letter.model_dump(), attachments=labels)
        handed = await self._ports.notifier.send(request.key, mail) if recipient else Handed()

        async def record(tx: UnitOfWork) -> Notified:
            now = self._ports.clock.now()
            await tx.journal.add_notice(
                NoticeRecord(
                    key=request.key,
                    order_id=request.order_id,
                    kind=request.kind.value,
                    recipient=recipient,
                    subject=letter.subject,
                    sent_at=now,
                )
            )
            if handed.refused:
                action = ActionRecord(
                    at=now,
                    by="mail server",
                    action=f"tell {request.kind.value}",
                    order_id=request.order_id,
                    detail=handed.refused,
                    refused=True,
                )
                await tx.journal.add_action(action)
            return Notified(notice_id=request.key)

        return await self._effects.once(request, request.order_id, Notified, record)

    async def _facts(
        self,
        tx: UnitOfWork,
        order: Order,
        made: ReturnRecord,
        parcels: Sequence[ReturnParcelRecord],
        request: NotifyReturner,
    ) -> LetterFacts:
        articles = await tx.catalog.articles({line.sku for line in made.lines})
        given = request.amount_minor
        return LetterFacts(
            order_id=order.order_id,
            customer_name=" ".join(order.customer.name.split()),
            total=str(order.amount),
            detail=request.detail,
            items=tuple(
                LetterItem(quantity=line.announced, name=articles[line.sku].name)
                for line in made.lines
            ),
            parcels=tuple(
                self._parcel(parcel)
                for parcel in parcels
                if parcel.label and request.kind in WITH_LABEL
            ),
            return_id=made.return_id,
            amount="" if given is None else str(Money(amount_minor=given, currency=order.currency)),
            until=f"{request.until:%Y-%m-%d}" if request.until else "",
        )

    def _parcel(self, parcel: ReturnParcelRecord) -> LetterParcel:
        number = parcel.tracking_number or ""
        return LetterParcel(
            carrier=parcel.carrier_id or "",
            tracking_number=number,
            link=self._ports.tracking_link.replace("{tracking_number}", number),
        )

    @activity.defn(name="nudge_return_staff")
    async def nudge_return_staff(self, request: NudgeReturnStaff) -> Recorded:
        """Remind those who open parcels, or tell the supervisor."""
        earlier = await self._effects.earlier(request, Recorded)
        if earlier is not None:
            return earlier
        escalation = await press_staff(
            self._ports, request.key, request.kind, f"return {request.return_id}", request.reason
        )

        async def record(tx: UnitOfWork) -> Recorded:
            if request.task is not None:
                for name in await open_return_tasks(tx, request.return_id, request.task):
                    await tx.tasks.count_nudge(name, escalation=escalation)
            action = ActionRecord(
                at=self._ports.clock.now(),
                by="engine",
                action=request.kind.value,
                order_id=request.order_id,
                detail=f"{request.return_id}: {request.reason}",
            )
            await tx.journal.add_action(action)
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, record)


async def _labels(tx: UnitOfWork, parcels: Sequence[ReturnParcelRecord]) -> tuple[Attachment, ...]:
    documents = [
        await tx.parcels.document(parcel.document_id)
        for parcel in parcels
        if parcel.document_id and parcel.label
    ]
    return tuple(
        Attachment(
            name=f"{document.document_id}.{document.media_type.rpartition('/')[2]}",
            media_type=document.media_type,
            content=document.content,
        )
        for document in documents
    )
