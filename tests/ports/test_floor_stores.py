"""Tasks, parcels, labels, documents and tracking."""

from datetime import timedelta

import pytest

from fulfillment.domain.errors import Inconsistent, NotFound
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.persistence.database import SqlDatabase
from fulfillment.records import TaskRecord, TaskState, TrackingRecord
from order_journey import Journey
from record_samples import NOW, SIZE, stock_up

TASK = "O-1-F1-pick"


@pytest.fixture
async def journey(database: SqlDatabase) -> Journey:
    """Return an order on its way, with its pick task open."""
    await stock_up(database)
    journey = Journey(database)
    await journey.to("plan")
    return journey


def task(task_id: str, minutes: int, kind: TaskKind = TaskKind.SORT) -> TaskRecord:
    """Return a task of the order, opened so many minutes later."""
    return TaskRecord(
        task_id=task_id,
        kind=kind,
        fulfillment_id="O-1-F1",
        order_id="O-1",
        warehouse_id="BER",
        plan={},
        opened_at=NOW + timedelta(minutes=minutes),
    )


@pytest.mark.usefixtures("journey")
async def test_tasks_come_oldest_first(database: SqlDatabase) -> None:
    """Open ones, of a kind, a warehouse or a fulfillment."""
    async with database.writing() as record:
        await record.tasks.open(task("B", 1))
        await record.tasks.open(task("A", 2))
        await record.tasks.close("A", TaskState.DONE, "Pia", NOW)
        page = record.tasks.page
        assert [t.task_id for t in await page()] == [TASK, "B"]
        assert [t.task_id for t in await page(state=None, kind=TaskKind.SORT)] == ["B", "A"]
        assert [t.task_id for t in await page(fulfillment_id="O-1-F1", limit=1)] == [TASK]
        assert await page(warehouse_id="HAM") == []
        assert [t.task_id for t in await page(state=None, after=TASK, limit=1)] == ["B"]
        assert [t.task_id for t in await page(state=None, after="B")] == ["A"]
        assert await page(after="unknown") == []
        assert await record.tasks.get("B") == task("B", 1)


@pytest.mark.usefixtures("journey")
async def test_a_task_is_closed_once(database: SqlDatabase) -> None:
    """A closed task is not closed, given or planned again."""
    async with database.writing() as record:
        tasks = record.tasks
        await tasks.replan(TASK, {"stops": []})
        await tasks.assign(TASK, "Pia")
        await tasks.count_nudge(TASK, escalation=False)
        await tasks.count_nudge(TASK, escalation=True)
        await tasks.close(TASK, TaskState.DONE, "Pia", NOW)
        found = await tasks.get(TASK)
        for change in (
            tasks.close(TASK, TaskState.CLOSED, "Pia", NOW),
            tasks.assign(TASK, None),
            tasks.replan(TASK, {}),
        ):
            with pytest.raises(Inconsistent, match="expected open, came done"):
                await change
        for missing in (tasks.assign("X", None), tasks.count_nudge("X", escalation=False)):
            with pytest.raises(NotFound):
                await missing
    assert (found.plan, found.assignee, found.closed_by) == ({"stops": []}, "Pia", "Pia")
    assert (found.reminders, found.escalations, found.closed_at) == (1, 1, NOW)


@pytest.mark.usefixtures("journey")
async def test_all_tasks_of_a_fulfillment_are_closed(database: SqlDatabase) -> None:
    """Those that are open, and only those."""
    async with database.writing() as record:
        await record.tasks.open(task("B", 1))
        await record.tasks.close("B", TaskState.DONE, "Pia", NOW)
        await record.tasks.close_all("O-1-F1", "engine", NOW)
        states = [(t.task_id, t.state) for t in await record.tasks.page(state=None)]
    assert states == [(TASK, TaskState.CLOSED), ("B", TaskState.DONE)]


async def test_parcels_come_back_in_the_order_they_were_packed(
    database: SqlDatabase, journey: Journey
) -> None:
    """With their contents and their code, which no other parcel has."""
    second, first = journey.parcel(2), journey.parcel(1)
    async with database.writing() as record:
        await record.parcels.add([second, first])
        await record.parcels.set_sscc(first.parcel_id, "340123450000000017")
        found = await record.parcels.of_fulfillment("O-1-F1")
        with pytest.raises(NotFound):
            await record.parcels.set_sscc("X", "1")
    with pytest.raises(Inconsistent, match="sscc"):
        async with database.writing() as record:
            await record.parcels.set_sscc(second.parcel_id, "340123450000000017")
    assert found == [second, first.model_copy(update={"sscc": "340123450000000017"})]
    assert found[0].outer == SIZE


async def test_a_parcel_has_one_live_label(database: SqlDatabase, journey: Journey) -> None:
    """A second one is refused, and so is a tracking number in use."""
    async with database.writing() as record:
        await record.parcels.add([journey.parcel(), journey.parcel(2)])
        label, document = journey.bought()
        await record.parcels.add_label(label, document)
    for other in (
        journey.bought("L-2"),
        (label.model_copy(update={"label_id": "L-3", "parcel_id": "O-1-P2"}), document),
    ):
        fresh = other[1].model_copy(update={"document_id": "other"})
        with pytest.raises(Inconsistent, match="labels"):
            async with database.writing() as record:
                await record.parcels.add_label(other[0], fresh)
    async with database.reading() as record:
        assert await record.parcels.labels("O-1-F1") == [label]
        assert await record.parcels.find_label("nobody's") is None
        assert await record.parcels.find_label(label.tracking_number) == (label, journey.parcel())
        assert await record.parcels.document(document.document_id) == document
        with pytest.raises(NotFound):
            await record.parcels.document("other")


async def test_a_document_is_kept_once_and_listed_by_its_order(
    database: SqlDatabase, journey: Journey
) -> None:
    """What is kept first stays: printed again it is the same; lists come without contents."""
    label, document = journey.bought()
    picture = document.model_copy(
        update={"document_id": f"{document.document_id}.png", "media_type": "image/png"}
    )
    other = picture.model_copy(update={"content": b"another", "says": None})
    async with database.writing() as record:
        await record.parcels.add([journey.parcel()])
        await record.parcels.add_label(label, document)
        assert await record.parcels.keep_document(picture) == picture
        assert await record.parcels.keep_document(other) == picture
    async with database.reading() as record:
        listed = await record.parcels.documents("O-1")
        assert await record.parcels.documents("O-2") == []
    bare = {"content": b"", "says": None}
    assert listed == [paper.model_copy(update=bare) for paper in (document, picture)]


async def test_a_voided_label_makes_room(database: SqlDatabase, journey: Journey) -> None:
    """Voided labels stay on record and count for nothing."""
    async with database.writing() as record:
        await record.parcels.add([journey.parcel()])
        voided, document = journey.bought()
        await record.parcels.add_label(voided.model_copy(update={"voided": True}), document)
        await record.parcels.add_label(*journey.bought("L-2"))
        assert await record.parcels.labels("O-1-F1") == [journey.bought("L-2")[0]]
        assert await record.parcels.find_label(voided.tracking_number) is None
        assert await record.parcels.is_void(voided.document_id)
        assert not await record.parcels.is_void(journey.bought("L-2")[0].document_id)
        assert not await record.parcels.is_void("nothing")


async def test_tracking_events_come_once_and_by_time(database: SqlDatabase) -> None:
    """The same event again changes nothing."""
    events = [
        TrackingRecord(
            event_id=f"E-{hours}",
            tracking_number="T",
            status="in_transit",
            at=NOW + timedelta(hours=hours),
            received_at=NOW,
        )
        for hours in (2, 1)
    ]
    async with database.writing() as record:
        assert [await record.parcels.add_tracking(e) for e in (*events, *events)] == [
            True,
            True,
            False,
            False,
        ]
        assert await record.parcels.tracking("T") == events[::-1]
