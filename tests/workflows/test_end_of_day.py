"""The end of a day: manifests closed with their parcels, fetched, scanned, and left behind."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temporalio.client import Client, WorkflowHandle

import plant as plants
from activities.end_of_day import EndOfDayActivities
from activities.manifest_places import manifest_at
from activities.shipping import ShippingActivities
from floor_driver import ANN, Share, place, refusal_of
from fulfillment.domain.calendars import WorkCalendar, next_working_day
from fulfillment.domain.dock_scans import DockScan
from fulfillment.domain.errors import CarrierRefused, CarrierUnavailable, FulfillmentError, NotFound
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.manifests import HandOver, ManifestParcel, ManifestRecord, ManifestState
from fulfillment.domain.shipping import Manifest, ManifestRequest, Pickup, PickupRequest
from fulfillment.messages import (
    BookManifestPickup,
    CutOffRequest,
    EndOfDayRequest,
    EndOfDayStatus,
    RebookPickup,
    SettleManifest,
)
from fulfillment.operations import end_of_day as days
from fulfillment.operations.engine import Engine
from fulfillment.operations.hand_over import ParcelScanned, scan_parcel
from fulfillment.operations.manifest_checks import manifest_findings
from fulfillment.operations.verify import verify
from fulfillment.ports import CarrierClient, Ports
from fulfillment.temporal import end_of_day_schedules
from fulfillment.temporal.identifiers import end_of_day_workflow_id
from histories import audited_plant, details, events
from workflows.cut_off import CutOffWorkflow
from workflows.end_of_day import EndOfDayWorkflow

TICK = timedelta(seconds=0.3)
BY_MANIFEST: dict[str, Any] = {"pickups": "manifest"}
Ending = WorkflowHandle[EndOfDayWorkflow, EndOfDayStatus]


class Watched:
    """A carrier that counts what it is asked, and may fail or come at once."""

    def __init__(self, carrier: CarrierClient) -> None:
        """Keep the carrier that does the rest."""
        self._carrier = carrier
        self.lists: list[str] = []
        self.bookings: list[tuple[str, int]] = []
        self.wishes: list[tuple[str, date]] = []
        self.fails: list[FulfillmentError] = []
        self.stays_away: list[FulfillmentError] = []
        self.comes_within: timedelta | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def __getattr__(self, name: str) -> Any:
        """Let the carrier do the rest."""
        return getattr(self._carrier, name)

    async def close_manifest(self, key: str, request: ManifestRequest) -> Manifest:
        """Count the list; fail after acting, where that is wanted."""
        self.lists.append(key)
        answer = await self._carrier.close_manifest(key, request)
        if self.fails:
            raise self.fails.pop()
        return answer

    async def book_pickup(self, key: str, request: PickupRequest) -> Pickup:
        """Count the booking; its window is over soon, or it is refused, where that is wanted."""
        self.wishes.append((key, request.on))
        if self.stays_away:
            raise self.stays_away.pop()
        self.bookings.append((key, request.parcels))
        booked = await self._carrier.book_pickup(key, request)
        await self.may_answer.wait()
        if self.comes_within is None:
            return booked
        now = datetime.now(UTC)
        window = {"window_start": now, "window_end": now + self.comes_within}
        return booked.model_copy(update=window)


class Dock:
    """Gives a shop a carrier that is watched."""

    carrier: Watched
    ports: Ports

    def change(self, ports: Ports) -> Ports:
        """Put the watched carrier in the place of the shop's."""
        self.carrier = Watched(ports.carrier)
        self.ports = replace(ports, carrier=self.carrier)
        return self.ports


@pytest.fixture
def dock() -> Dock:
    """Return where the carrier comes."""
    return Dock()


async def labeled(shop: plants.Plant, name: str, *lines: tuple[str, int]) -> Share:
    """Hand an order in, and have its share picked, packed and labeled."""
    order = await place(shop, name, *lines)
    share = await order.share()
    await share.to(Stage.AWAITING_PICKUP)
    return share


async def parcels_of(shop: plants.Plant, share: Share) -> list[ManifestParcel]:
    """Return a share's parcels with their places."""
    return await shop.read(lambda tx: tx.manifests.of_fulfillment(share.fulfillment_id))


async def manifest_of(shop: plants.Plant, share: Share) -> ManifestRecord:
    """Return the one manifest that a share's parcels stand on."""
    [name] = {parcel.manifest_id for parcel in await parcels_of(shop, share)}
    assert name is not None
    return await shop.read(lambda tx: tx.manifests.get(name))


async def ended(shop: plants.Plant, manifest: ManifestRecord) -> Ending:
    """Begin the end of the day of a manifest."""
    request = EndOfDayRequest.model_validate(manifest.model_dump())
    name = end_of_day_workflow_id(manifest.warehouse_id, manifest.carrier_id, manifest.cut_off)
    return await shop.client.start_workflow(
        EndOfDayWorkflow.run, request, id=name, task_queue=shop.settings.task_queue
    )


async def scan(engine: Engine, parcel: ManifestParcel, **way: Any) -> ParcelScanned:
    """Give a parcel to the driver who came with its manifest."""
    wanted = way or {"manifest_id": parcel.manifest_id}
    return await scan_parcel(engine, DockScan(code=parcel.tracking_number, by=ANN, **wanted))


async def noted(handle: Ending, text: str) -> str:
    """Wait until the timeline has an entry with these words."""

    async def look() -> str | None:
        events = [entry.event for entry in await handle.query(EndOfDayWorkflow.timeline)]
        return next((event for event in events if text in event), None)

    return await plants.eventually(look)


async def settled(handle: Ending) -> bool:
    """Return whether the manifest was looked at."""
    steps = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in await events(handle)
    ]
    return "settle_manifest" in steps


async def shows(handle: Ending, text: str) -> bool:
    """Return whether the Temporal UI shows these words."""
    return text in await details(handle)


async def pressed(shop: plants.Plant, text: str) -> bool:
    """Return whether a mail with these words went to the supervisor."""
    mails = [path.read_text() for path in shop.settings.mail_dir.glob("*.eml")]
    wanted = f"To: {shop.settings.supervisor_mail}"
    return any(wanted in mail and text in mail for mail in mails)


async def test_one_pickup_for_all_parcels_of_a_manifest(
    client: Client, tmp_path: Path, dock: Dock
) -> None:
    """Closed, printed, booked and scanned; a label of later goes with the next; done once a day.

    The carrier's answer is lost once, and it is asked again under the same key.
    """
    async with audited_plant(client, tmp_path, change=dock.change, **BY_MANIFEST) as shop:
        one = await labeled(shop, "one", ("MUG", 1))
        two = await labeled(shop, "two", ("BOOK", 1))
        manifest = await manifest_of(shop, one)
        assert manifest == await manifest_of(shop, two)
        assert ManifestState.OPEN is manifest.state
        assert "" == (await one.record()).pickup_reference
        dock.carrier.fails.append(CarrierUnavailable("no answer"))
        handle = await ended(shop, manifest)
        await noted(handle, "must be there")
        late = await labeled(shop, "late", ("MUG", 1))
        following = await manifest_of(shop, late)
        assert manifest.cut_off < following.cut_off
        waiting = await plants.eventually(lambda: booked(shop, manifest.manifest_id))
        assert 2 == len(dock.carrier.lists)
        assert 1 == len(set(dock.carrier.lists))
        assert [2] == [parcels for _, parcels in dock.carrier.bookings]
        view = await days.show_manifest(shop.engine, manifest.manifest_id)
        assert {one.fulfillment_id, two.fulfillment_id} == {p.fulfillment_id for p in view.parcels}
        assert (ManifestState.CLOSED, manifest.manifest_id) == (
            view.manifest.state,
            view.manifest.document_id,
        )
        paper = await shop.read(lambda tx: tx.parcels.document(manifest.manifest_id))
        assert paper.content.startswith(b"%PDF")
        for share in (one, two):
            assert waiting.pickup_reference == (await share.record()).pickup_reference
        refused = await refusal_of(
            scan(
                shop.engine,
                (await parcels_of(shop, late))[0],
                manifest_id=manifest.manifest_id,
            )
        )
        assert f"it goes with {following.manifest_id}" in str(refused)
        for parcel in view.parcels:
            done = await scan(shop.engine, parcel)
            assert 0 == done.left_of_fulfillment
        status = await handle.result()
        assert (HandOver.COMPLETE, 0) == (status.outcome, status.missed_pickups)
        for share in (one, two):
            await share.at(Stage.IN_TRANSIT)
        again = await scan_twice(shop, view.parcels[0])
        assert "not handed over yet" in again
        assert [] == await verify(shop.engine)


async def booked(shop: plants.Plant, manifest_id: str) -> ManifestRecord | None:
    """Return a manifest once its pickup is booked."""
    found = await shop.read(lambda tx: tx.manifests.get(manifest_id))
    return found if found.has_pickup else None


async def scan_twice(shop: plants.Plant, parcel: ManifestParcel) -> str:
    """Scan a parcel that the driver has; return why it is refused, and see it in the audit."""
    refused = str(await refusal_of(scan(shop.engine, parcel)))
    audit = await shop.read(lambda tx: tx.journal.actions(parcel.order_id))
    assert any(a.refused and a.action == "hand_over_scan" for a in audit)
    return refused


async def test_what_is_left_goes_with_the_next_manifest(
    client: Client, tmp_path: Path, dock: Dock
) -> None:
    """It is said why, its fulfillment waits for that pickup, and the supervisor is told."""
    settings = {**BY_MANIFEST, "pickup_grace": TICK}
    async with audited_plant(client, tmp_path, change=dock.change, **settings) as shop:
        taken = await labeled(shop, "taken", ("MUG", 1))
        left = await labeled(shop, "left", ("BOOK", 1))
        manifest = await manifest_of(shop, left)
        [parcel] = await parcels_of(shop, taken)
        done = await scan(shop.engine, parcel, carrier_id=parcel.carrier_id)
        assert (0, 1) == (done.left_of_fulfillment, done.left_of_manifest)
        await taken.at(Stage.IN_TRANSIT)
        dock.carrier.comes_within = TICK
        handle = await ended(shop, manifest)
        assert HandOver.PARTLY is (await handle.result()).outcome
        following = await manifest_of(shop, left)
        assert manifest.cut_off < following.cut_off
        [behind] = (await days.show_manifest(shop.engine, manifest.manifest_id)).left_behind
        assert following.manifest_id == behind.next_manifest_id
        assert "1 of 2 parcels" in behind.reason
        assert await pressed(shop, "1 parcels were left behind")
        await left.noted("pickup from")
        record = await left.record()
        assert ("", True) == (
            record.pickup_reference,
            following.cut_off == record.pickup_from,
        )
        [parcel] = await parcels_of(shop, left)
        await scan(shop.engine, parcel)
        await left.at(Stage.IN_TRANSIT)


async def test_a_missed_pickup_is_noticed_booked_again_and_escalated(
    client: Client, tmp_path: Path, dock: Dock
) -> None:
    """By a timer, until the carrier comes; the parcels stay on their manifest."""
    settings = {**BY_MANIFEST, "pickup_grace": TICK}
    async with audited_plant(client, tmp_path, change=dock.change, **settings) as shop:
        share = await labeled(shop, "missed", ("MUG", 1))
        manifest = await manifest_of(shop, share)
        dock.carrier.comes_within = TICK
        handle = await ended(shop, manifest)
        await noted(handle, "pickup booked again")
        assert await pressed(shop, "missed pickup of 1 parcels")
        assert manifest.manifest_id == (await manifest_of(shop, share)).manifest_id
        keys = [key for key, _ in dock.carrier.bookings]
        assert 1 < len(keys) == len(set(keys))
        dock.carrier.comes_within = None
        [parcel] = await parcels_of(shop, share)
        await scan(shop.engine, parcel)
        status = await handle.result()
        assert HandOver.COMPLETE is status.outcome
        assert 0 < status.missed_pickups
        await share.at(Stage.IN_TRANSIT)


async def test_each_fulfillment_with_its_own_pickup(
    client: Client, tmp_path: Path, dock: Dock
) -> None:
    """The manifest is closed and printed, and books nothing; a carrier that takes no list is told.

    Confirmed without a scan, the parcels count as handed over.
    """
    async with audited_plant(client, tmp_path, change=dock.change) as shop:
        share = await labeled(shop, "own", ("MUG", 1))
        manifest = await manifest_of(shop, share)
        dock.carrier.fails.append(CarrierRefused("no lists"))
        handle = await ended(shop, manifest)
        await noted(handle, "must be there")
        assert await pressed(shop, "the carrier takes no list")
        assert 1 == len(dock.carrier.bookings)
        await plants.eventually(lambda: shows(handle, "no pickup of its own"))
        await share.handle.signal("pickup_changed", {"pickup_reference": "x"})
        # Said too early, it is looked at, and waited on.
        await handle.signal("scanned")
        await plants.eventually(lambda: settled(handle))
        await share.hand_over()
        await share.at(Stage.IN_TRANSIT)
        assert 1 == len(await share.refused())
        await handle.signal("scanned")
        assert HandOver.COMPLETE is (await handle.result()).outcome
        [parcel] = await parcels_of(shop, share)
        assert ANN == parcel.handed_over_by


async def test_nobody_is_pressed_for_parcels_that_have_left(
    client: Client, tmp_path: Path, dock: Dock
) -> None:
    """Confirmed as a whole, without a scan, they have; the day ends when the dock would hear."""
    hurried = plants.PATIENT.model_copy(update={"remind_after": TICK})
    settings = {**BY_MANIFEST, "hand_over": hurried}
    async with audited_plant(client, tmp_path, change=dock.change, **settings) as shop:
        share = await labeled(shop, "gone", ("MUG", 1))
        dock.carrier.may_answer.clear()
        dock.carrier.comes_within = timedelta(hours=1)
        handle = await ended(shop, await manifest_of(shop, share))
        await plants.eventually(lambda: asked_to_come(dock))
        await share.hand_over()
        await share.at(Stage.IN_TRANSIT)
        dock.carrier.may_answer.set()
        assert HandOver.COMPLETE is await plants.eventually(lambda: outcome(handle))
        told = [entry.event for entry in await handle.query(EndOfDayWorkflow.timeline)]
        assert not any("the parcels wait" in event for event in told)


async def asked_to_come(dock: Dock) -> bool:
    """Return whether the carrier was asked to come."""
    return bool(dock.carrier.bookings)


async def test_parcels_that_are_driven_to_the_carrier(
    client: Client, tmp_path: Path, dock: Dock
) -> None:
    """No pickup is booked for a carrier of drop-off; its parcels are scanned as others."""
    settings = {**BY_MANIFEST, "drop_off_carriers": ("overland",)}
    async with audited_plant(client, tmp_path, change=dock.change, **settings) as shop:
        share = await labeled(shop, "driven", ("MUG", 1))
        manifest = await manifest_of(shop, share)
        handle = await ended(shop, manifest)
        await plants.eventually(lambda: shows(handle, "(drop-off)"))
        recorded = await shop.read(lambda tx: tx.manifests.get(manifest.manifest_id))
        assert ("", manifest.cut_off) == (recorded.pickup_reference, recorded.pickup_from)
        assert [] == dock.carrier.bookings
        [parcel] = await parcels_of(shop, share)
        await scan(shop.engine, parcel)
        assert HandOver.COMPLETE is (await handle.result()).outcome
        await share.at(Stage.IN_TRANSIT)


async def test_a_carrier_that_refuses_to_come_is_asked_again(
    client: Client, tmp_path: Path, dock: Dock
) -> None:
    """It is shown and escalated once, and asked again when somebody says so."""
    async with audited_plant(client, tmp_path, change=dock.change, **BY_MANIFEST) as shop:
        share = await labeled(shop, "refused", ("MUG", 1))
        dock.carrier.stays_away.append(CarrierRefused("no truck"))
        handle = await ended(shop, await manifest_of(shop, share))
        await plants.eventually(lambda: shows(handle, "blocked on carrier_refused"))
        assert await pressed(shop, "no truck")
        await handle.signal("retry_step")
        await plants.eventually(lambda: shows(handle, "waiting for the hand-over"))
        assert "" == (await handle.query(EndOfDayWorkflow.status)).blocked_on
        assert 1 == len(dock.carrier.bookings)
        [parcel] = await parcels_of(shop, share)
        await scan(shop.engine, parcel)
        assert HandOver.COMPLETE is (await handle.result()).outcome
        await share.at(Stage.IN_TRANSIT)


async def test_a_pickup_that_is_asked_for_on_a_later_day_is_another(
    client: Client, tmp_path: Path, dock: Dock
) -> None:
    """The carrier may have the wish of the first day on record; the same day it is the same."""
    async with audited_plant(client, tmp_path, change=dock.change, **BY_MANIFEST) as shop:
        manifest = await manifest_of(shop, await labeled(shop, "later", ("MUG", 1)))
        dock.carrier.stays_away += [CarrierRefused("no truck"), CarrierRefused("no truck")]
        book = EndOfDayActivities(dock.ports).book_manifest_pickup
        on_time, later = manifest.cut_off, manifest.cut_off + timedelta(days=7)
        for at in (on_time, later):
            with pytest.raises(CarrierRefused):
                await book(_booking(manifest, at))
        await book(_booking(manifest, later))
        (first, first_day), second, third = dock.carrier.wishes
        assert second == third
        assert first != second[0]
        assert first_day < second[1]
        found = await shop.read(lambda tx: tx.manifests.get(manifest.manifest_id))
        assert found.pickup_from is not None
        assert first_day < found.pickup_from.date()


class Closed:
    """Calendars in which a day is a holiday everywhere."""

    def __init__(self, day: date) -> None:
        """Keep the day."""
        self._day = day

    def calendar(self, country: str, region: str) -> WorkCalendar:
        """Return the working days."""
        del country, region
        return WorkCalendar(is_holiday=lambda day: day == self._day)


async def test_no_carrier_is_asked_to_come_on_a_holiday(
    client: Client, tmp_path: Path, dock: Dock
) -> None:
    """Neither again for a fulfillment, nor for what was left behind."""
    async with audited_plant(client, tmp_path, change=dock.change) as shop:
        share = await labeled(shop, "holiday", ("MUG", 1))
        manifest = await manifest_of(shop, share)
        zone = ZoneInfo(plants.WAREHOUSES[0].timezone)
        late = manifest.cut_off + timedelta(hours=5)
        usual = next_working_day(manifest.cut_off.astimezone(zone).date())
        ports = replace(dock.ports, calendars=Closed(usual))
        later = next_working_day(usual)
        key = f"fulfillment/{share.fulfillment_id}/rebook_pickup/-/9"
        wish = RebookPickup(key=key, fulfillment_id=share.fulfillment_id, at=late)
        await ShippingActivities(ports).rebook_pickup(wish)
        assert later == dock.carrier.wishes[-1][1]
        settle = SettleManifest(
            key="end-of-day/x/settle_manifest/-/1",
            manifest_id=manifest.manifest_id,
            until=late,
            at=late,
        )
        left = await EndOfDayActivities(ports).settle_manifest(settle)
        assert left.next_manifest_id is not None
        following = await shop.read(lambda tx: tx.manifests.get(str(left.next_manifest_id)))
        assert later == following.cut_off.astimezone(zone).date()


def _booking(manifest: ManifestRecord, at: datetime) -> BookManifestPickup:
    key = "end-of-day/x/book_manifest_pickup/-/1"
    return BookManifestPickup(key=key, manifest_id=manifest.manifest_id, at=at)


async def test_an_end_of_day_is_carried_on_whatever_ends_it(
    client: Client, tmp_path: Path, dock: Dock
) -> None:
    """No error and no Cancel does; terminated, `verify` tells, and the next cut-off helps."""
    async with audited_plant(client, tmp_path, change=dock.change, **BY_MANIFEST) as shop:
        share = await labeled(shop, "lost", ("MUG", 1))
        manifest = await manifest_of(shop, share)
        dock.carrier.fails.append(NotFound("no such network"))
        handle = await ended(shop, manifest)
        await plants.eventually(lambda: shows(handle, "waiting for the hand-over"))
        assert await pressed(shop, "the carrier takes no list")
        await handle.cancel()
        await noted(handle, "cancellation asked in Temporal")
        assert [] == await manifest_findings(shop.engine, datetime.now(UTC))
        # What it saw of its manifest is not what the next one sees.
        await handle.signal("scanned")
        await plants.eventually(lambda: settled(handle))
        await handle.terminate()
        [finding] = await manifest_findings(shop.engine, datetime.now(UTC))
        assert (
            "a closed manifest whose parcels wait has its workflow",
            f"fulfillment end-of-day {manifest.warehouse_id} {manifest.carrier_id}",
        ) == (finding.rule, finding.repair)
        await cut_off(shop, manifest)
        again: Ending = shop.client.get_workflow_handle(handle.id)
        await plants.eventually(lambda: shows(again, "waiting for the hand-over"))
        assert [] == await manifest_findings(shop.engine, datetime.now(UTC))
        assert 1 == len(dock.carrier.bookings)
        [parcel] = await parcels_of(shop, share)
        await scan(shop.engine, parcel)
        assert HandOver.COMPLETE is await plants.eventually(lambda: outcome(again))
        await share.at(Stage.IN_TRANSIT)


async def cut_off(shop: plants.Plant, manifest: ManifestRecord) -> None:
    """Let the next cut-off of a manifest's warehouse and carrier come."""
    request = CutOffRequest.model_validate(manifest.model_dump())
    due = await shop.client.execute_workflow(
        CutOffWorkflow.run,
        request,
        id=plants.new_id("cut-off"),
        task_queue=shop.settings.task_queue,
    )
    assert manifest.cut_off in due.cut_offs


async def outcome(handle: Ending) -> HandOver | None:
    """Return how a hand-over went, once that is known."""
    return (await handle.query(EndOfDayWorkflow.status)).outcome


async def test_people_are_pressed_where_nobody_books_a_pickup(
    client: Client, tmp_path: Path
) -> None:
    """A fulfillment does not wait for its manifest's pickup forever; nonsense changes nothing."""
    hurried = plants.PATIENT.model_copy(update={"remind_after": TICK})
    settings = {**BY_MANIFEST, "pickup_grace": TICK, "hand_over": hurried}
    async with audited_plant(client, tmp_path, **settings) as shop:
        share = await labeled(shop, "waiting", ("MUG", 1))
        nonsense: list[list[Any]] = [[], [{}], [{"pickup_from": "soon"}]]
        for payload in nonsense:
            await share.handle.signal("pickup_changed", args=payload)
        assert 3 == len(await share.refused())
        past = datetime.now(UTC) - timedelta(minutes=1)
        window = {"pickup_reference": "PU-1", "pickup_from": past, "pickup_until": past}
        await share.handle.signal("pickup_changed", window)
        await share.noted("reminder: no pickup is booked for the manifest")
        await share.hand_over()
        await share.at(Stage.IN_TRANSIT)


async def test_a_parcel_of_several_is_not_the_hand_over(
    client: Client, tmp_path: Path, dock: Dock
) -> None:
    """With its last parcel a fulfillment is confirmed; one that a crash has kept is, by a scan."""
    async with audited_plant(client, tmp_path, change=dock.change, **BY_MANIFEST) as shop:
        share = await labeled(shop, "several", ("LAMP", 6))
        first, *others = await parcels_of(shop, share)
        assert others
        done = await scan(shop.engine, first)
        assert len(others) == done.left_of_fulfillment
        assert Stage.AWAITING_PICKUP is (await share.record()).stage
        async with shop.database.writing() as tx:
            names = [each.label_id for each in others]
            await tx.manifests.hand_over(names, "bob", datetime.now(UTC))
        # As after a crash: all is scanned, and nothing confirmed.
        assert first.sscc is not None
        by_sscc = DockScan(code=f"]C100{first.sscc}", by=ANN, carrier_id=first.carrier_id)
        assert 0 == (await scan_parcel(shop.engine, by_sscc)).left_of_fulfillment
        await share.at(Stage.IN_TRANSIT)
        assert "not handed over yet" in await scan_twice(shop, first)


async def test_a_day_ends_on_demand_by_its_schedule(client: Client, tmp_path: Path) -> None:
    """Asked twice, it is one manifest; an empty one books nothing; a carrier of nobody is refused.

    A manifest whose cut-off an outage has missed is closed then, too. Its Schedule is updated only
    if it would do something else.
    """
    async with audited_plant(client, tmp_path) as shop:
        # A carrier of this shop alone, since many shops share a server and its Schedules.
        carrier = f"carrier-{shop.settings.task_queue}"
        refused = await refusal_of(days.end_day(shop.engine, plants.BERLIN, carrier))
        assert isinstance(refused, NotFound)
        late = manifest_at(plants.WAREHOUSES[0], carrier, datetime(2026, 3, 2, 16, tzinfo=UTC))
        async with shop.database.writing() as tx:
            await tx.manifests.at_cut_off(late)
        [finding] = await verify(shop.engine)
        assert f"fulfillment end-of-day BER {carrier}" == finding.repair
        first = await days.end_day(shop.engine, plants.BERLIN, carrier)
        assert f"end-of-day/BER/{carrier}/2026-03-02T16:00:00Z" == first.workflow_ids[0]
        for name in first.workflow_ids:
            handle = shop.client.get_workflow_handle(name, result_type=EndOfDayStatus)
            status: EndOfDayStatus = await handle.result()
            assert HandOver.COMPLETE is status.outcome
            assert status.manifest_id is not None
        again = await days.end_day(shop.engine, plants.BERLIN, carrier)
        assert set(again.workflow_ids) < set(first.workflow_ids)
        closed = await days.list_manifests(shop.engine, carrier_id=carrier)
        assert {ManifestState.CLOSED} == {each.state for each in closed}
        assert len(first.workflow_ids) == len(closed)
        made = await days.schedule_end_of_day(shop.engine, [])
        assert f"end-of-day/BER/{carrier}" in made
        schedule = shop.client.get_schedule_handle(f"end-of-day/BER/{carrier}")
        assert (await schedule.describe()).info.last_updated_at is None
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(end_of_day_schedules, "CATCH_UP", timedelta(hours=2))
            await days.schedule_end_of_day(shop.engine, [])
        assert (await schedule.describe()).info.last_updated_at is not None
        await schedule.delete()
