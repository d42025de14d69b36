"""The ways of a pick batch, for faults and replays; each returns the workflows to keep."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from temporalio.client import WorkflowFailureError

import plant as plants
from batch_driver import packed_and_away, scan
from floor_driver import Placed, Share
from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.lifecycle import Stage
from fulfillment.messages import Closing
from fulfillment.operations import orders, pick_batches
from fulfillment.temporal.identifiers import fulfillment_workflow_id, pick_batch_workflow_id
from plant import Plant
from workflows.pick_batch import PickBatchWorkflow

Way = Callable[[Plant, str], Awaitable[dict[str, str]]]
WAYS: dict[str, Way] = {}


def _way(way: Way) -> Way:
    WAYS[f"batch_{way.__name__}"] = way
    return way


async def _released(shop: Plant, prefix: str, name: str) -> tuple[Placed, Share]:
    order = plants.order(f"{prefix}.batch.{name}", ("MUG", 1), ("BOOK", 1))
    await orders.submit_order(shop.engine, order)

    async def look() -> Share | None:
        found = await shop.read(lambda tx: tx.fulfillments.of_order(order.order_id))
        return Share(shop, found[0].fulfillment_id) if found and found[0].released_at else None

    return Placed(shop, order.order_id), await plants.eventually(look)


async def _planned(shop: Plant, *shares: Share) -> tuple[str, str]:
    """Plan by a workflow of a known id; return it, and the batch."""
    name = f"floor/{plants.BERLIN}/{shares[0].fulfillment_id}"
    planned = await shop.client.execute_workflow(
        "FloorPlanningWorkflow",
        {"warehouse_id": plants.BERLIN},
        id=name,
        task_queue=shop.settings.task_queue,
    )
    for share in shares:
        await share.at(Stage.PICKING)
    return name, planned["batches"][0]["batch_id"]


def _kept(batch_id: str, *shares: Share) -> dict[str, str]:
    kept = {"pick-batch": pick_batch_workflow_id(batch_id)}
    for number, share in enumerate(shares, 1):
        kept[f"fulfillment-{number}"] = fulfillment_workflow_id(share.fulfillment_id)
    return kept


@_way
async def ordinary(shop: Plant, prefix: str) -> dict[str, str]:
    """Pick two orders, closed by updates of a session."""
    placed = [await _released(shop, prefix, f"ordinary{number}") for number in (1, 2)]
    shares = [share for _, share in placed]
    planning, batch_id = await _planned(shop, *shares)
    closing = Closing(by="ann", session_id="scan-1")
    for _ in range(2):
        await pick_batches.close_picking(shop.engine, batch_id, closing)
    for share in shares:
        await share.at(Stage.SORTING)
    await pick_batches.close_sorting(shop.engine, batch_id, closing)
    for order, share in placed:
        assert await packed_and_away(order, share) == "completed"
    return _kept(batch_id, *shares) | {"floor-planning": planning}


@_way
async def withdrawn(shop: Plant, prefix: str) -> dict[str, str]:
    """Cancel one of two orders in mid-walk; the other one goes on by bare signals."""
    (gone, one), (order, other) = [await _released(shop, prefix, f"withdrawn{n}") for n in (1, 2)]
    _, batch_id = await _planned(shop, one, other)
    view = await pick_batches.show_batch(shop.engine, batch_id)
    pick = next(pick for pick in view.picks if pick.fulfillment_id == one.fulfillment_id)
    await scan(shop, batch_id, pick)
    await gone.cancel()
    await gone.ended()
    [back] = (await pick_batches.show_batch(shop.engine, batch_id)).put_backs
    await pick_batches.confirm_put_back(shop.engine, back.put_back_id, "ann")
    handle = pick_batches.batch_handle(shop.engine, batch_id)
    await handle.signal("picking_done")
    await other.at(Stage.SORTING)
    await handle.signal("sorting_done")
    assert await packed_and_away(order, other) == "completed"
    return _kept(batch_id, one, other)


@_way
async def reassigned(shop: Plant, prefix: str) -> dict[str, str]:
    """Give it to somebody, refuse another one, and give it back; nonsense is refused."""
    order, share = await _released(shop, prefix, "reassigned")
    await share.handle.signal("picked", {"batch_id": "another"})
    _, batch_id = await _planned(shop, share)
    await pick_batches.assign_batch(shop.engine, batch_id, "bob", "eve")
    with suppress(ConfirmationRefused):
        await pick_batches.close_picking(shop.engine, batch_id, Closing(by="ann"))
    handle = pick_batches.batch_handle(shop.engine, batch_id)
    await handle.signal("picking_done", [1])
    await handle.signal("withdrawn", {"fulfillment_id": "another"})
    await pick_batches.assign_batch(shop.engine, batch_id, None, "eve")
    await pick_batches.close_picking(shop.engine, batch_id, Closing(by="ann"))
    await share.at(Stage.SORTING)
    await pick_batches.close_sorting(shop.engine, batch_id, Closing(by="ann"))
    assert await packed_and_away(order, share) == "completed"
    return _kept(batch_id, share)


@_way
async def called_off(shop: Plant, prefix: str) -> dict[str, str]:
    """Cancel a batch in Temporal; its order goes with the next one."""
    order, share = await _released(shop, prefix, "called_off")
    _, first = await _planned(shop, share)
    handle = pick_batches.batch_handle(shop.engine, first)
    await handle.cancel()
    with suppress(WorkflowFailureError):
        await handle.result()
    await share.at(Stage.RELEASED)
    planned = await pick_batches.plan_floor(shop.engine, plants.BERLIN)
    await share.at(Stage.PICKING)
    second = planned.batches[0].batch_id
    await pick_batches.close_picking(shop.engine, second, Closing(by="ann"))
    await share.at(Stage.SORTING)
    await pick_batches.close_sorting(shop.engine, second, Closing(by="ann"))
    assert await packed_and_away(order, share) == "completed"
    return _kept(first, share)


@_way
async def reminded(shop: Plant, prefix: str) -> dict[str, str]:
    """Close the walk only when somebody has been reminded."""
    order, share = await _released(shop, prefix, "reminded")
    _, batch_id = await _planned(shop, share)
    handle = pick_batches.batch_handle(shop.engine, batch_id)

    async def pressed() -> bool:
        told = await handle.query(PickBatchWorkflow.timeline)
        return any("reminder" in entry.event for entry in told)

    await plants.eventually(pressed)
    await pick_batches.close_picking(shop.engine, batch_id, Closing())
    await share.at(Stage.SORTING)
    await pick_batches.close_sorting(shop.engine, batch_id, Closing())
    assert await packed_and_away(order, share) == "completed"
    return _kept(batch_id, share)
