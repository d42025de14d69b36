"""Robots pick and sort a batch by scans, as the scanner says and as their script says."""

import asyncio
from pathlib import Path
from random import Random

from temporalio.client import Client

from batch_driver import EAGER, batched, released
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.operations.order_views import snapshots
from fulfillment.simulation.carrier import Carriers
from fulfillment.simulation.customer import Customers
from fulfillment.simulation.robots import AT_ONCE, Diary, Surroundings
from fulfillment.simulation.scenario import Act, Script
from fulfillment.simulation.staff import Floor
from fulfillment.simulation.ways import ByOperations
from histories import audited_plant
from plant import BERLIN, eventually

ACTS = (Act.WRONG_PICK, Act.SHORT_PICK, Act.CANCEL)


async def test_a_batch_of_three_ends_as_the_script_says(client: Client, tmp_path: Path) -> None:
    """One wrong scan, one short pick out of another bin, one order withdrawn in mid-walk."""
    async with audited_plant(client, tmp_path, **EAGER) as shop:
        placed = [await released(shop, act.value, ("MUG", 2)) for act in ACTS]
        await batched(shop, *(share for _, share in placed))
        await shop.stock("more", [("BER-A1-06", "MUG", 5)])
        scripts = {
            order.order_id: Script(order_id=order.order_id, acts=(act,))
            for (order, _), act in zip(placed, ACTS, strict=True)
        }
        around = Surroundings(
            way=ByOperations(shop.engine),
            clock=shop.engine.clock,
            rng=Random(1),
            diary=Diary(),
            pace=AT_ONCE,
            scripts=scripts,
        )
        robots = [Floor(around, BERLIN, ("Pia", "Sam")), Customers(around, ()), Carriers(around)]
        shift = [asyncio.create_task(robot.run()) for robot in robots]

        async def ended() -> bool:
            found = await snapshots(shop.engine, list(scripts))
            return all(order.stage is OrderStage.SETTLED for order in found)

        await eventually(ended, seconds=120)
        for task in shift:
            task.cancel()
        await asyncio.gather(*shift, return_exceptions=True)
        outcomes = [await order.ended() for order, _ in placed]
        assert ["completed", "completed", "canceled"] == outcomes
        wrong, short, _ = scripts
        assert [{"wrong scan": 1}, {}] == [around.diary.refusals(name) for name in (wrong, short)]
        [said] = [e.answer for e in around.diary.entries if e.action == "short pick"]
        assert "from bin BER-A1-06 instead" in said
