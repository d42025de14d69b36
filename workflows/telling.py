"""Customers told and people pressed, which never raises: no goods wait for a letter."""

from temporalio import workflow

from workflows.options import SEND
from workflows.waiting import attempt

with workflow.unsafe.imports_passed_through():
    from activities.notifications import NotificationActivities
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.messages import NotifyCustomer, NudgeStaff


async def tell_customer(notice: NotifyCustomer) -> FulfillmentError | None:
    """Tell the customer what has happened; return why that can't be done, if it can't."""
    told = await attempt(
        workflow.execute_activity_method(
            NotificationActivities.notify_customer,
            notice,
            summary=f"Tell the customer: {notice.kind.value}",
            **SEND,
        )
    )
    return told if isinstance(told, FulfillmentError) else None


async def press_staff(nudge: NudgeStaff) -> FulfillmentError | None:
    """Remind people, tell the supervisor or take a task back; return why not, if it can't be."""
    pressed = await attempt(
        workflow.execute_activity_method(
            NotificationActivities.nudge_staff,
            nudge,
            summary=f"{nudge.kind.value}: {nudge.reason}",
            **SEND,
        )
    )
    return pressed if isinstance(pressed, FulfillmentError) else None
