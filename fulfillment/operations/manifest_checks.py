"""Whether manifests are closed at their cut-offs, and their hand-over is seen through."""

from datetime import datetime, timedelta

from fulfillment.domain.manifests import ManifestRecord, ManifestState
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.records import BookFinding
from fulfillment.temporal.identifiers import end_of_day_workflow_id

LATE = timedelta(days=1)
"""How long after its cut-off a manifest may be open: an outage's Schedules are made up for."""


async def manifest_findings(engine: Engine, before: datetime) -> list[BookFinding]:
    """Return the manifests that nobody has closed for a day, or whose hand-over nobody awaits.

    Args:
        engine: where to look.
        before: what was closed later may not have shown itself yet.

    """
    async with engine.database.reading() as tx:
        late = await tx.manifests.page(state=ManifestState.OPEN, until=before - LATE)
        unfinished = await tx.manifests.unfinished()
    left = [one for one in unfinished if one.closed_at is not None and one.closed_at <= before]
    orphans = [one for one in left if not await _runs(engine, one)]
    return [_still_open(one) for one in late] + [_orphan(one) for one in orphans]


async def _runs(engine: Engine, one: ManifestRecord) -> bool:
    name = end_of_day_workflow_id(one.warehouse_id, one.carrier_id, one.cut_off)
    try:
        async with answered(name):
            return (await engine.client.get_workflow_handle(name).describe()).close_time is None
    except NotRunning:
        return False


def _still_open(one: ManifestRecord) -> BookFinding:
    return BookFinding(
        rule="a manifest is closed at its cut-off",
        rows=(f"manifests {one.manifest_id}",),
        message=f"{one.manifest_id} is open, and its cut-off was {one.cut_off:%Y-%m-%d %H:%M}",
        repair=f"fulfillment end-of-day {one.warehouse_id} {one.carrier_id}",
    )


def _orphan(one: ManifestRecord) -> BookFinding:
    return BookFinding(
        rule="a closed manifest whose parcels wait has its workflow",
        rows=(f"manifests {one.manifest_id}",),
        message=f"parcels of {one.manifest_id} wait for the carrier, and no end of day of it runs",
        repair=f"fulfillment end-of-day {one.warehouse_id} {one.carrier_id}",
    )
