"""Journeys against the odds: what is given up, what breaks, what takes too long."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError

import plant as plants
from driving import Drive
from fulfillment.domain.amendments import Wishes
from fulfillment.domain.delivery_exceptions import Resolution
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.errors import TooLate
from fulfillment.domain.lifecycle import (
    STAGE_OF_TASK,
    Nudge,
    OrderStage,
    Patience,
    Policy,
    Stage,
    TaskKind,
)
from fulfillment.domain.orders import Urgency
from fulfillment.domain.shipping import (
    BoughtLabel,
    LabelPurchase,
    LabelReference,
    Pickup,
    PickupRequest,
)
from fulfillment.domain.tracking import TrackingEvent, TrackingException, TrackingStatus
from fulfillment.messages import AmendOrder
from fulfillment.messages.holds import AskCustomer
from fulfillment.operations import floor, holds, order_changes, orders
from fulfillment.operations.delivery_exceptions import resolve_exception
from fulfillment.operations.fulfillment_access import fulfillment_handle
from fulfillment.ports import Ports
from journey import (
    DECLINED,
    LAPSING,
    RIGHT_ADDRESS,
    WRONG_ADDRESS,
    forbearing,
    hurried,
    journey,
    looked_for_goods,
    restless,
    task_shown,
)
from plant import Plant, eventually
from workflows.fulfillment import FulfillmentWorkflow
from workflows.order import OrderWorkflow

# --- what is given up ------------------------------------------------------------------------


@journey
async def canceled(_: Plant, drive: Drive) -> None:
    """Cancel while the goods lie in their bins."""
    await drive.submit()
    await drive.task(TaskKind.PICK)
    await task_shown(drive)
    await drive.cancel()
    await drive.ended()


@journey
async def paid_and_canceled(_: Plant, drive: Drive) -> None:
    """Cancel what was paid in the shop, and is to be refunded there."""
    await drive.submit(payment={"method": "paid", "reference": "shop-1"})
    await drive.task(TaskKind.PICK)
    await task_shown(drive)
    await drive.cancel()
    await drive.ended()


@journey
async def canceled_in_temporal(_: Plant, drive: Drive) -> None:
    """Cancel by Temporal's own Cancel."""
    await drive.submit()
    await drive.task(TaskKind.PICK)
    await task_shown(drive)
    await drive.handle.cancel()
    with suppress(WorkflowFailureError):
        await drive.ended()


@journey
async def canceled_on_hold(_: Plant, drive: Drive) -> None:
    """Have a card declined, and give up."""
    await drive.submit(payment=DECLINED)
    await drive.at(OrderStage.ON_HOLD)
    await drive.cancel()
    await drive.ended()


@journey
async def share_canceled(shop: Plant, drive: Drive) -> None:
    """Cancel one of two fulfillments in Temporal; the other one ships."""
    await shop.stock(drive.order_id, [("RTM-A2-09", "RARE6", 1)])
    await drive.submit(("LAMP", 1), ("RARE6", 1))
    await drive.task(TaskKind.PICK, 2)
    await task_shown(drive, 2)
    await fulfillment_handle(drive.engine, drive.share(2)).cancel()
    await drive.carry(1)
    await drive.ended()


@journey
async def too_late(_: Plant, drive: Drive) -> None:
    """Ask to cancel when the parcels are out for delivery, and have it refused."""
    await drive.submit()
    await drive.up_to(Stage.AWAITING_PICKUP)
    await drive.confirm(TaskKind.HAND_OVER)
    for label in await drive.labels():
        await drive.tell(label.tracking_number, TrackingStatus.OUT_FOR_DELIVERY)
    with suppress(TooLate):
        await drive.cancel()
        message = "canceled at the customer's door"
        raise AssertionError(message)
    await drive.deliver()
    await drive.ended()


@journey
async def taken_apart(_: Plant, drive: Drive) -> None:
    """Cancel what is labeled: labels are given back, and the goods are put back."""
    await drive.submit()
    await drive.up_to(Stage.AWAITING_PICKUP)
    await drive.cancel()
    await drive.confirm(TaskKind.PUT_BACK)
    await drive.ended()


@journey
async def turned_around(_: Plant, drive: Drive) -> None:
    """Cancel what is on its way: it is brought back, refunded, and put back."""
    await drive.submit()
    await drive.up_to(Stage.AWAITING_PICKUP)
    await drive.confirm(TaskKind.HAND_OVER)
    await drive.cancel()
    await drive.confirm(TaskKind.PUT_BACK)
    await drive.ended()


@journey
async def changed(_: Plant, drive: Drive) -> None:
    """Want it sooner, and sent to another house of the street."""
    await drive.submit()
    await drive.up_to(Stage.PICKING)
    await want_otherwise(drive)
    await drive.carry()
    await drive.ended()


async def want_otherwise(drive: Drive) -> None:
    """Have a customer want it sooner, and elsewhere."""
    wish = AmendOrder(by="ada", wishes=Wishes(urgency=Urgency.EXPRESS))
    await order_changes.amend(drive.engine, drive.order_id, wish)
    address = RIGHT_ADDRESS.model_copy(update={"street": ("Reeperbahn 7",)})
    await order_changes.change_address(drive.engine, drive.order_id, address, "ada")


# --- what breaks -----------------------------------------------------------------------------


@journey
async def child_terminated(_: Plant, drive: Drive) -> None:
    """Have a fulfillment's workflow terminated in mid-packing, and resume it."""
    await drive.submit()
    await drive.confirm(TaskKind.PICK)
    await drive.confirm(TaskKind.SORT)
    await drive.task(TaskKind.PACK)
    await floor.assign_task(drive.engine, drive.share(), "Bob", "Bea")
    await drive.signal("handed_over")
    await drive.acted("hand_over by signal")
    await fulfillment_handle(drive.engine, drive.share()).terminate("a test")
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
    handle = fulfillment_handle(drive.engine, drive.share())

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
    "back_order": _NUDGED,
    "hold": Patience(remind_after=SOON, escalate_after=SOON, then_after=SOON, policy=Policy.CANCEL),
    "pickup_grace": timedelta(seconds=0.5),
    "return_approval": _NUDGED,
    "return_approval_over_minor": 0,
    "tracking_poll_first": SOON,
}
HURRIED: dict[str, Any] = {"pick": _NUDGED}
FORBEARING: dict[str, Any] = {
    "hold": plants.PATIENT,
    "hold_question_remind": SOON,
    "hold_question_decide": SOON,
}


@hurried
async def reminded(_: Plant, drive: Drive) -> None:
    """Leave a pick alone until the supervisor is told."""
    await drive.submit()
    await drive.acted(Nudge.ESCALATION.value)
    await drive.carry()
    await drive.ended()


@forbearing
async def question_lapsed(_: Plant, drive: Drive) -> None:
    """Ask a customer who does not answer in time, and have staff decide."""
    await drive.submit(ship_to=WRONG_ADDRESS)
    await drive.at(OrderStage.ON_HOLD)
    await holds.ask_customer(drive.engine, drive.order_id, AskCustomer(question="where?", by="Bea"))
    await drive.acted(Nudge.ESCALATION.value)
    await orders.correct_address(drive.engine, drive.order_id, RIGHT_ADDRESS, "Bea")
    await drive.carry()
    await drive.ended()


@restless
async def rejected(_: Plant, drive: Drive) -> None:
    """Leave an order on hold until its time is over."""
    await drive.submit(payment=DECLINED)
    await drive.ended()


@restless
async def written_off(_: Plant, drive: Drive) -> None:
    """Ship what is never paid, until it is given up."""
    await drive.submit(payment=LAPSING)
    await drive.carry()
    await drive.ended()


@restless
async def awaited(_: Plant, drive: Drive) -> None:
    """Let an order wait for goods until the supervisor is told."""
    await drive.submit(("RARE8", 1))
    await drive.acted(Nudge.ESCALATION.value)
    await looked_for_goods(drive, 3)
    await drive.receive("BER-A1-06", "RARE8", 1)
    await drive.carry()
    await drive.ended()


@restless
async def missed_pickup(_: Plant, drive: Drive) -> None:
    """Have the carrier not come, and come on another day; see `HastyCarrier`."""
    await drive.submit()
    await drive.up_to(Stage.AWAITING_PICKUP)
    await drive.acted(Nudge.ESCALATION.value)
    await drive.carry(since=TaskKind.HAND_OVER)
    await drive.ended()


@restless
async def lost_parcel(_: Plant, drive: Drive) -> None:
    """Have the carrier say, when it is asked, that a parcel is lost; see `HastyCarrier`.

    Its goods are sent again.
    """
    await drive.submit()
    for kind in STAGE_OF_TASK:
        await drive.confirm(kind)
    handle = fulfillment_handle(drive.engine, drive.share())

    async def look() -> bool:
        status = await handle.query(FulfillmentWorkflow.status)
        return status.blocked_on.startswith("delivery")

    await eventually(look)
    decision = Resolution(choice=Choice.RESHIP, by=drive.by)
    await resolve_exception(drive.engine, drive.share(), decision)
    await drive.ended()
    again = Drive(drive.engine, f"{drive.order_id}-R1")
    await again.carry()
    await again.ended()


@dataclass(frozen=True)
class HastyCarrier:
    """Has pickups missed and parcels lost, of the orders that are to have that.

    The first pickup window of the one is over at once; of the other one it says so when asked.
    """

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

    async def buy_label(self, key: str, purchase: LabelPurchase) -> BoughtLabel:
        """Sell a label, of a parcel that must be asked after if it is to be lost."""
        bought: BoughtLabel = await self.inner.buy_label(key, purchase)
        return bought.model_copy(update={"polled": purchase.order_id.endswith("lost_parcel")})

    async def track(self, label: LabelReference) -> Sequence[TrackingEvent]:
        """Return that the parcel is lost."""
        lost = TrackingEvent(
            event_id=f"lost-{label.tracking_number}",
            tracking_number=label.tracking_number,
            status=TrackingStatus.EXCEPTION,
            exception=TrackingException.LOST,
            at=datetime.now(UTC),
        )
        return [lost]


def hasty(ports: Ports) -> Ports:
    """Return the ports with the carrier of which one pickup is missed."""
    return replace(ports, carrier=HastyCarrier(ports.carrier))
