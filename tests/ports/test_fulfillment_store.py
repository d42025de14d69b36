"""Fulfillments move by conditional updates: of two that want the same, one wins."""

import asyncio

import pytest

from fulfillment.domain.errors import FulfillmentCanceled, Inconsistent, NotFound
from fulfillment.domain.lifecycle import CANCELABLE, Stage
from fulfillment.persistence.database import SqlDatabase
from fulfillment.records import FulfillmentLine
from order_journey import Journey
from record_samples import NOW, fulfillment, order, put_on_record, stock_up

SHARE = "O-1-F1"


@pytest.fixture(autouse=True)
async def released(database: SqlDatabase) -> None:
    """Put an order with a released fulfillment on record."""
    await stock_up(database)
    await put_on_record(database, order())
    async with database.writing() as record:
        await record.fulfillments.add(fulfillment())


async def advance(database: SqlDatabase, since: Stage, to: Stage) -> None:
    """Advance the fulfillment in a unit of work of its own."""
    async with database.writing() as record:
        await record.fulfillments.advance(SHARE, since, to, NOW)


async def test_fulfillments_come_back_in_the_order_they_were_made(database: SqlDatabase) -> None:
    """By when they were made, not by their ids."""
    async with database.writing() as record:
        await record.fulfillments.add(fulfillment("A-2"))
        found = await record.fulfillments.of_order("O-1")
        assert await record.fulfillments.get(SHARE) == fulfillment()
        with pytest.raises(NotFound, match="fulfillment: expected one that is on record, came X"):
            await record.fulfillments.get("X")
    assert found == [fulfillment(), fulfillment("A-2")]


async def test_one_of_two_advances(database: SqlDatabase) -> None:
    """The second, which comes from a stage that is past, is told so."""
    await advance(database, Stage.RELEASED, Stage.PICKING)
    with pytest.raises(Inconsistent, match="expected released, came picking"):
        await advance(database, Stage.RELEASED, Stage.PICKING)
    with pytest.raises(NotFound):
        async with database.writing() as record:
            await record.fulfillments.advance("X", Stage.RELEASED, Stage.PICKING, NOW)


async def test_cancel_and_advance_race(database: SqlDatabase) -> None:
    """Either the cancellation is first, and the step is told; or the step, and it is too late."""

    async def cancel() -> bool:
        async with database.writing() as record:
            return await record.fulfillments.cancel(SHARE, (Stage.RELEASED,), NOW)

    canceled, advanced = await asyncio.gather(
        cancel(), advance(database, Stage.RELEASED, Stage.PICKING), return_exceptions=True
    )
    async with database.reading() as record:
        stage = (await record.fulfillments.get(SHARE)).stage
    ends = (canceled, isinstance(advanced, FulfillmentCanceled), stage)
    assert ends in ((True, True, Stage.CANCELED), (False, False, Stage.PICKING))


async def test_a_canceled_fulfillment_does_not_move(database: SqlDatabase) -> None:
    """It is canceled once, and no step takes it further."""
    async with database.writing() as record:
        assert await record.fulfillments.cancel(SHARE, CANCELABLE, NOW)
        assert not await record.fulfillments.cancel(SHARE, CANCELABLE, NOW)
    with pytest.raises(FulfillmentCanceled):
        await advance(database, Stage.RELEASED, Stage.PICKING)


async def test_saving_never_changes_the_stage(database: SqlDatabase) -> None:
    """Quantities, slot, carrier and pickup are recorded; the stage only moves by `advance`."""
    changes = {
        "stage": Stage.DELIVERED,
        "lines": (FulfillmentLine(line_no=1, sku="MUG", planned=2, picked=1),),
        "slot": "S001",
        "carrier_id": "road",
        "service_id": "standard",
        "pickup_reference": "PU-1",
        "pickup_from": NOW,
        "pickup_until": NOW,
    }
    saved = fulfillment().model_copy(update=changes)
    async with database.writing() as record:
        await record.fulfillments.save(saved)
        found = await record.fulfillments.get(SHARE)
        with pytest.raises(NotFound):
            await record.fulfillments.save(saved.model_copy(update={"fulfillment_id": "X"}))
    rest = fulfillment().lines[1:]
    assert found == saved.model_copy(
        update={"stage": Stage.RELEASED, "lines": (*saved.lines, *rest)}
    )


@pytest.mark.parametrize(
    "done",
    [
        {"picked": 3},
        {"picked": 1, "packed": 2},
        {"picked": 1, "packed": 1, "shipped": 2},
        {"picked": 2, "packed": 2, "shipped": 1, "delivered": 2},
        {"delivered": -1},
    ],
)
async def test_no_step_has_more_than_the_one_before(
    database: SqlDatabase, done: dict[str, int]
) -> None:
    """Quantities that can't be are refused."""
    lines = (FulfillmentLine(line_no=1, sku="MUG", planned=2, **done),)
    with pytest.raises(Inconsistent, match="steps_in_order"):
        async with database.writing() as record:
            await record.fulfillments.save(fulfillment().model_copy(update={"lines": lines}))


async def test_slots_are_given_once_and_free_again_after_packing(database: SqlDatabase) -> None:
    """The lowest free slot is next; nobody else may hold it; labeling frees it."""
    journey = Journey(database, "O-2")
    await journey.to("sort")
    async with database.writing() as record:
        assert await record.fulfillments.next_slot("BER") == "S001"
        journey.fulfillment = journey.fulfillment.model_copy(update={"slot": "S001"})
        await record.fulfillments.save(journey.fulfillment)
        assert await record.fulfillments.next_slot("BER") == "S002"
        assert await record.fulfillments.next_slot("HAM") == "S001"
    with pytest.raises(Inconsistent, match="slot"):
        async with database.writing() as record:
            await record.fulfillments.save(fulfillment().model_copy(update={"slot": "S001"}))
    await journey.pack()
    async with database.writing() as record:
        assert await record.fulfillments.next_slot("BER") == "S001"
        await record.fulfillments.save(fulfillment().model_copy(update={"slot": "S001"}))
