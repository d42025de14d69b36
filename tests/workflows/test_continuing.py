"""Workflows that wait for long continue as new, and neither lose nor repeat anything by it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus

import plant as plants
from floor_driver import Placed, place, texts
from fulfillment.domain.amendments import Wishes
from fulfillment.domain.lifecycle import OrderStage, Patience, Policy, Stage
from fulfillment.domain.orders import Gift
from fulfillment.messages import AmendOrder
from fulfillment.operations import order_changes, orders, stock
from fulfillment.temporal import search_attributes as attributes
from histories import audited_plant

LIMIT = 120
"""Events from which on an order of this shop continues as new."""
MORE = 200
"""Events that may be added while handlers overlap, since none is cut off."""
WAVE = 5
"""Updates that are sent at once, each with a signal."""
HOLD = Patience(
    remind_after=timedelta(seconds=2),
    escalate_after=timedelta(seconds=2),
    then_after=timedelta(minutes=10),
    policy=Policy.CANCEL,
)


@pytest.fixture(scope="module")
async def shop(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a shop of short histories; its books must hold at the end."""
    folder: Path = tmp_path_factory.mktemp("continuing")
    settings = {"continue_after_events": LIMIT, "hold": HOLD}
    async with audited_plant(client, folder, **settings) as running:
        yield running


async def runs(order: Placed) -> list[WorkflowExecution]:
    """Return all runs of an order's workflow, once the list of workflows knows how they ended."""
    query = f"WorkflowId = '{order.handle.id}'"

    async def listed() -> list[WorkflowExecution] | None:
        found = [one async for one in order.shop.client.list_workflows(query)]
        open_ones = [one for one in found if one.status is WorkflowExecutionStatus.RUNNING]
        return None if open_ones else found

    return await plants.eventually(listed)


async def insisted(order: Placed, words: list[str]) -> list[str]:
    """Have an order amended and signaled again and again; return what was answered."""

    async def amend(word: str) -> str:
        await order.handle.signal("hold_released", {"by": word})
        wish = AmendOrder(wishes=Wishes(gift=Gift(message=word)), by="ann")
        answer = await order_changes.amend(order.engine, order.order_id, wish)
        return ", ".join(answer.done)

    answers: list[str] = []
    for number in range(0, len(words), WAVE):
        # The next ones come while the order continues, which it does once these are answered.
        answers += await asyncio.gather(*(amend(word) for word in words[number : number + WAVE]))
    return answers


async def test_an_order_that_waits_for_goods_continues(shop: plants.Plant) -> None:
    """Updates and signals sent over several continuations are all done once, and it ends well."""
    order = await place(shop, "long", ("RARE20", 1))
    await order.at(OrderStage.BACK_ORDERED)
    words = [f"w{number}" for number in range(30)]
    answers = await insisted(order, words)
    assert [] == [word for word, told in zip(words, answers, strict=True) if not told]
    amended = [each for each in await order.effects() if each.step == "record_amendment"]
    assert len(words) == len(amended)
    refused = await plants.eventually(lambda: all_refused(order, words))
    assert sorted(words) == sorted(refused)
    described = await order.handle.describe()
    shown = described.typed_search_attributes
    assert "back_ordered" == shown.get(attributes.ORDER_STAGE)
    assert "RARE20" in str(shown.get(attributes.BLOCKED_ON))
    await stock.receive_stock(
        shop.engine,
        stock.Receipt(
            receipt_id=plants.new_id("receipt"),
            warehouse_id=plants.BERLIN,
            bin_id="BER-A2-09",
            sku="RARE20",
            quantity=1,
        ),
    )
    await (await order.share()).to(Stage.PACKING)
    assert "completed" == await order.finish()
    done = await runs(order)
    assert len(done) > 2
    assert LIMIT + MORE > max(one.history_length for one in done)
    await nothing_twice(order)
    assert 1 == texts(await order.timeline()).count("received")


async def all_refused(order: Placed, words: list[str]) -> list[str] | None:
    """Return who was refused by signal, once all were."""
    entries = await order.timeline()
    found = [entry.by for entry in entries if entry.refused and entry.by in words]
    return found if len(found) >= len(words) else None


async def nothing_twice(order: Placed) -> None:
    """Check that no effect, mail or payment was done twice."""
    keys = Counter(effect.key for effect in await order.effects())
    assert [] == [key for key, times in keys.items() if times > 1]
    told = Counter(await order.told())
    assert {"acknowledged": 1} == {kind: told[kind] for kind in ("acknowledged",)}
    assert [] == [operation.key for operation in await order.gateway() if operation.tries > 1]


async def test_a_hold_goes_on_where_it_was(shop: plants.Plant) -> None:
    """Reminder and escalation are not repeated; the payment is asked for once it is released."""
    card = {"method": "to_authorize", "reference": "tok_decline_once"}
    order = await place(shop, "held", payment=card)
    await order.at(OrderStage.ON_HOLD)
    await order.noted("escalation")
    for number in range(12):
        await order.handle.signal("back_order_chosen", {"by": f"s{number}"})
        await order.noted("choice by signal")
    first = (await order.handle.describe()).raw_description.workflow_execution_info

    async def continued() -> bool:
        for number in range(4):
            await order.handle.signal("back_order_chosen", {"by": f"t{number}"})
        return (await order.handle.describe()).run_id != first.first_run_id

    await plants.eventually(continued)
    assert OrderStage.ON_HOLD is (await order.at(OrderStage.ON_HOLD)).stage
    await orders.release_hold(shop.engine, order.order_id, "eve")
    await (await order.share()).to(Stage.PACKING)
    assert "completed" == await order.finish()
    noted = texts(await order.timeline())
    nudges = [text.partition(":")[0] for text in noted if text.startswith(("reminder", "escal"))]
    assert ["reminder", "escalation"] == nudges
    assert 1 == (await order.told()).count("on_hold")
    assert len(await runs(order)) > 1
    await nothing_twice(order)
