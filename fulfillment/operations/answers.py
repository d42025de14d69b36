"""What Temporal's client raises, as the domain's errors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from temporalio.client import (
    RPCTimeoutOrCancelledError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError, TemporalError
from temporalio.service import RPCError, RPCStatusCode

from fulfillment.domain.base import StrictValue, Value
from fulfillment.domain.errors import FulfillmentError, Problem, Refused, Unavailable
from fulfillment.temporal.errors import from_failure

AnswerT = TypeVar("AnswerT", bound=Value)

ANSWER_SECONDS = 60.0
"""How long a workflow may take to answer before we say that nobody does."""

_PASSING = frozenset(
    {
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.FAILED_PRECONDITION,
        RPCStatusCode.UNKNOWN,
    }
)
"""States of the server or its workers that pass: a query without workers is the last but one; the
last is a connection that broke in mid-call, as when the server is killed: nobody knows what it did.
"""

_ENDED_MEANWHILE = "AcceptedUpdateCompletedWorkflow"


_FAILED_TASK = "Workflow Task in failed state"


class NotRunning(Exception):
    """There is no workflow of that id, or it has ended; the database knows what that means."""


def is_stuck(error: FulfillmentError) -> bool:
    """Return whether nobody answered since the workflow's task fails again and again."""
    return isinstance(error.__cause__, RPCError) and _FAILED_TASK in error.__cause__.message


def orphaned(subject: str, resume: str) -> FulfillmentError:
    """Return that nothing runs that could be asked, though by the books something should.

    Args:
        subject: what is asked, for the message.
        resume: the command that has it go on.

    """
    return Refused.of(
        Problem(
            path=subject,
            expected="a running workflow",
            came="none; it was terminated or has failed",
            remedy=f"`{resume}`, then ask again",
        )
    )


@asynccontextmanager
async def answered(workflow_id: str, seconds: float | None = None) -> AsyncIterator[None]:
    """Ask Temporal inside this context.

    Args:
        workflow_id: who is asked, for the message.
        seconds: how long the answer may take; ANSWER_SECONDS by default.

    Raises:
        FulfillmentError: what the workflow refused or failed with, as the domain's error.
        Unavailable: the server or its workers do not answer.
        NotRunning: no such workflow runs.

    """
    subject = workflow_id.replace("/", " ", 1)
    limit = ANSWER_SECONDS if seconds is None else seconds
    try:
        async with asyncio.timeout(limit):
            yield
    except (TimeoutError, RPCTimeoutOrCancelledError) as error:
        # The SDK turns a cancellation of our own, as by Ctrl-C, into its time-out.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError from error
        raise _unanswered(subject, f"none within {limit:g} s") from error
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotRunning(subject) from error
        if error.status in _PASSING:
            raise _unanswered(subject, error.message) from error
        raise
    except TemporalError as failure:
        known = _from_workflow(failure)
        if known is None:
            raise
        raise known from failure


async def ask(
    handle: WorkflowHandle[Any, Any],
    update: Any,  # noqa: ANN401 - an update method; mypy can't tell its result from a coroutine
    request: Value | StrictValue,
    answer: type[AnswerT],
    update_id: str,
) -> AnswerT:
    """Send an update and wait for its answer; the same `update_id` again is the same update.

    Raises:
        FulfillmentError: as `answered`.
        NotRunning: as `answered`.

    """
    async with answered(handle.id):
        reply = await handle.execute_update(update, request, id=update_id, result_type=answer)
    return answer.model_validate(reply)


def _from_workflow(failure: TemporalError) -> Exception | None:
    cause = failure.cause if isinstance(failure, WorkflowUpdateFailedError) else None
    if isinstance(cause, ApplicationError) and cause.type == _ENDED_MEANWHILE:
        return NotRunning(str(failure))
    return from_failure(failure)


def _unanswered(subject: str, came: str) -> FulfillmentError:
    remedy = "see that Temporal and a worker run (`make up`); asking the same again is safe"
    return Unavailable.of(
        Problem(path=subject, expected="an answer from its workflow", came=came, remedy=remedy)
    )
