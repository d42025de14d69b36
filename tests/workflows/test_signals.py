"""Signals carry anything at any time, and never stop a workflow."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle

import plant as plants
from floor_driver import Placed, Share, place, texts
from fulfillment import bootstrap
from fulfillment.domain.lifecycle import OrderStage, Stage
from fulfillment.messages import FulfillmentRequest
from histories import details
from workflows.fulfillment import FulfillmentWorkflow

BY_NOBODY: list[list[Any]] = [[], [{}], [None], [""]]
BY_ZOE: list[list[Any]] = [["zoe"], [{"by": "zoe", "note": "ok"}]]
STEPS = (
    (Stage.PICKING, "picking_done"),
    (Stage.SORTING, "sorting_done"),
    (Stage.PACKING, "packing_done"),
    (Stage.AWAITING_PICKUP, "handed_over"),
)
NONSENSE: list[list[Any]] = [
    [17],
    [3.5],
    [True],
    [[1, 2]],
    [{"picked": "all of it"}],
    [{"by": ["a", "list"]}],
    [{"by": ""}],
    ["zoe\x00"],
    [{"note": "\x00"}],
    [{"picked": [{"sku": "SOAP", "quantity": 1}]}],
]
UNREADABLE = [
    Payload(metadata={"encoding": b"from/outer-space"}, data=b"\xff\xfe"),
    Payload(metadata={"encoding": b"json/plain"}, data=b"{not json"),
    Payload(data=b"\x00"),
    Payload(metadata={"encoding": b"binary/plain"}, data=b"\xff\xfe"),
]


async def raw_signal(
    client: Client, handle: WorkflowHandle[Any, Any], name: str, payload: Payload
) -> None:
    """Send what no client of this product would send."""
    await client.workflow_service.signal_workflow_execution(
        SignalWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=handle.id),
            signal_name=name,
            input=Payloads(payloads=[payload]),
        )
    )


async def test_nothing_null_or_a_name_means_as_planned(shop: plants.Plant) -> None:
    """What people type into the Temporal UI's input is understood."""

    async def done_by(payloads: list[list[Any]], then: Stage) -> list[str]:
        order = await place(shop, "loosely")
        share = await order.share()
        for (stage, signal), payload in zip(STEPS, payloads, strict=False):
            await share.at(stage)
            await share.handle.signal(signal, args=payload)
        await share.at(then)
        assert [] == await share.refused()
        return [a.by for a in await order.actions() if a.action.endswith("_done")]

    said = await asyncio.gather(
        done_by(BY_NOBODY, Stage.IN_TRANSIT), done_by(BY_ZOE, Stage.PACKING)
    )
    assert (["unknown"] * 4, ["zoe"] * 2) == tuple(said)


async def test_nonsense_is_refused_and_shows(shop: plants.Plant) -> None:
    """It does no harm, and shows in the timeline, the current details and the audit."""
    order = await place(shop, "nonsense")
    share = await order.share()
    for payload in NONSENSE:
        await share.handle.signal("picking_done", args=payload)
    await plants.eventually(lambda: _audited(order, len(NONSENSE)))

    assert Stage.PICKING is (await share.status()).stage
    refused = await share.refused()
    assert len(NONSENSE) == len(refused)
    assert {"pick by signal"} == {entry.event.split(":")[0] for entry in refused}
    assert "expected one of MUG, BOOK, came SOAP" in refused[-1].event
    page = await details(share.handle)
    assert "**refused** pick by signal: " in page
    assert Stage.SORTING is (await share.pick()).stage


async def test_two_arguments_count_as_the_first(shop: plants.Plant) -> None:
    """What is said beyond the first argument is ignored."""
    order = await place(shop, "two")
    share = await order.share()
    await share.handle.signal("picking_done", args=[{"by": "zoe"}, {"by": "bob"}])
    await share.at(Stage.SORTING)
    assert "zoe" == (await share.noted("picked")).by


async def test_what_nobody_can_read_or_knows_does_no_harm(shop: plants.Plant) -> None:
    """Undecodable payloads and misspelt signals neither confirm nor stop anything."""
    order = await place(shop, "unreadable")
    share = await order.share()
    for payload in UNREADABLE:
        for name in ("picking_done", "tracking_updated", "retry_step", "picking_doen"):
            await raw_signal(shop.client, share.handle, name, payload)
        for name in ("picked_short", "stock_arrived", "hold_released", "resume", "cancel_ordre"):
            await raw_signal(shop.client, order.handle, name, payload)
    assert Stage.PICKING is (await share.status()).stage
    assert OrderStage.FULFILLING is (await order.status()).stage
    assert Stage.SORTING is (await share.pick()).stage


async def test_duplicates_stale_and_reordered_signals(shop: plants.Plant) -> None:
    """Each step happens once, in its order; what comes at the wrong time is refused and shown."""
    order = await place(shop, "disorder")
    share = await order.share()
    await share.handle.signal("packing_done", {"by": "early"})
    await share.noted("pack by signal")
    for _ in range(3):
        await share.handle.signal("picking_done", {"by": "zoe"})
    await share.at(Stage.SORTING)
    await share.handle.signal("picking_done", {"by": "late"})
    await share.noted("came sorting")
    assert Stage.PACKING is (await share.sort()).stage

    done = [a for a in await order.actions() if a.action == "pick_done"]
    assert ["zoe"] == [action.by for action in done]
    refused = {(a.action, a.by) for a in await order.actions() if a.refused}
    assert {("pack by signal", "early"), ("pick by signal", "late")} <= refused
    assert {"pack by signal", "pick by signal"} == {action for action, _ in refused}


async def test_early_signals_on_the_order_wait_or_are_refused(shop: plants.Plant) -> None:
    """Nothing is on hold, short, broken or back-ordered: nothing happens."""
    order = await place(shop, "early")
    share = await order.share()
    for name in ("hold_released", "picked_short", "stock_arrived", "resume"):
        await order.handle.signal(name)
    assert (await order.noted("release by signal")).refused
    assert [share.fulfillment_id] == list((await order.status()).fulfillment_ids)


async def test_signals_while_no_worker_runs_are_heard_later(client: Client, tmp_path: Path) -> None:
    """They wait in the history, among them one that came before the workflow's first step."""
    async with plants.plant(client, tmp_path, work=False) as shop:
        data = plants.order_data(plants.new_id("asleep"))
        order = Placed(shop, data["order_id"])
        await client.start_workflow(
            "OrderWorkflow",
            data,
            id=order.handle.id,
            task_queue=shop.settings.task_queue,
            start_signal="hold_released",
            start_signal_args=["zoe"],
        )
        await order.handle.signal("cancel_order", {"by": "ada", "reason": "changed my mind"})
        async with bootstrap.make_worker(client, shop.ports, shop.settings):
            assert "canceled" == await order.ended()
            refused = [entry for entry in await order.timeline() if entry.refused]
            [refusal] = texts(refused)
            assert refusal.startswith("release by signal: stage: expected on_hold, came received")
            assert ["acknowledged", "canceled"] == await order.told()


async def test_a_fulfillment_that_is_signaled_before_its_first_step(shop: plants.Plant) -> None:
    """Signal-with-start does not confirm what nobody could have done yet, nor stop anything.

    The order that wanted to wait for the rest finds later that it was shipped already.
    """
    order = await place(shop, "first", ("MUG", 1), ("RARE0", 1), ship_complete=True)
    await order.at(OrderStage.BACK_ORDERED)
    share = Share(shop, f"{order.order_id}-1")
    request = FulfillmentRequest(
        order_id=order.order_id,
        fulfillment_id=share.fulfillment_id,
        warehouse_id=plants.BERLIN,
        policies=shop.ports.policies,
        sla_due=datetime.now(UTC) + timedelta(days=1),
        to_capture=True,
    )
    await shop.client.start_workflow(
        FulfillmentWorkflow.run,
        request,
        id=share.handle.id,
        task_queue=shop.settings.task_queue,
        start_signal="picking_done",
    )
    await plants.eventually(share.is_open)
    refused = await share.refused()
    assert ["pick by signal: stage: expected picking, came released"] == [
        text.partition(";")[0] for text in texts(refused)
    ]
    await share.finish()
    assert Stage.DELIVERED is (await share.handle.result()).stage

    await shop.stock(order.order_id, [("BER-A0-05", "RARE0", 1)])
    await order.handle.signal("stock_arrived")
    await order.share(2)
    assert () == (await order.status()).missing


async def _audited(order: Placed, refusals: int) -> bool:
    return refusals == sum(action.refused for action in await order.actions())
