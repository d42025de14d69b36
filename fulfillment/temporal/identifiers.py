"""Names that Temporal knows us by: task queue, workflow ids, effect keys."""

from datetime import UTC, datetime

from fulfillment.domain.back_order_queue import Waiter, WaiterKind

TASK_QUEUE = "fulfillment"


def order_workflow_id(order_id: str) -> str:
    """Return the id of an order's workflow; one order, one id."""
    return f"order/{order_id}"


def fulfillment_workflow_id(fulfillment_id: str) -> str:
    """Return the id of a fulfillment's workflow."""
    return f"fulfillment/{fulfillment_id}"


def pick_batch_workflow_id(batch_id: str) -> str:
    """Return the id of a pick batch's workflow."""
    return f"pick-batch/{batch_id}"


def supply_workflow_id(supply_id: str) -> str:
    """Return the id of the workflow of a purchase or production."""
    return f"supply/{supply_id}"


def waiter_workflow_id(waiter: Waiter) -> str:
    """Return the id of the workflow of who waits for goods."""
    made = supply_workflow_id if waiter.kind is WaiterKind.SUPPLY else order_workflow_id
    return made(waiter.waiter_id)


def return_workflow_id(return_id: str) -> str:
    """Return the id of a return's workflow; the return's own id is its RMA number."""
    return f"return/{return_id}"


def floor_schedule_id(warehouse_id: str) -> str:
    """Return the id of the Schedule by which a warehouse's floor is planned."""
    return f"floor/{warehouse_id}"


def end_of_day_schedule_id(warehouse_id: str, carrier_id: str) -> str:
    """Return the id of the Schedule by which a carrier's day ends in a warehouse."""
    return f"end-of-day/{warehouse_id}/{carrier_id}"


def end_of_day_workflow_id(warehouse_id: str, carrier_id: str, cut_off: datetime) -> str:
    """Return the id of the workflow of a cut-off; one cut-off, one id."""
    at = f"{cut_off.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return f"{end_of_day_schedule_id(warehouse_id, carrier_id)}/{at}"


def webhook_workflow_id(endpoint_id: str) -> str:
    """Return the id of the workflow that delivers an endpoint's webhooks."""
    return f"webhooks/{endpoint_id}"


def effect_key(workflow_id: str, step: str, subject: str = "-", occurrence: int = 1) -> str:
    """Return the key under which an effect happens once.

    Args:
        workflow_id: never the run: a reset or restarted workflow finds what it did.
        step: the activity's name.
        subject: the line or parcel, where a step has several.
        occurrence: advanced by the workflow only when it does the step again on purpose.

    """
    return f"{workflow_id}/{step}/{subject}/{occurrence}"
