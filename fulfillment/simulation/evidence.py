"""What is left of a run, read afterwards from Temporal, the database, the mails and the gateway."""

import asyncio
from collections.abc import Sequence
from email import message_from_bytes
from email.policy import default as modern
from pathlib import Path

from pydantic import Field

from fulfillment.bootstrap import sandbox_gateway
from fulfillment.domain.base import Instant, Value
from fulfillment.domain.lifecycle import LineProgress, Stage
from fulfillment.domain.scan_sessions import SessionKind
from fulfillment.operations.engine import Engine
from fulfillment.records import (
    BatchRecord,
    FulfillmentRecord,
    MemberState,
    NoticeRecord,
    OrderRecord,
    PaymentRecord,
    PickRecord,
)
from fulfillment.settings import Settings
from fulfillment.simulation.books_evidence import BooksEvidence
from fulfillment.simulation.histories import WorkflowEvidence, read_workflow
from fulfillment.simulation.robots import Entry
from fulfillment.simulation.shipping_evidence import ShippingEvidence
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import (
    fulfillment_workflow_id,
    order_workflow_id,
    return_workflow_id,
)

AT_ONCE = 4
"""Histories that are read at the same time."""

RUN_FILE = "run.json"


class Run(Value):
    """What a demo did, as it says itself; how the orders ended is not taken from here."""

    scenario: str
    placed_at: Instant
    began_at: Instant
    ended_at: Instant
    ui_url: str | None
    workers_started: tuple[int, ...]
    workers_killed: tuple[int, ...]
    servers_started: tuple[int, ...] = ()
    """Temporal servers that the run killed and started itself."""
    servers_killed: tuple[int, ...] = ()
    memory_mib: dict[str, int] = Field(default_factory=dict)
    """The most memory that each process has used, where the run measured it."""
    diary: tuple[Entry, ...]


def read_run(data: Path) -> Run:
    """Return what the demo in that folder wrote of itself; raises OSError."""
    return Run.model_validate_json((data / RUN_FILE).read_text(encoding="utf-8"))


class OrderEvidence(Value):
    """All that is left of one order."""

    order_id: str
    record: OrderRecord | None = None
    progress: tuple[LineProgress, ...] = ()
    fulfillments: tuple[FulfillmentRecord, ...] = ()
    parcels: dict[str, int] = Field(default_factory=dict)
    """Parcels by fulfillment."""
    delivered_minor: int = 0
    """What the units of the delivered fulfillments cost."""
    undelivered_minor: int = 0
    """What those of the fulfillments cost that left and did not arrive."""
    payment: PaymentRecord | None = None
    notices: tuple[NoticeRecord, ...] = ()
    effects: tuple[str, ...] = ()
    """Keys on record, in the order in which the effects were done."""
    workflows: tuple[WorkflowEvidence, ...] = ()
    """Its own, those of its fulfillments, then those of what came back of it."""

    def delivered(self) -> list[FulfillmentRecord]:
        """Return the fulfillments that reached the customer."""
        return [f for f in self.fulfillments if f.stage is Stage.DELIVERED]


class BatchEvidence(Value):
    """What is left of a pick batch."""

    batch_id: str
    members: int
    """Orders that were to be picked in this walk."""
    withdrawn: int
    other_bins: int
    """Picks that were short, and gone on with from another bin."""
    pickers: tuple[str, ...]
    """Who scanned on the walk."""
    put_backs_open: int


class Evidence(Value):
    """All that is left of a run."""

    orders: tuple[OrderEvidence, ...]
    other_orders: tuple[str, ...]
    """On record, but not of the scenario."""
    receipts: tuple[str, ...]
    """Keys of those receipts of the scenario that are on record."""
    mails: tuple[str, ...]
    """The key that each mail bears."""
    captured_at_gateway: dict[str, int]
    """Minor units by the gateway's reference."""
    batches: tuple[BatchEvidence, ...] = ()
    replacements: tuple[OrderEvidence, ...] = ()
    """Of the orders that took the place of goods of others."""
    books: tuple[BooksEvidence, ...] = ()
    """Of the orders whose stories are told."""
    shipping: ShippingEvidence | None = None


async def gather_evidence(
    engine: Engine, settings: Settings, order_ids: list[str], receipt_keys: list[str]
) -> Evidence:
    """Read all that is left of a run; nothing is written."""
    turnstile = asyncio.Semaphore(AT_ONCE)

    async def gather(order_id: str) -> OrderEvidence:
        async with turnstile:
            return await _order(engine, order_id)

    orders = await asyncio.gather(*(gather(order_id) for order_id in order_ids))
    async with engine.database.reading() as tx:
        others = [r.order.order_id for r in await tx.orders.page(limit=10_000)]
        receipts = [key for key in receipt_keys if await tx.effects.find(key)]
        batches = [await _batch(tx, batch) for batch in await tx.batches.page(limit=10_000)]
    accounts = await sandbox_gateway(settings).accounts()
    return Evidence(
        orders=tuple(orders),
        other_orders=tuple(name for name in others if name not in order_ids),
        receipts=tuple(receipts),
        mails=tuple(await asyncio.to_thread(mail_keys, settings.mail_dir)),
        captured_at_gateway={a.reference: a.captured_minor for a in accounts},
        batches=tuple(batches),
    )


async def _batch(tx: UnitOfWork, batch: BatchRecord) -> BatchEvidence:
    picks = await tx.batches.picks(batch.batch_id)
    scans = await tx.scans.of_session(f"{batch.batch_id}-{SessionKind.PICK.value}")
    put_backs = await tx.batches.put_backs(batch.batch_id)
    return BatchEvidence(
        batch_id=batch.batch_id,
        members=len(batch.members),
        withdrawn=sum(one.state is MemberState.WITHDRAWN for one in batch.members),
        other_bins=sum(_went_on_elsewhere(pick, picks) for pick in picks),
        pickers=tuple(dict.fromkeys(scan.by for scan in scans)),
        put_backs_open=sum(one.done_at is None for one in put_backs),
    )


def _went_on_elsewhere(pick: PickRecord, picks: Sequence[PickRecord]) -> bool:
    return pick.short > 0 and any(
        (other.fulfillment_id, other.line_no, other.sku)
        == (pick.fulfillment_id, pick.line_no, pick.sku)
        and other.bin_id != pick.bin_id
        and other.pick_no > pick.pick_no
        for other in picks
    )


async def _order(engine: Engine, order_id: str) -> OrderEvidence:
    async with engine.database.reading() as tx:
        on_record = await _on_record(tx, order_id)
        returns = await tx.returns.page(order_id=order_id)
    names = [
        order_workflow_id(order_id),
        *(fulfillment_workflow_id(f.fulfillment_id) for f in on_record.fulfillments),
        *(return_workflow_id(made.return_id) for made in returns),
    ]
    workflows = [await read_workflow(engine.client, name) for name in names]
    return on_record.model_copy(update={"workflows": tuple(workflows)})


async def _on_record(tx: UnitOfWork, order_id: str) -> OrderEvidence:
    record = await tx.orders.find(order_id)
    if record is None:
        return OrderEvidence(order_id=order_id)
    shares = await tx.fulfillments.of_order(order_id)
    amounts = {s.fulfillment_id: await tx.orders.amount_minor(s.fulfillment_id) for s in shares}

    def amount_minor(stage: Stage) -> int:
        return sum(amounts[share.fulfillment_id] for share in shares if share.stage is stage)

    return OrderEvidence(
        order_id=order_id,
        record=record,
        progress=tuple(await tx.orders.progress(order_id)),
        fulfillments=tuple(shares),
        parcels={
            s.fulfillment_id: len(await tx.parcels.of_fulfillment(s.fulfillment_id)) for s in shares
        },
        delivered_minor=amount_minor(Stage.DELIVERED),
        undelivered_minor=amount_minor(Stage.UNDELIVERED),
        payment=await tx.payments.find(order_id),
        notices=tuple(await tx.journal.notices(order_id)),
        effects=tuple(effect.key for effect in await tx.effects.of_order(order_id)),
    )


def mail_keys(folder: Path) -> list[str]:
    """Return the key that each mail in a folder bears, one for each mail."""
    return sorted(_mail_key(path) for path in folder.glob("*.eml"))


def _mail_key(path: Path) -> str:
    message = message_from_bytes(path.read_bytes(), policy=modern)
    return str(message["X-Fulfillment-Key"]).strip()
