"""Every way that an order can take, each driven to its end: for faults, replays and kills.

A journey has articles of its own, so that many can go at once in one shop, and what is left of it
does not depend on their company. The restless ones need the short patience of `RESTLESS`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError

import plant as plants
from driving import SIGNALS, Drive, eventually
from fulfillment.domain.addresses import Address
from fulfillment.domain.confirmations import PickConfirmation, ShortPick
from fulfillment.domain.errors import ConfirmationRefused, TooLate
from fulfillment.domain.lifecycle import Nudge, OrderStage, Patience, Policy, Stage, TaskKind
from fulfillment.domain.shipping import Pickup, PickupRequest
from fulfillment.operations import floor, orders
from fulfillment.ports import Ports
from plant import Plant
from workflows.fulfillment import FulfillmentWorkflow
from workflows.order import OrderWorkflow

Way = Callable[[Plant, Drive], Awaitable[None]]
WRONG_ADDRESS = {
    "name": "Ada Lovelace",
    "street": ["Reeperbahn 1"],
    "city": "Hamburg",
    "postal_code": "2035",
    "country": "DE",
}
RIGHT_ADDRESS = Address.model_validate({**WRONG_ADDRESS, "postal_code": "20359"})
DECLINED = {"method": "to_authorize", "reference": "tok_declined"}
DECLINED_ONCE = {"method": "to_authorize", "reference": "tok_decline_once"}


@dataclass(frozen=True)
class Journey:
    """A way from an order to its end."""

    name: str
    way: Way
    restless: bool = False

    async def go(self, shop: Plant, prefix: str) -> str:
        """Drive an order along the whole way; return its id."""
        order_id = f"{prefix}.{self.name}"
        await self.way(shop, Drive(shop.engine, order_id))
        return order_id


JOURNEYS: dict[str, Journey] = {}


def _journey(way: Way) -> Way:
    JOURNEYS[way.__name__] = Journey(way.__name__, way)
    return way


def _restless(way: Way) -> Way:
    JOURNEYS[way.__name__] = Journey(way.__name__, way, restless=True)
    return way


# --- the ordinary ----------------------------------------------------------------------------


@_journey
async def ordinary(_: Plant, drive: Drive) -> None:
    """Confirm every step by an update."""
    await drive.submit()
    await drive.carry()
    await drive.ended()


@_journey
async def by_signals(_: Plant, drive: Drive) -> None:
    """Confirm every step by a bare signal, and have the tracking looked up by one."""
    await drive.submit()
    for kind, name in SIGNALS.items():
        await drive.task(kind)
        await drive.signal(name)
    await _in_transit(drive)
    await drive.deliver()
    await drive.signal("tracking_updated")
    await drive.ended()


@_journey
async def split(shop: Plant, drive: Drive) -> None:
    """Ship from two warehouses."""
    await shop.stock(drive.order_id, [("RTM-A2-06", "RARE0", 1)])
    await drive.submit(("LAMP", 1), ("RARE0", 1))
    await asyncio.gather(drive.carry(1), drive.carry(2))
    await drive.ended()


@_journey
async def paid_before(_: Plant, drive: Drive) -> None:
    """Carry an order for which there is nothing to authorize and nothing to capture."""
    await drive.submit(payment={"method": "paid", "reference": "shop-1"})
    await drive.carry()
    await drive.ended()


# --- what is missing -------------------------------------------------------------------------


@_journey
async def back_ordered(_: Plant, drive: Drive) -> None:
    """Ship what is there, and the rest when it arrives."""
    await drive.submit(("MUG", 1), ("RARE1", 2))
    await drive.at(OrderStage.BACK_ORDERED)
    await drive.carry(1)
    await drive.receive("BER-A0-05", "RARE1", 2)
    await drive.carry(2)
    await drive.ended()


@_journey
async def complete_only(_: Plant, drive: Drive) -> None:
    """Wait until everything is there."""
    await drive.submit(("MUG", 1), ("RARE2", 1), ship_complete=True)
    await drive.at(OrderStage.BACK_ORDERED)
    await drive.receive("BER-A0-06", "RARE2", 1)
    await asyncio.gather(drive.carry(1), drive.carry(2))
    await drive.ended()


@_journey
async def short_pick(shop: Plant, drive: Drive) -> None:
    """Find less than planned, and have the rest shipped from elsewhere."""
    rows = [("BER-A0-07", "RARE3", 3), ("RTM-A2-07", "RARE3", 5)]
    await shop.stock(drive.order_id, rows)
    await drive.submit(("RARE3", 3))
    await drive.task(TaskKind.PICK)
    short = ShortPick(by="Ann", sku="RARE3", bin_id="BER-A0-07", found=1)
    await floor.report_short_pick(drive.engine, drive.share(), short)
    await asyncio.gather(drive.carry(1), drive.carry(2))
    await drive.ended()


@_journey
async def nothing_found(shop: Plant, drive: Drive) -> None:
    """Find nothing at all; the fulfillment closes, and another warehouse ships."""
    rows = [("BER-A0-08", "RARE4", 2), ("RTM-A2-08", "RARE4", 2)]
    await shop.stock(drive.order_id, rows)
    await drive.submit(("RARE4", 2))
    await drive.task(TaskKind.PICK)
    short = ShortPick(by="Ann", sku="RARE4", bin_id="BER-A0-08", found=0)
    await floor.report_short_pick(drive.engine, drive.share(), short)
    await drive.carry(2)
    await drive.ended()


# --- what is wrong ---------------------------------------------------------------------------


@_journey
async def hold_corrected(_: Plant, drive: Drive) -> None:
    """Correct an address that was found wrong."""
    await drive.submit(ship_to=WRONG_ADDRESS)
    await drive.at(OrderStage.ON_HOLD)
    await orders.correct_address(drive.engine, drive.order_id, RIGHT_ADDRESS, "Bea")
    await drive.carry()
    await drive.ended()


@_journey
async def hold_released(_: Plant, drive: Drive) -> None:
    """Let an order go on by signal in spite of what was found."""
    customer = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+49 1"}
    await drive.submit(customer=customer)
    await drive.at(OrderStage.ON_HOLD)
    await drive.handle.signal(OrderWorkflow.hold_released, arg={"by": "Bea"})
    await drive.carry()
    await drive.ended()


@_journey
async def declined_once(_: Plant, drive: Drive) -> None:
    """Have a card declined, and accepted when it is asked again."""
    await drive.submit(payment=DECLINED_ONCE)
    await drive.at(OrderStage.ON_HOLD)
    await orders.release_hold(drive.engine, drive.order_id, "Bea", "the customer called")
    await drive.carry()
    await drive.ended()


@_journey
async def blocked_step(shop: Plant, drive: Drive) -> None:
    """Have a step blocked by a wrong catalog, correct it, and try again."""
    article = next(a for a in plants.ARTICLES if a.sku == "RARE5")
    giant = article.model_copy(update={"dimensions": plants.dimensions(1500, 600, 1200)})
    await _catalog(shop, giant)
    await shop.stock(drive.order_id, [("BER-A1-05", "RARE5", 1)])
    await drive.submit(("RARE5", 1))
    await drive.confirm(TaskKind.PICK)
    await drive.task(TaskKind.SORT)
    await drive.signal("sorting_done")
    await drive.acted(Nudge.ESCALATION.value)
    await _catalog(shop, article)
    await floor.retry_step(drive.engine, drive.share())
    await drive.carry(since=TaskKind.PACK)
    await drive.ended()


async def _catalog(shop: Plant, article: Any) -> None:
    async with shop.database.writing() as tx:
        await tx.catalog.add_articles([article])


@_journey
async def refused_signals(_: Plant, drive: Drive) -> None:
    """Have nonsense and what comes too early refused, and go on."""
    await drive.submit()
    await drive.task(TaskKind.PICK)
    await _task_shown(drive)
    await drive.signal("picking_done", {"by": 5, "picked": "x"})
    await drive.signal("packing_done", {"by": "Ann"})
    await drive.acted("pack by signal")
    await drive.acted("pick by signal")
    await drive.up_to(Stage.AWAITING_PICKUP)
    await drive.confirm(TaskKind.HAND_OVER)
    await drive.signal("tracking_updated", 5)
    await drive.deliver()
    await drive.ended()


@_journey
async def assigned(_: Plant, drive: Drive) -> None:
    """Give a task to a person, whom nobody else may confirm for."""
    await drive.submit()
    await drive.task(TaskKind.PICK)
    await floor.assign_task(drive.engine, drive.share(), "Bob", "Bea")
    with suppress(ConfirmationRefused):
        wrong = PickConfirmation(by="Ann", note="not mine")
        await floor.confirm_pick(drive.engine, drive.share(), wrong)
        message = "somebody else's task was confirmed"
        raise AssertionError(message)
    await drive.confirm(TaskKind.PICK, by="Bob")
    await drive.carry(since=TaskKind.SORT)
    await drive.ended()


# --- what is given up ------------------------------------------------------------------------


@_journey
async def canceled(_: Plant, drive: Drive) -> None:
    """Cancel while the goods lie in their bins."""
    await drive.submit()
    await drive.task(TaskKind.PICK)
    await _task_shown(drive)
    await drive.cancel()
    await drive.ended()


@_journey
async def canceled_in_temporal(_: Plant, drive: Drive) -> None:
    """Cancel by Temporal's own Cancel."""
    await drive.submit()
    await drive.task(TaskKind.PICK)
    await _task_shown(drive)
    await drive.handle.cancel()
    with suppress(WorkflowFailureError):
        await drive.ended()


@_journey
async def canceled_on_hold(_: Plant, drive: Drive) -> None:
    """Have a card declined, and give up."""
    await drive.submit(payment=DECLINED)
    await drive.at(OrderStage.ON_HOLD)
    await drive.cancel()
    await drive.ended()


@_journey
async def share_canceled(shop: Plant, drive: Drive) -> None:
    """Cancel one of two fulfillments in Temporal; the other one ships."""
    await shop.stock(drive.order_id, [("RTM-A2-09", "RARE6", 1)])
    await drive.submit(("LAMP", 1), ("RARE6", 1))
    await drive.task(TaskKind.PICK, 2)
    await _task_shown(drive, 2)
    await floor.handle(drive.engine, drive.share(2)).cancel()
    await drive.carry(1)
    await drive.ended()


@_journey
async def too_late(_: Plant, drive: Drive) -> None:
    """Ask to cancel when the goods are picked, and have it refused."""
    await drive.submit()
    await drive.confirm(TaskKind.PICK)
    with suppress(TooLate):
        await drive.cancel()
        message = "canceled behind the picking"
        raise AssertionError(message)
    await drive.carry(since=TaskKind.SORT)
    await drive.ended()


# --- what breaks -----------------------------------------------------------------------------


@_journey
async def child_terminated(_: Plant, drive: Drive) -> None:
    """Have a fulfillment's workflow terminated in mid-packing, and resume it."""
    await drive.submit()
    await drive.confirm(TaskKind.PICK)
    await drive.confirm(TaskKind.SORT)
    await drive.task(TaskKind.PACK)
    await floor.assign_task(drive.engine, drive.share(), "Bob", "Bea")
    await drive.signal("handed_over")
    await drive.acted("hand_over by signal")
    await floor.handle(drive.engine, drive.share()).terminate("a test")
    await _blocked_on_child(drive)
    await orders.resume_order(drive.engine, drive.order_id)
    await _runs_again(drive)
    await floor.assign_task(drive.engine, drive.share(), "Cem", "Bea")
    await drive.signal("handed_over", {"by": "Cem"})
    await drive.acted("hand_over by signal", 2)
    await drive.confirm(TaskKind.PACK, by="Cem")
    await drive.carry(since=TaskKind.HAND_OVER)
    await drive.ended()


async def _blocked_on_child(drive: Drive) -> None:
    async def look() -> bool:
        return "broken" in (await drive.handle.query(OrderWorkflow.status)).blocked_on

    await eventually(look)


async def _runs_again(drive: Drive) -> None:
    handle = floor.handle(drive.engine, drive.share())

    async def look() -> bool:
        if (await handle.describe()).status is not WorkflowExecutionStatus.RUNNING:
            return False
        return (await handle.query(FulfillmentWorkflow.status)).stage is Stage.PACKING

    await eventually(look)


# --- what takes too long ---------------------------------------------------------------------

SOON = timedelta(seconds=1)
LATER = timedelta(hours=1)
_NUDGED = Patience(remind_after=SOON, escalate_after=SOON, then_after=LATER)
RESTLESS: dict[str, Any] = {
    "pick": _NUDGED,
    "back_order": _NUDGED,
    "hold": Patience(remind_after=SOON, escalate_after=SOON, then_after=SOON, policy=Policy.CANCEL),
    "pickup_grace": timedelta(seconds=0.5),
}


@_restless
async def reminded(_: Plant, drive: Drive) -> None:
    """Leave a pick alone until the supervisor is told."""
    await drive.submit()
    await drive.acted(Nudge.ESCALATION.value)
    await drive.carry()
    await drive.ended()


@_restless
async def rejected(_: Plant, drive: Drive) -> None:
    """Leave an order on hold until its time is over."""
    await drive.submit(payment=DECLINED)
    await drive.ended()


@_restless
async def awaited(_: Plant, drive: Drive) -> None:
    """Let an order wait for goods until the supervisor is told."""
    await drive.submit(("RARE8", 1))
    await drive.acted(Nudge.ESCALATION.value)
    await _looked_for_goods(drive, 3)
    await drive.receive("BER-A1-06", "RARE8", 1)
    await drive.carry()
    await drive.ended()


@_restless
async def missed_pickup(_: Plant, drive: Drive) -> None:
    """Have the carrier not come, and come on another day; see `HastyCarrier`."""
    await drive.submit()
    await drive.up_to(Stage.AWAITING_PICKUP)
    await drive.acted(Nudge.ESCALATION.value)
    await drive.carry(since=TaskKind.HAND_OVER)
    await drive.ended()


@dataclass(frozen=True)
class HastyCarrier:
    """Offers a first pickup window that is over at once for the orders that are to miss it."""

    inner: Any
    seen: dict[str, Pickup] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        """Do everything else as the carrier within does."""
        return getattr(self.inner, name)

    async def book_pickup(self, key: str, request: PickupRequest) -> Pickup:
        """Have parcels fetched: at once, or in a day if that was missed."""
        booked: Pickup = await self.inner.book_pickup(key, request)
        if "missed_pickup" not in key or "rebook_pickup" in key:
            return booked
        window = {"window_start": datetime.now(UTC), "window_end": datetime.now(UTC) + SOON}
        return self.seen.setdefault(key, booked.model_copy(update=window))


def hasty(ports: Ports) -> Ports:
    """Return the ports with the carrier of which one pickup is missed."""
    return replace(ports, carrier=HastyCarrier(ports.carrier))


# --- waiting for a workflow ------------------------------------------------------------------


async def _task_shown(drive: Drive, number: int = 1) -> None:
    handle = floor.handle(drive.engine, drive.share(number))

    async def look() -> bool:
        return (await handle.query(FulfillmentWorkflow.status)).stage is Stage.PICKING

    await eventually(look)


async def _looked_for_goods(drive: Drive, times: int) -> None:
    async def look() -> bool:
        async with drive.engine.database.reading() as tx:
            effects = await tx.effects.of_order(drive.order_id)
        return sum(effect.step == "reserve_stock" for effect in effects) == times

    await eventually(look)


async def _in_transit(drive: Drive) -> None:
    async def look() -> bool:
        async with drive.engine.database.reading() as tx:
            return (await tx.fulfillments.get(drive.share())).stage is Stage.IN_TRANSIT

    await eventually(look)
