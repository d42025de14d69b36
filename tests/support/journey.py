"""What a journey is, and what its ways have in common."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from driving import Drive
from fulfillment.domain.addresses import Address
from fulfillment.domain.lifecycle import Stage
from fulfillment.operations.fulfillment_access import fulfillment_handle
from plant import Plant, eventually
from workflows.fulfillment import FulfillmentWorkflow

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
LAPSING = {"method": "to_authorize", "reference": "tok_expired"}
DECLINED_ONCE = {"method": "to_authorize", "reference": "tok_decline_once"}


class House(StrEnum):
    """What kind of shop a journey needs; see `journeys.HOUSES`."""

    CALM = "calm"
    RESTLESS = "restless"
    """With short patience, except for people on the floor."""
    HURRIED = "hurried"
    """With short patience for pickers: whoever is slow, as on a loaded machine, is reminded."""
    FORBEARING = "forbearing"
    """Whose customers are asked for a short time only, and nobody is rejected for it."""
    SUPPLIED = "supplied"
    """What is missing is purchased or produced."""
    BY_MANIFEST = "by_manifest"
    """One pickup for all parcels of a manifest."""
    LONG_LIVED = "long_lived"
    """With short histories: what waits soon continues as new."""


@dataclass(frozen=True)
class Journey:
    """A way from an order to its end."""

    name: str
    way: Way
    house: House = House.CALM

    async def go(self, shop: Plant, prefix: str) -> str:
        """Drive an order along the whole way; return its id."""
        order_id = f"{prefix}.{self.name}"
        await self.way(shop, Drive(shop.engine, order_id))
        return order_id


JOURNEYS: dict[str, Journey] = {}


def _in(house: House) -> Callable[[Way], Way]:
    def enter(way: Way) -> Way:
        JOURNEYS[way.__name__] = Journey(way.__name__, way, house)
        return way

    return enter


journey = _in(House.CALM)
"""Enter a way among the journeys."""
restless = _in(House.RESTLESS)
hurried = _in(House.HURRIED)
forbearing = _in(House.FORBEARING)
"""Enter a way that needs the short patience."""
supplied = _in(House.SUPPLIED)
"""Enter a way on which goods are purchased or produced."""
by_manifest = _in(House.BY_MANIFEST)
"""Enter a way on which parcels are fetched by the manifest."""
long_lived = _in(House.LONG_LIVED)
"""Enter a way on which workflows continue as new."""


# --- waiting for a workflow ------------------------------------------------------------------


async def task_shown(drive: Drive, number: int = 1) -> None:
    """Wait until a fulfillment's workflow shows its pick task."""
    handle = fulfillment_handle(drive.engine, drive.share(number))

    async def look() -> bool:
        return (await handle.query(FulfillmentWorkflow.status)).stage is Stage.PICKING

    await eventually(look)


async def looked_for_goods(drive: Drive, times: int) -> None:
    """Wait until the order has asked for its goods so often."""

    async def look() -> bool:
        async with drive.engine.database.reading() as tx:
            effects = await tx.effects.of_order(drive.order_id)
        return sum(effect.step == "reserve_stock" for effect in effects) == times

    await eventually(look)


async def in_transit(drive: Drive) -> None:
    """Wait until the carrier has the parcels."""

    async def look() -> bool:
        async with drive.engine.database.reading() as tx:
            return (await tx.fulfillments.get(drive.share())).stage is Stage.IN_TRANSIT

    await eventually(look)
