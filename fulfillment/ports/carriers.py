"""What is asked of carriers: rates, labels, pickups, interception, and addresses."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from fulfillment.domain.address_verdicts import AddressVerdict
from fulfillment.domain.addresses import Address
from fulfillment.domain.errors import CarrierRefused, Problem
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
from fulfillment.domain.tracking import TrackingEvent

QUOTED_WITHIN = timedelta(seconds=8)
"""How long rates may take, unless it is said how long."""


class RateQuoter(Protocol):
    """Who says what carriers would take; asking changes nothing."""

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Return rates, as `CarrierClient.quote_rates` does."""


class NoRates:
    """Nobody to ask."""

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Return no rates."""
        del shipment, within  # nobody looks at them
        return Rates(quotes=())


NO_RATES = NoRates()


class CarrierClient(Protocol):
    """Carriers, in the trade's vocabulary; every call that changes something is idempotent by key.

    All of them raise CarrierUnavailable where there is no answer: nobody knows then whether the
    carrier has acted, and the same call again finds out before it acts. What the carrier says no
    to is CarrierRefused, what it does not know is NotFound.
    """

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Return what each service costs and when it arrives, and why the others do not serve.

        Args:
            shipment: what is to be sent.
            within: how long that may take; who has not answered by then is down.

        Raises:
            NoCarrierAnswers: nothing was quoted, and a carrier that might serve is down.

        """

    async def buy_label(self, key: str, purchase: LabelPurchase) -> BoughtLabel:
        """Buy a label for a parcel.

        Raises:
            NoServiceAvailable: the service does not take the parcel, or not any more.

        """

    async def void_label(self, key: str, label: LabelReference) -> None:
        """Give back a label that was not used."""

    async def track(self, label: LabelReference) -> Sequence[TrackingEvent]:
        """Return all that is known of a parcel's way, by time."""

    async def book_pickup(self, key: str, request: PickupRequest) -> Pickup:
        """Have parcels fetched."""

    async def cancel_pickup(self, key: str, pickup: PickupReference) -> None:
        """Call a pickup off."""

    async def close_manifest(self, key: str, request: ManifestRequest) -> Manifest:
        """Put the parcels that a carrier takes on one list, and tell it."""


class Interceptor(Protocol):
    """What some carriers can besides: stop a parcel on its way and bring it back.

    Our own carriers can until a parcel is out for delivery. A network that has `intercept` has this
    capability; one that has not is asked nothing, and its parcels come back as returns only.
    """

    def can_intercept(self, carrier_id: str) -> bool:
        """Return whether a carrier brings parcels back that are on their way."""

    async def intercept(self, key: str, label: LabelReference) -> None:
        """Have a parcel brought back; the same key again changes nothing.

        Raises:
            CarrierRefused: it can't be stopped any more.
            CarrierUnavailable: no answer; ask again with the same key.

        """


class NoInterceptor:
    """Carriers that bring nothing back."""

    def can_intercept(self, carrier_id: str) -> bool:
        """Return that it does not."""
        del carrier_id
        return False

    async def intercept(self, key: str, label: LabelReference) -> None:
        """Refuse; raises CarrierRefused."""
        del key
        problem = Problem(
            path=label.carrier_id,
            expected="a carrier that brings parcels back",
            came=label.tracking_number,
            remedy="make a return once it has arrived",
        )
        raise CarrierRefused(str(problem), [problem])


class CarrierNotes(Protocol):
    """What must be remembered of a key until its effect is on record, kept for good."""

    async def find(self, key: str) -> str | None:
        """Return what was noted under a key, or None."""

    async def keep(self, key: str, text: str) -> str:
        """Note a text under a key unless there is one; return the one that is noted."""


VERIFIED_WITHIN = timedelta(seconds=2)
"""How long that may take, unless it is said how long: well within the activity's own time."""


class AddressVerifier(Protocol):
    """Carriers that tell whether they find an address; asking changes nothing."""

    async def verify_address(
        self, address: Address, within: timedelta = VERIFIED_WITHIN
    ) -> AddressVerdict:
        """Return whether an address can be delivered to, as far as they know.

        Raises:
            CarrierUnavailable: no answer within that time.

        """
