"""Erasure on both databases: nothing of the customer is left, and the books hold."""

from typing import Any

from sqlalchemy import MetaData, select
from sqlalchemy.ext.asyncio import create_async_engine

from fulfillment.domain.decisions import Decision
from fulfillment.domain.erasure import ERASE_ACTION, ERASED, ERASED_MAIL, erased_order
from fulfillment.domain.holds import HoldChoice, HoldKind, HoldRecord
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.orders import Order
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.domain.risk import Trait, TraitKind
from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.dialects import database_url as with_driver
from fulfillment.records import (
    ActionRecord,
    BatchRecord,
    DocumentRecord,
    EffectRecord,
    MemberRecord,
    PickRecord,
    TaskRecord,
    TaskState,
    TrackingRecord,
)
from fulfillment.stores import UnitOfWork
from order_journey import Journey
from record_samples import BINS, NOW, order, stock_up

CANARY = "Canary Lovelace"


def told(order_id: str) -> Order:
    """Return an order whose customer wrote something."""
    plain = order(order_id)
    mail = plain.customer.model_copy(update={"name": CANARY, "email": "Canary@Example.org"})
    address = plain.ship_to.model_copy(update={"name": CANARY, "street": (CANARY,)})
    return plain.model_copy(update={"customer": mail, "ship_to": address})


async def settled(database: SqlDatabase, order_id: str) -> Journey:
    """Take an order to its end, with what its customer wrote in every place."""
    journey = Journey(database, order_id)
    journey.order = told(order_id)
    await journey.to("settle")
    label, _ = journey.bought()
    async with database.writing() as tx:
        await tx.parcels.add_document(_paper(f"{journey.parcel_id}-slip", order_id))
        await tx.parcels.add_tracking(_tracking(label.tracking_number))
        await tx.effects.add(_effect(order_id))
        await tx.traits.note(order_id, [Trait(kind=TraitKind.EMAIL, digest="d" * 64)], NOW)
        await tx.holds.place(_hold(order_id))
        await tx.holds.ask(order_id, f"is it {CANARY}?", NOW, NOW)
        await tx.holds.reply(order_id, f"yes, {CANARY}", NOW)
        await tx.holds.close(order_id, HoldChoice.CORRECT_ADDRESS, CANARY, NOW, CANARY)
        await _pick_in_company(tx, journey)
        for by, action in (("Pia", "cancel"), (CANARY, "release_hold")):
            await tx.journal.add_action(
                ActionRecord(at=NOW, by=by, action=action, order_id=order_id, detail=CANARY)
            )
    return journey


async def _pick_in_company(tx: UnitOfWork, journey: Journey) -> None:
    """Record the order's fulfillment as picked in a batch, with a wish on the shared pick list."""
    own, name = journey.fulfillment, f"B-{journey.order.order_id}"
    member = MemberRecord(fulfillment_id=own.fulfillment_id, order_id=own.order_id, slot="S001")
    batch = BatchRecord(
        batch_id=name,
        warehouse_id=own.warehouse_id,
        stage=BatchStage.SORTED,
        planned_at=NOW,
        stage_since=NOW,
        distance_mm=1,
        decision=Decision(subject="walk", chosen=name, because="it is short"),
        members=(member,),
    )
    picks = [
        PickRecord(
            pick_no=line.line_no,
            bin_id=BINS[0],
            sku=line.sku,
            quantity=line.planned,
            picked=line.planned,
            fulfillment_id=own.fulfillment_id,
            order_id=own.order_id,
            line_no=line.line_no,
            tote="T1",
        )
        for line in own.lines
    ]
    await tx.batches.add(batch, picks)
    walk = [{"order_id": own.order_id, "properties": {"engraving": CANARY}}]
    task = TaskRecord(
        task_id=f"{name}-pick",
        kind=TaskKind.PICK,
        batch_id=name,
        warehouse_id=own.warehouse_id,
        plan={"walk": walk},
        opened_at=NOW,
    )
    await tx.tasks.open(task)
    await tx.tasks.close(task.task_id, TaskState.DONE, "Pia", NOW)


def _paper(document_id: str, order_id: str) -> DocumentRecord:
    return DocumentRecord(
        document_id=document_id,
        kind="slip",
        media_type="application/pdf",
        content=CANARY.encode(),
        order_id=order_id,
        says={"recipient": CANARY},
    )


def _tracking(number: str) -> TrackingRecord:
    return TrackingRecord(
        event_id=number,
        tracking_number=number,
        status="x",
        at=NOW,
        place=CANARY,
        reason=f"left with {CANARY}",
        received_at=NOW,
    )


def _hold(order_id: str) -> HoldRecord:
    return HoldRecord(
        hold_id=_effect(order_id).key,
        order_id=order_id,
        kinds=(HoldKind.ADDRESS_AMBIGUOUS,),
        reason=f"address: {CANARY}",
        placed_at=NOW,
        until=NOW,
    )


def _effect(order_id: str) -> EffectRecord:
    return EffectRecord(
        key=f"order/{order_id}/hold_order/-/1",
        step="hold_order",
        order_id=order_id,
        request_hash="1" * 64,
        result=f'"{CANARY}"',
        at=NOW,
    )


async def everything(url: str) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of all tables."""
    engine = create_async_engine(with_driver(url))
    metadata = MetaData()
    async with engine.connect() as connection:
        await connection.run_sync(metadata.reflect)
        rows = {
            name: [dict(row) for row in (await connection.execute(select(table))).mappings()]
            for name, table in metadata.tables.items()
        }
    await engine.dispose()
    return rows


def quoting(rows: dict[str, list[dict[str, Any]]], order_id: str) -> set[str]:
    """Return the tables in which a row of the order quotes its customer."""
    return {
        name
        for name, all_of in rows.items()
        for row in all_of
        if "canary" in str(row).lower() and order_id in str(row)
    }


async def test_an_erased_order_quotes_nobody(database: SqlDatabase, database_url: str) -> None:
    """In no table; another order of the same customer stays as it is, and the books hold."""
    await stock_up(database, 100)
    gone, kept = await settled(database, "O-1"), await settled(database, "O-2")
    before = await everything(database_url)
    assert quoting(before, "O-1") == quoting(before, "O-2")
    assert quoting(before, "O-1") >= {
        "orders",
        "documents",
        "tracking_events",
        "effects",
        "actions",
        "holds",
    }
    for _ in range(2):
        async with database.writing() as tx:
            erased = erased_order(gone.order)
            await tx.privacy.erase_order(erased, "completed", {CANARY: ERASED})
    after = await everything(database_url)
    assert quoting(after, "O-1") == set()
    assert quoting(after, "O-2") == quoting(before, "O-2")
    digests = after.pop("order_traits")
    assert ["O-2"] == [row["order_id"] for row in digests if row["digest"] == "d" * 64]
    del before["order_traits"]
    assert {name: len(rows) for name, rows in before.items()} == {
        name: len(rows) for name, rows in after.items()
    }
    async with database.reading() as tx:
        assert await tx.books.findings() == []
        found = await tx.orders.get("O-1")
        assert (await tx.orders.get("O-2")).order == kept.order
        assert {notice.recipient for notice in await tx.journal.notices("O-1")} == {ERASED_MAIL}
        assert [a.by for a in await tx.journal.actions("O-1")] == ["Pia", ERASED]
    known = next(row for row in before["orders"] if row["order_id"] == "O-1")
    assert (found.order, found.content_hash) == (erased_order(gone.order), known["content_hash"])


async def test_a_customers_orders_are_found(database: SqlDatabase) -> None:
    """By their mail address, in any case; those that were erased are nobody's any longer."""
    await stock_up(database, 100)
    gone = await settled(database, "O-1")
    await settled(database, "O-2")
    await Journey(database, "O-3").to("receive")
    async with database.reading() as tx:
        assert await tx.privacy.orders_of("canary@EXAMPLE.org") == ["O-1", "O-2"]
        assert await tx.privacy.orders_of("%@example.org") == []
    async with database.writing() as tx:
        await tx.privacy.erase_order(erased_order(gone.order), "completed", {})
        assert await tx.privacy.orders_of("canary@example.org") == ["O-2"]


async def test_why_data_were_erased_stays(database: SqlDatabase) -> None:
    """Of what is only in the audit, as a refused delivery, the free texts go too."""
    async with database.writing() as tx:
        for action in ("webhook orders/create", ERASE_ACTION):
            await tx.journal.add_action(
                ActionRecord(at=NOW, by="zoe", action=action, order_id="O-9", detail="request 7")
            )
        await tx.privacy.erase_actions("O-9", {})
        details = [(a.action, a.detail) for a in await tx.journal.actions("O-9")]
    assert details == [("webhook orders/create", ""), (ERASE_ACTION, "request 7")]
