"""The floor's tasks and confirmations, and the carrier's events, on a real server."""

from datetime import UTC, datetime

import pytest

from fulfillment.domain.confirmations import (
    HandoverConfirmation,
    PackConfirmation,
    PickConfirmation,
    ShortPick,
    SortConfirmation,
)
from fulfillment.domain.errors import ConfirmationRefused, NotFound, Refused
from fulfillment.domain.lifecycle import OrderStage, OutcomeKind, Stage, TaskKind
from fulfillment.domain.picking import Picked
from fulfillment.domain.tracking import TrackingEvent, TrackingStatus
from fulfillment.operations.floor import (
    assign_task,
    confirm_handover,
    confirm_pack,
    confirm_pick,
    confirm_sort,
    list_tasks,
    report_short_pick,
    retry_step,
    show_task,
)
from fulfillment.operations.order_access import get_order, order_handle
from fulfillment.operations.order_views import follow, list_orders, show_order, timeline, why
from fulfillment.operations.orders import submit_order
from fulfillment.operations.tracking import record_tracking
from fulfillment.records import TaskRecord
from plant import BERLIN, Plant, eventually, new_id, order


async def open_task(shop: Plant, fulfillment_id: str, kind: TaskKind) -> TaskRecord:
    """Wait for a task of a fulfillment."""

    async def look() -> TaskRecord | None:
        tasks = await list_tasks(shop.engine, fulfillment_id=fulfillment_id, kind=kind)
        return tasks[0] if tasks else None

    return await eventually(look)


async def picking(shop: Plant, name: str) -> str:
    """Submit an order and return its fulfillment, about to be picked."""
    placed = order(new_id(name))
    await submit_order(shop.engine, placed)
    task = await open_task(shop, f"{placed.order_id}-1", TaskKind.PICK)
    return task.fulfillment_id


async def in_transit(shop: Plant, name: str) -> tuple[str, list[str]]:
    """Carry an order as far as the carrier; return its fulfillment and tracking numbers."""
    share = await picking(shop, name)
    await confirm_pick(shop.engine, share, PickConfirmation(by="ann"))
    await confirm_sort(shop.engine, share, SortConfirmation(by="ann"))
    await confirm_pack(shop.engine, share, PackConfirmation(by="bob"))
    task = await open_task(shop, share, TaskKind.HAND_OVER)
    await confirm_handover(shop.engine, share, HandoverConfirmation(by="bob"))
    return share, [parcel["tracking_number"] for parcel in task.plan["parcels"]]


def event(tracking_number: str, status: TrackingStatus, name: str) -> TrackingEvent:
    """Return what a carrier says of a parcel."""
    return TrackingEvent(
        event_id=f"{tracking_number}-{name}",
        tracking_number=tracking_number,
        status=status,
        at=datetime.now(UTC),
    )


async def test_each_step_is_confirmed_until_the_customer_has_the_goods(shop: Plant) -> None:
    """From the bins to a settled order; every view of it tells the same."""
    share, numbers = await in_transit(shop, "whole")
    for number in numbers:
        taken = await record_tracking(shop.engine, event(number, TrackingStatus.DELIVERED, "d"))
        assert (taken.fulfillment_id, taken.news) == (share, True)
    order_id = share.removesuffix("-1")
    await order_handle(shop.engine, order_id).result()
    view = await show_order(shop.engine, order_id)
    assert view.record.outcome is not None
    assert view.record.outcome.kind is OutcomeKind.COMPLETED
    assert view.workflow == "completed"
    assert view.status is not None
    assert view.status.stage is OrderStage.SETTLED
    assert [label.tracking_number for f in view.fulfillments for label in f.labels] == numbers
    assert all(line.delivered == line.ordered for line in view.progress)
    assert [snapshots async for snapshots in follow(shop.engine, [order_id])][-1][0].outcome
    events = await timeline(shop.engine, order_id)
    assert {entry.source for entry in events} == {"order", share}
    assert [entry.at for entry in events] == sorted(entry.at for entry in events)
    assert "sourcing" in {decision.subject for decision in await why(shop.engine, order_id)}


async def test_a_confirmation_is_answered_alike_when_repeated(shop: Plant) -> None:
    """A scanner that repeats itself is told the same, and nothing is done twice."""
    share = await picking(shop, "repeat")
    first = await confirm_pick(shop.engine, share, PickConfirmation(by="ann"))
    assert first.stage is Stage.SORTING
    assert await confirm_pick(shop.engine, share, PickConfirmation(by="ann")) == first


async def test_a_wrong_confirmation_is_refused_by_what_is_wrong(shop: Plant) -> None:
    """Item, quantity and stage each have their own refusal, and the right one still counts."""
    share = await picking(shop, "wrong")
    wrong = PickConfirmation(by="ann", picked=(Picked(sku="LAMP", quantity=1),))
    with pytest.raises(ConfirmationRefused, match="item LAMP"):
        await confirm_pick(shop.engine, share, wrong)
    many = (Picked(sku="MUG", quantity=3), Picked(sku="BOOK", quantity=1))
    with pytest.raises(ConfirmationRefused, match="quantity of MUG: expected 2, came 3"):
        await confirm_pick(shop.engine, share, PickConfirmation(by="ann", picked=many))
    with pytest.raises(ConfirmationRefused, match="stage: expected packing, came picking"):
        await confirm_pack(shop.engine, share, PackConfirmation(by="ann"))
    assert (await confirm_pick(shop.engine, share, PickConfirmation())).stage is Stage.SORTING
    actions = await shop.read(lambda tx: tx.journal.actions(share.rpartition("-")[0]))
    refused = [(action.action, action.by) for action in actions if action.refused]
    assert [("confirm_pick", "ann"), ("confirm_pick", "ann"), ("confirm_pack", "ann")] == refused


async def test_an_assigned_task_is_one_persons(shop: Plant) -> None:
    """From Ann to Bob and back; the other is refused."""
    share = await picking(shop, "assign")
    for person in ("ann", "bob", "ann"):
        status = await assign_task(shop.engine, share, person, "lead")
        assert status.assignee == person
    [task] = await list_tasks(shop.engine, fulfillment_id=share)
    assert task.assignee == "ann"
    with pytest.raises(ConfirmationRefused, match="person: expected ann, came bob"):
        await confirm_pick(shop.engine, share, PickConfirmation(by="bob"))
    await assign_task(shop.engine, share, None, "lead")
    await confirm_pick(shop.engine, share, PickConfirmation(by="bob"))


async def test_a_short_pick_is_taken_once(shop: Plant) -> None:
    """The plan shrinks; the same report again changes nothing more."""
    await shop.stock(new_id("short"), [("BER-A0-06", "RARE10", 3)])
    placed = order(new_id("short"), ("RARE10", 3))
    await submit_order(shop.engine, placed)
    task = await open_task(shop, f"{placed.order_id}-1", TaskKind.PICK)
    short = ShortPick(by="ann", sku="RARE10", bin_id="BER-A0-06", found=2)
    first = await report_short_pick(shop.engine, task.fulfillment_id, short)
    assert await report_short_pick(shop.engine, task.fulfillment_id, short) == first
    replanned = await show_task(shop.engine, task.task_id)
    assert [item["quantity"] for item in replanned.plan["items"]] == [2]


async def test_the_floor_sees_its_own_warehouse_only(shop: Plant) -> None:
    """Tasks are listed by warehouse, kind and fulfillment, oldest first."""
    share = await picking(shop, "list")
    tasks = await list_tasks(shop.engine, warehouse_id=BERLIN, kind=TaskKind.PICK)
    assert share in {task.fulfillment_id for task in tasks}
    assert {task.warehouse_id for task in tasks} == {BERLIN}
    assert [task.opened_at for task in tasks] == sorted(task.opened_at for task in tasks)


async def test_what_has_ended_is_refused_by_its_stage(shop: Plant) -> None:
    """Also when its workflow is gone: the database knows."""
    share, numbers = await in_transit(shop, "ended")
    for number in numbers:
        await record_tracking(shop.engine, event(number, TrackingStatus.DELIVERED, "d"))
    await order_handle(shop.engine, share.removesuffix("-1")).result()
    with pytest.raises(ConfirmationRefused, match="done already"):
        await confirm_pick(shop.engine, share, PickConfirmation(by="zoe"))
    with pytest.raises(Refused, match="delivered"):
        await retry_step(shop.engine, share)


async def test_what_is_not_there_is_not_found(shop: Plant) -> None:
    """An unknown fulfillment, task or parcel is named."""
    with pytest.raises(NotFound, match="nothing-1"):
        await confirm_pick(shop.engine, "nothing-1", PickConfirmation())
    with pytest.raises(NotFound, match="nothing-1-pick"):
        await show_task(shop.engine, "nothing-1-pick")
    with pytest.raises(NotFound, match="FC404"):
        await record_tracking(shop.engine, event("FC404", TrackingStatus.DELIVERED, "d"))


async def test_a_carriers_event_is_news_once(shop: Plant) -> None:
    """Webhooks come twice; the second time changes nothing, also after the end."""
    _, [number] = await in_transit(shop, "news")
    moving = event(number, TrackingStatus.IN_TRANSIT, "t")
    assert (await record_tracking(shop.engine, moving)).news
    assert not (await record_tracking(shop.engine, moving)).news
    taken = await record_tracking(shop.engine, event(number, TrackingStatus.DELIVERED, "d"))
    await order_handle(shop.engine, taken.order_id).result()
    assert not (await record_tracking(shop.engine, moving)).news


async def test_lists_go_page_by_page(shop: Plant) -> None:
    """Each page begins behind the last id of the one before."""
    await submit_order(shop.engine, order(new_id("page")))
    await submit_order(shop.engine, order(new_id("page")))
    [first] = await list_orders(shop.engine, limit=1)
    [second] = await list_orders(shop.engine, limit=1, after=first.order.order_id)
    assert first.order.order_id < second.order.order_id
    received = await list_orders(shop.engine, stage=OrderStage.SETTLED, limit=1000)
    assert {row.stage for row in received} <= {OrderStage.SETTLED}
    assert await get_order(shop.engine, first.order.order_id)
