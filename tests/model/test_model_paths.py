"""Paths of the order's model, walked by real orders on a real server: both come to the same."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

import plant as plants
from fulfillment.domain.back_order_choices import BackOrderChoice
from fulfillment.operations.verify import verify
from histories import audited_plant
from journeys_against import RESTLESS, hasty
from order_model_actions import ACTIONS, TIME
from order_model_driver import walk
from order_model_search import Walk, sample
from order_model_twin import Twin

SEED = 7
CALM, HURRIED = 13, 2
LIMIT_SECONDS = 180.0
AT_ONCE = 6
"""Walks at the same time: more keep each other from the database of a busy machine."""
SOON = timedelta(seconds=1)


async def _walk_all(shop: plants.Plant, name: str, walks: Sequence[Walk]) -> None:
    turnstile = asyncio.Semaphore(AT_ONCE)

    async def go(path: Walk) -> None:
        async with turnstile, asyncio.timeout(LIMIT_SECONDS):
            twin = await Twin.begin(shop, name, path.start)
            await walk(twin, path)

    left = await asyncio.gather(*map(go, walks), return_exceptions=True)
    assert [] == [repr(error) for error in left if isinstance(error, BaseException)]
    assert [] == await verify(shop.engine)


@pytest.mark.timeout(240)
async def test_walks_in_calm_shops_end_as_the_model_says(client: Client, tmp_path: Path) -> None:
    """Every action that is not time's: after each, books, stages, money and goods are alike."""
    walks = sample(SEED, CALM)
    taken = {step.name for path in walks for step in path.steps}
    assert set(ACTIONS) - set(TIME) == taken
    async with audited_plant(client, tmp_path) as shop:
        await _walk_all(shop, "walk", walks)


async def test_walks_against_time_end_as_the_model_says(client: Client, tmp_path: Path) -> None:
    """Reminders and missed pickups change nothing; a customer's silence is their default."""
    walks = sample(SEED, HURRIED, hurried=True)
    taken = {step.name for path in walks for step in path.steps}
    assert set(TIME) <= taken
    choice = {"back_order_remind_customer": SOON, "back_order_decide": SOON}
    default = {"back_order_default": BackOrderChoice.CANCEL}
    changes = {**RESTLESS, "pick": RESTLESS["back_order"], **choice, **default}
    async with audited_plant(client, tmp_path, change=hasty, **changes) as shop:
        await _walk_all(shop, "missed_pickup", walks)
