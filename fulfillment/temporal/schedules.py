"""Temporal Schedules: made or brought up to date, as often as one likes, and run on demand."""

import asyncio
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleHandle,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from fulfillment.domain.catalog import Warehouse
from fulfillment.messages import FloorRequest
from fulfillment.temporal import search_attributes as attributes
from fulfillment.temporal.identifiers import floor_schedule_id

CATCH_UP = timedelta(hours=1)
"""How far back runs are made up for that an outage prevented; Temporal's default is a year."""

SHORTEST = timedelta(seconds=1)
"""Temporal's shortest interval."""

_LOOK_SECONDS = 0.1


async def set_floor_schedule(
    client: Client, task_queue: str, warehouse: Warehouse, every: timedelta
) -> None:
    """Make or bring up to date the Schedule by which a warehouse's floor is planned.

    In the warehouse's time zone, one run at a time and one waiting. Paused, it stays paused.
    """
    name = floor_schedule_id(warehouse.warehouse_id)
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            "FloorPlanningWorkflow",
            FloorRequest(warehouse_id=warehouse.warehouse_id),
            id=f"{name}/plan",
            task_queue=task_queue,
            static_summary=f"Form pick batches in {warehouse.warehouse_id}",
            typed_search_attributes=TypedSearchAttributes(
                [SearchAttributePair(attributes.WAREHOUSE, warehouse.warehouse_id)]
            ),
        ),
        spec=ScheduleSpec(
            intervals=[ScheduleIntervalSpec(every=max(every, SHORTEST))],
            time_zone_name=warehouse.timezone,
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=CATCH_UP),
    )

    await set_schedule(client, name, schedule)


async def set_schedule(client: Client, name: str, schedule: Schedule) -> None:
    """Make or bring up to date a Schedule; paused, it stays paused, and up to date, untouched."""

    async def bring_up_to_date(found: ScheduleUpdateInput) -> ScheduleUpdate | None:
        if await _are_alike(client, found.description.schedule, schedule):
            return None
        schedule.state = found.description.schedule.state
        return ScheduleUpdate(schedule=schedule)

    try:
        await client.create_schedule(name, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(name).update(bring_up_to_date)


async def _are_alike(client: Client, found: Schedule, wanted: Schedule) -> bool:
    """Return whether a Schedule does what is wanted; encrypted, never, as nobody can tell."""
    was, will = found.action, wanted.action
    if not isinstance(was, ScheduleActionStartWorkflow):
        return False
    if not isinstance(will, ScheduleActionStartWorkflow):
        return False
    told = [*was.args, was.static_summary]
    tells = await client.data_converter.encode([*will.args, will.static_summary])
    return (found.spec, found.policy, told, *_target(was)) == (
        wanted.spec,
        wanted.policy,
        tells,
        *_target(will),
    )


def _target(action: ScheduleActionStartWorkflow) -> tuple[object, ...]:
    return action.workflow, action.id, action.task_queue, action.typed_search_attributes


async def run_on_demand(client: Client, schedule_id: str) -> ScheduleActionExecutionStartWorkflow:
    """Trigger a Schedule, and return the first run that begins from now on.

    While another run goes on, the new one waits for its end.
    """
    handle = client.get_schedule_handle(schedule_id)
    before = await _runs(handle)
    await handle.trigger(overlap=ScheduleOverlapPolicy.BUFFER_ONE)
    while True:
        new = [run for key, run in (await _runs(handle)).items() if key not in before]
        if new:
            return new[0]
        await asyncio.sleep(_LOOK_SECONDS)


async def _runs(handle: ScheduleHandle) -> dict[str, ScheduleActionExecutionStartWorkflow]:
    description = await handle.describe()
    executions = [result.action for result in description.info.recent_actions]
    return {
        f"{run.workflow_id}/{run.first_execution_run_id}": run
        for run in executions
        if isinstance(run, ScheduleActionExecutionStartWorkflow)
    }
