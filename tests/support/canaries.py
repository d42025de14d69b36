"""Personal data that is found again wherever it ends up, and orders that carry it everywhere."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.client import (
    WorkflowFailureError,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

import plant as plants
from floor_driver import Placed
from fulfillment.domain.addresses import Address
from fulfillment.domain.errors import FulfillmentError, NoServiceAvailable, Problem
from fulfillment.domain.lifecycle import OrderStage, Stage
from fulfillment.domain.orders import parse_order
from fulfillment.domain.picking import Picked
from fulfillment.domain.shipping import Rates, Shipment
from fulfillment.domain.tracking import TrackingEvent, TrackingStatus
from fulfillment.operations import floor, orders, tracking
from fulfillment.ports import QUOTED_WITHIN, CarrierClient


@dataclass(frozen=True)
class Flock:
    """The canaries of one shop, by where they are planted; no other shop has the same."""

    name: str

    def of(self, place: str) -> str:
        """Return the canary of a place."""
        return f"Canary{self.name}{place}"

    @property
    def phone(self) -> str:
        """Return a phone number that is a canary; none of it looks like a time or an id."""
        numbers = {"sealed": "90017731", "open": "90026642"}
        return f"+49 40 {numbers[self.name]}"

    def all(self) -> dict[str, str]:
        """Return each canary by where it is planted."""
        return {place: self.of(place) for place in PLACES} | {
            "phone": self.phone,
            "mail": f"{self.of('mail')}@example.com",
        }


PLACES = (
    "name",
    "street",
    "company",
    "gift",
    "engraving",
    "postal",
    "invalid",
    "declined",
    "scan",
    "signal",
    "note",
    "strike",
    "crash",
    "reason",
    "corrected",
    "release",
    "short",
)


def found_in(content: bytes, flock: Flock) -> set[str]:
    """Return the places whose canary is in there, in any case."""
    text = content.lower()
    return {place for place, canary in flock.all().items() if canary.lower().encode() in text}


def database_bytes(folder: Path) -> bytes:
    """Return everything that a dev server has written: all tables, the journal, its log."""
    files = sorted(folder.glob("temporal.*"))
    assert [file.name for file in files if file.name == "temporal.sqlite"]
    return b"".join(file.read_bytes() for file in files if file.suffix != ".lock")


class Crashing(Interceptor):
    """Lets the first try of two activities fail with a canary in its message."""

    def __init__(self, flock: Flock) -> None:
        """Keep what is said."""
        self.flock = flock

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Stand around activities."""
        return _Crash(next, self.flock)


class _Crash(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, flock: Flock) -> None:
        super().__init__(inner)
        self._flock = flock

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's name
        info = activity.info()
        if info.attempt == 1 and info.activity_type in {"plan_picking", "verify_order"}:
            message = f"a driver quotes {self._flock.of('crash')}"
            raise RuntimeError(message)
        return await super().execute_activity(input)


class Striking:
    """A carrier that refuses the first quote for cartons and for a label, quoting the customer."""

    def __init__(self, carrier: CarrierClient, flock: Flock) -> None:
        """Keep the carrier that does the rest."""
        self._carrier, self._flock = carrier, flock
        self._struck: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        """Let the carrier do the rest."""
        return getattr(self._carrier, name)

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Quote, from the second time on; an estimate, which has no addresses, at once."""
        asks = activity.info().activity_type if activity.in_activity() else ""
        if asks in self._struck or shipment.recipient is None:
            return await self._carrier.quote_rates(shipment, within)
        self._struck.add(asks)
        problem = Problem(path="receiver", expected="a good one", came=self._flock.of("strike"))
        raise NoServiceAvailable.of(problem)


def data_of(flock: Flock, order_id: str, **changes: Any) -> dict[str, Any]:
    """Return an order full of canaries."""
    line = {"sku": "MUG", "quantity": 1, "unit_price_minor": 1990}
    return plants.order_data(
        order_id,
        **{
            "customer": {
                "name": flock.of("name"),
                "email": flock.all()["mail"],
                "phone": flock.phone,
            },
            "ship_to": _address(flock),
            "lines": [
                {**line, "properties": {"engraving": flock.of("engraving")}},
                {**line, "sku": "BOOK"},
            ],
            "gift": {"message": flock.of("gift"), "wrap": True},
            **changes,
        },
    )


def _address(flock: Flock, **changes: Any) -> dict[str, Any]:
    return {
        "name": flock.of("name"),
        "company": flock.of("company"),
        "street": [f"{flock.of('street')} 1"],
        "city": "Hamburg",
        "postal_code": "20359",
        "country": "DE",
        **changes,
    }


async def carry(shop: plants.Plant, flock: Flock) -> list[str]:
    """Carry orders through every stage, with something going wrong at each; return their ids.

    The last one was never put on record.
    """
    kinds = ("whole", "held", "declined", "invalid")
    ids = {name: plants.new_id(f"{flock.name}-{name}") for name in kinds}
    await asyncio.gather(
        _whole(shop, flock, ids["whole"]),
        _held(shop, flock, ids["held"]),
        _declined(shop, flock, ids["declined"]),
        _invalid(shop, flock, ids["invalid"]),
    )
    return list(ids.values())


async def _submit(shop: plants.Plant, data: Mapping[str, Any]) -> Placed:
    order = parse_order(data)
    await orders.submit_order(shop.engine, order)
    return Placed(shop, order.order_id)


async def _whole(shop: plants.Plant, flock: Flock, order_id: str) -> None:
    order = await _submit(shop, data_of(flock, order_id))
    share = await order.share()
    with suppress(FulfillmentError):
        await share.pick(picked=(Picked(sku=flock.of("scan"), quantity=1),))
    wrong = {"by": flock.of("signal"), "picked": [{"sku": flock.of("scan"), "quantity": 1}]}
    await share.handle.signal("picking_done", wrong)
    await share.noted("pick by signal")
    await share.handle.signal("cancel_ordre", flock.of("signal"))
    with suppress(WorkflowUpdateFailedError):
        await share.handle.execute_update("confirm_sort", {"by": [flock.of("scan")]})
    with suppress(WorkflowQueryFailedError):
        await share.handle.query("why", flock.of("scan"))
    with suppress(FulfillmentError):
        await share.short(flock.of("short"), "BER-A0-01", 0)
    await share.pick(note=flock.of("note"))
    await share.sort(note=flock.of("note"))
    await share.pack(note=flock.of("note"))
    await share.blocked()
    await floor.retry_step(shop.engine, share.fulfillment_id)
    await share.at(Stage.AWAITING_PICKUP)
    await share.hand_over(note=flock.of("note"))
    for number in (await share.status()).tracking_numbers:
        left = TrackingEvent(
            event_id=f"{number}-canary",
            tracking_number=number,
            status=TrackingStatus.OUT_FOR_DELIVERY,
            at=(await order.record()).recorded_at,
            place=flock.of("street"),
            reason=flock.of("note"),
        )
        await tracking.record_tracking(shop.engine, left)
    await share.deliver()
    await order.ended()


async def _held(shop: plants.Plant, flock: Flock, order_id: str) -> None:
    """Held for its address, corrected, held for the phone, and canceled with a reason."""
    wrong = _address(flock, postal_code=flock.of("postal"))
    order = await _submit(shop, data_of(flock, order_id, ship_to=wrong))
    await order.at(OrderStage.ON_HOLD)
    still = Address.model_validate(_address(flock, street=[flock.of("corrected")], phone="17"))
    await orders.correct_address(shop.engine, order.order_id, still, flock.of("name"))
    await order.noted("address corrected")
    await order.at(OrderStage.ON_HOLD)
    await order.cancel(flock.of("reason"), flock.of("name"))
    await order.ended()


async def _declined(shop: plants.Plant, flock: Flock, order_id: str) -> None:
    """Declined, released once with a remark, declined again, and canceled by signal."""
    payment = {"method": "to_authorize", "reference": f"tok_{flock.of('declined')}"}
    order = await _submit(shop, data_of(flock, order_id, payment=payment))
    await order.at(OrderStage.ON_HOLD)
    await orders.release_hold(shop.engine, order.order_id, "zoe", flock.of("release"))
    await order.at(OrderStage.ON_HOLD)
    await order.handle.signal("cancel_order", {"reason": flock.of("reason"), "by": "zoe"})
    await order.ended()


async def _invalid(shop: plants.Plant, flock: Flock, order_id: str) -> None:
    """Refused: what came stands in the failure of the workflow."""
    data = data_of(flock, order_id, currency=flock.of("invalid"))
    with suppress(WorkflowFailureError):
        await shop.client.execute_workflow(
            "OrderWorkflow", data, id=f"order/{order_id}", task_queue=shop.settings.task_queue
        )
