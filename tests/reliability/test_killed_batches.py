"""A worker process is killed between a batch's closings and what its members are told."""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import Client

import plant as plants
from batch_driver import EAGER, batched, packed_and_away, released
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.messages import BatchAnswer, Closing
from fulfillment.operations import pick_batches
from fulfillment.temporal.dev_server import DevServer
from plant import Plant
from sites import site, whats_wrong


async def recorded(shop: Plant, batch_id: str, stage: BatchStage) -> None:
    """Wait until a closing is on record, without asking any workflow."""

    async def look() -> bool:
        return (await shop.read(lambda tx: tx.batches.get(batch_id))).stage is stage

    await plants.eventually(look)


@pytest.mark.timeout(180)
async def test_between_closing_and_telling(
    server: DevServer, client: Client, tmp_path: Path
) -> None:
    """As soon as walk or wall are on record the worker dies: each member hears of it all the same.

    Who waited for the answer gets it from the next worker; the same session closed again gets the
    same one.
    """
    async with site(server, client, tmp_path, **EAGER) as (shop, stack):
        pid = await stack.start_worker()
        placed = [await released(shop, "killed", ("MUG", 1), ("BOOK", 1)) for _ in range(2)]
        batch_id = await batched(shop, *(share for _, share in placed))
        closing = Closing(by="ann", session_id="scan-1")

        async def closed(update: str) -> BatchAnswer:
            close = getattr(pick_batches, update)
            answer: BatchAnswer = await close(shop.engine, batch_id, closing)
            return answer

        for update, stage, then in (
            ("close_picking", BatchStage.SORTING, Stage.SORTING),
            ("close_sorting", BatchStage.SORTED, Stage.PACKING),
        ):
            asked = asyncio.create_task(closed(update))
            await recorded(shop, batch_id, stage)
            await stack.kill_worker(pid)
            pid = await stack.start_worker()
            assert (await asked).stage is stage
            assert await closed(update) == await asked
            for _, share in placed:
                await share.at(then)
        ended = await asyncio.gather(*(packed_and_away(order, share) for order, share in placed))
        assert ended == ["completed"] * 2
        assert await whats_wrong(shop) == []
