"""What `verify` finds when the database and Temporal part, and that it finds nothing else."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from floor_driver import Share
from fulfillment.domain.confirmations import PickConfirmation
from fulfillment.domain.errors import Unavailable
from fulfillment.domain.lifecycle import OrderStage, Stage
from fulfillment.domain.repairs import Repair, RepairKind
from fulfillment.messages import FulfillmentRequest
from fulfillment.operations import answers
from fulfillment.operations.engine import Engine
from fulfillment.operations.floor import confirm_pick, list_tasks
from fulfillment.operations.fulfillment_access import fulfillment_handle
from fulfillment.operations.order_access import get_order, order_handle
from fulfillment.operations.orders import cancel_order, resume_order, submit_order
from fulfillment.operations.repairs import carry_out, repairs_of
from fulfillment.operations.running_checks import carried_on, stuck
from fulfillment.operations.verify import verify
from fulfillment.records import BookFinding
from other_release import another_release_at_work
from plant import BERLIN, Plant, eventually, new_id, order, plant

NONE = timedelta()


@pytest.fixture
async def own(client: Client, tmp_path: Path) -> AsyncIterator[Plant]:
    """Give a shop of its own, so that nothing of other tests is found."""
    async with plant(client, tmp_path) as running:
        yield running


async def picking(shop: Plant) -> str:
    """Submit an order and wait until it is about to be picked; return its id."""
    placed = order(new_id("verify"))
    await submit_order(shop.engine, placed)

    async def ready() -> bool:
        tasks = await list_tasks(shop.engine, fulfillment_id=f"{placed.order_id}-1")
        return bool(tasks)

    await eventually(ready)
    return placed.order_id


def told(findings: list[BookFinding]) -> list[tuple[str, tuple[str, ...], str]]:
    """Return rule, rows and repair of each finding."""
    return [(finding.rule, finding.rows, finding.repair) for finding in findings]


async def test_nothing_is_found_where_all_is_well(own: Plant) -> None:
    """Orders under way and settled ones; each stage is the same in both."""
    await picking(own)
    share = f"{await picking(own)}-1"
    await confirm_pick(own.engine, share, PickConfirmation(by="ann"))
    canceled = await picking(own)
    await cancel_order(own.engine, canceled, "no", "ann")
    await order_handle(own.engine, canceled).result()
    assert await verify(own.engine, grace=NONE) == []


async def test_settled_demands_every_outcome(own: Plant) -> None:
    """What is under way is a finding then, and nothing is after it has ended."""
    order_id = await picking(own)
    rule = "every order has its outcome"
    repair = f"fulfillment orders show {order_id}"
    assert told(await verify(own.engine, settled=True)) == [(rule, (f"order {order_id}",), repair)]
    await cancel_order(own.engine, order_id, "no", "ann")
    await order_handle(own.engine, order_id).result()
    assert await verify(own.engine, settled=True) == []


async def test_a_terminated_order_is_an_orphan_until_it_is_resumed(own: Plant) -> None:
    """The finding's repair is the command that mends it."""
    order_id = await picking(own)
    await order_handle(own.engine, order_id).terminate("a test")
    found = await verify(own.engine, grace=NONE)
    rule = "every order under way has its workflow"
    repair = f"fulfillment orders resume {order_id}"
    assert (rule, (f"order {order_id}",), repair) in told(found)
    await resume_order(own.engine, order_id)

    async def mended() -> bool:
        return await verify(own.engine, grace=NONE) == []

    await eventually(mended)


async def test_a_terminated_fulfillment_is_an_orphan_until_it_is_resumed(own: Plant) -> None:
    """The order is asked to start it again, and it goes on where it was."""
    order_id = await picking(own)
    share = f"{order_id}-1"
    await fulfillment_handle(own.engine, share).terminate("a test")
    rule = "every order under way has its workflow"
    repair = f"fulfillment orders resume {order_id}"
    assert told(await verify(own.engine, grace=NONE)) == [(rule, (f"fulfillment {share}",), repair)]
    await resume_order(own.engine, order_id)

    async def mended() -> bool:
        return await verify(own.engine, grace=NONE) == []

    await eventually(mended)
    await confirm_pick(own.engine, share, PickConfirmation(by="ann"))


async def test_what_is_safe_is_repaired_and_put_on_record(own: Plant) -> None:
    """Order and fulfillment terminated in mid-way: the repair starts them, and they go on."""
    gone, broken, canceled = [await picking(own) for _ in range(3)]
    for order_id in (gone, broken):
        await confirm_pick(own.engine, f"{order_id}-1", PickConfirmation(by="ann"))
    await order_handle(own.engine, gone).terminate("a test")
    for order_id in (gone, broken):
        await fulfillment_handle(own.engine, f"{order_id}-1").terminate("a test")
    await _outlives_its_order(own, canceled)
    repairs = repairs_of(await verify(own.engine, grace=NONE))
    resume, cancel = RepairKind.RESUME_ORDER, RepairKind.CANCEL_FULFILLMENT
    assert {
        Repair(kind=resume, subject=gone),
        Repair(kind=resume, subject=broken),
        Repair(kind=cancel, subject=f"{canceled}-1"),
    } == set(repairs)
    unknown = Repair(kind=resume, subject="nobody")
    repaired = await carry_out(own.engine, [*repairs, unknown], "eve")
    assert [unknown] == [one.repair for one in repaired if one.refusal]

    async def mended() -> bool:
        return await verify(own.engine, grace=NONE) == []

    await eventually(mended)
    for order_id in (gone, broken):
        share = Share(own, f"{order_id}-1")
        await share.back_at(Stage.SORTING)
    await share.finish()
    assert "completed" == (await order_handle(own.engine, broken).result()).outcome.summary
    actions = await own.read(lambda tx: tx.journal.actions(canceled))
    told = [(one.by, one.detail) for one in actions if one.action == "repair"]
    assert [("eve", f"cancel fulfillment {canceled}-1")] == told


async def _outlives_its_order(shop: Plant, order_id: str) -> None:
    """Leave a fulfillment running that the books call canceled."""
    await cancel_order(shop.engine, order_id, "no", "ann")
    await order_handle(shop.engine, order_id).result()
    request = FulfillmentRequest(
        order_id=order_id,
        fulfillment_id=f"{order_id}-1",
        warehouse_id=BERLIN,
        policies=shop.ports.policies,
        to_capture=True,
        sla_due=shop.engine.clock.now(),
    )
    await shop.client.start_workflow(
        "FulfillmentWorkflow",
        request,
        id=f"fulfillment/{order_id}-1",
        task_queue=shop.settings.task_queue,
        start_delay=timedelta(hours=1),
    )

    async def runs() -> bool:
        found = await verify(shop.engine, grace=NONE)
        return any(each.rule == "no workflow runs on after its end" for each in found)

    await eventually(runs)


async def test_another_stage_in_the_database_is_drift(own: Plant) -> None:
    """It counts when it is older than the grace, and not before."""
    order_id = await picking(own)
    now = own.engine.clock.now()
    async with own.database.writing() as tx:
        await tx.orders.set_stage(order_id, OrderStage.BACK_ORDERED, "stock", now)
        await tx.fulfillments.advance(f"{order_id}-1", Stage.PICKING, Stage.SORTING, now)
    rule = "the database and the workflow tell the same stage"
    drift = {
        finding.rows: finding.message
        for finding in await verify(own.engine, grace=NONE)
        if finding.rule == rule
    }
    assert drift == {
        (f"order {order_id}",): f"order {order_id} is back_ordered in the database, "
        "and fulfilling in its workflow",
        (f"fulfillment {order_id}-1",): f"fulfillment {order_id}-1 is sorting in the database, "
        "and picking in its workflow",
    }
    late = await verify(own.engine, grace=timedelta(hours=1))
    assert rule not in {finding.rule for finding in late}


async def test_a_workflow_without_its_row_is_found(own: Plant) -> None:
    """What runs in Temporal and is in no table, as after a restored backup."""
    async with plant(own.client, own.settings.data_dir / "other") as other:
        order_id = await picking(other)
        stray = await verify(replaced(own, other), grace=NONE)
    rule = "every running workflow has its row"
    assert {f.rows for f in stray if f.rule == rule} == {
        (f"workflow order/{order_id}",),
        (f"workflow fulfillment/{order_id}-1",),
    }


async def test_an_order_that_has_ended_but_runs_is_found(own: Plant) -> None:
    """The database says settled while the workflow waits for a picker."""
    order_id = await picking(own)
    record = await get_order(own.engine, order_id)
    await cancel_order(own.engine, order_id, "no", "ann")
    await order_handle(own.engine, order_id).result()
    await own.client.start_workflow(
        "OrderWorkflow",
        record.order,
        id=f"order/{order_id}",
        task_queue=own.settings.task_queue,
        start_delay=timedelta(hours=1),
    )

    async def found() -> set[tuple[str, ...]]:
        findings = await verify(own.engine, grace=NONE)
        return {f.rows for f in findings if f.rule == "no workflow runs on after its end"}

    assert await eventually(found) == {(f"workflow order/{order_id}",)}
    await order_handle(own.engine, order_id).terminate("the test is over")


async def test_a_workflow_that_can_not_go_on_is_found(own: Plant) -> None:
    """Its task fails again and again; as long as it may pass, nobody can tell."""
    order_id = await picking(own)
    await order_handle(own.engine, order_id).terminate("a test")
    queue, name = new_id("other"), f"order/{order_id}"

    async def found() -> list[tuple[str, ...]]:
        try:
            findings = await verify(own.engine, grace=NONE)
        except Unavailable:
            return []
        return [f.rows for f in findings if f.rule == "every workflow under way gets on"]

    async with (
        another_release_at_work(own.client, queue, name) as handle,
        plant(own.client, own.settings.data_dir / "other", task_queue=queue),
    ):
        await handle.signal("resume")
        assert [(f"order {order_id}",)] == await eventually(found)
        # What is not asked, but looked at, as a batch: also where the workflow runs by all looks.
        orphan = stuck("batch/gone", "begin").model_copy(update={"repair": "resume"})
        assert [stuck(name, "resume")] == await carried_on(handle, orphan)
    assert [orphan] == await carried_on(handle, orphan)


async def test_without_workers_nobody_can_tell(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is no finding but an error that says what is missing."""
    async with plant(client, tmp_path) as shop:
        await picking(shop)
    monkeypatch.setattr(answers, "ANSWER_SECONDS", 2.0)
    async with plant(client, tmp_path, work=False, task_queue=shop.settings.task_queue) as idle:
        with pytest.raises(Unavailable, match="a worker"):
            await verify(idle.engine, grace=NONE)


def replaced(own: Plant, other: Plant) -> Engine:
    """Return the engine of one shop on the task queue of another."""
    return replace(own.engine, task_queue=other.engine.task_queue)
