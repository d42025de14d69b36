"""Parcels that are given up: on record once, and their goods followed, on each database."""

import pytest

from activities.undelivered import booked_off, found_again, note_late_arrival, undelivered
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.errors import Inconsistent, NotFound
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.persistence.database import SqlDatabase
from fulfillment.stores.given_up import GivenUpParcel, Whereabouts
from order_journey import Journey
from record_samples import NOW, account, stock_up


@pytest.fixture(autouse=True)
async def handed_over(database: SqlDatabase) -> None:
    """Have an order's parcels with their carrier."""
    await stock_up(database)
    await Journey(database).to("hand_over")


async def give_up(database: SqlDatabase) -> GivenUpParcel:
    """Give the order's first parcel up, and book its goods off."""
    async with database.writing() as tx:
        [share] = await tx.fulfillments.of_order("O-1")
        parcel, *_ = await tx.parcels.of_fulfillment(share.fulfillment_id)
        given_up = GivenUpParcel(
            parcel_id=parcel.parcel_id,
            tracking_number="RD-1",
            fulfillment_id=share.fulfillment_id,
            order_id="O-1",
            cause="lost",
            choice=Choice.RESHIP,
            goods=Whereabouts.LOST,
            by="eva",
            at=NOW,
        )
        moved = await booked_off(tx, [parcel])
        await tx.stock.move("test/give_up", moved, by="eva", reason="given up", at=NOW)
        await tx.given_up.add(given_up)
    return given_up


async def test_it_is_on_record_once(database: SqlDatabase) -> None:
    """And found by its tracking number and by its fulfillment."""
    given_up = await give_up(database)
    async with database.reading() as tx:
        assert given_up == await tx.given_up.find("RD-1")
        assert [given_up] == await tx.given_up.of_fulfillment(given_up.fulfillment_id)
        assert await tx.given_up.find("RD-2") is None
        assert [] == await tx.given_up.of_fulfillment("another")
    with pytest.raises(Inconsistent):
        async with database.writing() as tx:
            await tx.given_up.add(given_up)


async def test_its_goods_are_what_was_in_the_parcel(database: SqlDatabase) -> None:
    """Each unit leaves the carrier's account once, and is found again once."""
    given_up = await give_up(database)
    async with database.reading() as tx:
        [share] = await tx.fulfillments.of_order("O-1")
        parcels = await tx.parcels.of_fulfillment(share.fulfillment_id)
        inside = {sku: units for _, sku, units in parcels[0].contents}
        away = await tx.stock.contents(str(undelivered(given_up.parcel_id)))
        assert inside == {sku: quantity for sku, _, quantity in away}
        left = await tx.stock.contents(f"carrier:{share.fulfillment_id}")
        rest = sum(units for one in parcels[1:] for _, _, units in one.contents)
        assert rest == sum(quantity for _, _, quantity in left)
    async with database.writing() as tx:
        back = account("quarantine:BER")
        await found_again(tx, given_up, back, Whereabouts.BACK, "ann", NOW)
    async with database.reading() as tx:
        assert [] == await tx.stock.contents(str(undelivered(given_up.parcel_id)))
        assert inside == {sku: n for sku, _, n in await tx.stock.contents("quarantine:BER")}
        found = await tx.given_up.find("RD-1")
    assert found is not None
    assert Whereabouts.BACK is found.goods


async def test_a_late_arrival_is_booked_and_seen_to_once(database: SqlDatabase) -> None:
    """However often it is told; nothing happens to a parcel that nobody gave up."""
    async with database.writing() as tx:
        [share] = await tx.fulfillments.of_order("O-1")
        parcel, *_ = await tx.parcels.of_fulfillment(share.fulfillment_id)
        await note_late_arrival(tx, parcel, NOW)
        assert [] == await tx.tasks.page(kind=TaskKind.LATE_ARRIVAL)
    await give_up(database)
    for _ in range(2):
        async with database.writing() as tx:
            await note_late_arrival(tx, parcel, NOW)
    async with database.reading() as tx:
        [task] = await tx.tasks.page(kind=TaskKind.LATE_ARRIVAL)
        inside = {sku: units for _, sku, units in parcel.contents}
        assert inside == {sku: n for sku, _, n in await tx.stock.contents("customer:O-1")}
    assert ("O-1", parcel.parcel_id) == (task.order_id, task.plan["parcel_id"])


async def test_goods_of_an_unknown_parcel_are_nowhere(database: SqlDatabase) -> None:
    """Nothing is recorded of them."""
    with pytest.raises(NotFound):
        async with database.writing() as tx:
            await tx.given_up.set_goods("P-9", Whereabouts.BACK)
