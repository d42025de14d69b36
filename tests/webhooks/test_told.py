"""What the merchant is told of an order, on a real server, verified by a merchant's library."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client

from activities.orders import OrderActivities
from driving import Drive
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind
from fulfillment.domain.tracking import TrackingStatus
from fulfillment.domain.webhook_events import EventType
from fulfillment.domain.webhooks import DeliveryState
from fulfillment.messages import RecordOrder
from fulfillment.operations import orders, webhook_endpoints, webhooks
from fulfillment.operations.verify import verify
from fulfillment.webhooks.ports import NO_WAKER
from fulfillment.webhooks.stores import Which
from histories import audit
from journey import RIGHT_ADDRESS, WRONG_ADDRESS, looked_for_goods
from plant import Plant, new_id, order, plant
from webhook_listener import came, listen, told
from webhook_receiver import Receiver, types

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


async def test_what_is_waited_for_no_more_is_told(own: Plant, receiver: Receiver) -> None:
    """The rest of the order goes on."""
    erp = await listen(own, receiver)
    drive = Drive(own.engine, new_id("hook"))
    await drive.submit(("MUG", 1), ("RARE38", 1))
    await drive.at(OrderStage.BACK_ORDERED)
    await drive.task(TaskKind.PICK)
    await orders.cancel_order(own.engine, drive.order_id, "no more", "ada", back_ordered_only=True)
    await told(own, Which(), DeliveryState.DELIVERED)
    bodies = receiver.verified(erp.secret)
    assert "order.canceled" not in types(bodies)
    [partly] = [body["data"] for body in bodies if body["type"] == "order.partly_canceled"]
    assert [(0, 0), (1, 0)] == [
        (line["canceled"], line["back_ordered"]) for line in partly["order"]["lines"]
    ]


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
        await webhook_endpoints.remove_endpoint(own.engine, new.name)
    left = await webhooks.list_messages(own.engine, Which(order_id=drive.order_id))
    assert {d.endpoint_id for view in left for d in view.deliveries} == {erp.name}
