"""What is put back, what was amended, and what the other stores keep for it, on both databases."""

from datetime import timedelta

import pytest

from fulfillment.domain.errors import Inconsistent, NotFound
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.orders import Urgency
from fulfillment.domain.put_backs import PutBackLine, PutBackOutcome
from fulfillment.persistence.database import SqlDatabase
from fulfillment.records import AmendmentRecord, TaskRecord, TaskState
from order_journey import Journey
from record_samples import BERLIN, BINS, NOW, fulfillment, moved, order, put_on_record, stock_up

LATER = NOW + timedelta(minutes=5)
LINE = PutBackLine(
    put_back_id="O-1-F1-b1", sku="MUG", quantity=2, source="cart:O-1-F1", bin_id="BER-A01"
)


async def placed(database: SqlDatabase) -> None:
    """Put an order with a fulfillment on record."""
    await stock_up(database)
    await put_on_record(database, order())
    async with database.writing() as record:
        await record.fulfillments.add(fulfillment())


@pytest.fixture
async def journey(database: SqlDatabase) -> Journey:
    """Return an order on its way, with its pick task open."""
    await stock_up(database)
    journey = Journey(database)
    await journey.to("plan")
    return journey


async def test_put_backs_are_open_until_they_are_closed(database: SqlDatabase) -> None:
    """By bin, as they were opened; of this fulfillment alone."""
    await placed(database)
    other = LINE.model_copy(
        update={
            "put_back_id": "O-1-F1-b2",
            "sku": "TEE",
            "quantity": 1,
            "source": "carton:P-1",
        }
    )
    async with database.writing() as record:
        await record.changes.open_put_backs("O-1-F1", [LINE, other], NOW)
        assert [LINE, other] == await record.changes.put_backs("O-1-F1")
        assert [] == await record.changes.put_backs("O-2-F1")
        for line in (LINE, other):
            await record.changes.close_put_back(line, PutBackOutcome.BACK, "ann", LATER)
        assert [] == await record.changes.put_backs("O-1-F1")


async def test_a_part_of_a_put_back_has_its_own_outcome(database: SqlDatabase) -> None:
    """The rest stays open; what was lost may have arrived after all; more than there is can't."""
    await placed(database)
    lost, arrived = PutBackOutcome.LOST, PutBackOutcome.ARRIVED
    five = LINE.model_copy(update={"quantity": 5})
    one = LINE.model_copy(update={"quantity": 1})
    async with database.writing() as record:
        await record.changes.open_put_backs("O-1-F1", [five], NOW)
        for _ in range(2):
            await record.changes.close_put_back(one, lost, "ann", LATER)
        [left] = await record.changes.put_backs("O-1-F1")
        gone = await record.changes.put_backs("O-1-F1", lost)
        assert (3, [1, 1]) == (left.quantity, [line.quantity for line in gone])
        await record.changes.close_put_back(gone[0], arrived, "carrier", LATER)
        assert [1] == [li.quantity for li in await record.changes.put_backs("O-1-F1", lost)]
        assert [1] == [li.quantity for li in await record.changes.put_backs("O-1-F1", arrived)]
        with pytest.raises(NotFound):
            await record.changes.close_put_back(five, lost, "ann", LATER)


async def test_amendments_come_back_oldest_first(database: SqlDatabase) -> None:
    """Each once, by its effect's key."""
    await placed(database)
    first, second = (
        AmendmentRecord(
            amendment_id=name,
            order_id="O-1",
            at=at,
            by="ada",
            kind="address",
            change={"fields": ["city"], "country": "DE"},
        )
        for name, at in (("b", NOW), ("a", LATER))
    )
    async with database.writing() as record:
        await record.changes.add_amendment(second)
        await record.changes.add_amendment(first)
    async with database.reading() as record:
        assert [first, second] == await record.changes.amendments("O-1")
        assert [] == await record.changes.amendments("O-2")


async def test_what_left_its_bins_for_a_fulfillment_less_what_went_back(
    database: SqlDatabase,
) -> None:
    """By bin, SKU and lot; what moves on from the cart does not count."""
    await placed(database)
    cart = "cart:O-1-F1"
    moves = [
        moved("MUG", 3, f"bin:{BINS[0]}", cart),
        moved("MUG", 1, cart, f"bin:{BINS[0]}"),
        moved("TEE", 1, f"bin:{BINS[0]}", cart),
        moved("TEE", 1, cart, "put_wall:O-1-F1"),
    ]
    async with database.writing() as record:
        for number, move in enumerate(moves):
            await record.stock.move(f"move/{number}", [move], by="a", reason="test", at=NOW)
        taken = await record.stock.taken_for("O-1-F1")
    expected = [("MUG", 2), ("TEE", 1)]
    assert expected == [(move.sku, move.quantity) for move in taken]
    assert {f"bin:{BINS[0]}"} == {str(move.source) for move in taken}


async def test_a_task_that_was_closed_is_opened_once_more(database: SqlDatabase) -> None:
    """For anybody, with its new plan; one that is open or done is not."""
    await placed(database)
    task = TaskRecord(
        task_id="O-1-F1-handover",
        kind=TaskKind.HAND_OVER,
        fulfillment_id="O-1-F1",
        order_id="O-1",
        warehouse_id=BERLIN,
        plan={"parcels": []},
        opened_at=NOW,
    )
    async with database.writing() as record:
        await record.tasks.open(task)
        await record.tasks.assign(task.task_id, "bob")
        with pytest.raises(Inconsistent):
            await record.tasks.reopen(task.task_id, {}, LATER)
        await record.tasks.close_all("O-1-F1", "ada", NOW)
        await record.tasks.reopen(task.task_id, {"parcels": [1]}, LATER)
        again = {"plan": {"parcels": [1]}, "opened_at": LATER}
        assert task.model_copy(update=again) == await record.tasks.get(task.task_id)
        await record.tasks.close(task.task_id, TaskState.DONE, "ann", LATER)
        with pytest.raises(Inconsistent):
            await record.tasks.reopen(task.task_id, {}, LATER)


async def test_a_label_that_is_voided_frees_its_parcel(
    database: SqlDatabase, journey: Journey
) -> None:
    """It is not live any more, and the next one gets another SSCC."""
    label, document = journey.bought("L-1")
    async with database.writing() as record:
        await record.parcels.add([journey.parcel()])
        await record.parcels.set_sscc(label.parcel_id, "340999990000000011")
        await record.parcels.add_label(label, document)
        await record.parcels.void_label(label.label_id)
        assert [] == await record.parcels.labels("O-1-F1")
        [parcel] = await record.parcels.of_fulfillment("O-1-F1")
        assert parcel.sscc is None
        with pytest.raises(NotFound):
            await record.parcels.void_label("none")


async def test_a_pickup_says_whose_it_is(database: SqlDatabase) -> None:
    """One that several fulfillments share is not called off for one of them."""
    await placed(database)
    async with database.writing() as record:
        share = await record.fulfillments.get("O-1-F1")
        booked = {"pickup_reference": "PU-1"}
        await record.fulfillments.save(share.model_copy(update=booked))
        assert ["O-1-F1"] == await record.fulfillments.with_pickup("PU-1")
        assert [] == await record.fulfillments.with_pickup("PU-2")


async def test_an_amended_order_keeps_its_lines_and_its_hash(database: SqlDatabase) -> None:
    """Only its content is another one."""
    await placed(database)
    async with database.writing() as record:
        before = await record.orders.get("O-1")
        amended = before.order.model_copy(update={"urgency": Urgency.EXPRESS})
        await record.orders.set_content(amended)
        after = await record.orders.get("O-1")
    assert (amended, before.content_hash) == (after.order, after.content_hash)
