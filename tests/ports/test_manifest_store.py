"""Manifests on record: a parcel stands on exactly one, also while it is closed."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from activities.manifest_places import manifest_at, open_manifest
from fulfillment.domain.errors import Inconsistent, NotFound
from fulfillment.domain.manifests import ManifestRecord, ManifestState
from fulfillment.persistence.database import SqlDatabase
from fulfillment.stores import UnitOfWork
from order_journey import Journey
from record_samples import BERLIN, NOW, stock_up, warehouse

CARRIER = "road"
DAY = date(2026, 3, 2)
TODAYS = "MF-BER-road-20260302-1630"
TOMORROWS = "MF-BER-road-20260303-1630"
LATER = NOW + timedelta(hours=8)


@pytest.fixture
async def journey(database: SqlDatabase) -> Journey:
    """Return an order whose one parcel is labeled and stands on today's manifest."""
    await stock_up(database, 100)
    journey = Journey(database)
    await journey.to("label")
    return journey


def label_id(journey: Journey) -> str:
    """Return the id of the order's label."""
    return journey.bought()[0].label_id


async def names(record: UnitOfWork, manifest_id: str) -> list[str]:
    """Return the labels on a manifest."""
    return [parcel.label_id for parcel in await record.manifests.parcels(manifest_id)]


async def test_a_manifest_comes_back_as_it_was_put(database: SqlDatabase, journey: Journey) -> None:
    """Found by its id, warehouse, carrier, state and cut-off; its parcels with all that is said."""
    async with database.writing() as record:
        one = await record.manifests.get(TODAYS)
        pickup = {"pickup_reference": "PU-1", "pickup_from": NOW, "pickup_until": LATER}
        await record.manifests.save(one.model_copy(update={"reference": "MA-1", **pickup}))
        await record.manifests.tell(TODAYS, [label_id(journey)])
    async with database.reading() as record:
        saved = await record.manifests.get(TODAYS)
        assert ("MA-1", "PU-1", NOW, LATER) == (
            saved.reference,
            saved.pickup_reference,
            saved.pickup_from,
            saved.pickup_until,
        )
        assert datetime(2026, 3, 2, 15, 30, tzinfo=UTC) == saved.cut_off
        [parcel] = await record.manifests.parcels(TODAYS)
        assert (label_id(journey), TODAYS, TODAYS, True) == (
            parcel.label_id,
            parcel.manifest_id,
            parcel.told_on,
            parcel.is_waiting,
        )
        assert [parcel] == await record.manifests.of_fulfillment("O-1-F1")
        number = parcel.tracking_number
        assert parcel == await record.manifests.find(tracking_number=number)
        assert None is await record.manifests.find(sscc="1")
        page = record.manifests.page
        assert [saved] == await page(warehouse_id=BERLIN, carrier_id=CARRIER, until=LATER)
        assert [] == await page(until=NOW)
        assert [] == await page(state=ManifestState.CLOSED)
        assert [(BERLIN, CARRIER)] == await record.manifests.ways()
        with pytest.raises(NotFound):
            await record.manifests.get("MF-none")


async def test_what_comes_after_the_closing_goes_on_the_next(
    database: SqlDatabase, journey: Journey
) -> None:
    """A closed manifest takes nothing more, and is closed once."""
    async with database.writing() as record:
        assert await record.manifests.close(TODAYS, NOW)
        assert not await record.manifests.close(TODAYS, LATER)
        following = await open_manifest(record, warehouse(), CARRIER, DAY)
        assert TOMORROWS == following.manifest_id
        with pytest.raises(Inconsistent):
            await record.manifests.put(TODAYS, [label_id(journey)], NOW)
    with pytest.raises(Inconsistent):
        async with database.writing() as record:
            await record.manifests.put(TOMORROWS, [label_id(journey)], NOW)
    async with database.reading() as record:
        assert [label_id(journey)] == await names(record, TODAYS)
        assert NOW == (await record.manifests.get(TODAYS)).closed_at


async def test_a_void_label_leaves_its_manifest(database: SqlDatabase, journey: Journey) -> None:
    """An open one forgets it; a closed one remembers what it left behind, and why."""
    name = label_id(journey)
    async with database.writing() as record:
        assert [TODAYS] == await record.manifests.take_off([name], "canceled", NOW)
        assert [] == await record.manifests.left_behind(TODAYS)
        assert [] == await record.manifests.take_off([name], "canceled", NOW)
        await record.manifests.put(TODAYS, [name], NOW)
        await record.manifests.close(TODAYS, NOW)
        await record.manifests.take_off([name], "canceled", LATER)
        [left] = await record.manifests.left_behind(TODAYS)
    assert (name, "canceled", None) == (left.label_id, left.reason, left.next_manifest_id)
    async with database.reading() as record:
        assert [] == await names(record, TODAYS)


async def test_what_was_left_behind_goes_with_the_next(
    database: SqlDatabase, journey: Journey
) -> None:
    """It stands there alone, and the one that it left says why; handing over counts once."""
    name = label_id(journey)
    async with database.writing() as record:
        await record.manifests.close(TODAYS, NOW)
        following = await open_manifest(record, warehouse(), CARRIER, DAY)
        to = following.manifest_id
        await record.manifests.carry_over(TODAYS, to, [name], "no space", LATER)
        assert ([], [name]) == (await names(record, TODAYS), await names(record, to))
        [left] = await record.manifests.left_behind(TODAYS)
        assert ("no space", to) == (left.reason, left.next_manifest_id)
        assert 1 == await record.manifests.hand_over([name], "ann", LATER)
        assert 0 == await record.manifests.hand_over([name], "bob", LATER)
        [parcel] = await record.manifests.parcels(to)
    assert ("ann", LATER, False) == (
        parcel.handed_over_by,
        parcel.handed_over_at,
        parcel.is_waiting,
    )


async def test_a_closed_manifest_is_unfinished_while_a_parcel_waits(
    database: SqlDatabase, journey: Journey
) -> None:
    """Neither an open one is, nor one whose parcels are all handed over."""
    async with database.writing() as record:
        assert [] == await record.manifests.unfinished()
        await record.manifests.close(TODAYS, NOW)
        closed = await record.manifests.get(TODAYS)
        unfinished = record.manifests.unfinished
        assert [closed] == await unfinished()
        assert [closed] == await unfinished(warehouse_id=BERLIN, carrier_id=CARRIER)
        assert [] == await unfinished(warehouse_id="HAM")
        assert [] == await unfinished(carrier_id="rail")
        await record.manifests.hand_over([label_id(journey)], "ann", NOW)
        assert [] == await unfinished()


async def test_a_void_or_moved_label_does_not_keep_a_manifest_unfinished(
    database: SqlDatabase, journey: Journey
) -> None:
    """A manifest is settled once its last parcel has gone elsewhere."""
    name = label_id(journey)
    async with database.writing() as record:
        await record.manifests.close(TODAYS, NOW)
        following = await open_manifest(record, warehouse(), CARRIER, DAY)
        await record.manifests.carry_over(TODAYS, following.manifest_id, [name], "late", NOW)
        assert [] == await record.manifests.unfinished()
        await record.manifests.close(following.manifest_id, NOW)
        [left] = await record.manifests.unfinished()
        assert following.manifest_id == left.manifest_id
        await record.parcels.void_label(name)
        assert [] == await record.manifests.unfinished()


async def test_closing_while_labels_are_bought(database_url: str, database: SqlDatabase) -> None:
    """Each parcel stands on exactly one manifest, and none comes on one after its closing."""
    await stock_up(database, 1_000)
    journeys = [Journey(database, f"O-{number}") for number in range(8)]
    for journey in journeys:
        await journey.to("pack")
    other = SqlDatabase(database_url)
    closed: list[list[str]] = []

    async def close() -> None:
        async with other.writing() as record:
            await record.manifests.lock(BERLIN, CARRIER)
            due = await record.manifests.at_cut_off(_todays())
            seen = await names(record, due.manifest_id)
            await asyncio.sleep(0.02)
            await record.manifests.close(due.manifest_id, NOW)
            closed.append(seen)

    try:
        labeling = [journey.label() for journey in journeys]
        await asyncio.gather(*labeling[:4], close(), *labeling[4:])
    finally:
        await other.dispose()
    async with database.reading() as record:
        early, late = await names(record, TODAYS), await names(record, TOMORROWS)
    assert sorted(early) == sorted(closed[0])
    assert sorted(map(label_id, journeys)) == sorted([*early, *late])


def _todays() -> ManifestRecord:
    return manifest_at(warehouse(), CARRIER, datetime(2026, 3, 2, 15, 30, tzinfo=UTC))
