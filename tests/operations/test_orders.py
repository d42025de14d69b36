"""Submitting, canceling, correcting, releasing and resuming orders, on a real server."""

import pytest
from temporalio.client import Client

from fulfillment.domain.base import content_hash
from fulfillment.domain.errors import (
    ConfirmationRefused,
    InvalidOrder,
    NotFound,
    OrderConflict,
    Refused,
    TooLate,
)
from fulfillment.domain.lifecycle import OrderStage, OutcomeKind
from fulfillment.messages import Acknowledgment
from fulfillment.operations.order_access import get_order, is_running, order_handle
from fulfillment.operations.orders import (
    Resumption,
    cancel_order,
    correct_address,
    release_hold,
    resume_order,
    submit_order,
    submit_orders,
)
from plant import Plant, eventually, new_id, order, order_data
from workflows.order import OrderWorkflow

WRONG_POSTAL_CODE = {
    "name": "Ada Lovelace",
    "street": ["Reeperbahn 1"],
    "city": "Hamburg",
    "postal_code": "XX",
    "country": "DE",
}


async def reaches(shop: Plant, order_id: str, stage: OrderStage) -> None:
    """Wait until an order is at a stage, in the database and in its workflow."""

    async def there() -> bool:
        status = await order_handle(shop.engine, order_id).query(OrderWorkflow.status)
        return stage is (await get_order(shop.engine, order_id)).stage is status.stage

    await eventually(there)


async def test_an_order_is_acknowledged_once_it_is_on_record(shop: Plant) -> None:
    """The acknowledgment carries the content's hash, and the row is there."""
    placed = order(new_id("ack"))
    acknowledgment = await submit_order(shop.engine, placed)
    assert acknowledgment == Acknowledgment(
        order_id=placed.order_id,
        content_hash=content_hash(placed),
        workflow_id=f"order/{placed.order_id}",
    )
    assert (await get_order(shop.engine, placed.order_id)).order == placed


async def test_the_same_order_again_gets_the_same_acknowledgment(shop: Plant) -> None:
    """A storefront that repeats itself changes nothing."""
    placed = order(new_id("again"))
    first = await submit_order(shop.engine, placed)
    assert await submit_order(shop.engine, placed) == first


async def test_the_same_id_with_other_content_is_refused(shop: Plant) -> None:
    """An id stands for one content only."""
    placed = order(new_id("other"))
    await submit_order(shop.engine, placed)
    with pytest.raises(OrderConflict, match=f"orders show {placed.order_id}"):
        await submit_order(shop.engine, order(placed.order_id, ("MUG", 7)))


async def test_of_two_contents_at_the_same_time_one_wins(shop: Plant) -> None:
    """Both callers get an answer, and it is the same order that both were told of."""
    name = new_id("race")
    batch = [order(name, ("MUG", 1)), order(name, ("MUG", 2))] * 3
    answers = await submit_orders(shop.engine, batch)
    winner = (await get_order(shop.engine, name)).content_hash
    for placed, answer in zip(batch, answers, strict=True):
        expected = Acknowledgment if content_hash(placed) == winner else OrderConflict
        assert isinstance(answer, expected)


async def test_an_unknown_article_is_refused_by_its_field(shop: Plant) -> None:
    """What only the catalog knows is refused as clearly, and leaves nothing on record."""
    placed = order(new_id("unknown"), ("MUG", 1), ("NOPE", 1))
    with pytest.raises(InvalidOrder) as refusal:
        await submit_order(shop.engine, placed)
    assert [problem.path for problem in refusal.value.problems] == ["lines[1].sku"]
    with pytest.raises(NotFound):
        await get_order(shop.engine, placed.order_id)


async def test_a_bad_order_of_a_batch_costs_none_of_the_others(shop: Plant) -> None:
    """Each has its own answer at its own position."""
    batch = [order(new_id("batch")), order(new_id("batch"), ("NOPE", 1)), order(new_id("batch"))]
    answers = await submit_orders(shop.engine, batch)
    assert [type(answer) for answer in answers] == [Acknowledgment, InvalidOrder, Acknowledgment]


async def test_a_cancellation_is_answered_with_what_was_taken_back(shop: Plant) -> None:
    """And the same call again has the same answer, also when the order has ended."""
    placed = order(new_id("cancel"))
    await submit_order(shop.engine, placed)
    await reaches(shop, placed.order_id, OrderStage.FULFILLING)
    answer = await cancel_order(shop.engine, placed.order_id, "changed my mind", "ann")
    assert answer.order_id == placed.order_id
    assert "voided the authorization" in answer.done
    await order_handle(shop.engine, placed.order_id).result()
    record = await get_order(shop.engine, placed.order_id)
    assert record.outcome is not None
    assert record.outcome.kind is OutcomeKind.CANCELED
    assert await cancel_order(shop.engine, placed.order_id, "changed my mind", "ann") == answer


async def test_canceling_what_has_ended_is_too_late(shop: Plant) -> None:
    """The refusal says how the order ended."""
    placed = order(new_id("late"))
    await submit_order(shop.engine, placed)
    await cancel_order(shop.engine, placed.order_id, "first", "ann")
    await order_handle(shop.engine, placed.order_id).result()
    with pytest.raises(TooLate, match="canceled"):
        await cancel_order(shop.engine, placed.order_id, "second", "bob")


async def test_what_is_not_on_record_can_not_be_asked(shop: Plant) -> None:
    """Each call names the order that is not there."""
    name = new_id("nobody")
    with pytest.raises(NotFound, match=name):
        await cancel_order(shop.engine, name, "no", "ann")
    with pytest.raises(NotFound, match=name):
        await release_hold(shop.engine, name, "ann")
    with pytest.raises(NotFound, match=name):
        await resume_order(shop.engine, name)


async def test_a_corrected_address_lets_an_order_on_hold_go_on(shop: Plant) -> None:
    """The new address is on record, and the order is fulfilled."""
    placed = order(new_id("correct"), ship_to=WRONG_POSTAL_CODE)
    await submit_order(shop.engine, placed)
    await reaches(shop, placed.order_id, OrderStage.ON_HOLD)
    better = placed.ship_to.model_copy(update={"postal_code": "20359"})
    await correct_address(shop.engine, placed.order_id, better, "ann")
    await reaches(shop, placed.order_id, OrderStage.FULFILLING)
    assert (await get_order(shop.engine, placed.order_id)).order.ship_to == better


async def test_only_an_order_on_hold_is_released(shop: Plant) -> None:
    """A release of what is not held is refused with its stage."""
    placed = order(new_id("release"))
    await submit_order(shop.engine, placed)
    await reaches(shop, placed.order_id, OrderStage.FULFILLING)
    with pytest.raises(ConfirmationRefused, match="on_hold"):
        await release_hold(shop.engine, placed.order_id, "ann")


async def test_a_terminated_order_goes_on_when_it_is_resumed(shop: Plant, client: Client) -> None:
    """Until then every call names the repair; afterwards the order has its workflow again."""
    placed = order(new_id("orphan"))
    await submit_order(shop.engine, placed)
    await reaches(shop, placed.order_id, OrderStage.FULFILLING)
    await client.get_workflow_handle(f"order/{placed.order_id}").terminate("a test")
    with pytest.raises(Refused, match=f"orders resume {placed.order_id}"):
        await cancel_order(shop.engine, placed.order_id, "no", "ann")
    resumption = await resume_order(shop.engine, placed.order_id)
    assert resumption == Resumption(order_id=placed.order_id, restarted=True)
    assert await is_running(shop.engine, placed.order_id)


async def test_a_corrected_order_is_resumed_with_what_was_handed_in(
    shop: Plant, client: Client
) -> None:
    """The content that decides is the storefront's, even if the record has a better address."""
    placed = order(new_id("corrected"), ship_to=WRONG_POSTAL_CODE)
    await submit_order(shop.engine, placed)
    await reaches(shop, placed.order_id, OrderStage.ON_HOLD)
    better = placed.ship_to.model_copy(update={"postal_code": "20359"})
    await correct_address(shop.engine, placed.order_id, better, "ann")
    await reaches(shop, placed.order_id, OrderStage.FULFILLING)
    await client.get_workflow_handle(f"order/{placed.order_id}").terminate("a test")
    assert (await resume_order(shop.engine, placed.order_id)).restarted
    acknowledgment = await submit_order(shop.engine, placed)
    assert acknowledgment.content_hash == content_hash(placed)
    assert await is_running(shop.engine, placed.order_id)


async def test_resuming_what_runs_tells_it_to_go_on(shop: Plant) -> None:
    """Nothing is started a second time."""
    placed = order(new_id("runs"))
    await submit_order(shop.engine, placed)
    resumption = await resume_order(shop.engine, placed.order_id)
    assert resumption == Resumption(order_id=placed.order_id, restarted=False)


async def test_a_plain_start_by_a_storefront_has_the_same_rule(shop: Plant, client: Client) -> None:
    """Whoever starts the workflow without us is told the same when we submit."""
    data = order_data(new_id("plain"))
    await client.start_workflow(
        "OrderWorkflow", data, id=f"order/{data['order_id']}", task_queue=shop.settings.task_queue
    )
    acknowledgment = await submit_order(shop.engine, order(data["order_id"]))
    assert acknowledgment.content_hash == content_hash(order(data["order_id"]))
