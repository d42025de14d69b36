"""Several orders in one walk: planned, walked, sorted, and told each by its batch."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client, WorkflowFailureError

import plant as plants
from floor_driver import ANN, Placed, Share, place, refusal_of
from fulfillment.domain.errors import Inconsistent
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.messages import Closing
from fulfillment.operations import floor, pick_batches
from fulfillment.records import MemberState, PickRecord, Taken
from histories import audited_plant

EAGER = {"picking": "batch", "batch_fewest": 1, "floor_plan_every": timedelta(days=1)}
"""Nobody waits for company, and nothing is planned unless somebody asks."""


@pytest.fixture(scope="module")
async def floor_shop(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a shop that picks in batches; its books and histories are checked at the end."""
    async with audited_plant(client, tmp_path_factory.mktemp("batches"), **EAGER) as shop:
        yield shop


async def released(shop: plants.Plant, name: str, *lines: tuple[str, int]) -> tuple[Placed, Share]:
    """Hand an order in and wait until it is released to the floor."""
    order = await place(shop, name, *lines)

    async def look() -> Share | None:
        found = await shop.read(lambda tx: tx.fulfillments.of_order(order.order_id))
        return Share(shop, found[0].fulfillment_id) if found and found[0].released_at else None

    return order, await plants.eventually(look)


async def batched(shop: plants.Plant, *shares: Share) -> str:
    """Plan the floor, and return the batch that the shares are in."""
    planned = await pick_batches.plan_floor(shop.engine, plants.BERLIN)
    names = {share.fulfillment_id for share in shares}
    mine = [b for b in planned.batches if names <= {name for name, _ in b.members}]
    assert len(mine) == 1, planned
    return mine[0].batch_id


async def packed_and_away(order: Placed, share: Share) -> str:
    """Do what is left behind the put wall, and say how the order ended."""
    await share.at(Stage.PACKING)
    return await order.finish()


async def scan(shop: plants.Plant, batch_id: str, pick: PickRecord) -> None:
    """Take a pick's units into the cart, as a scan does."""
    async with shop.database.writing() as tx:
        await tx.batches.lock(batch_id)
        taken = Taken(
            line_no=pick.line_no, bin_id=pick.bin_id, lot=pick.lot, quantity=pick.quantity
        )
        await tx.stock.consume(pick.fulfillment_id, [taken])
        source = Account(kind=AccountKind.BIN, ref=pick.bin_id)
        target = Account(kind=AccountKind.CART, ref=pick.fulfillment_id)
        move = Movement(sku=pick.sku, quantity=pick.quantity, source=source, target=target)
        key, now = f"scan/{batch_id}/{pick.pick_no}", datetime.now(UTC)
        await tx.stock.move(key, [move], by=ANN, reason="scan", at=now)
        share = await tx.fulfillments.get(pick.fulfillment_id)
        lines = tuple(
            line.model_copy(update={"picked": line.picked + pick.quantity})
            if line.line_no == pick.line_no
            else line
            for line in share.lines
        )
        await tx.fulfillments.save(share.model_copy(update={"lines": lines}))
        picks = await tx.batches.picks(batch_id)
        done = pick.model_copy(update={"picked": pick.quantity})
        await tx.batches.save_picks(
            batch_id, [done if one.pick_no == pick.pick_no else one for one in picks]
        )


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
    for share in shares:
        await share.at(Stage.PICKING)
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
    for order, share in zip(orders, shares, strict=True):
        assert await packed_and_away(order, share) == "completed"
        assert len(await order.effects()) <= 16
    said = await pick_batches.batch_handle(floor_shop.engine, batch_id).query("why")
    assert "3 fulfillments in one walk" in said[0]["chosen"]


async def test_an_order_is_withdrawn_in_mid_walk(floor_shop: plants.Plant) -> None:
    """What of it lies in the cart is put back; the others go on; nobody left ends a batch."""
    (gone, share), (order, other) = [
        await released(floor_shop, "withdrawn", ("MUG", 1), ("SOAP", 2)) for _ in range(2)
    ]
    batch_id = await batched(floor_shop, share, other)
    await share.at(Stage.PICKING)
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
    with pytest.raises(Inconsistent):
        await pick_batches.confirm_put_back(floor_shop.engine, back.put_back_id, ANN)
    handle = pick_batches.batch_handle(floor_shop.engine, batch_id)

    async def heard() -> bool:
        return bool((await handle.query("status"))["withdrawn"])

    await plants.eventually(heard)
    await handle.signal("picking_done")
    await other.at(Stage.SORTING)
    await handle.signal("sorting_done")
    assert await packed_and_away(order, other) == "completed"

    last, alone = await released(floor_shop, "nobody", ("MUG", 1))
    batch_id = await batched(floor_shop, alone)
    await alone.at(Stage.PICKING)
    await last.cancel()
    status = await pick_batches.batch_handle(floor_shop.engine, batch_id).result()
    assert status.stage is BatchStage.CANCELED


async def test_a_batch_is_called_off(floor_shop: plants.Plant) -> None:
    """Temporal's Cancel gives the members back to planning; too late, it is refused."""
    order, share = await released(floor_shop, "called-off", ("BOOK", 2))
    first = await batched(floor_shop, share)
    await share.at(Stage.PICKING)
    handle = pick_batches.batch_handle(floor_shop.engine, first)
    await handle.cancel()
    with pytest.raises(WorkflowFailureError):
        await handle.result()
    await share.at(Stage.RELEASED)
    second = await batched(floor_shop, share)
    assert first != second
    await share.at(Stage.PICKING)
    view = await pick_batches.show_batch(floor_shop.engine, second)
    await scan(floor_shop, second, view.picks[0])
    handle = pick_batches.batch_handle(floor_shop.engine, second)
    await handle.cancel()

    async def refused() -> bool:
        return any("too late" in entry["event"] for entry in await handle.query("timeline"))

    await plants.eventually(refused)
    await handle.signal("picking_done", "ann")
    await share.at(Stage.SORTING)
    await handle.signal("sorting_done", {"by": "bob"})
    assert await packed_and_away(order, share) == "completed"


async def test_nonsense_by_signal_harms_nobody(floor_shop: plants.Plant) -> None:
    """What is not from the own batch, or of another one's member, is refused and audited."""
    order, share = await released(floor_shop, "nonsense", ("MUG", 1))
    for name in ("batched", "picked", "sorted", "given_back"):
        await share.handle.signal(name)
        await share.handle.signal(name, {"batch_id": 7})
    await share.handle.signal("picked", {"batch_id": "another"})
    batch_id = await batched(floor_shop, share)
    await share.at(Stage.PICKING)
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
    assert await packed_and_away(order, share) == "completed"
    assert "picked by signal" in " ".join(a.action for a in await order.actions() if a.refused)


async def test_two_planners_never_take_the_same(floor_shop: plants.Plant) -> None:
    """Several at once: each order is in exactly one batch."""
    placed = [await released(floor_shop, "fought-for", ("BOOK", 1)) for _ in range(6)]
    planned = await asyncio.gather(
        *(
            floor_shop.client.execute_workflow(
                "FloorPlanningWorkflow",
                {"warehouse_id": plants.BERLIN},
                id=f"floor/{plants.BERLIN}/{plants.new_id('planner')}",
                task_queue=floor_shop.settings.task_queue,
            )
            for _ in range(4)
        )
    )
    taken = [name for run in planned for batch in run["batches"] for name, _ in batch["members"]]
    assert sorted(taken) == sorted(share.fulfillment_id for _, share in placed)
    for run in planned:
        for batch in run["batches"]:
            name = batch["batch_id"]
            await pick_batches.close_picking(floor_shop.engine, name, Closing())
            await pick_batches.close_sorting(floor_shop.engine, name, Closing())
    ended = await asyncio.gather(*(packed_and_away(order, share) for order, share in placed))
    assert ended == ["completed"] * 6
