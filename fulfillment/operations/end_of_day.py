"""The end of a day at the dock: by Schedule and on demand; and the manifests that come of it."""

import asyncio
from collections.abc import Iterable

from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from fulfillment.domain.base import Value
from fulfillment.domain.errors import NotFound, Problem
from fulfillment.domain.manifests import (
    LeftBehind,
    ManifestParcel,
    ManifestRecord,
    ManifestState,
)
from fulfillment.messages import CutOffs, EndOfDayRequest
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.temporal import search_attributes as attributes
from fulfillment.temporal.end_of_day_schedules import set_end_of_day_schedule
from fulfillment.temporal.identifiers import end_of_day_schedule_id, end_of_day_workflow_id
from fulfillment.temporal.schedules import run_on_demand
from workflows.end_of_day import EndOfDayWorkflow


class ManifestView(Value):
    """A manifest with the parcels that stand on it, and those that it left behind."""

    manifest: ManifestRecord
    parcels: tuple[ManifestParcel, ...]
    left_behind: tuple[LeftBehind, ...]


class DayEnded(Value):
    """The workflows that end the day of a warehouse and carrier, one for each cut-off."""

    workflow_ids: tuple[str, ...]


async def schedule_end_of_day(engine: Engine, carrier_ids: Iterable[str]) -> tuple[str, ...]:
    """Make or bring up to date the Schedules of all warehouses and carriers; return their ids.

    Args:
        engine: where the warehouses are.
        carrier_ids: the carriers that each warehouse may ship with; those that have had a manifest
            are scheduled too.

    """
    async with engine.database.reading() as tx:
        warehouses = {one.warehouse_id: one for one in await tx.catalog.warehouses()}
        known = await tx.manifests.ways()
    ways = sorted({(name, carrier) for name in warehouses for carrier in carrier_ids} | {*known})
    await asyncio.gather(
        *(
            set_end_of_day_schedule(engine.client, engine.task_queue, warehouses[name], carrier)
            for name, carrier in ways
        )
    )
    return tuple(end_of_day_schedule_id(*way) for way in ways)


async def end_day(engine: Engine, warehouse_id: str, carrier_id: str) -> DayEnded:
    """Run the Schedule of a warehouse and carrier now; return who ends which cut-offs.

    Closed is the manifest of the local day, also before its cut-off, and any earlier one that is
    still open. Asked again the same day, it is the same manifest. A closed one whose parcels wait
    is carried on, if its workflow has failed or was ended.

    Raises:
        NotFound: no such warehouse, or a carrier that nobody ships with.
        Unavailable: Temporal or its workers do not answer.

    """
    async with engine.database.reading() as tx:
        warehouse = await tx.catalog.warehouse(warehouse_id)
        has_manifests = (warehouse_id, carrier_id) in await tx.manifests.ways()
    name = end_of_day_schedule_id(warehouse_id, carrier_id)
    try:
        async with answered(name):
            if has_manifests:
                await set_end_of_day_schedule(
                    engine.client, engine.task_queue, warehouse, carrier_id
                )
            due = await _run_now(engine, name)
    except NotRunning as gone:
        raise _unscheduled(carrier_id) from gone
    ids = (end_of_day_workflow_id(warehouse_id, carrier_id, at) for at in due.cut_offs)
    return DayEnded(workflow_ids=tuple(ids))


async def end_manifest(engine: Engine, manifest_id: str) -> DayEnded:
    """End the day of one manifest now, whatever its cut-off: the carrier comes early, or again.

    As at its cut-off: it is closed, told, printed and fetched. What gets a label later goes on the
    next one. Asked again, it is the same; so it is when the cut-off comes.

    Raises:
        NotFound: no such manifest.
        Unavailable: Temporal does not answer.

    """
    async with engine.database.reading() as tx:
        manifest = await tx.manifests.get(manifest_id)
    request = EndOfDayRequest.model_validate(
        manifest.model_dump(include={"warehouse_id", "carrier_id", "cut_off"})
    )
    name = end_of_day_workflow_id(manifest.warehouse_id, manifest.carrier_id, manifest.cut_off)
    async with answered(name):
        await _start(engine, name, request)
    return DayEnded(workflow_ids=(name,))


async def _start(engine: Engine, name: str, request: EndOfDayRequest) -> None:
    ours = (
        SearchAttributePair(attributes.WAREHOUSE, request.warehouse_id),
        SearchAttributePair(attributes.CARRIER, request.carrier_id),
    )
    try:
        await engine.client.start_workflow(
            EndOfDayWorkflow.run,
            request,
            id=name,
            task_queue=engine.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            static_summary=f"End of day: {request.carrier_id} at {request.warehouse_id}",
            search_attributes=TypedSearchAttributes(ours),
        )
    except WorkflowAlreadyStartedError:
        # It is under way already, or has ended.
        return


async def _run_now(engine: Engine, schedule_id: str) -> CutOffs:
    run = await run_on_demand(engine.client, schedule_id)
    handle = engine.client.get_workflow_handle(
        run.workflow_id, run_id=run.first_execution_run_id, result_type=CutOffs
    )
    return CutOffs.model_validate(await handle.result())


def _unscheduled(carrier_id: str) -> NotFound:
    problem = Problem(
        path="carrier",
        expected="one of the tariffs, of FULFILLMENT_END_OF_DAY_CARRIERS, or with a manifest",
        came=carrier_id,
        remedy="correct the id; `fulfillment setup end-of-day` makes the Schedules",
    )
    return NotFound(str(problem), [problem])


async def list_manifests(  # noqa: PLR0913 - each is a filter
    engine: Engine,
    *,
    warehouse_id: str | None = None,
    carrier_id: str | None = None,
    state: ManifestState | None = None,
    limit: int = 100,
    after: str | None = None,
) -> list[ManifestRecord]:
    """Return manifests, the latest cut-off first."""
    async with engine.database.reading() as tx:
        return await tx.manifests.page(
            warehouse_id=warehouse_id, carrier_id=carrier_id, state=state, limit=limit, after=after
        )


async def show_manifest(engine: Engine, manifest_id: str) -> ManifestView:
    """Return a manifest with its parcels: handed over or not, and what was left behind and why.

    Raises:
        NotFound: no such manifest.

    """
    async with engine.database.reading() as tx:
        return ManifestView(
            manifest=await tx.manifests.get(manifest_id),
            parcels=tuple(await tx.manifests.parcels(manifest_id)),
            left_behind=tuple(await tx.manifests.left_behind(manifest_id)),
        )
