"""Whether manifests are closed at their cut-offs."""

from datetime import datetime, timedelta

from fulfillment.domain.manifests import ManifestState
from fulfillment.operations.engine import Engine
from fulfillment.records import BookFinding

LATE = timedelta(days=1)
"""How long after its cut-off a manifest may be open: an outage's Schedules are made up for."""


async def manifest_findings(engine: Engine, now: datetime) -> list[BookFinding]:
    """Return the manifests that nobody has closed for a day."""
    async with engine.database.reading() as tx:
        late = await tx.manifests.page(state=ManifestState.OPEN, until=now - LATE)
    return [
        BookFinding(
            rule="a manifest is closed at its cut-off",
            rows=(f"manifests {one.manifest_id}",),
            message=f"{one.manifest_id} is open, and its cut-off was {one.cut_off:%Y-%m-%d %H:%M}",
            repair=f"fulfillment end-of-day {one.warehouse_id} {one.carrier_id}",
        )
        for one in late
    ]
