"""The day on which a carrier comes to a warehouse next: public holidays count, as in quotes."""

import asyncio
from datetime import date, datetime

from fulfillment.domain.calendars import WorkCalendar, pickup_date
from fulfillment.domain.catalog import Warehouse
from fulfillment.domain.manifests import ManifestRecord, pickup_day
from fulfillment.ports import Ports


async def next_pickup_on(ports: Ports, warehouse: Warehouse, at: datetime) -> date:
    """Return the day on which goods are fetched that are ready at an instant."""

    def find() -> date:
        return pickup_date(at, warehouse.timezone, warehouse.pickup_at, _origin(ports, warehouse))

    return await asyncio.to_thread(find)


async def manifest_pickup_on(
    ports: Ports, warehouse: Warehouse, manifest: ManifestRecord, at: datetime
) -> date:
    """Return the day of the next pickup of a manifest, booked at an instant."""

    def find() -> date:
        zone, cutoff = warehouse.timezone, warehouse.pickup_at
        return pickup_day(manifest.cut_off, at, zone, cutoff, _origin(ports, warehouse))

    return await asyncio.to_thread(find)


def _origin(ports: Ports, warehouse: Warehouse) -> WorkCalendar:
    """Return the working days there; the first holidays take a moment to load: not in the loop."""
    return ports.calendars.calendar(warehouse.address.country, warehouse.address.region)
