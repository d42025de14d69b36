"""What a return's effects tell the merchant."""

from typing import Any

from fulfillment.domain.returns import ReturnStage
from fulfillment.domain.webhook_events import EventType

_SIMPLE = {
    "record_return": EventType.RETURN_REQUESTED,
    "record_return_inspection": EventType.RETURN_INSPECTED,
}
_ENDED = {
    ReturnStage.RESOLVED: EventType.RETURN_RESOLVED,
    ReturnStage.LAPSED: EventType.RETURN_LAPSED,
    ReturnStage.CANCELED: EventType.RETURN_CANCELED,
}
RETURN_STEPS = (
    *_SIMPLE,
    "record_return_decision",
    "issue_return_label",
    "record_return_receipt",
    "record_return_refund",
    "close_return",
)
"""The steps of a return that the merchant hears of."""


def return_event(request: Any, result: Any) -> tuple[EventType | None, int | None]:  # noqa: ANN401
    """Return which event an effect of a return is, and the amount that it is about."""
    step = request.key.split("/")[-3]
    if step == "record_return_decision":
        approved = request.decision.approve
        return EventType.RETURN_APPROVED if approved else EventType.RETURN_REFUSED, None
    if step == "issue_return_label":
        return EventType.RETURN_LABELED if result.tracking_numbers else None, None
    if step == "record_return_receipt":
        return EventType.RETURN_RECEIVED if result.units else None, None
    if step == "record_return_refund":
        made = request.declined is None and request.amount_minor
        return EventType.RETURN_REFUNDED if made else None, request.amount_minor
    if step == "close_return":
        return _ENDED[request.stage], None
    return _SIMPLE[step], None
