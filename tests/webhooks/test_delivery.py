"""Outward webhooks on a real server, to a real receiver, verified by a merchant's library."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle

from activities.orders import OrderActivities
from driving import Drive
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind
from fulfillment.domain.tracking import TrackingStatus
from fulfillment.domain.webhook_events import EventType
from fulfillment.domain.webhooks import DeliveryState
from fulfillment.messages import RecordOrder
from fulfillment.operations import orders, webhook_checks, webhooks
from fulfillment.operations.verify import verify
from fulfillment.operations.webhooks import EndpointWish, MessageView
from fulfillment.webhooks.messages import DeliverWebhooks
from fulfillment.webhooks.ports import NO_WAKER
from fulfillment.webhooks.stores import Which
from histories import audit
from journey import RIGHT_ADDRESS, WRONG_ADDRESS, looked_for_goods
from plant import Plant, eventually, new_id, order, plant
from webhook_receiver import Receiver, Reply, types

TO_THE_CUSTOMER = [
    EventType.ORDER_ACKNOWLEDGED,
    EventType.ORDER_VERIFIED,
    EventType.PAYMENT_AUTHORIZED,
    EventType.FULFILLMENT_RESERVED,
    EventType.FULFILLMENT_PICKING,
    EventType.FULFILLMENT_PICKED,
    EventType.FULFILLMENT_SORTED,
    EventType.FULFILLMENT_PACKED,
    EventType.FULFILLMENT_LABELED,
    EventType.FULFILLMENT_SHIPPED,
    EventType.FULFILLMENT_IN_TRANSIT,
    EventType.FULFILLMENT_DELIVERED,
    EventType.ORDER_COMPLETED,
]
CANCELED = [
    *TO_THE_CUSTOMER[:5],
    EventType.FULFILLMENT_CANCELED,
    EventType.PAYMENT_VOIDED,
    EventType.ORDER_CANCELED,
]
PERSONAL = ("Ada", "Lovelace", "example.com", "123456", "Reeperbahn", "Hamburg", "20359")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a merchant who listens."""
    with Receiver().listening() as running:
        yield running


@pytest.fixture
async def own(client: Client, tmp_path: Path) -> AsyncIterator[Plant]:
    """Give a shop of its own whose webhooks may go to this machine."""
    limit = timedelta(seconds=5)
    async with plant(
        client, tmp_path, webhook_allow_loopback=True, webhook_timeout=limit
    ) as running:
        yield running


@pytest.fixture
async def hasty(client: Client, tmp_path: Path) -> AsyncIterator[Plant]:
    """Give a shop where a day of retries takes a second."""
    async with plant(
        client,
        tmp_path,
        webhook_allow_loopback=True,
        webhook_timeout=timedelta(seconds=1),
        webhook_disable_after=timedelta(days=50),
        time_scale=100_000,
    ) as running:
        yield running


@dataclass(frozen=True)
class Listener:
    """A receiver, registered as an endpoint; its name is its own, as tests share a server."""

    shop: Plant
    name: str
    secret: str

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The workflow that delivers to it."""
        return self.shop.client.get_workflow_handle(f"webhooks/{self.name}")

    async def tested(self, count: int) -> list[str]:
        """Queue so many test messages; return their ids."""
        sent = [await webhooks.send_test(self.shop.engine, self.name) for _ in range(count)]
        return [each.message_id for each in sent]


async def listen(shop: Plant, receiver: Receiver, *kinds: str) -> Listener:
    """Register the receiver for these kinds of events, or all."""
    name = new_id("erp")
    wish = EndpointWish(endpoint_id=name, url=receiver.url, event_types=kinds)
    made = await webhooks.add_endpoint(shop.engine, wish, shop.ports.webhook_rules)
    return Listener(shop, name, made.secret)


async def came(receiver: Receiver, count: int) -> None:
    """Wait until so many different messages have come."""

    async def look() -> bool:
        return len(set(receiver.ids)) >= count

    await eventually(look)


async def told(shop: Plant, which: Which, state: DeliveryState) -> list[MessageView]:
    """Wait until all chosen messages have come so far everywhere, and return them."""

    async def look() -> list[MessageView] | None:
        found = await webhooks.list_messages(shop.engine, which, limit=1000)
        states = {delivery.state for view in found for delivery in view.deliveries}
        return found if states == {state} else None

    return await eventually(look)


async def test_all_that_becomes_of_an_order_is_told_signed_and_in_order(
    own: Plant, receiver: Receiver
) -> None:
    """One is delivered, one canceled; without a word about the customer."""
    erp = await listen(own, receiver)
    delivered, canceled = new_id("hook"), new_id("hook")
    drive, other = Drive(own.engine, delivered), Drive(own.engine, canceled)
    await asyncio.gather(drive.submit(), other.submit())
    await asyncio.gather(drive.carry(), _cancel(other))
    await asyncio.gather(drive.ended(), other.ended())
    await came(receiver, len(TO_THE_CUSTOMER) + 1 + len(CANCELED))
    told_of: dict[str, list[Any]] = {delivered: [], canceled: []}
    for body in receiver.verified(erp.secret):
        told_of[body["data"]["order"]["order_id"]].append(body)
    # The money is taken while the parcel begins to move.
    kinds = types(told_of[delivered])
    kinds.remove(EventType.PAYMENT_CAPTURED)
    assert [kind.value for kind in TO_THE_CUSTOMER] == kinds
    assert [kind.value for kind in CANCELED] == types(told_of[canceled])
    for bodies in told_of.values():
        numbers = [body["data"]["sequence"] for body in bodies]
        assert list(range(1, len(bodies) + 1)) == numbers
    shipped = told_of[delivered][-5]["data"]
    [label] = await drive.labels()
    parcel = shipped["fulfillment"]["parcels"][0]
    assert label.tracking_number == parcel["tracking_number"]
    assert sum(row["quantity"] for row in parcel["contents"]) == 3
    everything = b"".join(each.body for each in receiver.received).decode()
    assert [word for word in PERSONAL if word in everything] == []
    assert await verify(own.engine, settled=True) == []
    await audit(own)


async def _cancel(drive: Drive) -> None:
    await drive.task(TaskKind.PICK)
    await drive.cancel()


async def test_what_goes_wrong_is_told_too(own: Plant, receiver: Receiver) -> None:
    """A hold, what is missing, a parcel held up; what is looked for in vain is not told again."""
    erp = await listen(own, receiver)
    held, short, late = (Drive(own.engine, new_id("hook")) for _ in range(3))
    await held.submit(ship_to=WRONG_ADDRESS)
    await short.submit(("RARE39", 1))
    await late.submit()
    await late.up_to(Stage.AWAITING_PICKUP)
    await late.confirm(TaskKind.HAND_OVER)
    [label] = await late.labels()
    for status in (TrackingStatus.EXCEPTION, TrackingStatus.EXCEPTION, TrackingStatus.DELIVERED):
        await late.tell(label.tracking_number, status)
    await held.at(OrderStage.ON_HOLD)
    await orders.correct_address(own.engine, held.order_id, RIGHT_ADDRESS, "eva")
    await short.at(OrderStage.BACK_ORDERED)
    await short.handle.signal("stock_arrived")
    await looked_for_goods(short, 2)
    await asyncio.gather(_cancel(held), short.cancel(), late.ended())
    await asyncio.gather(held.ended(), short.ended())
    await told(own, Which(), DeliveryState.DELIVERED)
    bodies = receiver.verified(erp.secret)
    assert [
        *("order.acknowledged", "order.on_hold", "order.address_corrected"),
        *(kind.value for kind in CANCELED[1:]),
    ] == _kinds_of(bodies, held)
    assert [
        *(kind.value for kind in CANCELED[:3]),
        *("order.back_ordered", "payment.voided", "order.canceled"),
    ] == _kinds_of(bodies, short)
    shipped = _kinds_of(bodies, late)
    assert shipped.count("fulfillment.exception") == 1
    assert "fulfillment.delivered" in shipped[shipped.index("fulfillment.exception") :]
    [hold] = [body["data"] for body in bodies if body["type"] == "order.on_hold"]
    [missing] = [body["data"] for body in bodies if body["type"] == "order.back_ordered"]
    assert hold["reason"] == "address"
    assert missing["order"]["lines"][0]["back_ordered"] == 1


def _kinds_of(bodies: list[Any], drive: Drive) -> list[str]:
    """Return what was told of an order, by its numbers."""
    own = [b for b in bodies if b["data"]["order"]["order_id"] == drive.order_id]
    return types(sorted(own, key=lambda body: int(body["data"]["sequence"])))


async def test_a_merchant_who_was_away_misses_nothing(hasty: Plant) -> None:
    """Each message is tried again until it is taken, under its own id."""
    receiver = Receiver()
    with receiver.listening():
        erp = await listen(hasty, receiver)
        await erp.tested(1)
        await came(receiver, 1)
    queued = await erp.tested(5)

    async def refused() -> bool:
        found = await webhooks.list_messages(hasty.engine, Which())
        return sum(d.attempts > 1 for view in found for d in view.deliveries) == len(queued)

    await eventually(refused)
    with receiver.listening():
        await told(hasty, Which(), DeliveryState.DELIVERED)
        assert {*queued} <= {*receiver.ids}
        assert len(receiver.verified(erp.secret)) == 6


async def test_what_no_attempt_delivers_is_given_up_told_and_replayed(hasty: Plant) -> None:
    """After ten attempts; the operator gets a mail, and a replay has the same id and body."""
    receiver = Receiver()
    receiver.always = Reply(500)
    with receiver.listening():
        erp = await listen(hasty, receiver)
        [lost] = await erp.tested(1)
        [view] = await told(hasty, Which(message_id=lost), DeliveryState.FAILED)
        assert (view.deliveries[0].attempts, view.deliveries[0].error) == (10, "HTTP 500")
        assert receiver.ids == [lost] * 10
        [mail] = list(hasty.settings.mail_dir.glob("webhooks_*_failed*"))
        assert "fulfillment webhooks replay" in mail.read_text()
        assert await verify(hasty.engine, settled=True) == []
        receiver.always = Reply()
        done = await webhooks.replay(hasty.engine, Which(state=DeliveryState.FAILED))
        assert (done.queued, done.endpoints) == (1, (erp.name,))
        await told(hasty, Which(message_id=lost), DeliveryState.DELIVERED)
    assert {each.body for each in receiver.received} == {receiver.received[0].body}
    assert receiver.received[-1].verified(erp.secret)["type"] == "webhook.test"


async def test_an_endpoint_that_is_gone_is_left_alone(own: Plant, receiver: Receiver) -> None:
    """410 disables it and ends its workflow; enabled again, it hears again."""
    erp = await listen(own, receiver)
    receiver.answer_with(Reply(410))
    [lost] = await erp.tested(1)
    await told(own, Which(message_id=lost), DeliveryState.FAILED)
    [endpoint] = await webhooks.list_endpoints(own.engine)
    assert (endpoint.enabled, endpoint.disabled_because) == (False, "it answered 410 Gone")
    await erp.handle.result()
    assert (await erp.handle.describe()).status is WorkflowExecutionStatus.COMPLETED
    await webhooks.enable_endpoint(own.engine, erp.name)
    await webhooks.replay(own.engine, Which(message_id=lost))
    await told(own, Which(message_id=lost), DeliveryState.DELIVERED)


async def test_an_endpoint_that_asks_for_time_gets_it(hasty: Plant, receiver: Receiver) -> None:
    """429 and Retry-After hold back everything to it, and nothing to another."""
    erp = await listen(hasty, receiver)
    receiver.answer_with(Reply(429, {"Retry-After": "2"}))
    await erp.tested(1)
    await came(receiver, 1)
    with Receiver().listening() as other:
        wms = await listen(hasty, other)
        await erp.tested(1)
        await wms.tested(1)
        await came(other, 1)
        assert len(receiver.received) == 1
        await told(hasty, Which(), DeliveryState.DELIVERED)
    waited = [each.at - receiver.received[0].at for each in receiver.received[1:]]
    assert min(waited) >= 1.9


async def test_a_slow_endpoint_holds_back_only_itself(own: Plant, receiver: Receiver) -> None:
    """However much waits for it."""
    slow = await listen(own, receiver)
    receiver.opened.clear()
    await slow.tested(20)
    await came(receiver, 1)
    with Receiver().listening() as other:
        quick = await listen(own, other)
        await quick.tested(1)
        await came(other, 1)
        await told(own, Which(endpoint_id=quick.name), DeliveryState.DELIVERED)
        done = Which(endpoint_id=slow.name, state=DeliveryState.DELIVERED)
        assert await webhooks.list_messages(own.engine, done) == []
        receiver.opened.set()
        await told(own, Which(), DeliveryState.DELIVERED)


async def test_an_answer_that_comes_too_late_is_a_repetition(
    hasty: Plant, receiver: Receiver
) -> None:
    """The receiver has acted, and gets the same id and body again."""
    erp = await listen(hasty, receiver)
    receiver.answer_with(Reply(after_seconds=1.5))
    [slow] = await erp.tested(1)
    [view] = await told(hasty, Which(message_id=slow), DeliveryState.DELIVERED)
    assert view.deliveries[0].attempts == 2
    assert [slow, slow] == receiver.ids
    assert receiver.received[0].body == receiver.received[1].body


async def test_what_was_committed_is_told_though_nobody_was_waked(
    client: Client, tmp_path: Path, receiver: Receiver
) -> None:
    """As if the worker had died right after the commit: the sweep finds it."""
    often = timedelta(seconds=0.5)
    async with plant(client, tmp_path, webhook_allow_loopback=True, webhook_sweep=often) as shop:
        erp = await listen(shop, receiver)
        placed = order(new_id("hook"))
        request = RecordOrder(key=f"order/{placed.order_id}/record_order/-/1", order=placed)
        silent = replace(shop.ports, waker=NO_WAKER)
        await OrderActivities(silent).record_order(request)
        await came(receiver, 1)
    [body] = receiver.verified(erp.secret)
    assert body["type"] == "order.acknowledged"


async def test_both_secrets_sign_while_a_rotation_lasts(own: Plant, receiver: Receiver) -> None:
    """So that a merchant changes it without missing anything; after that only the new one."""
    erp = await listen(own, receiver)
    rules = own.ports.webhook_rules
    new = (await webhooks.rotate_secret(own.engine, erp.name, rules)).secret
    await erp.tested(1)
    await came(receiver, 1)
    assert receiver.received[0].verified(erp.secret) == receiver.received[0].verified(new)
    over = rules.model_copy(update={"rotation": timedelta()})
    newest = (await webhooks.rotate_secret(own.engine, erp.name, over)).secret
    await erp.tested(1)
    await came(receiver, 2)
    assert receiver.received[1].verified(newest)
    assert len(receiver.received[1].headers["webhook-signature"].split(" ")) == 1


async def test_only_what_is_wanted_is_told_and_the_rest_can_be_replayed(
    own: Plant, receiver: Receiver
) -> None:
    """An endpoint chooses its events; one that is added later can have them all."""
    erp = await listen(own, receiver, "order.*")
    drive = Drive(own.engine, new_id("hook"))
    begun = datetime.now(UTC)
    await drive.submit()
    await _cancel(drive)
    await drive.ended()
    await came(receiver, 3)
    with Receiver().listening() as late:
        new = await listen(own, late)
        which = Which(order_id=drive.order_id, endpoint_id=new.name)
        assert (await webhooks.replay(own.engine, which)).queued == len(CANCELED)
        await came(late, len(CANCELED))
        assert [kind.value for kind in CANCELED] == types(late.verified(new.secret))
        again = await webhooks.replay(own.engine, Which(since=begun))
        assert again.queued == len(CANCELED) + 3
        await told(own, Which(order_id=drive.order_id), DeliveryState.DELIVERED)
        assert set(late.ids) == {each.message_id for each in late.received}
        await webhooks.remove_endpoint(own.engine, new.name)
    left = await webhooks.list_messages(own.engine, Which(order_id=drive.order_id))
    assert {d.endpoint_id for view in left for d in view.deliveries} == {erp.name}


async def test_a_long_life_has_a_short_history(own: Plant, receiver: Receiver) -> None:
    """It begins anew after so many events, and misses nothing."""
    erp = await listen(own, receiver)
    await erp.handle.terminate()
    request = DeliverWebhooks(endpoint_id=erp.name, most_events=12)
    queue = own.settings.task_queue
    started = await own.client.start_workflow(
        "WebhookWorkflow", request, id=f"webhooks/{erp.name}", task_queue=queue
    )
    for count in range(1, 6):
        await erp.tested(1)
        await came(receiver, count)

    async def anew() -> bool:
        return (await erp.handle.describe()).run_id != started.result_run_id

    await eventually(anew)
    await told(own, Which(), DeliveryState.DELIVERED)


async def test_what_nobody_delivers_is_a_finding(
    own: Plant, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its repair is the command that has it delivered."""
    monkeypatch.setattr(webhook_checks, "_LOOK_AGAIN_SECONDS", 0.01)
    erp = await listen(own, receiver)
    [first] = await erp.tested(1)
    await told(own, Which(message_id=first), DeliveryState.DELIVERED)
    await erp.handle.terminate()
    async with own.database.writing() as tx:
        await tx.webhooks.queue(erp.name, [first], datetime.now(UTC) - timedelta(minutes=1))
    assert await verify(own.engine) == []
    [found] = await verify(own.engine, settled=True)
    assert found.rule == "every message is delivered, or has the reason on record"
    assert f"fulfillment webhooks endpoints enable {erp.name}" in found.repair
    await webhooks.enable_endpoint(own.engine, erp.name)
    await told(own, Which(message_id=first), DeliveryState.DELIVERED)
    assert await verify(own.engine, settled=True) == []
