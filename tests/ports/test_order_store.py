"""Orders, their lines and their units."""

from datetime import date, timedelta

import pytest

from fulfillment.domain.base import content_hash
from fulfillment.domain.errors import Inconsistent, NotFound
from fulfillment.domain.lifecycle import (
    CANCELABLE,
    LineProgress,
    OrderStage,
    Outcome,
    OutcomeKind,
)
from fulfillment.domain.orders import LineQuantity
from fulfillment.persistence.database import SqlDatabase
from order_journey import Journey
from record_samples import ADDRESS, NOW, fulfillment, order, put_on_record, stock_up

OUTCOME = Outcome(kind=OutcomeKind.COMPLETED, summary="completed")


def line(quantity: int, line_no: int = 1, sku: str = "MUG") -> LineQuantity:
    """Return so many units of a line."""
    return LineQuantity(line_no=line_no, sku=sku, quantity=quantity)


async def test_an_order_comes_back(database: SqlDatabase) -> None:
    """The order is on record with its hash, workflow, dates and stage."""
    await put_on_record(database, order())
    async with database.reading() as record:
        found = await record.orders.get("O-1")
        assert await record.orders.find("O-2") is None
        with pytest.raises(NotFound, match="order: expected one that is on record, came O-2"):
            await record.orders.get("O-2")
    assert found.order == order()
    assert found.content_hash == content_hash(order())
    assert found.workflow_id == "order/O-1"
    assert (found.stage, found.blocked_on, found.outcome) == (OrderStage.RECEIVED, "", None)
    assert (found.recorded_at, found.sla_due) == (NOW, NOW + timedelta(days=3))


async def test_an_order_is_on_record_once(database: SqlDatabase) -> None:
    """The same id again is refused."""
    await put_on_record(database, order())
    with pytest.raises(Inconsistent, match=r"orders\.order_id"):
        await put_on_record(database, order())


async def test_pages_follow_each_other(database: SqlDatabase) -> None:
    """Orders are listed by id, each page behind the one before, of one stage or all."""
    for number in range(5):
        await put_on_record(database, order(f"O-{number}"))
    async with database.writing() as record:
        await record.orders.set_stage("O-3", OrderStage.ON_HOLD, "address", NOW)
        first = await record.orders.page(limit=2)
        second = await record.orders.page(limit=9, after=first[-1].order.order_id)
        held = await record.orders.page(stage=OrderStage.ON_HOLD)
    assert [o.order.order_id for o in first + second] == [f"O-{n}" for n in range(5)]
    assert [(o.order.order_id, o.blocked_on) for o in held] == [("O-3", "address")]


async def test_stage_keeps_the_time_of_its_beginning(database: SqlDatabase) -> None:
    """Recording the same stage again changes what blocks it, not since when it stands."""
    await put_on_record(database, order())
    later = NOW + timedelta(hours=1)
    async with database.writing() as record:
        await record.orders.set_stage("O-1", OrderStage.ON_HOLD, "address", later)
        await record.orders.set_stage("O-1", OrderStage.ON_HOLD, "phone", NOW + timedelta(days=1))
        found = await record.orders.get("O-1")
        with pytest.raises(NotFound):
            await record.orders.set_stage("O-2", OrderStage.ON_HOLD, "", NOW)
    assert (found.stage, found.blocked_on, found.stage_since) == ("on_hold", "phone", later)


async def test_a_settled_order_stays_settled(database: SqlDatabase) -> None:
    """An outcome settles the order; no later stage undoes it."""
    await put_on_record(database, order())
    async with database.writing() as record:
        await record.orders.set_outcome("O-1", OUTCOME, NOW)
        found = await record.orders.get("O-1")
        with pytest.raises(NotFound):
            await record.orders.set_outcome("O-2", OUTCOME, NOW)
    assert (found.stage, found.outcome) == (OrderStage.SETTLED, OUTCOME)
    with pytest.raises(Inconsistent, match="settled_has_outcome"):
        async with database.writing() as record:
            await record.orders.set_stage("O-1", OrderStage.FULFILLING, "", NOW)


async def test_a_corrected_address_keeps_the_hash(database: SqlDatabase) -> None:
    """The order ships to the new address and is still known as the one handed in."""
    await put_on_record(database, order())
    corrected = ADDRESS.model_copy(update={"postal_code": "10115"})
    async with database.writing() as record:
        await record.orders.set_ship_to("O-1", corrected)
        found = await record.orders.get("O-1")
    assert found.order == order().model_copy(update={"ship_to": corrected})
    assert found.content_hash == content_hash(order())


async def test_a_promised_day_does_not_change_what_was_handed_in(database: SqlDatabase) -> None:
    """It stands in the order's content, and the hash stays that of the order."""
    await put_on_record(database, order())
    async with database.writing() as record:
        await record.orders.set_deliver_by("O-1", date(2026, 3, 6))
        found = await record.orders.get("O-1")
    assert order().model_copy(update={"deliver_by": date(2026, 3, 6)}) == found.order
    assert content_hash(order()) == found.content_hash


async def test_progress_follows_the_fulfillments(database: SqlDatabase) -> None:
    """What has become of a line is summed over its fulfillments, less the canceled ones."""
    await stock_up(database)
    journey = Journey(database)
    await journey.to("hand_over")
    idle = fulfillment("O-1-F2", lines=((1, "MUG", 2),))
    async with database.writing() as record:
        await record.fulfillments.add(idle)
        await record.fulfillments.cancel("O-1-F2", CANCELABLE, NOW)
        found = await record.orders.progress("O-1")
    done = {"reserved": 2, "picked": 2, "packed": 2, "shipped": 2, "delivered": 0}
    assert found == [
        LineProgress(line_no=number, sku=sku, ordered=2, **done)
        for number, sku in ((1, "MUG"), (2, "TEE"))
    ]


async def test_no_more_is_canceled_than_was_ordered(database: SqlDatabase) -> None:
    """Canceled quantities add up to the ordered one at most."""
    await put_on_record(database, order())
    async with database.writing() as record:
        await record.orders.cancel_units("O-1", [line(2)])
        with pytest.raises(NotFound, match="line"):
            await record.orders.cancel_units("O-1", [line(1, line_no=9)])
        assert (await record.orders.progress("O-1"))[0].canceled == 2
    with pytest.raises(Inconsistent, match="canceled_within_ordered"):
        async with database.writing() as record:
            await record.orders.cancel_units("O-1", [line(1)])


async def test_units_are_assigned_once(database: SqlDatabase) -> None:
    """A unit belongs to one fulfillment at most, and a canceled one to none."""
    await stock_up(database)
    await put_on_record(database, order(quantity=3))
    async with database.writing() as record:
        for number in (1, 2):
            await record.fulfillments.add(fulfillment(f"O-1-F{number}"))
        await record.orders.cancel_units("O-1", [line(1)])
        await record.orders.assign_units("O-1", "O-1-F1", [line(1)])
        with pytest.raises(Inconsistent, match="2 units of MUG, came 1"):
            await record.orders.assign_units("O-1", "O-1-F2", [line(2)])
        with pytest.raises(Inconsistent, match="2 units of MUG, came 1"):
            await record.orders.free_units("O-1-F1", [line(2)])


async def test_a_substitute_counts_for_the_line_that_takes_it(
    database: SqlDatabase,
) -> None:
    """The line keeps the article that was ordered; the fulfillment has both, each by itself."""
    await stock_up(database)
    wanted = order(quantity=3, skus=("MUG",))
    line_1 = wanted.lines[0].model_copy(update={"substitutes": ("TEE",)})
    await put_on_record(database, wanted.model_copy(update={"lines": (line_1,)}))
    async with database.writing() as record:
        await record.fulfillments.add(fulfillment(lines=((1, "MUG", 2), (1, "TEE", 1))))
        await record.orders.assign_units("O-1", "O-1-F1", [line(2), line(1, 1, "TEE")])
        assert {"BER": 3} == await record.fulfillments.open_units()
    async with database.reading() as record:
        [progress] = await record.orders.progress("O-1")
        assert ("MUG", 3, 1) == (progress.sku, progress.reserved, progress.substituted)
        kept = (await record.fulfillments.get("O-1-F1")).lines
        assert [("MUG", 2), ("TEE", 1)] == [(one.sku, one.planned) for one in kept]
