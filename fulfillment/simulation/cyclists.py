"""The cyclists: a network of carriers that only demonstrations have, and that can be down.

They carry what stays near, cheaper than anybody, and come soon after they are called. While a file
lies in their folder, nobody there answers.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from fulfillment.carriers.contract import ContractCarrier
from fulfillment.carriers.networks import Network, Section
from fulfillment.carriers.registry import NETWORKS
from fulfillment.domain.errors import CarrierUnavailable, Problem
from fulfillment.domain.shipping import (
    BoughtLabel,
    LabelPurchase,
    Manifest,
    ManifestRequest,
    Pickup,
    PickupRequest,
    Rates,
    Shipment,
)
from fulfillment.domain.tariffs import TariffBook, parse_tariffs
from fulfillment.ports import QUOTED_WITHIN, CarrierNotes

CYCLISTS = "cyclists"
"""The network's name, and its one carrier's."""

COMES_WITHIN = timedelta(seconds=8)
"""How long after a call they may take to come."""

_DOWN = "down"
"""The setting that says which file means that nobody answers."""

_TARIFFS = """
{"services": [{
  "carrier_id": "cyclists", "service_id": "bicycle", "name": "Bicycle Parcel", "mode": "road",
  "currency": "EUR", "max_weight_g": 40000, "max_length_mm": 1200, "dimensional_divisor": 5000,
  "hazard_allowed": true, "standard_for": ["standard", "economy"],
  "zones": [{"up_to_km": 60, "base_minor": 190, "per_kg_minor": 10, "transit_days": 1}]
}]}
"""


class Cyclists(ContractCarrier):
    """Cyclists who ride by a tariff of their own, and answer unless their office is down."""

    name = CYCLISTS

    def __init__(self, down: Path, notes: CarrierNotes) -> None:
        """Keep which file means that nobody answers, and where it is noted when they come."""
        super().__init__(cyclist_tariffs())
        self._down = down
        self._notes = notes

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Return a quote, or why they don't ride there.

        Raises:
            CarrierUnavailable: nobody answers.

        """
        await self._require_an_answer()
        return await super().quote_rates(shipment, within)

    async def buy_label(self, key: str, purchase: LabelPurchase) -> BoughtLabel:
        """Return a parcel's label; raises as `quote_rates`."""
        await self._require_an_answer()
        return await super().buy_label(key, purchase)

    async def book_pickup(self, key: str, request: PickupRequest) -> Pickup:
        """Return the booking: from now on, for a short while; the same key is the same booking."""
        await self._require_an_answer()
        booked = await super().book_pickup(key, request)
        noted = await self._notes.keep(f"{CYCLISTS}/pickup/{key}", datetime.now(UTC).isoformat())
        start = datetime.fromisoformat(noted)
        window = {"window_start": start, "window_end": start + COMES_WITHIN}
        return booked.model_copy(update=window)

    async def close_manifest(self, key: str, request: ManifestRequest) -> Manifest:
        """Return the list of the parcels; raises as `quote_rates`."""
        await self._require_an_answer()
        return await super().close_manifest(key, request)

    async def _require_an_answer(self) -> None:
        if await asyncio.to_thread(self._down.exists):
            problem = Problem(path=CYCLISTS, expected="an answer", came="none")
            raise CarrierUnavailable.of(problem)


class CyclistOffice:
    """Whether the cyclists answer, as whoever plays the power cut sets it."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder of the demonstration."""
        self._down = down_file(folder)

    def go_down(self) -> None:
        """Let nobody answer from now on."""
        self._down.parent.mkdir(parents=True, exist_ok=True)
        self._down.touch()

    def come_back(self) -> None:
        """Let them answer again."""
        self._down.unlink(missing_ok=True)


def cyclist_tariffs() -> TariffBook:
    """Return what the cyclists take."""
    return parse_tariffs(_TARIFFS)


def down_file(folder: Path) -> Path:
    """Return the file that means that nobody answers, in a demonstration's folder."""
    return folder / "cyclists-is-down"


def cyclist_section(folder: Path) -> dict[str, SecretStr]:
    """Return the network's own settings, as FULFILLMENT_CARRIER__CYCLISTS__… names them."""
    return {_DOWN: SecretStr(str(down_file(folder.absolute())))}


@asynccontextmanager
async def open_cyclists(section: Section, notes: CarrierNotes) -> AsyncIterator[Network]:
    """Open the network."""
    yield Cyclists(Path(section[_DOWN].get_secret_value()), notes)


def register_cyclists() -> None:
    """Make the network known to this process, as a line in the registry would to all."""
    NETWORKS[CYCLISTS] = open_cyclists
