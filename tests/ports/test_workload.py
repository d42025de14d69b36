"""Counts of the open work."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.lifecycle import OrderStage, Outcome, OutcomeKind
from fulfillment.domain.workload import UPPER_ENDS, AgeBand, Standing, age_band
from fulfillment.persistence.database import SqlDatabase
from order_journey import Journey
from record_samples import NOW, order, put_on_record, stock_up

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def standing(at: str, age: AgeBand, count: int) -> Standing:
    """Return so many at a stage."""
    return Standing(at=at, age=age, count=count)


async def test_orders_by_stage_and_age(database: SqlDatabase) -> None:
    """Unsettled orders are counted by stage and by how long they have been in it."""
    for number in range(4):
        await put_on_record(database, order(f"O-{number}"))
    outcome = Outcome(kind=OutcomeKind.CANCELED, summary="canceled")
    async with database.writing() as record:
        await record.orders.set_stage("O-2", OrderStage.ON_HOLD, "address", NOW + 20 * HOUR)
        await record.orders.set_outcome("O-3", outcome, NOW)
        counted = await record.workload.workload(NOW + 26 * HOUR)
    assert counted.orders == (
        standing("on_hold", AgeBand.UNDER_A_DAY, 1),
        standing("received", AgeBand.UNDER_THREE_DAYS, 2),
    )
    assert (counted.late, counted.back_ordered_units, counted.tasks) == ({}, 0, ())


async def test_late_until_the_goods_have_left(database: SqlDatabase) -> None:
    """Past its promise an order is late; not once all it has is with the carrier."""
    await stock_up(database)
    await put_on_record(database, order("O-9"))
    journey = Journey(database)
    await journey.to("label")
    async with database.reading() as record:
        due = (await record.orders.get("O-9")).sla_due
        before = await record.workload.workload(due - HOUR)
        after = await record.workload.workload(due + HOUR)
    await journey.hand_over()
    async with database.reading() as record:
        gone = await record.workload.workload(due + HOUR)
    assert before.late == {}
    assert after.late == {"fulfilling": 1, "received": 1}
    assert gone.late == {"received": 1}


async def test_units_that_wait_for_goods(database: SqlDatabase) -> None:
    """Of back-ordered orders, what nothing is reserved for; tasks by kind."""
    await stock_up(database)
    journey = Journey(database)
    await journey.to("plan")
    async with database.writing() as record:
        reserved = await record.workload.workload(NOW)
        await record.orders.set_stage("O-1", OrderStage.BACK_ORDERED, "stock", NOW)
        whole = await record.workload.workload(NOW + 5 * HOUR)
        missing = sum(line.back_ordered for line in await record.orders.progress("O-1"))
    assert (reserved.back_ordered_units, whole.back_ordered_units) == (0, missing)
    assert whole.tasks == (standing("pick", AgeBand.UNDER_A_DAY, 1),)


@given(st.timedeltas(min_value=timedelta(0), max_value=60 * DAY))
def test_every_age_has_its_band(age: timedelta) -> None:
    """It is below the band's end, and not below that of the band before."""
    bands = [*AgeBand]
    place = bands.index(age_band(age))
    ends = [timedelta(0), *UPPER_ENDS.values(), timedelta.max]
    assert ends[place] <= age < ends[place + 1]
