"""Workflows that wait for long continue as new, and neither lose nor repeat anything by it."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus

import plant as plants
from batch_driver import EAGER, batched, packed_and_away, released
from floor_driver import Placed, Share, place, texts
from fulfillment.domain.amendments import Wishes
from fulfillment.domain.lifecycle import OrderStage, Patience, Policy, Stage
from fulfillment.domain.orders import Gift
from fulfillment.domain.supply import SupplyReport
from fulfillment.domain.tracking import TrackingStatus
from fulfillment.domain.unit_choice import LineUnits
from fulfillment.messages import AmendAnswer, AmendOrder, Closing, OrderStatus
from fulfillment.messages.holds import AskCustomer
from fulfillment.operations import holds, order_changes, orders, pick_batches, stock, supply
from fulfillment.operations.catalog import load_catalog, parse_catalog
from fulfillment.temporal import search_attributes as attributes
from histories import audited_plant
from workflows.supply import SupplyWorkflow

LIMIT = 70
"""Events from which on an order of this shop continues as new."""
MORE = 200
"""Events that may be added while handlers overlap, since none is cut off."""
AMBIGUOUS = {
    "name": "Ada",
    "street": ["Reeperbahn"],
    "city": "Hamburg",
    "postal_code": "20359",
    "country": "DE",
}
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
    settings = {"continue_after_events": LIMIT, "hold": HOLD, "supply": "automatic"}
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
    words = [f"w{number}" for number in range(20)]
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
    await flooded(order, "back_order_chosen", "choice by signal")
    assert OrderStage.ON_HOLD is (await order.at(OrderStage.ON_HOLD)).stage
    await orders.release_hold(shop.engine, order.order_id, "eve")
    await order.share()
    await order.cancel()
    assert "canceled" == await order.ended()
    noted = texts(await order.timeline())
    nudges = [text.partition(":")[0] for text in noted if text.startswith(("reminder", "escal"))]
    assert ["reminder", "escalation"] == nudges
    assert 1 == (await order.told()).count("on_hold")
    assert len(await runs(order)) > 1
    await nothing_twice(order)


async def test_what_was_asked_before_is_not_done_again(shop: plants.Plant) -> None:
    """The same update, sent to the next run since its answer was lost, is answered as before."""
    less = AmendOrder(less=(LineUnits(line_no=1, quantity=1),), by="ada")
    asked = AskCustomer(question="which house number?", by="eve")
    short = await place(shop, "fewer", ("RARE21", 3))
    held = await place(shop, "asked", ship_to=AMBIGUOUS)
    await short.at(OrderStage.BACK_ORDERED)
    await held.at(OrderStage.ON_HOLD)

    async def said() -> tuple[AmendAnswer, OrderStatus]:
        return (
            await order_changes.amend(shop.engine, short.order_id, less, update_id="less"),
            await holds.ask_customer(shop.engine, held.order_id, asked, update_id="ask"),
        )

    before = await said()
    await asyncio.gather(
        flooded(short, "hold_released", "release by signal"),
        flooded(held, "back_order_chosen", "choice by signal"),
    )
    assert before == await said()
    assert 1 == [effect.step for effect in await short.effects()].count("stop_work")
    await held.noted("customer told: question")
    assert 1 == (await held.told()).count("question")
    for order in (short, held):
        await order.cancel()
        assert await order.ended() in {"canceled", "canceled, 3 canceled"}


async def test_a_fulfillment_continues_at_its_steps(shop: plants.Plant) -> None:
    """On the floor and on its way it goes on where it was; its order hears of its end."""
    order = await place(shop, "share", ("MUG", 1), ("BOOK", 2))
    share = await order.share()
    await flooded(share, "packing_done", "pack by signal")
    await share.pick(by="ann")
    await share.to(Stage.SORTING)
    await flooded(share, "packing_done", "pack by signal")
    await share.to(Stage.IN_TRANSIT)
    numbers = (await share.status()).tracking_numbers
    await share.carrier_says(TrackingStatus.OUT_FOR_DELIVERY, numbers[0])
    await share.noted("customer told: out_for_delivery")
    await flooded(share, "packing_done", "pack by signal")
    assert numbers == (await share.status()).tracking_numbers
    await share.carrier_says(TrackingStatus.OUT_FOR_DELIVERY, numbers[0])
    await share.deliver()
    assert "completed" == await order.ended()
    result = await share.handle.result()
    assert (await order.money())[1] == result.captured_minor > 0
    assert 1 == (await order.told()).count("out_for_delivery")
    assert 1 == texts(await share.timeline()).count("sorted; to be packed in S")
    await nothing_twice(order)


async def test_a_fulfillment_that_has_continued_is_canceled(shop: plants.Plant) -> None:
    """Its order reaches the run that is open, answers, and gives the money back."""
    order = await place(shop, "regretted", ("MUG", 1))
    share = await order.share()
    await flooded(share, "packing_done", "pack by signal")
    answer = await order.cancel()
    assert "voided the authorization" in answer.done
    assert "canceled" == await order.ended()
    assert Stage.CANCELED is (await share.record()).stage
    assert WorkflowExecutionStatus.CANCELED is (await share.handle.describe()).status
    assert ["acknowledged", "canceled"] == await order.told()
    await nothing_twice(order)


async def test_a_delivery_after_continuing_is_found_by_an_order_that_is_resumed(
    shop: plants.Plant,
) -> None:
    """What a later run of a fulfillment did, its successor asks for by the same keys."""
    order = await place(shop, "delivered", ("MUG", 1))
    share = await order.share()
    await share.to(Stage.IN_TRANSIT)
    await flooded(share, "packing_done", "pack by signal")
    await order.handle.terminate("test")
    await share.deliver()
    assert Stage.DELIVERED is (await share.handle.result()).stage
    await orders.resume_order(shop.engine, order.order_id)
    assert "completed" == await order.ended()
    assert 1 == (await order.told()).count("delivered")
    await nothing_twice(order)


async def flooded(one: Placed | Share, signal: str, refusal: str) -> None:
    """Have an order or a fulfillment refuse signals until it has continued as new."""
    before = (await one.handle.describe()).run_id
    sent = itertools.count(1)

    async def continued() -> bool:
        # One signal is lost if any is: each is noted under its own name.
        by = f"{before[:8]}-{next(sent)}"
        choice = {"line_no": 1, "choice": "wait"}  # where a choice is refused, by whom must be read
        await one.handle.signal(signal, {"by": by, "choices": [choice]})
        await plants.eventually(lambda: noted_by(one, refusal, by))
        return (await one.handle.describe()).run_id != before

    await plants.eventually(continued)


async def noted_by(one: Placed | Share, refusal: str, by: str) -> bool:
    """Tell whether a refusal stands in the timeline under a name."""
    entries = await one.timeline()
    return any(entry.by == by and refusal in entry.event for entry in entries)


async def test_a_batch_is_heard_by_a_fulfillment_that_has_continued(
    client: Client, tmp_path: Path
) -> None:
    """What a batch that was resumed tells again is taken in at once, and no handler is left."""
    settings = {"continue_after_events": LIMIT, **EAGER}
    async with audited_plant(client, tmp_path, **settings) as shop:
        order, share = await released(shop, "walked", ("MUG", 1))
        batch_id = await batched(shop, share)
        await pick_batches.close_picking(shop.engine, batch_id, Closing(by="ann"))
        await share.at(Stage.SORTING)
        await pick_batches.close_sorting(shop.engine, batch_id, Closing(by="bob"))
        await share.at(Stage.PACKING)
        await flooded(share, "handed_over", "hand_over by signal")
        for event in ("picked", "sorted"):
            await share.handle.signal(event, {"batch_id": batch_id})
            await share.handle.signal(event, {"batch_id": "another"})
            await share.noted(f"{event} by signal")
        await flooded(share, "handed_over", "hand_over by signal")
        assert "completed" == await packed_and_away(order, share)
        await nothing_twice(order)


async def test_a_supply_order_continues(shop: plants.Plant) -> None:
    """It reads its record anew, goes on waiting, and books what comes then."""
    sku = plants.new_id("BUY")
    await load_catalog(shop.engine, parse_catalog(sold_by_acme(sku)))
    order = await place(shop, "bought", (sku, 2))

    async def arranged() -> str | None:
        found = await shop.read(lambda tx: tx.supply.page(limit=500))
        return next((one.supply_id for one in found if one.sku == sku), None)

    supply_id = await plants.eventually(arranged)
    handle = supply.supply_handle(shop.engine, supply_id)
    before = (await handle.describe()).run_id

    async def continued() -> bool:
        await handle.signal("needed")
        return (await handle.describe()).run_id != before

    await plants.eventually(continued)
    booked = await supply.receive_supply(shop.engine, supply_id, SupplyReport(by="ann"))
    assert 2 == booked.received
    await order.share()
    told = texts(await handle.query(SupplyWorkflow.timeline))
    assert 1 == sum("purchase order of 2 sent" in text for text in told)


def sold_by_acme(sku: str) -> dict[str, object]:
    """Return a catalog of an article that a supplier sells."""
    article = plants.ARTICLES[1].model_dump(mode="json")
    source = {
        "sku": sku,
        "method": "purchase",
        "supplier_id": "ACME",
        "warehouse_id": plants.BERLIN,
        "bin_id": "BER-A2-07",
        "lead_time_days": 3,
    }
    return {
        "articles": [{**article, "sku": sku}],
        "suppliers": [{"supplier_id": "ACME", "name": "Acme", "email": "sales@acme.example"}],
        "supply_sources": [source],
    }
