"""The audit of refused signals, which never raises: a signal must not fail its workflow."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.options import RECORD

with workflow.unsafe.imports_passed_through():
    from activities.notifications import NotificationActivities
    from fulfillment.messages import RecordRefusal


def storable(text: str) -> str:
    """Return a text without NUL, which no database keeps."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


async def audit(refusal: RecordRefusal) -> None:
    """Put a refused signal on record; what can't be recorded stays in the timeline alone."""
    try:
        await workflow.execute_activity_method(
            NotificationActivities.record_refusal,
            refusal,
            summary=f"Refused: {refusal.action}",
            **RECORD,
        )
    except ActivityError:
        workflow.logger.warning("a refusal could not be recorded", exc_info=True)
