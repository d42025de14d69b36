"""A warehouse, articles and orders for tests of the record of things, and one order's whole way."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, time, timedelta

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import content_hash
from fulfillment.domain.catalog import Article, Bin, CartonType, Layout, Warehouse
from fulfillment.domain.inventory import Account, Movement
from fulfillment.domain.lifecycle import (
    OrderStage,
    Outcome,
    OutcomeKind,
    Stage,
    TaskKind,
)
from fulfillment.domain.orders import (
    Customer,
    LineQuantity,
    Order,
    OrderLine,
    Payment,
    PaymentMethod,
)
from fulfillment.domain.units import Dimensions, Place
from fulfillment.messages import NoticeKind
from fulfillment.ports import Database
from fulfillment.records import (
    Claim,
    DocumentRecord,
    EffectRecord,
    FulfillmentLine,
    FulfillmentRecord,
    LabelRecord,
    NoticeRecord,
    ParcelRecord,
    PaymentRecord,
    TaskRecord,
    TaskState,
)
from fulfillment.stores import UnitOfWork

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BERLIN = "BER"
BINS = ("BER-A01", "BER-A02")
SKUS = ("MUG", "TEE")

ADDRESS = Address(name="Ada", street=("Hauptstr. 1",), city="Berlin", country="DE")
SIZE = Dimensions(length_mm=300, width_mm=200, height_mm=100)


def warehouse(warehouse_id: str = BERLIN) -> Warehouse:
    """Return a warehouse of two aisles."""
    return Warehouse(
        warehouse_id=warehouse_id,
        name=f"Warehouse {warehouse_id}",
        address=ADDRESS,
        place=Place(latitude=52.5, longitude=13.4),
        timezone="Europe/Berlin",
        layout=Layout(aisles=2, cells=10),
        pickup_at=time(16, 30),
    )


def article(sku: str) -> Article:
    """Return an article of the catalog."""
    return Article(sku=sku, name=sku.title(), dimensions=SIZE, weight_g=250, fragile=sku == "MUG")


def carton() -> CartonType:
    """Return a carton type."""
    outer = Dimensions(length_mm=310, width_mm=210, height_mm=110)
    return CartonType(
        carton_id="S", inner=SIZE, outer=outer, empty_weight_g=80, max_weight_g=5_000, cost_minor=40
    )


def order(order_id: str = "O-1", quantity: int = 2, skus: Sequence[str] = SKUS) -> Order:
    """Return an order of so many units of each SKU, with a discount that does not divide evenly."""
    return Order(
        order_id=order_id,
        placed_at=NOW,
        currency="EUR",
        customer=Customer(name="Ada", email="ada@example.org"),
        ship_to=ADDRESS,
        lines=tuple(
            OrderLine(line_no=number, sku=sku, quantity=quantity, unit_price_minor=1_000)
            for number, sku in enumerate(skus, 1)
        ),
        shipping_minor=490,
        discount_minor=101,
        payment=Payment(method=PaymentMethod.TO_AUTHORIZE, reference="card"),
    )


def fulfillment(
    fulfillment_id: str = "O-1-F1",
    order_id: str = "O-1",
    lines: Sequence[tuple[int, str, int]] = ((1, "MUG", 2), (2, "TEE", 2)),
) -> FulfillmentRecord:
    """Return a fulfillment that was just released."""
    return FulfillmentRecord(
        fulfillment_id=fulfillment_id,
        order_id=order_id,
        warehouse_id=BERLIN,
        stage=Stage.RELEASED,
        stage_since=NOW,
        lines=tuple(
            FulfillmentLine(line_no=line_no, sku=sku, planned=quantity)
            for line_no, sku, quantity in lines
        ),
    )


def claim_of(line: FulfillmentLine, of: FulfillmentRecord, bin_id: str | None = None) -> Claim:
    """Return the claim of a fulfillment's line, bound to a bin or not."""
    return Claim(
        claim_id=f"{of.fulfillment_id}-{line.line_no}",
        order_id=of.order_id,
        fulfillment_id=of.fulfillment_id,
        line_no=line.line_no,
        warehouse_id=of.warehouse_id,
        sku=line.sku,
        quantity=line.planned,
        bin_id=bin_id,
    )


def account(name: str) -> Account:
    """Return the account of a ledger name such as `bin:BER-A01`."""
    return Account.parse(name)


def moved(sku: str, quantity: int, source: str, target: str, lot: str = "") -> Movement:
    """Return a movement between two accounts by their ledger names."""
    return Movement(
        sku=sku, quantity=quantity, source=account(source), target=account(target), lot=lot
    )


async def stock_up(database: Database, quantity: int = 10) -> None:
    """Put the catalog on record and so many units of each SKU into the first bin."""
    async with database.writing() as record:
        await record.catalog.add_articles([article(sku) for sku in SKUS])
        await record.catalog.add_cartons([carton()])
        bins = [
            Bin(bin_id=bin_id, warehouse_id=BERLIN, aisle=aisle, cell=3)
            for aisle, bin_id in enumerate(BINS)
        ]
        await record.catalog.add_warehouse(warehouse(), bins)
        if quantity:
            received = [moved(sku, quantity, "supplier:BER", f"bin:{BINS[0]}") for sku in SKUS]
            await record.stock.move("receipt/1", received, by="Rita", reason="receipt", at=NOW)


async def put_on_record(database: Database, of: Order) -> None:
    """Put an order on record."""
    async with database.writing() as record:
        due = NOW + timedelta(days=3)
        await record.orders.add(of, content_hash(of), f"order/{of.order_id}", NOW, due)


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
            await self._effect(record, "authorize_payment")
            await record.payments.save(self._payment(0))

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
        """Put a label on the parcel."""
        async with self.database.writing() as record:
            await record.parcels.add_label(*self.bought())
            await self._advance(record, "buy_labels", Stage.LABELING, Stage.AWAITING_PICKUP)

    async def hand_over(self) -> None:
        """Give the parcel to the carrier, capture what it costs, and tell the customer."""
        own = self.fulfillment.fulfillment_id
        async with self.database.writing() as record:
            await self._move(record, f"carton:{self.parcel_id}", f"carrier:{own}")
            await self._count(record, "shipped")
            await self._advance(record, "record_handover", Stage.AWAITING_PICKUP, Stage.IN_TRANSIT)
        async with self.database.writing() as record:
            await record.payments.save(self._payment(await record.orders.amount_minor(own)))
            await self._effect(record, "capture_payment", own)
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
        )
        return label, document

    def _payment(self, captured_minor: int) -> PaymentRecord:
        return PaymentRecord(
            order_id=self.order.order_id,
            method=PaymentMethod.TO_AUTHORIZE,
            currency="EUR",
            reference="auth-1",
            authorized_minor=self.order.amount_minor,
            captured_minor=captured_minor,
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
