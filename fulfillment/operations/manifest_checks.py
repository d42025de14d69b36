"""Whether manifests are closed at their cut-offs, and their hand-over is seen through."""

from datetime import datetime, timedelta

from fulfillment.domain.manifests import ManifestRecord, ManifestState
from fulfillment.operations.engine import Engine
from fulfillment.operations.running_checks import carried_on
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
    findings = [_still_open(one) for one in late]
    for one in left:
        name = end_of_day_workflow_id(one.warehouse_id, one.carrier_id, one.cut_off)
        handle = engine.client.get_workflow_handle(name)
        findings += await carried_on(handle, _orphan(one))
    return findings


def _still_open(one: ManifestRecord) -> BookFinding:
    return BookFinding(
        rule="a manifest is closed at its cut-off",
        rows=(f"manifests {one.manifest_id}",),
        message=f"{one.manifest_id} is open, and its cut-off was {one.cut_off:%Y-%m-%d %H:%M}",
        repair=_end_of_day(one),
    )


def _orphan(one: ManifestRecord) -> BookFinding:
    return BookFinding(
        rule="a closed manifest whose parcels wait has its workflow",
        rows=(f"manifests {one.manifest_id}",),
        message=f"parcels of {one.manifest_id} wait for the carrier, and no end of day of it runs",
        repair=_end_of_day(one),
    )


def _end_of_day(one: ManifestRecord) -> str:
    return f"fulfillment end-of-day {one.warehouse_id} {one.carrier_id}"
