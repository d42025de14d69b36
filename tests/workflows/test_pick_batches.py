"""Several orders in one walk: planned, walked, sorted, and told each by its batch."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio.client import Client, WorkflowFailureError

import plant as plants
from activities.floor_planning import FloorPlanningActivities
from batch_driver import EAGER, batched, released, scan
from floor_driver import ANN, refusal_of
from fulfillment.domain.confirmations import PutBackConfirmation
from fulfillment.domain.errors import Inconsistent
from fulfillment.domain.lifecycle import Patience, Policy, Stage, TaskKind
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.domain.scans import ScanKind
from fulfillment.messages import Closing, FloorRequest, PickBatchRequest, PlanFloor
from fulfillment.operations import floor, orders, pick_batches
from fulfillment.operations.verify import verify
from fulfillment.records import MemberState, TaskRecord
from fulfillment.temporal.identifiers import pick_batch_workflow_id
from histories import audited_plant, events
from scanner_driver import Scanner
from workflows.floor_planning import FloorPlanningWorkflow
from workflows.pick_batch import PickBatchWorkflow

NUDGES = ("reminder", "escalation", "reassignment")


@pytest.fixture(scope="module")
async def floor_shop(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a shop that picks in batches; its books and histories are checked at the end."""
    async with audited_plant(client, tmp_path_factory.mktemp("batches"), **EAGER) as shop:
        yield shop


async def test_three_orders_in_one_walk(floor_shop: plants.Plant) -> None:
    """Planned together, closed once each for walk and wall, then packed each by itself.

    A closing that is repeated gets the first answer; another one is refused, and so is a word for
    one order alone.
    """
    placed = [
        await released(floor_shop, "trio", ("MUG", 1), ("BOOK", number)) for number in (1, 2, 3)
    ]
    orders, shares = [order for order, _ in placed], [share for _, share in placed]
    early = await refusal_of(shares[0].pick())
    assert "fulfillment floor plan" in str(early)
    batch_id = await batched(floor_shop, *shares)
    assert f"close-picking {batch_id}" in str(await refusal_of(shares[0].pick()))
    view = await pick_batches.show_batch(floor_shop.engine, batch_id)
    assert sum(pick.quantity for pick in view.picks) == 9
    assert len({member.slot for member in view.batch.members}) == 3
    task = (await floor.list_tasks(floor_shop.engine, kind=TaskKind.PICK))[0]
    assert (task.batch_id, len(task.plan["members"])) == (batch_id, 3)

    closing = Closing(by=ANN, session_id="scan-1")
    close = pick_batches.close_picking
    first = await close(floor_shop.engine, batch_id, closing, update_id="one")
    again = await close(floor_shop.engine, batch_id, closing, update_id="two")
    assert (first, first.stage) == (again, BatchStage.SORTING)
    other = Closing(by="bob", session_id="scan-2")
    assert "the one by ann" in str(await refusal_of(close(floor_shop.engine, batch_id, other)))
    for share in shares:
        await share.at(Stage.SORTING)
    await pick_batches.close_sorting(floor_shop.engine, batch_id, Closing(by="bob"))
    for share in shares:
        await share.at(Stage.PACKING)
    assert await orders[0].finish() == "completed"
    assert len(await orders[0].effects()) <= 16
    said = await pick_batches.batch_handle(floor_shop.engine, batch_id).query("why")
    assert "3 fulfillments in one walk" in said[0]["chosen"]


async def test_an_order_is_withdrawn_in_mid_walk(floor_shop: plants.Plant) -> None:
    """What of it lies in the cart is put back; the others go on; nobody left ends a batch."""
    (gone, share), (_, other) = [
        await released(floor_shop, "withdrawn", ("MUG", 1), ("SOAP", 2)) for _ in range(2)
    ]
    batch_id = await batched(floor_shop, share, other)
    view = await pick_batches.show_batch(floor_shop.engine, batch_id)
    mine = [pick for pick in view.picks if pick.fulfillment_id == share.fulfillment_id]
    await scan(floor_shop, batch_id, mine[0])
    await gone.cancel()
    assert await gone.ended() == "canceled"
    view = await pick_batches.show_batch(floor_shop.engine, batch_id)
    assert [one.state for one in view.batch.members].count(MemberState.WITHDRAWN) == 1
    [back] = view.put_backs
    assert (back.sku, back.quantity, back.bin_id) == (
        mine[0].sku,
        mine[0].quantity,
        mine[0].bin_id,
    )
    await pick_batches.confirm_put_back(floor_shop.engine, back.put_back_id, ANN)
    done = await pick_batches.confirm_put_back(floor_shop.engine, back.put_back_id, ANN)
    assert done.done_by == ANN
    with pytest.raises(Inconsistent):
        await pick_batches.confirm_put_back(floor_shop.engine, back.put_back_id, "bob")
    handle = pick_batches.batch_handle(floor_shop.engine, batch_id)

    async def heard() -> bool:
        return bool((await handle.query("status"))["withdrawn"])

    await plants.eventually(heard)
    await handle.signal("picking_done")
    await other.at(Stage.SORTING)
    await handle.signal("sorting_done")
    await other.at(Stage.PACKING)

    last, alone = await released(floor_shop, "nobody", ("MUG", 1))
    batch_id = await batched(floor_shop, alone)
    await last.cancel()
    status = await pick_batches.batch_handle(floor_shop.engine, batch_id).result()
    assert status.stage is BatchStage.CANCELED


async def test_an_order_is_canceled_while_its_batch_is_sorted(floor_shop: plants.Plant) -> None:
    """Its goods get a put-back of their own; the others are sorted; nobody left ends the batch."""
    (gone, share), (_, other) = [
        await released(floor_shop, "atwall", ("MUG", 1), ("SOAP", 2)) for _ in range(2)
    ]
    batch_id = await batched(floor_shop, share, other)
    await pick_batches.close_picking(floor_shop.engine, batch_id, Closing(by=ANN))
    await share.at(Stage.SORTING)
    answer = await gone.cancel()
    assert f"tote of {share.fulfillment_id}: put back: 1 x MUG, 2 x SOAP" in answer.done
    handle = pick_batches.batch_handle(floor_shop.engine, batch_id)

    async def heard() -> bool:
        return bool((await handle.query("status"))["withdrawn"])

    await plants.eventually(heard)
    await pick_batches.close_sorting(floor_shop.engine, batch_id, Closing(by="bob"))
    await other.at(Stage.PACKING)
    put_back = PutBackConfirmation(by=ANN)
    await floor.confirm_put_back(floor_shop.engine, share.fulfillment_id, put_back)
    assert await gone.ended() == "canceled"

    last, alone = await released(floor_shop, "lastatwall", ("MUG", 1))
    batch_id = await batched(floor_shop, alone)
    await pick_batches.close_picking(floor_shop.engine, batch_id, Closing(by=ANN))
    await alone.at(Stage.SORTING)
    await last.cancel()
    await floor.confirm_put_back(floor_shop.engine, alone.fulfillment_id, put_back)
    status = await pick_batches.batch_handle(floor_shop.engine, batch_id).result()
    assert status.stage is BatchStage.CANCELED
    assert await last.ended() == "canceled"


async def test_a_batch_is_called_off(floor_shop: plants.Plant) -> None:
    """Temporal's Cancel gives the members back to planning; too late, it is refused."""
    _, share = await released(floor_shop, "called-off", ("BOOK", 2))
    first = await batched(floor_shop, share)
    handle = pick_batches.batch_handle(floor_shop.engine, first)
    await handle.cancel()
    with pytest.raises(WorkflowFailureError):
        await handle.result()
    await share.at(Stage.RELEASED)
    second = await batched(floor_shop, share)
    assert first != second
    view = await pick_batches.show_batch(floor_shop.engine, second)
    await scan(floor_shop, second, view.picks[0])
    handle = pick_batches.batch_handle(floor_shop.engine, second)
    await handle.cancel()

    async def refused() -> bool:
        return any("too late" in entry["event"] for entry in await handle.query("timeline"))

    await plants.eventually(refused)
    # Started again it is asked anew, for another reason: refused too, and nobody is lost.
    await handle.terminate()
    await pick_batches.resume_batch(floor_shop.engine, second)
    await handle.signal("withdrawn", {"fulfillment_id": share.fulfillment_id})
    await plants.eventually(refused)
    assert (await handle.query("status"))["members"] == [share.fulfillment_id]
    await handle.signal("picking_done", "ann")
    await share.at(Stage.SORTING)
    await handle.signal("sorting_done", {"by": "bob"})
    await share.at(Stage.PACKING)


async def test_a_batch_that_a_scan_has_emptied_ends(floor_shop: plants.Plant) -> None:
    """Nobody has to close it: its order is told that units are missing, then that its share ended.

    In this sequence, since an order whose shares have all ended, and that misses nothing, settles.
    """
    await floor_shop.stock("emptied", [("BER-A3-09", "RARE2", 1)])
    order, share = await released(floor_shop, "emptied", ("RARE2", 1))
    batch_id = await batched(floor_shop, share)
    ann = Scanner(floor_shop.engine, "ann")
    await ann.start(batch_id)
    await ann.until(ScanKind.ITEM)
    await ann.scan("short")
    handle = pick_batches.batch_handle(floor_shop.engine, batch_id)
    assert (await handle.result()).stage is BatchStage.CANCELED
    assert (await share.handle.result()).stage is Stage.CANCELED
    sent = [
        event.signal_external_workflow_execution_initiated_event_attributes.signal_name
        for event in await events(handle)
        if event.HasField("signal_external_workflow_execution_initiated_event_attributes")
    ]
    assert sent == ["batched", "picked_short", "picked_short", "picked"]
    assert "canceled" in (await ann.close()).message
    await order.cancel()
    assert await order.ended() == "canceled"


async def test_an_order_leaves_a_batch_that_it_has_not_heard_of(floor_shop: plants.Plant) -> None:
    """Canceled between the plan and the batch's first word, it tells the batch all the same."""
    order, share = await released(floor_shop, "unheard", ("MUG", 1))
    name = plants.new_id("unheard")
    key = f"floor/{plants.BERLIN}/{name}/plan_floor/-/1"
    request = PlanFloor(key=key, warehouse_id=plants.BERLIN, run=name)
    planned = await FloorPlanningActivities(floor_shop.ports).plan_floor(request)
    [batch] = [one for one in planned.batches if one.members[0][0] == share.fulfillment_id]
    handle = await floor_shop.client.start_workflow(
        PickBatchWorkflow.run,
        batch,
        id=pick_batch_workflow_id(batch.batch_id),
        task_queue="where nobody works yet",
    )
    await order.cancel()
    assert await order.ended() == "canceled"
    signals = [
        event.workflow_execution_signaled_event_attributes.signal_name
        for event in await events(handle)
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]
    assert signals == ["withdrawn"]
    await handle.terminate()


async def test_nonsense_by_signal_harms_nobody(floor_shop: plants.Plant) -> None:
    """What is not from the own batch, or of another one's member, is refused and audited."""
    order, share = await released(floor_shop, "nonsense", ("MUG", 1))
    for name in ("batched", "picked", "sorted", "given_back"):
        await share.handle.signal(name)
        await share.handle.signal(name, {"batch_id": 7})
    await share.handle.signal("picked", {"batch_id": "another"})
    batch_id = await batched(floor_shop, share)
    handle = pick_batches.batch_handle(floor_shop.engine, batch_id)
    await handle.signal("sorting_done")
    await handle.signal("picking_done", [1])
    await handle.signal("withdrawn")
    await handle.signal("withdrawn", {"fulfillment_id": "another"})
    await handle.signal("short_picked", {"order_id": "another"})
    assert len(await share.refused()) == 9
    await handle.signal("picking_done", {})
    await share.at(Stage.SORTING)
    refused = [e for e in await handle.query("timeline") if e["refused"]]
    assert len(refused) == 4
    await handle.signal("sorting_done", {})
    await share.at(Stage.PACKING)
    assert "picked by signal" in " ".join(a.action for a in await order.actions() if a.refused)


async def plan_once(shop: plants.Plant, name: str) -> list[PickBatchRequest]:
    """Plan by a workflow of this name, and return what it formed."""
    planned = await shop.client.execute_workflow(
        FloorPlanningWorkflow.run,
        FloorRequest(warehouse_id=plants.BERLIN),
        id=f"floor/{plants.BERLIN}/{name}",
        task_queue=shop.settings.task_queue,
    )
    return list(planned.batches)


async def test_two_planners_never_take_the_same(floor_shop: plants.Plant) -> None:
    """Several at once: each order is in exactly one batch.

    A run that has the name of another one, as those of a Schedule within a second, plans all the
    same.
    """
    placed = [await released(floor_shop, "fought-for", ("BOOK", 1)) for _ in range(2)]
    names = [plants.new_id("planner") for _ in range(3)]
    runs = await asyncio.gather(*(plan_once(floor_shop, name) for name in names))
    winner = next(name for name, run in zip(names, runs, strict=True) if run)
    placed.append(await released(floor_shop, "late", ("BOOK", 1)))
    batches = [batch for run in (*runs, await plan_once(floor_shop, winner)) for batch in run]
    taken = [name for batch in batches for name, _ in batch.members]
    assert sorted(taken) == sorted(share.fulfillment_id for _, share in placed)
    for batch in batches:
        await pick_batches.close_picking(floor_shop.engine, batch.batch_id, Closing())
        await pick_batches.close_sorting(floor_shop.engine, batch.batch_id, Closing())
    for _, share in placed:
        await share.at(Stage.PACKING)


@pytest.fixture(scope="module")
async def hurried(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give such a shop where everybody gets impatient at once."""
    spans = dict.fromkeys(("remind_after", "escalate_after", "then_after"), timedelta(seconds=0.5))
    patience = {
        "pick": Patience(**spans, policy=Policy.REASSIGN),
        "sort": Patience(**spans, policy=Policy.CANCEL),
    }
    folder = tmp_path_factory.mktemp("hurried")
    async with audited_plant(client, folder, **EAGER, **patience) as shop:
        yield shop


async def test_a_picker_is_replaced(hurried: plants.Plant) -> None:
    """Reminded, escalated, then given back to the pool; by hand it goes to somebody else."""
    _, share = await released(hurried, "replaced", ("MUG", 1))
    batch_id = await batched(hurried, share)
    engine, handle = hurried.engine, pick_batches.batch_handle(hurried.engine, batch_id)
    given = await pick_batches.assign_batch(engine, batch_id, "bob", "eve")
    assert "given to bob" in given.message
    refusal = await refusal_of(pick_batches.close_picking(engine, batch_id, Closing(by=ANN)))
    assert "let bob confirm" in str(refusal)

    async def pressed() -> list[str]:
        return [entry["event"] for entry in await handle.query("timeline")]

    async def task() -> TaskRecord:
        return (await hurried.read(lambda tx: tx.tasks.page(state=None, batch_id=batch_id)))[-1]

    async def back_in_the_pool() -> bool:
        return any("reassignment" in event for event in await pressed())

    await plants.eventually(back_in_the_pool)
    told = [event.partition(":")[0] for event in await pressed()]
    assert ["reminder", "escalation", "reassignment"] == [t for t in told if t in NUDGES][:3]
    now = await task()
    assert (None, True, True) == (now.assignee, now.reminders > 0, now.escalations > 0)
    await pick_batches.close_picking(engine, batch_id, Closing(by=ANN))

    async def too_late() -> bool:
        return any("too late to call off" in event for event in await pressed())

    await plants.eventually(too_late)
    await pick_batches.close_sorting(engine, batch_id, Closing(by=ANN))
    await share.at(Stage.PACKING)


async def test_a_terminated_batch_is_resumed(floor_shop: plants.Plant) -> None:
    """`verify` names it with its repair; started again, it goes on where the record is.

    It does not know any more who was withdrawn before.
    """
    (order, share), (gone, left) = [
        await released(floor_shop, "terminated", ("MUG", 1)) for _ in range(2)
    ]
    engine, batch_id = floor_shop.engine, await batched(floor_shop, share, left)
    await gone.cancel()
    assert await gone.ended() == "canceled"
    handle = pick_batches.batch_handle(engine, batch_id)
    await handle.terminate()
    findings = await verify(engine, grace=timedelta(0))
    repair = f"fulfillment floor batch resume {batch_id}"
    assert repair in [finding.repair for finding in findings]
    close = pick_batches.close_picking
    assert repair in str(await refusal_of(close(engine, batch_id, Closing(by=ANN))))
    assert await pick_batches.resume_batch(engine, batch_id) is BatchStage.PICKING
    await close(engine, batch_id, Closing(by=ANN))
    await share.at(Stage.SORTING)
    await handle.terminate()
    await share.handle.terminate()

    async def noticed() -> bool:
        return "broken" in (await order.status()).blocked_on

    await plants.eventually(noticed)
    await orders.resume_order(engine, order.order_id)
    assert await pick_batches.resume_batch(engine, batch_id) is BatchStage.SORTING
    await pick_batches.close_sorting(engine, batch_id, Closing(by=ANN))
    await share.back_at(Stage.PACKING)
    refusal = await refusal_of(close(engine, batch_id, Closing(by="bob")))
    assert "nothing is left to do" in str(refusal)
