"""A worker that keeps no workflow in memory replays each of them at every task."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from temporalio.client import Client

import plant as plants
from fulfillment.stores import UnitOfWork
from journeys import JOURNEYS

PATHS = ("hold_corrected", "canceled", "short_pick")
"""The first goes the ordinary way once it may, the last one is split between two warehouses."""


@pytest.mark.timeout(120)
async def test_every_task_replays(client: Client, tmp_path: Path) -> None:
    """Orders come to the same end without any cache."""
    async with plants.plant(client, tmp_path, max_cached_workflows=0) as shop:
        ids = await asyncio.gather(*(JOURNEYS[name].go(shop, "uncached") for name in PATHS))
        outcomes = await shop.read(lambda tx: _outcomes(tx, ids))
        assert outcomes == ["completed", "canceled", "completed"]
        assert await shop.read(lambda tx: tx.books.findings()) == []


async def _outcomes(tx: UnitOfWork, ids: Sequence[str]) -> list[str]:
    records = [await tx.orders.get(order_id) for order_id in ids]
    return [record.outcome.summary for record in records if record.outcome]
