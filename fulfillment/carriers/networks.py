"""What a network of carriers offers beyond the port, and where it notes what must be kept."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable

from pydantic import SecretStr

from fulfillment.domain.address_verdicts import AddressVerdict
from fulfillment.domain.addresses import Address
from fulfillment.domain.errors import Problem
from fulfillment.domain.shipping import LabelReference, Shipment
from fulfillment.ports import CarrierClient, CarrierNotes, Database

Section = Mapping[str, SecretStr]
"""A network's own settings, by name: FULFILLMENT_CARRIER__<NETWORK>__<NAME>."""


class Network(CarrierClient, Protocol):
    """Carriers that are reached the same way: our own, or those behind one interface."""

    @property
    def name(self) -> str:
        """What the network is called in settings and messages."""

    def speaks_for(self, carrier_id: str) -> bool:
        """Return whether a carrier is reached by this network."""

    def objections(self, shipment: Shipment) -> Sequence[Problem]:
        """Return why a shipment is not for this network, as far as it knows without asking.

        Where there is any, it is not asked: what it knows by itself says nothing of whether those
        behind it answer.
        """


@runtime_checkable
class Intercepting(Protocol):
    """A network whose carriers bring a parcel back that is on its way; most can't."""

    async def intercept(self, key: str, label: LabelReference) -> None:
        """Have a parcel brought back; raises CarrierRefused where it is too late."""


@runtime_checkable
class Verifying(Protocol):
    """A network whose carriers tell whether they deliver to an address; most can't."""

    @property
    def verifies_addresses(self) -> bool:
        """Return whether it shall be asked."""

    async def verify_address(self, address: Address) -> AddressVerdict:
        """Return whether an address can be delivered to; raises CarrierUnavailable."""


Opener = Callable[[Section, CarrierNotes], AbstractAsyncContextManager[Network]]
"""Opens a network with its settings.

Raises:
    pydantic.ValidationError: a setting is missing or wrong.
"""


class DatabaseNotes:
    """Notes in the record of things, each in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        """Keep the record of things."""
        self._database = database

    async def find(self, key: str) -> str | None:
        """Return what was noted under a key, or None."""
        async with self._database.reading() as tx:
            return await tx.carrier_notes.find(key)

    async def keep(self, key: str, text: str) -> str:
        """Note a text under a key unless there is one; return the one that is noted."""
        async with self._database.writing() as tx:
            return await tx.carrier_notes.keep(key, text)
