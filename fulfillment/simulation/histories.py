"""What a workflow's history says: how it ended, which stages it saw, which effects it had done."""

import json
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from fulfillment.domain.base import Instant, Value
from fulfillment.temporal.search_attributes import ORDER_STAGE

_KEYS = ("key", "notice_key")
"""Fields of a request that are keys: of the effect, and of the message that goes with it."""

_NO_EFFECT = {
    ("record_delivery", "key"): ("at", "undelivered"),
    ("record_delivery", "notice_key"): ("at",),
    ("notify_customer", "key"): ("notice_id",),
}
"""What a step with a key has not done while all these fields of its answer are empty."""


class StageTime(Value):
    """How long a workflow showed a stage."""

    stage: str
    seconds: float


class WorkflowEvidence(Value):
    """What Temporal knows of a workflow."""

    workflow_id: str
    status: str
    """As Temporal has it, in lower case; `missing` if it knows no such workflow."""
    result: dict[str, Any] | None = None
    stages: tuple[StageTime, ...] = ()
    keys: tuple[str, ...] = ()
    """Of the effects that its activities have done, in the order in which they were done."""

    @property
    def completed(self) -> bool:
        """Return whether it ended by itself, with a result."""
        return self.status == "completed"


async def read_workflow(client: Client, workflow_id: str) -> WorkflowEvidence:
    """Return what Temporal knows of a workflow, decrypted where it is encrypted."""
    handle = client.get_workflow_handle(workflow_id)
    try:
        status = (await handle.describe()).status
        events = [event async for event in handle.fetch_history_events()]
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return WorkflowEvidence(workflow_id=workflow_id, status="missing")
        raise
    await _decrypt(client, events)
    return WorkflowEvidence(
        workflow_id=workflow_id,
        status=status.name.lower() if status else "unknown",
        result=await _result(handle, status),
        stages=tuple(_stages(events)),
        keys=tuple(_keys(events)),
    )


async def _decrypt(client: Client, events: Sequence[HistoryEvent]) -> None:
    codec = client.data_converter.payload_codec
    if codec is None:
        return
    for event in events:
        # Only where they are: writing into other attributes would make another event of it.
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            await codec.decode_wrapper(event.activity_task_scheduled_event_attributes.input)
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            await codec.decode_wrapper(event.activity_task_completed_event_attributes.result)


async def _result(
    handle: WorkflowHandle[Any, Any], status: WorkflowExecutionStatus | None
) -> dict[str, Any] | None:
    if status is not WorkflowExecutionStatus.COMPLETED:
        return None
    result: dict[str, Any] = await handle.result()
    return result


def _stages(events: Sequence[HistoryEvent]) -> list[StageTime]:
    entered: list[tuple[str, Instant]] = []
    for event in events:
        stage = _stage(event)
        if stage and (not entered or entered[-1][0] != stage):
            entered.append((stage, _at(event)))
    ends = [at for _, at in entered[1:]] + ([_at(events[-1])] if events else [])
    return [
        StageTime(stage=stage, seconds=round((end - begun).total_seconds(), 3))
        for (stage, begun), end in zip(entered, ends, strict=True)
    ]


def _stage(event: HistoryEvent) -> str | None:
    upserted = event.upsert_workflow_search_attributes_event_attributes.search_attributes
    started = event.workflow_execution_started_event_attributes.search_attributes
    fields = dict(upserted.indexed_fields) or dict(started.indexed_fields)
    payload = fields.get(ORDER_STAGE.name)
    return None if payload is None else str(_decoded(payload))


def _keys(events: Sequence[HistoryEvent]) -> list[str]:
    asked: dict[int, tuple[str, Any]] = {}
    done: list[str] = []
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            scheduled = event.activity_task_scheduled_event_attributes
            request = [_decoded(payload) for payload in scheduled.input.payloads]
            asked[event.event_id] = (scheduled.activity_type.name, request)
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            completed = event.activity_task_completed_event_attributes
            step, request = asked[completed.scheduled_event_id]
            answers = [_decoded(payload) for payload in completed.result.payloads]
            keys = [name for name in _KEYS if request and name in request[0]]
            done += [request[0][name] for name in keys if _had_effect(step, name, answers)]
    return list(dict.fromkeys(done))


def _had_effect(step: str, key: str, answers: Sequence[Any]) -> bool:
    fields = _NO_EFFECT.get((step, key))
    return fields is None or bool(answers and any(answers[0].get(name) for name in fields))


def _decoded(payload: Payload) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(payload.data)


def _at(event: HistoryEvent) -> Instant:
    return event.event_time.ToDatetime(tzinfo=UTC)
