"""Canceling while the goods lie in their bins, or before: all is taken back at once."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

import plant as plants
from floor_driver import Placed, Share, place, refusal_of
from fulfillment import bootstrap
from fulfillment.domain.confirmations import PutBackConfirmation
from fulfillment.domain.errors import FulfillmentError, TooLate
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind
from fulfillment.domain.tracking import TrackingStatus
from fulfillment.messages import Accepted, CancelAnswer
from fulfillment.operations import floor
from fulfillment.records import TaskState
from histories import audited_plant

UNUSABLE = {
    "name": "Ada Lovelace",
    "street": ["Reeperbahn 1"],
    "city": "Hamburg",
    "postal_code": "999",
    "country": "DE",
}


async def taken_back(order: Placed) -> bool:
    """Return whether nothing is claimed, nothing taken, and no work open."""
    claims = await order.shop.read(lambda tx: tx.stock.claims(f"{order.order_id}-1"))
    authorized, captured, voided = await order.money()
    tasks = await floor.list_tasks(order.engine, fulfillment_id=f"{order.order_id}-1")
    return not claims and not captured and authorized == voided and not tasks


async def ended_canceled(order: Placed) -> bool:
    """Return whether Temporal shows the order as canceled, once it has ended."""
    with pytest.raises(WorkflowFailureError) as caught:
        await order.handle.result()
    return isinstance(caught.value.cause, CancelledError)


async def test_before_the_pick_is_confirmed_all_is_taken_back(shop: plants.Plant) -> None:
    """The answer lists what was done; the customer is told; a second one gets an answer, too."""
    order = await place(shop, "cancel")
    share = await order.share()
    answer = await order.cancel()
    assert ("released 3 claimed unit(s)", "voided the authorization") == answer.done
    assert "canceled" == await order.ended()
    assert await taken_back(order)
    assert ["acknowledged", "canceled"] == await order.told()
    assert Stage.CANCELED == (await share.record()).stage
    assert TaskState.CLOSED == (await share.task(TaskKind.PICK)).state
    assert "canceled" in str(await refusal_of(share.pick()))

    assert answer == await order.cancel()
    other = await refusal_of(order.cancel("another reason"))
    assert TooLate is type(other)
    assert "canceled" in str(other)


async def test_temporal_s_cancel_on_a_fulfillment_leaves_taken_goods_alone(
    shop: plants.Plant,
) -> None:
    """It also comes when its order's workflow is terminated; it is noted, and it completes."""
    stages = (Stage.SORTING, Stage.PACKING, Stage.AWAITING_PICKUP, Stage.IN_TRANSIT)
    await asyncio.gather(*(_left_alone_at(shop, stage) for stage in stages))


async def _left_alone_at(shop: plants.Plant, stage: Stage) -> None:
    order = await place(shop, "late")
    share = await order.share()
    await share.to(stage)
    await share.handle.cancel()
    await plants.eventually(lambda: _refusals(order, 1))
    assert "--fulfillment" in (await share.noted("too late to cancel")).event
    assert "completed" == await order.finish()
    for handle in (order.handle, share.handle):
        assert WorkflowExecutionStatus.COMPLETED == (await handle.describe()).status
    assert ["acknowledged", "shipped", "delivered"] == await order.told()


async def test_temporal_s_cancel_on_the_order_takes_all_back(shop: plants.Plant) -> None:
    """It ends as Canceled, with its fulfillment, and the customer is told."""
    order = await place(shop, "uicancel")
    share = await order.share()
    await order.handle.cancel()
    assert await ended_canceled(order)
    assert WorkflowExecutionStatus.CANCELED == (await order.handle.describe()).status
    assert WorkflowExecutionStatus.CANCELED == (await share.handle.describe()).status
    assert await taken_back(order)
    assert ["acknowledged", "canceled"] == await order.told()
    record = await order.record()
    assert record.outcome is not None
    assert "canceled" == record.outcome.summary


async def test_temporal_s_cancel_on_a_fulfillment_ends_that_one(shop: plants.Plant) -> None:
    """An order that has another one goes on and is honest; one that has none is canceled."""
    await shop.stock(plants.new_id("one"), [("RTM-A3-02", "RARE38", 1)])
    split = await place(shop, "part", ("LAMP", 1), ("RARE38", 1))
    whole = await place(shop, "whole")
    shares = [await split.share(1), await split.share(2)]
    in_rotterdam = [(await s.status()).warehouse_id == plants.ROTTERDAM for s in shares]
    away = shares[in_rotterdam.index(True)]
    await away.handle.cancel()
    await shares[in_rotterdam.index(False)].finish()
    assert "completed, 1 canceled" == await split.ended()
    authorized, captured, voided = await split.money()
    assert (authorized, True) == (captured + voided, min(captured, voided) > 0)

    await (await whole.share()).handle.cancel()
    assert "canceled" == await whole.ended()
    assert await taken_back(whole)
    assert ["acknowledged", "canceled"] == await whole.told()


async def test_an_order_is_canceled_while_it_waits(shop: plants.Plant) -> None:
    """On hold, and back-ordered with or without something there."""
    held = await place(shop, "waits", ship_to=UNUSABLE)
    declined = await place(shop, "waits", payment={"method": "to_authorize", "reference": "tok_x"})
    empty = await place(shop, "waits", ("RARE37", 1))
    partly = await place(shop, "waits", ("MUG", 1), ("RARE37", 1))
    complete = await place(shop, "waits", ("MUG", 1), ("RARE37", 1), ship_complete=True)
    waiting = {
        held: (OrderStage.ON_HOLD, ()),
        declined: (OrderStage.ON_HOLD, ()),
        empty: (OrderStage.BACK_ORDERED, ("voided the authorization",)),
        partly: (
            OrderStage.BACK_ORDERED,
            ("released 1 claimed unit(s)", "voided the authorization"),
        ),
        complete: (
            OrderStage.BACK_ORDERED,
            ("released 1 claimed unit(s)", "voided the authorization"),
        ),
    }

    async def cancel(order: Placed, stage: OrderStage, done: tuple[str, ...]) -> None:
        await order.at(stage)
        assert done == (await order.cancel()).done
        assert "canceled" == await order.ended()
        assert await taken_back(order)

    await asyncio.gather(*(cancel(order, *expected) for order, expected in waiting.items()))


async def test_what_is_back_ordered_can_be_canceled_alone(shop: plants.Plant) -> None:
    """The rest ships and is paid for; the customer is told what will not come, and no more waits.

    Where the customer wants all at once, what was held off ships now.
    """
    order = await place(shop, "restcanceled", ("MUG", 1), ("RARE41", 2))
    await order.at(OrderStage.BACK_ORDERED)
    share = await order.share()
    await share.to(Stage.SORTING)
    answer = await order.cancel(back_ordered_only=True)
    assert ("canceled 2 x RARE41",) == answer.done
    status = await order.status()
    assert (OrderStage.FULFILLING, "", ()) == (status.stage, status.blocked_on, status.missing)
    again = await refusal_of(order.cancel(back_ordered_only=True))
    assert "nothing of it is back-ordered" in str(again)
    await order.finish()
    authorized, captured, voided = await order.money()
    assert (authorized, True) == (captured + voided, voided > 0)
    assert ["acknowledged", "back_ordered", "partly_canceled", "shipped", "delivered"] == (
        await order.told()
    )
    progress = await shop.read(lambda tx: tx.orders.progress(order.order_id))
    assert [(1, 0, 1), (2, 2, 0)] == [(p.ordered, p.canceled, p.delivered) for p in progress]


async def test_held_off_goods_ship_when_the_rest_is_canceled(shop: plants.Plant) -> None:
    """The customer wanted all at once; now this is all."""
    order = await place(shop, "restcomplete", ("MUG", 1), ("RARE42", 1), ship_complete=True)
    await order.at(OrderStage.BACK_ORDERED)
    await order.cancel(back_ordered_only=True)
    assert ["MUG"] == [line.sku for line in (await (await order.share()).record()).lines]


async def test_a_whole_order_is_not_canceled_as_the_rest_of_itself(shop: plants.Plant) -> None:
    """Nothing else of it ships, so that it is to be canceled as a whole."""
    order = await place(shop, "restall", ("RARE43", 1))
    await order.at(OrderStage.BACK_ORDERED)
    refusal = await refusal_of(order.cancel(back_ordered_only=True))
    assert "cancel the whole order" in str(refusal)
    assert OrderStage.BACK_ORDERED is (await order.status()).stage


async def test_who_paid_in_the_shop_is_refunded_there(shop: plants.Plant) -> None:
    """The engine holds no money of theirs, so it tells the supervisor who does."""
    order = await place(shop, "paid", payment={"method": "paid", "reference": "invoice"})
    await order.share()
    await order.cancel()
    assert "canceled" == await order.ended()
    details = [a.detail for a in await order.actions() if a.action == "escalation"]
    amount = (await order.record()).order.amount
    assert [f"{amount} was paid in the shop: refund it there (canceled)"] == details


class Unstoppable(Interceptor):
    """Lets no work be stopped, for good."""

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 - the SDK's name
    ) -> ActivityInboundInterceptor:
        """Stand before each activity."""
        return _Refusing(next)


class _Refusing(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """Refuse to stop; do all else."""
        if activity.info().activity_type == "stop_work":
            message = "broken for good"
            raise ApplicationError(message, non_retryable=True)
        return await super().execute_activity(input)


async def test_a_failing_workflow_leaves_nobody_waiting(client: Client, tmp_path: Path) -> None:
    """Cancellations and confirmations under way are refused, and both workflows close as failed."""
    async with audited_plant(client, tmp_path, interceptors=[Unstoppable()]) as shop:
        order = await place(shop, "unstoppable")
        share = await order.share()
        answers = await asyncio.gather(*(refusal_of(order.cancel(f"{n}")) for n in range(3)))
        assert {TooLate} == set(map(type, answers))
        assert WorkflowExecutionStatus.FAILED == await _closed(order)
        assert "it was terminated or has failed" in str(await refusal_of(order.cancel("late")))
        assert WorkflowExecutionStatus.FAILED == await _closed(share)


async def _closed(order: Placed | Share) -> WorkflowExecutionStatus:
    async def look() -> WorkflowExecutionStatus | None:
        status = (await order.handle.describe()).status
        return None if status is WorkflowExecutionStatus.RUNNING else status

    return await plants.eventually(look)


async def test_cancel_by_a_signal_that_carries_nothing(shop: plants.Plant) -> None:
    """From the Temporal UI; in time it cancels, later it is refused and shown."""
    in_time, late = await place(shop, "bysignal"), await place(shop, "bysignal")
    await in_time.share()
    await in_time.handle.signal("cancel_order")
    assert "canceled" == await in_time.ended()
    share = await late.share()
    number = (await share.to(Stage.IN_TRANSIT)).tracking_numbers[0]
    await share.carrier_says(TrackingStatus.OUT_FOR_DELIVERY, number)
    await late.handle.signal("cancel_order", args=["zoe", "nonsense"])
    await plants.eventually(lambda: _refusals(late, 1))
    assert (await late.noted("too late")).refused


async def test_a_cancel_that_races_with_the_pick_has_one_winner(shop: plants.Plant) -> None:
    """Both at once: it is canceled, what was picked is put back, and the books are right."""
    await asyncio.gather(*(_race(shop) for _ in range(3)))


async def _race(shop: plants.Plant) -> None:
    order = await place(shop, "race")
    share = await order.share()
    canceled, picked = await asyncio.gather(order.cancel(), share.pick(), return_exceptions=True)
    assert isinstance(canceled, CancelAnswer)
    assert isinstance(picked, Accepted | FulfillmentError)
    if await shop.read(lambda tx: tx.changes.put_backs(share.fulfillment_id)):
        put_back = PutBackConfirmation(by="bob")
        await floor.confirm_put_back(shop.engine, share.fulfillment_id, put_back)
    assert "canceled" == await order.ended()
    assert await taken_back(order)


async def test_several_cancellations_at_once_all_get_an_answer(shop: plants.Plant) -> None:
    """One is carried out; the others are told that nothing is left."""
    order = await place(shop, "thrice")
    await order.share()
    answers = await asyncio.gather(
        *(order.cancel(f"reason {n}") for n in range(3)), return_exceptions=True
    )
    assert 1 == sum(isinstance(answer, CancelAnswer) for answer in answers)
    assert 2 == sum(isinstance(answer, FulfillmentError) for answer in answers)
    assert "canceled" == await order.ended()


async def test_an_order_is_canceled_before_its_first_step(client: Client, tmp_path: Path) -> None:
    """Temporal's Cancel that comes while no worker runs ends it when one does."""
    async with audited_plant(client, tmp_path, work=False) as shop:
        data = plants.order_data(plants.new_id("unborn"))
        order = Placed(shop, data["order_id"])
        await client.start_workflow(
            "OrderWorkflow", data, id=order.handle.id, task_queue=shop.settings.task_queue
        )
        await order.handle.cancel()
        async with bootstrap.make_worker(client, shop.ports, shop.settings):
            assert await ended_canceled(order)
            assert ["acknowledged", "canceled"] == await order.told()


async def _refusals(order: Placed, count: int) -> bool:
    return count == sum(a.refused for a in await order.actions() if a.action == "cancel")
