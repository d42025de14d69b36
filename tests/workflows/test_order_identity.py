"""Who submitted what: the same order is one order, however and whenever it comes."""

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError

import plant as plants
from floor_driver import Placed, place, refusal_of
from fulfillment.domain.base import content_hash
from fulfillment.domain.errors import InvalidOrder, OrderConflict
from fulfillment.messages import OrderResult
from fulfillment.operations import orders
from fulfillment.temporal.identifiers import order_workflow_id


async def start(
    shop: plants.Plant, workflow_id: str, *data: Any
) -> WorkflowHandle[Any, OrderResult]:
    """Start an order as a storefront does that knows Temporal alone."""
    return await shop.client.start_workflow(
        "OrderWorkflow",
        args=data,
        id=workflow_id,
        task_queue=shop.settings.task_queue,
        result_type=OrderResult,
    )


async def failure_of(handle: WorkflowHandle[Any, Any]) -> ApplicationError:
    """Return why a workflow failed."""
    with pytest.raises(WorkflowFailureError) as caught:
        await asyncio.wait_for(handle.result(), 20)
    cause = caught.value.cause
    assert isinstance(cause, ApplicationError)
    return cause


async def test_the_same_order_again_is_one_order(shop: plants.Plant) -> None:
    """At once, later, and after its end: one answer, one mail, one payment."""
    order = plants.order(plants.new_id("same"))
    answers = await asyncio.gather(*(orders.submit_order(shop.engine, order) for _ in range(3)))
    placed = Placed(shop, order.order_id)
    answers.append(await orders.submit_order(shop.engine, order))
    assert "completed" == await placed.finish()
    answers.append(await orders.submit_order(shop.engine, order))
    assert [answers[0]] * 5 == answers
    assert content_hash(order) == answers[0].content_hash
    assert ["acknowledged", "shipped", "delivered"] == await placed.told()
    assert 2 == len(await placed.gateway())


async def test_other_content_under_the_same_id_is_refused(shop: plants.Plant) -> None:
    """While it runs and after its end; the order on record is unharmed."""
    placed = await place(shop, "conflict")
    other = plants.order(placed.order_id, ("LAMP", 1))
    for ended in (False, True):
        refusal = await refusal_of(orders.submit_order(shop.engine, other))
        assert OrderConflict is type(refusal)
        assert "expected the content that is on record" in str(refusal)
        if not ended:
            await placed.cancel()


async def test_a_plain_start_after_the_end_returns_the_recorded_outcome(
    shop: plants.Plant,
) -> None:
    """The same content ends at once with the outcome; other content fails visibly."""
    data = plants.order_data(plants.new_id("plain"))
    name = order_workflow_id(data["order_id"])
    handle = await start(shop, name, data)
    assert "completed" == await Placed(shop, data["order_id"]).finish()
    first = await handle.result()

    again = await (await start(shop, name, data)).result()
    assert first.outcome == again.outcome
    other = await start(shop, name, {**data, "shipping_minor": 1})
    failure = await failure_of(other)
    assert ("order_conflict", True) == (failure.type, failure.non_retryable)
    assert "expected the content that is on record, came other content" in failure.message
    placed = Placed(shop, data["order_id"])
    assert ["acknowledged", "shipped", "delivered"] == await placed.told()


async def test_a_start_while_it_runs_joins_it(shop: plants.Plant) -> None:
    """Temporal refuses a second run; `submit_order` finds the order that was started plainly."""
    data = plants.order_data(plants.new_id("join"))
    await start(shop, order_workflow_id(data["order_id"]), data)
    order = plants.order(data["order_id"])
    assert order.order_id == (await orders.submit_order(shop.engine, order)).order_id


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"currency": "EURO"}, ["currency"]),
        ({"lines": []}, ["lines"]),
        (
            {"lines": [{"sku": "MUG", "quantity": -1, "unit_price_minor": "x"}], "surprise": 1},
            ["lines[0].quantity", "lines[0].unit_price_minor", "surprise"],
        ),
        ({"customer": None, "ship_to": 7}, ["customer", "ship_to"]),
        ({"lines": [{"sku": "NOSUCH", "quantity": 1, "unit_price_minor": 1}]}, ["lines[0].sku"]),
    ],
    ids=["currency", "no lines", "several", "missing", "unknown article"],
)
async def test_a_wrong_order_fails_with_each_field_named(
    shop: plants.Plant, changes: dict[str, Any], named: list[str]
) -> None:
    """Started directly it fails at once as invalid_order, and never blocks a worker."""
    data = plants.order_data(plants.new_id("invalid"), **changes)
    failure = await failure_of(await start(shop, order_workflow_id(data["order_id"]), data))
    assert "invalid_order" == failure.type
    assert named == sorted(problem["path"] for problem in failure.details[0])
    assert [] == [path for path in named if path not in failure.message]


@pytest.mark.parametrize(
    "data",
    [[], [None], [17], ["not json"], [[]], [{}], [{"order_id": None}]],
    ids=repr,
)
async def test_what_is_no_order_fails_visibly(shop: plants.Plant, data: list[Any]) -> None:
    """Whatever was sent, the workflow fails with a type, at once."""
    handle = await start(shop, order_workflow_id(plants.new_id("noorder")), *data)
    assert "invalid_order" == (await failure_of(handle)).type


async def test_an_order_under_a_wrong_workflow_id_is_refused(shop: plants.Plant) -> None:
    """One order is one workflow; the message says which id was expected."""
    data = plants.order_data(plants.new_id("wrongid"))
    failure = await failure_of(await start(shop, "somewhere/else", data))
    assert "invalid_order" == failure.type
    assert f"expected order/{data['order_id']}, came somewhere/else" in failure.message


async def test_an_unknown_article_is_refused_at_the_acknowledgment(shop: plants.Plant) -> None:
    """The storefront hears it in the answer; nothing is on record, so it may correct the order."""
    name = plants.new_id("unknown")
    refusal = await refusal_of(orders.submit_order(shop.engine, plants.order(name, ("NOSUCH", 1))))
    assert InvalidOrder is type(refusal)
    assert "lines[0].sku: expected an article of the catalog, came NOSUCH" in str(refusal)
    await orders.submit_order(shop.engine, plants.order(name, ("MUG", 1)))
    await Placed(shop, name).share()


async def test_order_json_as_text_is_understood(shop: plants.Plant) -> None:
    """From the Temporal UI, an order may come as a string of JSON."""
    order = plants.order(plants.new_id("text"))
    handle = await start(shop, order_workflow_id(order.order_id), order.model_dump_json())
    assert handle.id == Placed(shop, order.order_id).handle.id
    await Placed(shop, order.order_id).share()
