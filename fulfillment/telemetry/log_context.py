"""Which order, workflow, activity and request a line of the log is about."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from temporalio import activity, workflow

ORDER, FULFILLMENT = "order/", "fulfillment/"
_request: ContextVar[Mapping[str, str] | None] = ContextVar("request", default=None)


@contextmanager
def request(request_id: str) -> Iterator[None]:
    """Have every line that is logged inside carry the request's id."""
    token = _request.set({"request_id": request_id})
    try:
        yield
    finally:
        _request.reset(token)


def subject(workflow_id: str) -> dict[str, str]:
    """Return what a workflow is about: its order's id, and its fulfillment's."""
    if workflow_id.startswith(ORDER):
        return {"order_id": workflow_id.removeprefix(ORDER)}
    if workflow_id.startswith(FULFILLMENT):
        fulfillment_id = workflow_id.removeprefix(FULFILLMENT)
        order_id = fulfillment_id.rpartition("-")[0]
        return {"order_id": order_id, "fulfillment_id": fulfillment_id}
    return {}


def context(record: logging.LogRecord) -> dict[str, Any]:
    """Return the ids that apply where the line was logged."""
    return {**(_request.get() or {}), **_of_temporal(record)}


def _of_temporal(record: logging.LogRecord) -> dict[str, Any]:
    if activity.in_activity():
        return _of_activity(activity.info())
    if workflow.in_workflow():
        return _of_workflow(workflow.info())
    # The SDK's own lines come from outside of both, and bring what they are about.
    details = getattr(record, "temporal_activity", None) or getattr(
        record, "temporal_workflow", None
    )
    return _of_details(details) if isinstance(details, Mapping) else {}


def _of_activity(info: activity.Info) -> dict[str, Any]:
    workflow_id = info.workflow_id or ""
    return {
        **subject(workflow_id),
        "workflow_id": workflow_id,
        "run_id": info.workflow_run_id or "",
        "activity": info.activity_type,
        "attempt": info.attempt,
        "task_queue": info.task_queue,
    }


def _of_workflow(info: workflow.Info) -> dict[str, Any]:
    return {
        **subject(info.workflow_id),
        "workflow_id": info.workflow_id,
        "run_id": info.run_id,
        "workflow_type": info.workflow_type,
        "attempt": info.attempt,
        "task_queue": info.task_queue,
    }


def _of_details(details: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "workflow_id": "workflow_id",
        "workflow_run_id": "run_id",
        "run_id": "run_id",
        "activity_type": "activity",
        "attempt": "attempt",
        "task_queue": "task_queue",
    }
    known = {ours: details[theirs] for theirs, ours in names.items() if theirs in details}
    return {**subject(str(known.get("workflow_id") or "")), **known}
