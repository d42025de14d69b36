"""Our own carriers, who drive, fly and sail by contract tariffs.

There is no other party to ask: every answer is a pure function of the request, so that asking again
gives the same answer without any memory. Once-only effects stand in our database, which gives out
the serials and sees to it that a key does not come back with another request.
"""

import asyncio
import hashlib
import re
from datetime import timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import content_hash
from fulfillment.domain.calendars import WorkCalendars
from fulfillment.domain.errors import NoServiceAvailable, NotFound, Problem
from fulfillment.domain.gs1 import checked_tracking_number, tracking_number
from fulfillment.domain.public_holidays import HolidayCalendars
from fulfillment.domain.rates import (
    parcel_cost,
    parcel_objections,
    quote_rates,
    route_objections,
    step_objections,
)
from fulfillment.domain.shipping import (
    BoughtLabel,
    LabelPurchase,
    LabelReference,
    Manifest,
    ManifestRequest,
    Pickup,
    PickupReference,
    PickupRequest,
    Rates,
    Shipment,
)
from fulfillment.domain.tariffs import Mode, ServiceTariff, TariffBook, parse_tariffs
from fulfillment.domain.tracking import TrackingEvent
from fulfillment.ports import QUOTED_WITHIN

MODE_LETTERS = {Mode.ROAD: "R", Mode.AIR: "A", Mode.SEA: "S"}
PICKUP_REFERENCE = re.compile(r"PU-[0-9]{8}-[0-9A-F]{10}")


def load_tariffs(path: Path | None = None) -> TariffBook:
    """Return the tariffs of a file, or the sample tariffs that come with the product.

    Raises:
        OSError: the file can't be read.
        pydantic.ValidationError: not a tariff file; each error names the field.

    """
    return _sample_tariffs() if path is None else parse_tariffs(path.read_text(encoding="utf-8"))


@cache
def _sample_tariffs() -> TariffBook:
    source = files("fulfillment.carriers") / "tariffs.json"
    return parse_tariffs(source.read_text(encoding="utf-8"))


class ContractCarrier:
    """The carriers of a tariff book; one object speaks for all of them."""

    name = "contract"

    def __init__(self, tariffs: TariffBook, calendars: WorkCalendars | None = None) -> None:
        """Keep the tariffs, and who knows the working days; by default, with public holidays."""
        self.tariffs = tariffs
        self._calendars = calendars or HolidayCalendars()
        self._is_loaded = False

    def speaks_for(self, carrier_id: str) -> bool:
        """Return whether a carrier is in the tariffs."""
        return any(carrier_id == service.carrier_id for service in self.tariffs.services)

    def objections(self, shipment: Shipment) -> tuple[Problem, ...]:
        """Return none: each service has its own."""
        del shipment
        return ()

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Return a quote or a refusal for each service."""
        del within  # it is known at once
        asked = (self.tariffs.services, shipment, self._calendars)
        if self._is_loaded:
            return quote_rates(*asked)
        # The first holidays take up to a second to load, in which the event loop must go on.
        rates = await asyncio.to_thread(quote_rates, *asked)
        self._is_loaded = True
        return rates

    async def buy_label(self, key: str, purchase: LabelPurchase) -> BoughtLabel:
        """Return a parcel's label; its tracking number comes from the purchase's serial.

        The labels of a shipment's parcels add up to its quote. We print the document ourselves.

        Raises:
            NoServiceAvailable: the service is not in the tariffs, or refuses the parcel.

        """
        del key  # the serial already makes the answer the same each time
        tariff = self._tariff_for(purchase)
        zone = tariff.zone_number(purchase.shipment.distance_km)
        return BoughtLabel(
            carrier_id=purchase.carrier_id,
            service_id=purchase.service_id,
            parcel_ref=purchase.parcel_ref,
            tracking_number=tracking_number(purchase.serial),
            routing_code=_routing_code(purchase.recipient, tariff.mode, zone),
            cost=parcel_cost(tariff, purchase.shipment, purchase.parcel),
            serial=purchase.serial,
        )

    async def void_label(self, key: str, label: LabelReference) -> None:
        """Take a label back; what was never handed over is never billed.

        Raises:
            NotFound: not one of our tracking numbers.

        """
        del key  # there is nothing to do twice
        _require_ours(label)

    async def book_pickup(self, key: str, request: PickupRequest) -> Pickup:
        """Return the booking of a pickup; another key is another booking.

        Raises:
            NotFound: no carrier of that id is in the tariffs.

        """
        self._require_known(request.carrier_id)
        return Pickup(
            reference=_reference("PU", key, request),
            carrier_id=request.carrier_id,
            warehouse_id=request.warehouse_id,
            on=request.on,
            window_start=request.window_start,
            window_end=request.window_end,
        )

    async def cancel_pickup(self, key: str, pickup: PickupReference) -> None:
        """Cancel a pickup; an empty truck is not billed.

        Raises:
            NotFound: not one of our pickup references.

        """
        del key  # there is nothing to do twice
        if not PICKUP_REFERENCE.fullmatch(pickup.reference):
            expected = "PU-, a date and ten characters"
            raise NotFound.of(_unknown("reference", expected, pickup.reference))

    async def close_manifest(self, key: str, request: ManifestRequest) -> Manifest:
        """Return the list of the parcels; another key is another list. We print it ourselves.

        Raises:
            NotFound: no carrier of that id is in the tariffs, or a number is not ours.

        """
        self._require_known(request.carrier_id)
        for label in request.labels:
            _require_ours(label)
        return Manifest(
            reference=_reference("MA", key, request),
            carrier_id=request.carrier_id,
            warehouse_id=request.warehouse_id,
            on=request.on,
            tracking_numbers=tuple(label.tracking_number for label in request.labels),
        )

    async def intercept(self, key: str, label: LabelReference) -> None:
        """Turn a parcel around at the next depot; its driver returns it to us at no charge.

        They can until it is out for delivery, which the caller sees from its tracking.

        Raises:
            NotFound: not one of our tracking numbers.

        """
        del key  # there is nothing to do twice
        _require_ours(label)

    async def track(self, label: LabelReference) -> tuple[TrackingEvent, ...]:
        """Return no events: our drivers report theirs by scanning, there is nobody else to ask.

        Raises:
            NotFound: not one of our tracking numbers.

        """
        _require_ours(label)
        return ()

    def _require_known(self, carrier_id: str) -> None:
        if not self.speaks_for(carrier_id):
            carriers = sorted({service.carrier_id for service in self.tariffs.services})
            raise NotFound.of(_unknown("carrier_id", f"one of {carriers}", carrier_id))

    def _tariff_for(self, purchase: LabelPurchase) -> ServiceTariff:
        tariff = self.tariffs.service(purchase.carrier_id, purchase.service_id)
        if tariff is None:
            known = ", ".join(service.key for service in self.tariffs.services)
            came = f"{purchase.carrier_id}/{purchase.service_id}"
            raise NoServiceAvailable.of(_unknown("service", f"one of {known}", came))
        objections = [
            *route_objections(tariff, purchase.shipment),
            *parcel_objections(tariff, purchase.parcel),
            *step_objections(tariff, purchase.shipment, purchase.parcel),
        ]
        if objections:
            raise NoServiceAvailable.of(*objections)
        return tariff


def _routing_code(recipient: Address, mode: Mode, zone: int) -> str:
    area = "".join(c for c in recipient.postal_code.upper() if c.isascii() and c.isalnum())[:3]
    return f"{recipient.country}-{area or '000'}-{MODE_LETTERS[mode]}{zone}"


def _reference(prefix: str, key: str, request: PickupRequest | ManifestRequest) -> str:
    seed = hashlib.sha256(f"{key}\n{content_hash(request)}".encode()).hexdigest()
    return f"{prefix}-{request.on:%Y%m%d}-{seed[:10].upper()}"


def _require_ours(label: LabelReference) -> None:
    number = label.tracking_number
    try:
        checked_tracking_number(number)
    except ValueError as error:
        problem = _unknown("tracking_number", "FC and twelve digits with their check digit", number)
        raise NotFound.of(problem) from error


def _unknown(path: str, expected: str, came: str) -> Problem:
    return Problem(path=path, expected=expected, came=repr(came))
