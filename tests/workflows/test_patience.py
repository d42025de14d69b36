"""Nobody acts: people are reminded, the supervisor is told, then the policy applies."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

import plant as plants
from floor_driver import Placed, place
from fulfillment.domain.lifecycle import (
    OrderStage,
    OutcomeKind,
    Patience,
    Policy,
    Stage,
    TaskKind,
)
from fulfillment.domain.shipping import Pickup, PickupRequest
from fulfillment.messages.holds import AnswerQuestion
from fulfillment.operations import floor, holds, orders
from fulfillment.ports import CarrierClient, Ports
from histories import audited_plant

TICK = timedelta(seconds=0.3)


def spans(policy: Policy) -> Patience:
    """Return a patience that a test can wait for."""
    return Patience(remind_after=TICK, escalate_after=TICK, then_after=TICK, policy=policy)


class Punctual:
    """A carrier whose pickups are due at once, so that one can be missed."""

    def __init__(self, carrier: CarrierClient) -> None:
        """Keep the carrier that does the rest."""
        self._carrier = carrier

    def __getattr__(self, name: str) -> Any:
        """Let the carrier do the rest."""
        return getattr(self._carrier, name)

    async def book_pickup(self, key: str, request: PickupRequest) -> Pickup:
        """Return a booking whose window is over soon."""
        booked = await self._carrier.book_pickup(key, request)
        now = datetime.now(UTC)
        window = {"window_start": now, "window_end": now + TICK}
        return booked.model_copy(update=window)


def punctual(ports: Ports) -> Ports:
    """Have the carrier come at once, or not at all."""
    return replace(ports, carrier=Punctual(ports.carrier))


async def pressed(order: Placed, *kinds: str) -> list[str]:
    """Wait until all of these were done, and return all that was done to press people."""

    async def look() -> list[str] | None:
        done = [a.action for a in await order.actions()]
        return done if set(kinds) <= set(done) else None

    return await plants.eventually(look)


@pytest.fixture(scope="module")
async def hurried(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a shop where everybody gets impatient at once, each step with a policy of its own."""
    patience = {
        "pick": spans(Policy.REASSIGN),
        "sort": spans(Policy.CANCEL),
        "pack": spans(Policy.KEEP_WAITING),
        "tracking": spans(Policy.KEEP_WAITING),
        "hold": spans(Policy.CANCEL),
        "back_order": spans(Policy.KEEP_WAITING),
    }
    folder = tmp_path_factory.mktemp("hurried")
    async with audited_plant(
        client, folder, change=punctual, pickup_grace=TICK, **patience
    ) as shop:
        yield shop


@pytest.fixture(scope="module")
async def resigned(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a shop that gives up what is missing, and waits for customers and staff in vain."""
    settings = {
        "back_order": spans(Policy.CANCEL),
        "hold": spans(Policy.KEEP_WAITING),
        "hold_question_remind": TICK,
        "hold_question_decide": TICK,
    }
    async with audited_plant(client, tmp_path_factory.mktemp("resigned"), **settings) as shop:
        yield shop


async def test_each_step_is_pressed_in_its_own_way(hurried: plants.Plant) -> None:
    """Reminder to the floor, escalation to the supervisor, then the step's own policy.

    A pick goes back to the pool; it is too late to cancel at the put wall; packing is only
    escalated; a pickup that was missed is booked again; the carrier's silence is looked into.
    """
    order = await place(hurried, "slow")
    share = await order.share()
    await floor.assign_task(hurried.engine, share.fulfillment_id, "bob", "eve")
    done = [a for a in await pressed(order, "reassignment") if a != "assign"]
    assert ["reminder", "escalation", "reassignment"] == done[:3]
    task = await share.task(TaskKind.PICK)
    assert (None, True, True) == (task.assignee, task.reminders > 0, task.escalations > 0)
    await share.noted("reassignment: pick is not confirmed")
    await share.to(Stage.SORTING)
    await share.noted("too late to cancel")
    await share.to(Stage.PACKING)
    await share.noted("escalation: pack is not confirmed")
    await share.to(Stage.AWAITING_PICKUP)
    first = (await share.record()).pickup_reference
    await share.noted("pickup booked again")
    assert first != (await share.record()).pickup_reference
    assert "missed pickup" in [a.detail for a in await order.actions()]
    await share.to(Stage.IN_TRANSIT)
    await share.noted("escalation: no news from the carrier")
    await share.lose_news_of_delivery()
    assert "completed" == await order.ended()
    mails = [path.read_text() for path in hurried.settings.mail_dir.glob("*.eml")]
    for recipient in (hurried.settings.floor_mail, hurried.settings.supervisor_mail):
        assert any(f"To: {recipient}" in mail for mail in mails), recipient


async def test_a_lost_signal_only_costs_time(hurried: plants.Plant) -> None:
    """The order looks again by its timers, though nobody told it that goods have come."""
    order = await place(hurried, "lost", ("RARE0", 1))
    await order.at(OrderStage.BACK_ORDERED)
    await hurried.stock("late", [("BER-A0-05", "RARE0", 1)])
    share = await order.share()
    assert "reminder" in await pressed(order, "reminder")
    assert {"RARE0": 1} == {line.sku: line.planned for line in (await share.record()).lines}
    await order.cancel()


async def test_a_back_order_that_never_comes_is_canceled_by_policy(resigned: plants.Plant) -> None:
    """What ships goes on without it; an order that waits for all of its goods ends."""
    part = await place(resigned, "rest", ("MUG", 1), ("RARE1", 1))
    nothing = await place(resigned, "nothing", ("RARE2", 1))
    complete = await place(resigned, "all", ("MUG", 1), ("RARE3", 1), ship_complete=True)
    for order in (nothing, complete):
        assert "canceled" == await order.ended()
        assert {"reminder", "escalation"} <= set(await pressed(order, "escalation"))
    await part.noted("canceled what is missing: 1 x RARE1")
    await part.finish()
    assert ["acknowledged", "back_ordered", "partly_canceled", "shipped", "delivered"] == (
        await part.told()
    )


async def test_a_hold_that_nobody_answers_ends_in_a_rejection(hurried: plants.Plant) -> None:
    """After reminder and escalation it is closed: nothing claimed, taken or left running."""
    declined = {"method": "to_authorize", "reference": "tok_insufficient"}
    unusable = {**plants.order_data("x")["ship_to"], "postal_code": "999"}
    address = await place(hurried, "deadline", ship_to=unusable)
    payment = await place(hurried, "deadline", payment=declined)
    for order, reason in ((address, "address: "), (payment, "payment: declined")):
        outcome = (await order.handle.result()).outcome
        assert OutcomeKind.REJECTED == outcome.kind
        assert outcome.summary.startswith(f"rejected: {reason}")
        assert (0, 0, 0) == await order.money()
        assert ["acknowledged", "on_hold", "rejected"] == await order.told()
        assert ["reminder", "escalation", "cancel"] == [a.action for a in await order.actions()]
        assert () == (await order.handle.result()).fulfillment_ids


async def test_a_question_that_lapses_is_staffs_to_decide(resigned: plants.Plant) -> None:
    """On record too; an answer that comes late is heard, also after a restart."""
    unusable = {**plants.order_data("x")["ship_to"], "postal_code": "999"}
    lapsed, restarted = [await place(resigned, "lapse", ship_to=unusable) for _ in range(2)]
    for order in (lapsed, restarted):
        reason = (await order.at(OrderStage.ON_HOLD)).blocked_on
        await order.handle.signal("customer_asked", {"question": "where?", "by": "eve"})
        await order.noted("escalation: no answer of the customer")
        assert reason == (await order.record()).blocked_on
        [hold] = await holds.holds_of(resigned.engine, order.order_id)
        said = (await order.status()).hold
        assert said is not None
        assert ("where?", None, said.until) == (hold.question, hold.asked_at, hold.until)
    await restarted.handle.terminate("test")
    await orders.resume_order(resigned.engine, restarted.order_id)
    for order in (lapsed, restarted):
        await order.at(OrderStage.ON_HOLD)
        late = AnswerQuestion(answer="in Kiel", by="ada")
        await holds.answer_question(resigned.engine, order.order_id, late)
        [hold] = await holds.holds_of(resigned.engine, order.order_id)
        assert "in Kiel" == hold.reply
        address = plants.order("x").ship_to
        await orders.correct_address(resigned.engine, order.order_id, address, "eve")
        await order.share()


async def test_a_pick_that_nobody_does_may_cancel_the_fulfillment(
    client: Client, tmp_path: Path
) -> None:
    """Where the policy of the day on which the order came says so, whoever works on it.

    The goods are given back and the customer is told; an order that comes once the policy has
    changed is waited for.
    """
    folder, queue = tmp_path, plants.new_id("queue")
    second = timedelta(seconds=1)  # time enough for the other worker to come
    impatient = Patience(
        remind_after=second, escalate_after=second, then_after=second, policy=Policy.CANCEL
    )
    async with plants.plant(client, folder, task_queue=queue, pick=impatient) as shop:
        order = await place(shop, "kept")
        await order.share()
    async with audited_plant(client, folder, task_queue=queue) as changed:
        fresh = await place(changed, "fresh")
        await fresh.share()
        kept = Placed(changed, order.order_id)
        assert "canceled" == await kept.ended()
        assert ["acknowledged", "canceled"] == await kept.told()
        pressed_by = [(a.action, a.detail) for a in await kept.actions()]
        assert ["reminder", "escalation", "cancel"] == [action for action, _ in pressed_by]
        assert "nobody confirmed the pick" == pressed_by[-1][1]
        assert "reminder" not in [a.action for a in await fresh.actions()]
