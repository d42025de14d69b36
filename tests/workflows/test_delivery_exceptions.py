"""Parcels that do not arrive as they should: a person decides, and the workflow carries it out."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from temporalio.client import Client

import plant as plants
from activities.cancellation import CancellationActivities
from activities.giving_back import GivingBackActivities
from floor_driver import ANN, Placed, Share, place, refusal_of
from fulfillment.domain.addresses import Address
from fulfillment.domain.confirmations import PutBackConfirmation
from fulfillment.domain.delivery_exceptions import Resolution
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.errors import CarrierUnavailable, Refused
from fulfillment.domain.lifecycle import OrderStage, Patience, Policy, Stage, TaskKind
from fulfillment.domain.orders import ReplacementReason, Replaces
from fulfillment.domain.shipping import BoughtLabel, LabelPurchase, LabelReference
from fulfillment.domain.tracking import TrackingEvent, TrackingException, TrackingStatus
from fulfillment.messages import Accepted, InterceptParcels, StopWork
from fulfillment.operations import floor, order_views
from fulfillment.operations.delivery_exceptions import (
    close_late_arrival,
    receive_undelivered,
    resolve_exception,
)
from fulfillment.operations.parcel_tracking import track_order
from fulfillment.operations.tracking import record_tracking
from fulfillment.ports import Authorization, PaymentGateway, Ports
from fulfillment.records import TaskRecord, TaskState
from histories import audited_plant

X, S = TrackingException, TrackingStatus


async def on_its_way(
    shop: plants.Plant, name: str, *lines: tuple[str, int]
) -> tuple[Placed, Share]:
    """Hand an order over to its carrier."""
    order = await place(shop, name, *lines)
    share = await order.share()
    await share.to(Stage.IN_TRANSIT)
    return order, share


async def in_trouble(share: Share, exception: TrackingException) -> tuple[str, TaskRecord]:
    """Have the carrier say that the first parcel is in trouble; return it and the task."""
    number = (await share.status()).tracking_numbers[0]
    await share.carrier_says(S.EXCEPTION, number, exception)
    return number, await open_task(share)


async def open_task(share: Share) -> TaskRecord:
    """Wait until somebody is asked to decide, and the workflow knows."""

    async def look() -> TaskRecord | None:
        found = await floor.list_tasks(
            share.engine, kind=TaskKind.DELIVERY_EXCEPTION, fulfillment_id=share.fulfillment_id
        )
        blocked = (await share.status()).blocked_on.startswith("delivery: ")
        return found[0] if found and blocked else None

    return await plants.eventually(look)


async def decide(share: Share, choice: Choice, **fields: Any) -> Accepted:
    """Decide."""
    said = Resolution(choice=choice, **{"by": ANN, **fields})
    return await resolve_exception(share.engine, share.fulfillment_id, said)


async def replacement(shop: plants.Plant, order: Placed) -> Placed:
    """Wait until the order that replaces one's goods is on record."""
    sent = Placed(shop, f"{order.order_id}-R1")

    async def look() -> bool:
        return await shop.read(lambda tx: tx.orders.find(sent.order_id)) is not None

    await plants.eventually(look)
    return sent


async def test_a_lost_parcel_is_sent_again(shop: plants.Plant) -> None:
    """As a linked order with nothing to pay; the first one says that it was lost.

    A delivery after all that is booked, and a person sees to it.
    """
    order, share = await on_its_way(shop, "lost")
    number, task = await in_trouble(share, X.LOST)
    assert [{"tracking_number": number, "cause": "lost", "is_back": False}] == task.plan["parcels"]
    answer = await decide(share, Choice.RESHIP, reason="the carrier admits it")
    assert f"sent again as order {order.order_id}-R1" == answer.message
    assert "completed, 3 lost and sent again" == await order.ended()
    assert Stage.UNDELIVERED is (await share.record()).stage
    told = ["acknowledged", "shipped", "exception", "exception_resolved"]
    assert told == await order.told()

    sent = await replacement(shop, order)
    record = await sent.record()
    assert Replaces(order_id=order.order_id, reason=ReplacementReason.LOST) == record.order.replaces
    assert {"MUG": 2, "BOOK": 1} == {line.sku: line.quantity for line in record.order.lines}
    assert "completed" == await sent.finish()
    assert (0, 0, 0) == await sent.money()
    view = await order_views.show_order(shop.engine, order.order_id)
    assert (sent.order_id,) == view.replaced_by

    await share.carrier_says(S.DELIVERED, number)
    await share.carrier_says(S.DELIVERED, number)
    [late] = await floor.list_tasks(
        shop.engine, kind=TaskKind.LATE_ARRIVAL, fulfillment_id=share.fulfillment_id
    )
    await close_late_arrival(shop.engine, late.task_id, ANN, "keeps and pays it")
    given_up = await shop.read(lambda tx: tx.given_up.find(number))
    assert given_up is not None
    assert "arrived" == given_up.goods


@dataclass(frozen=True)
class BreaksOff:
    """A carrier that must be asked, knows that a first parcel is lost, and then is silent."""

    inner: Any
    asked: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        """Do everything else as the carrier within does."""
        return getattr(self.inner, name)

    async def buy_label(self, key: str, purchase: LabelPurchase) -> BoughtLabel:
        """Sell a label, of a parcel that must be asked after."""
        bought: BoughtLabel = await self.inner.buy_label(key, purchase)
        return bought.model_copy(update={"polled": True})

    async def track(self, label: LabelReference) -> list[TrackingEvent]:
        """Return that the first parcel is lost; of another one there is no answer."""
        self.asked.append(label.tracking_number)
        if label.tracking_number != self.asked[0]:
            message = "no answer"
            raise CarrierUnavailable(message)
        lost = TrackingEvent(
            event_id=f"lost-{label.tracking_number}",
            tracking_number=label.tracking_number,
            status=S.EXCEPTION,
            exception=X.LOST,
            at=datetime.now(UTC),
        )
        return [lost]


async def test_what_a_carrier_said_before_it_broke_off_is_decided(
    client: Client, tmp_path: Path
) -> None:
    """It is on record, and no news at the next asking; a person is asked to decide all the same."""

    def change(ports: Ports) -> Ports:
        return replace(ports, carrier=BreaksOff(ports.carrier))

    soon = timedelta(seconds=0.3)
    async with audited_plant(client, tmp_path, change=change, tracking_poll_first=soon) as shop:
        order, share = await on_its_way(shop, "breaks_off", ("LAMP", 6))
        numbers = (await share.status()).tracking_numbers
        assert 1 < len(numbers)
        [parcel] = (await open_task(share)).plan["parcels"]
        assert ("lost", True) == (parcel["cause"], parcel["tracking_number"] in numbers)
        await decide(share, Choice.RESHIP)
        for number in numbers:
            if number != parcel["tracking_number"]:
                await share.carrier_says(S.DELIVERED, number)
        await order.ended()
        await replacement(shop, order)


async def test_a_refused_parcel_is_refunded_and_received_back(shop: plants.Plant) -> None:
    """What its units have cost goes back once; its goods come to quarantine with a scan."""
    order, share = await on_its_way(shop, "refused")
    number, _ = await in_trouble(share, X.REFUSED)
    paid = (await order.payment()).captured_minor
    await decide(share, Choice.REFUND)
    assert "completed, 3 lost and refunded" == await order.ended()
    payment = await order.payment()
    assert (paid, paid) == (payment.captured_minor, payment.refunded_minor)
    assert ["refunded", "exception_resolved"] == (await order.told())[-2:]
    [expected] = await floor.list_tasks(
        shop.engine, kind=TaskKind.UNDELIVERED, fulfillment_id=share.fulfillment_id
    )
    assert number == expected.plan["tracking_number"]
    first = await receive_undelivered(shop.engine, number, ANN)
    assert first == await receive_undelivered(shop.engine, number, ANN)
    closed = await floor.show_task(shop.engine, expected.task_id)
    assert (TaskState.DONE, ANN) == (closed.state, closed.closed_by)


class Interrupted:
    """A gateway that refuses a refund once, of which it may have made the first part."""

    def __init__(self, gateway: PaymentGateway) -> None:
        """Keep the gateway that does the rest."""
        self._gateway = gateway
        self.keys: list[str] = []

    def __getattr__(self, name: str) -> Any:
        """Let the gateway do the rest."""
        return getattr(self._gateway, name)

    async def refund(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Give back, at the second time."""
        self.keys.append(key)
        if len(self.keys) == 1:
            message = "call us"
            raise Refused(message)
        return await self._gateway.refund(key, reference, amount_minor)


async def test_a_refund_that_breaks_off_goes_on_with_its_key(
    client: Client, tmp_path: Path
) -> None:
    """It is shown, and tried again when told; the fulfillment does not fail."""
    banks: list[Interrupted] = []

    def change(ports: Ports) -> Ports:
        banks.append(Interrupted(ports.payments))
        return replace(ports, payments=cast("PaymentGateway", banks[0]))

    async with plants.plant(client, tmp_path, change=change) as shop:
        order, share = await on_its_way(shop, "breaks")
        await in_trouble(share, X.LOST)
        deciding = asyncio.create_task(decide(share, Choice.REFUND))
        await share.noted("blocked: call us")
        await floor.retry_step(shop.engine, share.fulfillment_id)
        await deciding
        assert "completed, 3 lost and refunded" == await order.ended()
        assert 1 == len(set(banks[0].keys))
        payment = await order.payment()
        assert payment.captured_minor == payment.refunded_minor > 0


async def test_a_parcel_that_moves_on_closes_its_task(shop: plants.Plant) -> None:
    """Nothing is decided then; nor does an old exception open it again."""
    order, share = await on_its_way(shop, "moves")
    before = datetime.now(UTC) - timedelta(hours=1)
    number, task = await in_trouble(share, X.ADDRESS_PROBLEM)
    await share.carrier_says(S.OUT_FOR_DELIVERY, number)
    await share.noted("moves on by itself")
    assert TaskState.CLOSED is (await floor.show_task(shop.engine, task.task_id)).state
    refusal = await refusal_of(decide(share, Choice.RESHIP))
    assert "expected a parcel in trouble, came none" in str(refusal)
    await _says_late(share, number, before)
    await share.carrier_says(S.DELIVERED, number)
    assert "completed" == await order.ended()
    tasks = await floor.list_tasks(
        shop.engine,
        kind=TaskKind.DELIVERY_EXCEPTION,
        state=None,
        fulfillment_id=share.fulfillment_id,
    )
    assert [task.task_id] == [one.task_id for one in tasks]


async def _says_late(share: Share, number: str, at: datetime) -> None:
    event = TrackingEvent(
        event_id=f"{number}-old",
        tracking_number=number,
        status=S.EXCEPTION,
        exception=X.LOST,
        at=at,
    )
    await record_tracking(share.engine, event)


async def test_a_parcel_goes_to_its_new_address_once_it_is_back(shop: plants.Plant) -> None:
    """Until then it is waited for; the goods are sent again to the new address by themselves."""
    order, share = await on_its_way(shop, "elsewhere")
    number, _ = await in_trouble(share, X.ADDRESS_PROBLEM)
    new = Address(
        name="Ada Lovelace",
        street=("Jungfernstieg 7",),
        city="Hamburg",
        postal_code="20354",
        country="DE",
    )
    answer = await decide(share, Choice.NEW_ADDRESS, ship_to=new)
    assert "goes to the new address once it is back" == answer.message
    assert Stage.IN_TRANSIT is (await share.status()).stage
    await share.carrier_says(S.EXCEPTION, number, X.RETURNED_TO_SENDER)
    await share.carrier_says(S.RETURNED, number, X.RETURNED_TO_SENDER)
    assert "completed, 3 lost and sent again" == await order.ended()
    sent = await replacement(shop, order)
    assert new == (await sent.record()).order.ship_to
    await receive_undelivered(shop.engine, number, ANN)


async def test_waiting_ends_with_the_day_that_was_named(shop: plants.Plant) -> None:
    """Then it is to be decided again; by signal this time, as from the Temporal UI."""
    order, share = await on_its_way(shop, "waits")
    _, first = await in_trouble(share, X.HELD_AT_CUSTOMS)
    await decide(share, Choice.WAIT, until=datetime.now(UTC) + timedelta(seconds=2))
    second = await open_task(share)
    assert first.task_id != second.task_id
    await share.handle.signal("exception_resolved", {"choice": "never"})
    await share.handle.signal("exception_resolved")
    await share.handle.signal("exception_resolved", "reship")
    assert "completed, 3 lost and sent again" == await order.ended()
    refused = [a for a in await order.actions() if a.action == "resolve by signal" and a.refused]
    assert 2 == len(refused)
    await replacement(shop, order)


async def test_what_can_not_be_decided_is_refused_with_what_to_do(shop: plants.Plant) -> None:
    """And leaves no event; the one who has the task decides."""
    order, share = await on_its_way(shop, "wrong")
    too_early = await refusal_of(decide(share, Choice.RESHIP))
    assert "expected a parcel in trouble" in str(too_early)
    await in_trouble(share, X.DAMAGED)
    past = datetime(2026, 1, 1, tzinfo=UTC)
    cases: list[tuple[Choice, dict[str, Any], str]] = [
        (Choice.WAIT, {}, "say until when to wait"),
        (Choice.WAIT, {"until": past}, "say until when to wait"),
        (Choice.NEW_ADDRESS, {}, "give the address"),
        (Choice.REFUND, {"tracking_numbers": ("XY1",)}, "name parcels that are in trouble"),
    ]
    for choice, fields, remedy in cases:
        assert remedy in str(await refusal_of(decide(share, choice, **fields)))
    await floor.assign_task(shop.engine, share.fulfillment_id, "bob", "eve")
    assert "expected bob, came ann" in str(await refusal_of(decide(share, Choice.REFUND)))
    await decide(share, Choice.REFUND, by="bob")
    assert "completed, 3 lost and refunded" == await order.ended()
    gone = await refusal_of(decide(share, Choice.RESHIP))
    assert "nothing is left to do" in str(gone)


async def test_one_of_two_parcels(shop: plants.Plant) -> None:
    """It is sent again; the other one arrives, and the order says both."""
    order, share = await on_its_way(shop, "one", ("MUG", 1), ("SOAP", 1))
    numbers = (await share.status()).tracking_numbers
    assert 2 == len(numbers)
    await share.carrier_says(S.EXCEPTION, numbers[0], X.LOST)
    await open_task(share)
    found = await track_order(shop.engine, order.order_id)
    assert (0, 1, OrderStage.FULFILLING) == (found.delivered, found.in_trouble, found.stage)
    assert "lost" == found.parcels[0].exception
    await decide(share, Choice.RESHIP)
    await share.carrier_says(S.DELIVERED, numbers[1])
    assert "completed, 1 lost and sent again" == await order.ended()
    assert "delivered" == (await order.told())[-1]
    sent = await replacement(shop, order)
    assert 1 == sum(line.quantity for line in (await sent.record()).order.lines)
    found = await track_order(shop.engine, order.order_id)
    assert (1, ("reship", None)) == (found.delivered, tuple(p.given_up for p in found.parcels))


async def test_that_a_parcel_comes_today_is_told_once_and_only_while_it_is_true(
    shop: plants.Plant,
) -> None:
    """Not when it is known by then that it has arrived."""
    order, share = await on_its_way(shop, "today")
    [number] = (await share.status()).tracking_numbers
    for _ in range(2):
        await share.carrier_says(S.OUT_FOR_DELIVERY, number)
    await share.noted("customer told: out_for_delivery")
    await share.carrier_says(S.DELIVERED, number)
    await order.ended()
    assert ["shipped", "out_for_delivery", "delivered"] == (await order.told())[-3:]

    order, share = await on_its_way(shop, "overtaken")
    [number] = (await share.status()).tracking_numbers
    await share.lose_news_of_delivery()
    await share.carrier_says(S.OUT_FOR_DELIVERY, number)
    await share.noted("customer told: out_for_delivery")
    await share.handle.signal("tracking_updated")
    await order.ended()
    assert ["shipped", "delivered"] == (await order.told())[-2:]


async def test_nobody_decides(client: Client, tmp_path: Path) -> None:
    """They are pressed, then what is set by default is done, once, by the engine."""
    tick = timedelta(seconds=0.3)
    patience = Patience(
        remind_after=tick, escalate_after=tick, then_after=tick, policy=Policy.CANCEL
    )
    async with audited_plant(
        client, tmp_path, delivery_exception=patience, delivery_default=Choice.REFUND
    ) as shop:
        order, share = await on_its_way(shop, "nobody")
        [number] = (await share.status()).tracking_numbers
        await share.carrier_says(S.EXCEPTION, number, X.DAMAGED)
        assert "completed, 3 lost and refunded" == await order.ended()
        task = await share.task(TaskKind.DELIVERY_EXCEPTION)
        closed = (task.state, task.closed_by, task.reminders, task.escalations)
        assert (TaskState.DONE, "engine", 1, 1) == closed
        done = [action.action for action in await order.actions()]
        assert ["reminder", "escalation", "resolve_exception"] == done[-3:]


async def test_delays_are_worked_where_that_is_set(client: Client, tmp_path: Path) -> None:
    """By default they pass by themselves."""
    worked = (X.DELAYED,)
    async with audited_plant(client, tmp_path, delivery_worked=worked) as shop:
        order, share = await on_its_way(shop, "delayed")
        [number] = (await share.status()).tracking_numbers
        await share.carrier_says(S.EXCEPTION, number, X.LOST)
        await share.carrier_says(S.EXCEPTION, number, X.DELAYED)
        task = await open_task(share)
        assert "delayed" == task.plan["parcels"][0]["cause"]
        await share.carrier_says(S.DELIVERED, number)
        assert "completed" == await order.ended()
        assert TaskState.CLOSED is (await floor.show_task(shop.engine, task.task_id)).state


async def test_what_is_decided_once_it_is_canceled_is_refused(
    client: Client, tmp_path: Path
) -> None:
    """The books knew of the cancellation before the fulfillment heard of it; the goods come back.

    So it is after a worker that died between the two.
    """
    async with plants.plant(client, tmp_path) as shop:
        order, share = await on_its_way(shop, "toolate")
        await in_trouble(share, X.LOST)
        turn = InterceptParcels(
            key="test/intercept_parcels/-/1",
            order_id=order.order_id,
            fulfillment_ids=(share.fulfillment_id,),
        )
        await GivingBackActivities(shop.ports).intercept_parcels(turn)
        stop = StopWork(key="test/stop_work/-/1", order_id=order.order_id, reason="x", by="ada")
        stopped = await CancellationActivities(shop.ports).stop_work(stop)
        assert (share.fulfillment_id,) == stopped.stopped
        refusal = await refusal_of(decide(share, Choice.RESHIP))
        assert "the fulfillment was canceled" in str(refusal)
        await share.at(Stage.CANCELED)
        put_back = PutBackConfirmation(by="bob")
        await floor.confirm_put_back(shop.engine, share.fulfillment_id, put_back)
        assert "canceled" == await order.ended()
