"""Pickups and manifests: what happens at the dock, each once for a key."""

from fulfillment.carriers.easypost import pickups, scan_forms, shipments
from fulfillment.carriers.easypost.account import (
    EasyPostAccount,
    our_reference,
    problem_of,
    reference_of,
)
from fulfillment.carriers.easypost.pickups import BookedPickup, PickupWish
from fulfillment.carriers.easypost.scan_forms import ScanForm
from fulfillment.carriers.easypost.wire import Request, carrier_of
from fulfillment.domain.errors import CarrierRefused, CarrierUnavailable, NotFound, Unavailable
from fulfillment.domain.shipping import (
    Manifest,
    ManifestRequest,
    Pickup,
    PickupReference,
    PickupRequest,
)


class HandOver(EasyPostAccount):
    """Pickups and manifests."""

    async def book_pickup(self, key: str, request: PickupRequest) -> Pickup:
        """Have the carrier come, once for a key.

        Raises:
            CarrierRefused: it does not come there and then.

        """
        booked = await self._pickup_of(key, request)
        if booked.is_canceled:
            raise CarrierRefused.of(
                problem_of("key", "one whose pickup stands", "one whose pickup was called off")
            )
        if not booked.is_scheduled:
            booked = await self._schedule(booked, request)
        return Pickup(
            reference=booked.id,
            carrier_id=request.carrier_id,
            warehouse_id=request.warehouse_id,
            on=request.on,
            window_start=request.window_start,
            window_end=request.window_end,
        )

    async def cancel_pickup(self, key: str, pickup: PickupReference) -> None:
        """Call a pickup off; again is as good as once."""
        del key  # a pickup is canceled once, whoever asks
        try:
            answer = await self._ask_pickup(pickups.cancel_request(pickup.reference))
        except CarrierRefused:
            answer = await self._ask_pickup(pickups.retrieve_request(pickup.reference))
            if not answer.is_canceled:
                raise
        if not answer.is_canceled:
            raise CarrierRefused.of(problem_of("pickup", "canceled", answer.status[:40] or "none"))

    async def _ask_pickup(self, request: Request) -> BookedPickup:
        return pickups.parse_response(await self.http.send(request))

    async def _pickup_of(self, key: str, request: PickupRequest) -> BookedPickup:
        note = f"pickup/{key}"
        noted = await self.notes.find(note)
        if noted is not None:
            return await self._ask_pickup(pickups.retrieve_request(noted))
        wish = _pickup_wish(note, request)
        try:
            found = await self._ask_pickup(pickups.retrieve_request(wish.reference))
        except NotFound:
            found = await self._ask_pickup(pickups.to_request(wish))
        first = await self.notes.keep(note, found.id)
        if first == found.id:
            return found
        return await self._ask_pickup(pickups.retrieve_request(first))

    async def _schedule(self, booked: BookedPickup, request: PickupRequest) -> BookedPickup:
        rate = booked.cheapest(carrier_of(request.carrier_id))
        if rate is None:
            came = f"none of {carrier_of(request.carrier_id)}"
            raise CarrierRefused.of(problem_of("pickup", "a rate for it", came))
        try:
            answer = await self._ask_pickup(pickups.buy_request(booked.id, rate))
        except (CarrierUnavailable, CarrierRefused):
            answer = await self._ask_pickup(pickups.retrieve_request(booked.id))
            if not answer.is_scheduled:
                raise
        if not answer.is_scheduled:
            raise CarrierRefused.of(problem_of("pickup", "scheduled", answer.status[:40] or "none"))
        return answer

    async def close_manifest(self, key: str, request: ManifestRequest) -> Manifest:
        """Put the parcels on a scan form, once for a key.

        Raises:
            CarrierRefused: the carrier does not take the list.
            Unavailable: it is still in the making.

        """
        form = await self._scan_form_of(key, request)
        if form.is_failed:
            raise CarrierRefused.of(problem_of("scan form", "created", "failed"))
        if not form.is_created or not form.form_url:
            raise Unavailable.of(problem_of("scan form", "created", form.status[:40]))
        missing = {label.tracking_number for label in request.labels} - set(form.tracking_codes)
        if form.tracking_codes and missing:
            came = f"one without {', '.join(sorted(missing))}"
            raise CarrierRefused.of(problem_of("scan form", "one with all parcels", came))
        return Manifest(
            reference=form.id,
            carrier_id=request.carrier_id,
            warehouse_id=request.warehouse_id,
            on=request.on,
            tracking_numbers=tuple(label.tracking_number for label in request.labels),
            document=await self.http.download(form.form_url),
        )

    async def _scan_form_of(self, key: str, request: ManifestRequest) -> ScanForm:
        """Return the one scan form of a key: noted, that of its first parcel, or made now."""
        note = f"manifest/{key}"
        noted = await self.notes.find(note)
        if noted is None:
            first = await self.ask(shipments.retrieve_request(reference_of(request.labels[0])))
            noted = first.scan_form.id if first.scan_form else None
        if noted is not None:
            return await self._ask_form(scan_forms.retrieve_request(noted))
        ids = [reference_of(label) for label in request.labels]
        made = await self._ask_form(scan_forms.to_request(ids))
        await self.notes.keep(note, made.id)
        return made

    async def _ask_form(self, request: Request) -> ScanForm:
        return scan_forms.parse_response(await self.http.send(request))


def _pickup_wish(note: str, request: PickupRequest) -> PickupWish:
    if request.address is None or not request.labels:
        problem = problem_of("pickup", "an address and a label that was bought", "none")
        raise CarrierRefused.of(problem)
    return PickupWish(
        reference=our_reference(note),
        address=request.address,
        window_start=request.window_start,
        window_end=request.window_end,
        shipment_id=reference_of(request.labels[0]),
        parcels=request.parcels,
    )
