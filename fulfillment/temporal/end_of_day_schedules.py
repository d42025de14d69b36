"""The Schedules by which carriers' days end: at a warehouse's cut-off, in its time zone."""

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
)
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from fulfillment.domain.catalog import Warehouse
from fulfillment.messages import CutOffRequest
from fulfillment.temporal import search_attributes as attributes
from fulfillment.temporal.identifiers import end_of_day_schedule_id
from fulfillment.temporal.schedules import CATCH_UP, set_schedule


async def set_end_of_day_schedule(
    client: Client, task_queue: str, warehouse: Warehouse, carrier_id: str
) -> None:
    """Make or bring up to date the Schedule of a warehouse's and carrier's cut-off.

    Each day: what is no working day has no manifest to close. Paused, it stays paused.
    """
    name = end_of_day_schedule_id(warehouse.warehouse_id, carrier_id)
    at = warehouse.pickup_at
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            "CutOffWorkflow",
            CutOffRequest(warehouse_id=warehouse.warehouse_id, carrier_id=carrier_id),
            id=f"{name}/cut-off",
            task_queue=task_queue,
            static_summary=f"Cut-off of {carrier_id} at {warehouse.warehouse_id}",
            typed_search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(attributes.WAREHOUSE, warehouse.warehouse_id),
                    SearchAttributePair(attributes.CARRIER, carrier_id),
                ]
            ),
        ),
        spec=ScheduleSpec(
            calendars=[
                ScheduleCalendarSpec(
                    hour=(ScheduleRange(at.hour),),
                    minute=(ScheduleRange(at.minute),),
                    second=(ScheduleRange(at.second),),
                )
            ],
            time_zone_name=warehouse.timezone,
        ),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=CATCH_UP),
    )
    await set_schedule(client, name, schedule)
