"""One order's whole way through the stores, step by step, as the activities take it."""

from collections.abc import Awaitable, Callable

from activities.manifest_places import open_manifest
from fulfillment.domain.lifecycle import (
    OrderStage,
    Outcome,
    OutcomeKind,
    Stage,
    TaskKind,
)
from fulfillment.domain.money_ledger import PostingKind, postings
from fulfillment.domain.orders import (
    LineQuantity,
    PaymentMethod,
)
from fulfillment.messages import NoticeKind
from fulfillment.ports import Database
from fulfillment.records import (
    DocumentRecord,
    EffectRecord,
    LabelRecord,
    NoticeRecord,
    ParcelRecord,
    PaymentRecord,
    TaskRecord,
    TaskState,
)
from fulfillment.stores import UnitOfWork
from record_samples import BINS, NOW, SIZE, claim_of, fulfillment, moved, order, put_on_record


class Journey:
    """Takes an order with one fulfillment through the stores, step by step, as activities do."""

    def __init__(self, database: Database, order_id: str = "O-1") -> None:
        """Begin with nothing on record but the stock."""
        self.database = database
        self.order = order(order_id)
        self.fulfillment = fulfillment(f"{order_id}-F1", order_id)
        self.parcel_id = f"{order_id}-P1"

    @property
    def lines(self) -> list[LineQuantity]:
        """Return the lines with what is planned of them."""
        return [
            LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.planned)
            for line in self.fulfillment.lines
        ]

    async def to(self, last: str) -> None:
        """Do all steps up to this one, as `pick`."""
        steps: list[Callable[[], Awaitable[None]]] = [
            self.receive,
            self.reserve,
            self.plan,
            self.pick,
            self.sort,
            self.pack,
            self.label,
            self.hand_over,
            self.deliver,
            self.settle,
        ]
        for step in steps:
            await step()
            if step.__name__ == last:
                return

    async def receive(self) -> None:
        """Put the order on record, acknowledge it, and authorize its payment."""
        await put_on_record(self.database, self.order)
        async with self.database.writing() as record:
            await self._effect(record, "record_order")
            await self._notify(record, NoticeKind.ACKNOWLEDGED)
            await self._effect(record, "verify_order")
            key = await self._effect(record, "authorize_payment")
            held = postings(PostingKind.AUTHORIZED, self.order.amount_minor)
            await record.payments.post(key, self._payment(), held, NOW)

    async def reserve(self) -> None:
        """Claim the stock, and give the units to a fulfillment."""
        async with self.database.writing() as record:
            own = self.fulfillment
            await record.fulfillments.add(own)
            await record.stock.claim([claim_of(line, own) for line in own.lines])
            await record.orders.assign_units(own.order_id, own.fulfillment_id, self.lines)
            await record.orders.set_stage(own.order_id, OrderStage.FULFILLING, "", NOW)
            await self._effect(record, "reserve_stock")

    async def plan(self) -> None:
        """Bind the claims to a bin and open the pick task."""
        own = self.fulfillment
        async with self.database.writing() as record:
            bound = [claim_of(line, own, BINS[0]) for line in own.lines]
            await record.stock.bind(own.fulfillment_id, bound)
            await self._advance(record, "plan_picking", Stage.RELEASED, Stage.PICKING)
            await record.tasks.open(self._task(TaskKind.PICK))

    async def pick(self) -> None:
        """Take the goods from the bin."""
        async with self.database.writing() as record:
            await record.stock.consume(self.fulfillment.fulfillment_id)
            await self._move(record, f"bin:{BINS[0]}", f"cart:{self.fulfillment.fulfillment_id}")
            await self._count(record, "picked")
            await self._close(record, TaskKind.PICK)
            await self._advance(record, "record_picking", Stage.PICKING, Stage.SORTING)

    async def sort(self) -> None:
        """Put the goods into their slot."""
        own = self.fulfillment.fulfillment_id
        async with self.database.writing() as record:
            await self._move(record, f"cart:{own}", f"put_wall:{own}")
            await self._advance(record, "record_sorting", Stage.SORTING, Stage.PACKING)

    async def pack(self) -> None:
        """Put the goods into a carton."""
        own = self.fulfillment
        async with self.database.writing() as record:
            await record.parcels.add([self.parcel()])
            source = f"put_wall:{own.fulfillment_id}"
            await self._move(record, source, f"carton:{self.parcel_id}")
            await self._count(record, "packed")
            await self._advance(record, "record_packing", Stage.PACKING, Stage.LABELING)

    async def label(self) -> None:
        """Put a label on the parcel, and the parcel on a manifest."""
        label, document = self.bought()
        async with self.database.writing() as record:
            await record.parcels.add_label(label, document)
            warehouse = await record.catalog.warehouse(self.fulfillment.warehouse_id)
            open_one = await open_manifest(record, warehouse, label.carrier_id, NOW.date())
            await record.manifests.put(open_one.manifest_id, [label.label_id], NOW)
            await self._advance(record, "buy_labels", Stage.LABELING, Stage.AWAITING_PICKUP)

    async def hand_over(self) -> None:
        """Give the parcel to the carrier, capture what it costs, and tell the customer."""
        own = self.fulfillment.fulfillment_id
        async with self.database.writing() as record:
            await self._move(record, f"carton:{self.parcel_id}", f"carrier:{own}")
            await record.manifests.hand_over([self.bought()[0].label_id], "Pia", NOW)
            await self._count(record, "shipped")
            await self._advance(record, "record_handover", Stage.AWAITING_PICKUP, Stage.IN_TRANSIT)
        async with self.database.writing() as record:
            key = await self._effect(record, "capture_payment", own)
            payment = await record.payments.find(self.order.order_id)
            assert payment is not None
            taken = postings(PostingKind.CAPTURED, await record.orders.amount_minor(own), own)
            await record.payments.post(key, payment, taken, NOW)
            await self._notify(record, NoticeKind.SHIPPED, own)

    async def deliver(self) -> None:
        """Have the goods arrive, and tell the customer."""
        own = self.fulfillment
        async with self.database.writing() as record:
            source = f"carrier:{own.fulfillment_id}"
            await self._move(record, source, f"customer:{own.order_id}")
            await self._count(record, "delivered")
            await self._advance(record, "record_delivery", Stage.IN_TRANSIT, Stage.DELIVERED)
            await self._notify(record, NoticeKind.DELIVERED, own.fulfillment_id)

    async def settle(self) -> None:
        """Close the order's books."""
        outcome = Outcome(kind=OutcomeKind.COMPLETED, summary="completed")
        async with self.database.writing() as record:
            await self._effect(record, "settle_order")
            await record.orders.set_outcome(self.order.order_id, outcome, NOW)

    def parcel(self, number: int = 1) -> ParcelRecord:
        """Return the fulfillment's parcel."""
        own = self.fulfillment
        return ParcelRecord(
            parcel_id=f"{own.order_id}-P{number}",
            fulfillment_id=own.fulfillment_id,
            order_id=own.order_id,
            carton_id="S",
            outer=SIZE,
            gross_weight_g=1_080,
            contents=tuple((line.line_no, line.sku, line.planned) for line in own.lines),
        )

    def bought(self, label_id: str = "L-1") -> tuple[LabelRecord, DocumentRecord]:
        """Return a label for the parcel, with its document."""
        label = LabelRecord(
            label_id=f"{self.order.order_id}-{label_id}",
            parcel_id=self.parcel_id,
            tracking_number=f"TRACK-{self.order.order_id}-{label_id}",
            carrier_id="road",
            service_id="standard",
            cost_minor=599,
            currency="EUR",
            document_id=f"{self.order.order_id}-{label_id}.pdf",
        )
        document = DocumentRecord(
            document_id=label.document_id,
            kind="label",
            media_type="application/pdf",
            content=b"%PDF",
            order_id=self.order.order_id,
            parcel_id=self.parcel_id,
            says={"service_name": "Road"},
        )
        return label, document

    def _payment(self) -> PaymentRecord:
        return PaymentRecord(
            order_id=self.order.order_id,
            method=PaymentMethod.TO_AUTHORIZE,
            currency="EUR",
            reference="auth-1",
        )

    def _task(self, kind: TaskKind) -> TaskRecord:
        own = self.fulfillment
        return TaskRecord(
            task_id=f"{own.fulfillment_id}-{kind.value}",
            kind=kind,
            fulfillment_id=own.fulfillment_id,
            order_id=own.order_id,
            warehouse_id=own.warehouse_id,
            plan={"stops": [{"bin_id": BINS[0], "quantity": 2}]},
            opened_at=NOW,
        )

    async def _close(self, record: UnitOfWork, kind: TaskKind) -> None:
        task_id = f"{self.fulfillment.fulfillment_id}-{kind.value}"
        await record.tasks.close(task_id, TaskState.DONE, "Pia", NOW)

    async def _move(self, record: UnitOfWork, source: str, target: str) -> None:
        movements = [
            moved(line.sku, line.planned, source, target) for line in self.fulfillment.lines
        ]
        await record.stock.move(f"{source}->{target}", movements, by="Pia", reason="step", at=NOW)

    async def _count(self, record: UnitOfWork, step: str) -> None:
        lines = tuple(
            line.model_copy(update={step: line.planned}) for line in self.fulfillment.lines
        )
        self.fulfillment = self.fulfillment.model_copy(update={"lines": lines})
        await record.fulfillments.save(self.fulfillment)

    async def _advance(self, record: UnitOfWork, step: str, since: Stage, to: Stage) -> None:
        own = self.fulfillment.fulfillment_id
        await record.fulfillments.advance(own, since, to, NOW)
        await self._effect(record, step, own)

    async def _effect(
        self, record: UnitOfWork, step: str, fulfillment_id: str | None = None, about: str = "-"
    ) -> str:
        order_id = self.order.order_id
        of = f"fulfillment/{fulfillment_id}" if fulfillment_id else f"order/{order_id}"
        effect = EffectRecord(
            key=f"{of}/{step}/{about}/1",
            step=step,
            order_id=order_id,
            request_hash="0" * 64,
            result="{}",
            at=NOW,
        )
        await record.effects.add(effect)
        return effect.key

    async def _notify(
        self, record: UnitOfWork, kind: NoticeKind, fulfillment_id: str | None = None
    ) -> None:
        key = await self._effect(record, "notify_customer", fulfillment_id, kind.value)
        notice = NoticeRecord(
            key=key,
            order_id=self.order.order_id,
            kind=kind,
            recipient="ada@example.org",
            subject=kind.value,
            sent_at=NOW,
            fulfillment_id=fulfillment_id,
        )
        await record.journal.add_notice(notice)
