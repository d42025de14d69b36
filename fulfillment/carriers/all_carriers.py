"""All networks as one carrier client: rates are asked of all at once, the rest of who sold it.

One that does not answer is left alone for a while (`domain/circuits.py`), and costs the others
nothing: its rates are missing, and the answer says so.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from fulfillment.carriers.networks import Intercepting, Network, Verifying
from fulfillment.domain.address_verdicts import AddressVerdict
from fulfillment.domain.addresses import Address
from fulfillment.domain.circuits import Circuit, CircuitRules, CircuitState
from fulfillment.domain.errors import (
    CarrierUnavailable,
    FulfillmentError,
    Impossible,
    NoCarrierAnswers,
    NotFound,
    Problem,
    Refused,
)
from fulfillment.domain.rates import merge_rates
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
    Refusal,
    Shipment,
)
from fulfillment.domain.tracking import TrackingEvent
from fulfillment.ports import QUOTED_WITHIN, VERIFIED_WITHIN, Clock, NoInterceptor

ResultT = TypeVar("ResultT")

_log = logging.getLogger(__name__)


class AllCarriers:
    """The networks that are set up, each behind a circuit breaker."""

    def __init__(
        self, networks: Sequence[Network], clock: Clock, rules: CircuitRules | None = None
    ) -> None:
        """Keep the networks; where two speak for a carrier, the first one does."""
        self.networks = tuple(networks)
        self._clock = clock
        self._rules = rules or CircuitRules()
        self._circuits = {network.name: Circuit() for network in networks}

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Return the rates of all networks, and of those that are down, that they are.

        Raises:
            NoCarrierAnswers: nothing was quoted, and at least one is down.

        """
        asking = (self._quoted(each, shipment, within) for each in self.networks)
        answers = await asyncio.gather(*asking)
        rates = merge_rates([answer for answer in answers if isinstance(answer, Rates)])
        down = tuple(answer for answer in answers if isinstance(answer, Refusal))
        refusals = rates.refusals + down
        if down and not rates.quotes:
            raise NoCarrierAnswers.of(*(p for refusal in refusals for p in refusal.problems))
        return Rates(quotes=rates.quotes, refusals=refusals)

    async def buy_label(self, key: str, purchase: LabelPurchase) -> BoughtLabel:
        """Buy a label for a parcel."""
        network = self._network_of(purchase.carrier_id)
        return await self._ask(network, lambda: network.buy_label(key, purchase))

    async def void_label(self, key: str, label: LabelReference) -> None:
        """Give back a label that was not used."""
        network = self._network_of(label.carrier_id)
        await self._ask(network, lambda: network.void_label(key, label))

    async def track(self, label: LabelReference) -> Sequence[TrackingEvent]:
        """Return all that is known of a parcel's way, by time."""
        network = self._network_of(label.carrier_id)
        return await self._ask(network, lambda: network.track(label))

    async def book_pickup(self, key: str, request: PickupRequest) -> Pickup:
        """Have parcels fetched."""
        network = self._network_of(request.carrier_id)
        return await self._ask(network, lambda: network.book_pickup(key, request))

    async def cancel_pickup(self, key: str, pickup: PickupReference) -> None:
        """Call a pickup off."""
        network = self._network_of(pickup.carrier_id)
        await self._ask(network, lambda: network.cancel_pickup(key, pickup))

    async def close_manifest(self, key: str, request: ManifestRequest) -> Manifest:
        """Put the parcels that a carrier takes on one list."""
        network = self._network_of(request.carrier_id)
        return await self._ask(network, lambda: network.close_manifest(key, request))

    def can_intercept(self, carrier_id: str) -> bool:
        """Return whether a carrier brings parcels back that are on their way."""
        speaking = (network for network in self.networks if network.speaks_for(carrier_id))
        return isinstance(next(speaking, None), Intercepting)

    async def intercept(self, key: str, label: LabelReference) -> None:
        """Have a parcel brought back.

        Raises:
            CarrierRefused: it can't be stopped any more, or by this carrier never.

        """
        network = self._network_of(label.carrier_id)
        if isinstance(network, Intercepting):
            return await self._ask(network, partial(network.intercept, key, label))
        return await NoInterceptor().intercept(key, label)

    @property
    def verifies_addresses(self) -> bool:
        """Return whether any network is to be asked about the addresses of new orders."""
        return self._verifying() is not None

    async def verify_address(
        self, address: Address, within: timedelta = VERIFIED_WITHIN
    ) -> AddressVerdict:
        """Return whether the network that is to be asked delivers to an address.

        Raises:
            CarrierUnavailable: no answer within that time; it counts against the network.

        """
        network = self._verifying()
        if not isinstance(network, Verifying):
            return AddressVerdict(problems=(), verified=False)
        verify = partial(network.verify_address, address)
        return await self._ask(network, lambda: self._in_time(network, within, verify))

    def _verifying(self) -> Network | None:
        asked = (n for n in self.networks if isinstance(n, Verifying) and n.verifies_addresses)
        return next(asked, None)

    def _network_of(self, carrier_id: str) -> Network:
        for network in self.networks:
            if network.speaks_for(carrier_id):
                return network
        names = ", ".join(network.name for network in self.networks)
        raise NotFound.of(
            Problem(
                path="carrier_id",
                expected=f"a carrier of {names}",
                came=repr(carrier_id),
                remedy="set up the network that it belongs to (docs/carriers.md)",
            )
        )

    async def _quoted(
        self, network: Network, shipment: Shipment, within: timedelta
    ) -> Rates | Refusal:
        """Return a network's rates, none where it says no; or that it is down.

        What it objects to is no question: it neither waits for the circuit nor closes it.
        """
        if problems := network.objections(shipment):
            return Rates(quotes=(), refusals=(self._refusal(network, problems),))
        try:
            quote = partial(network.quote_rates, shipment, within)
            return await self._ask(network, lambda: self._in_time(network, within, quote))
        except CarrierUnavailable as error:
            return self._refusal(network, self._reasons(network, error))
        except (Impossible, Refused) as error:
            refusal = self._refusal(network, self._reasons(network, error))
            return Rates(quotes=(), refusals=(refusal,))

    def _reasons(self, network: Network, error: FulfillmentError) -> Sequence[Problem]:
        return error.problems or (self._down(network, error.code),)

    @staticmethod
    def _refusal(network: Network, problems: Sequence[Problem]) -> Refusal:
        return Refusal(
            carrier_id=network.name,
            service_id="any",
            name=network.name,
            problems=tuple(problems),
        )

    async def _in_time(
        self, network: Network, within: timedelta, act: Callable[[], Awaitable[ResultT]]
    ) -> ResultT:
        """Give up after a while, inside of `_ask`, so that the circuit learns of it."""
        try:
            async with asyncio.timeout(within.total_seconds()):
                return await act()
        except TimeoutError as error:
            problem = self._down(network, f"none within {within.total_seconds():g} s")
            raise CarrierUnavailable.of(problem) from error

    async def _ask(self, network: Network, act: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Ask a network, if its circuit admits it, and learn from how that went."""
        self._admit(network)
        try:
            answer = await act()
        except CarrierUnavailable:
            self._turn(network, self._circuits[network.name].failed(self._now(), self._rules))
            raise
        except FulfillmentError:
            self._turn(network, self._circuits[network.name].answered())
            raise
        self._turn(network, self._circuits[network.name].answered())
        return answer

    def _admit(self, network: Network) -> None:
        circuit, now = self._circuits[network.name], self._now()
        if circuit.admits(now, self._rules):
            self._turn(network, circuit.asked(now))
            return
        again = circuit.retry_at(self._rules) or now
        came = f"none {circuit.failures} times in a row; asked again from {again:%H:%M:%S %Z} on"
        problem = self._down(network, came)
        error = CarrierUnavailable(str(problem), [problem])
        error.retry_after = max(again - now, timedelta(seconds=1))
        raise error

    def _turn(self, network: Network, circuit: Circuit) -> None:
        before, self._circuits[network.name] = self._circuits[network.name], circuit
        if before.state is not circuit.state:
            level = logging.INFO if circuit.state is CircuitState.CLOSED else logging.WARNING
            _log.log(level, "carrier network %s: circuit %s", network.name, circuit.state.value)

    def _now(self) -> datetime:
        return self._clock.now()

    @staticmethod
    def _down(network: Network, came: str) -> Problem:
        return Problem(path=network.name, expected="an answer", came=came)
