"""Recorded histories of every way an order can take replay under the workflows as they are."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from batch_histories import WAYS
from fulfillment import bootstrap
from fulfillment.domain.errors import FulfillmentError
from fulfillment.messages import FulfillmentRequest, FulfillmentResult
from journeys import JOURNEYS
from record_histories import FOLDER, load
from workflows.fulfillment import FulfillmentWorkflow
from workflows.order import OrderWorkflow
from workflows.registry import WORKFLOWS

HISTORIES = sorted(FOLDER.glob("*.json"))
WEBHOOKS = "webhooks"
"""As `webhook_histories` names it, which the sandbox must not load with this module."""
MOST_BYTES = 100_000
TELLTALE = re.compile(r"\d+@\w+|/root|/home|/tmp|/work|site-packages|\.pyenv")


def replayer(*workflows: type) -> Replayer:
    """Return a replayer in the sandbox, made as the product's workers are."""
    return Replayer(
        workflows=workflows or WORKFLOWS,
        plugins=[bootstrap.plugin()],
        workflow_failure_exception_types=[FulfillmentError],
    )


async def each(*histories: WorkflowHistory) -> AsyncIterator[WorkflowHistory]:
    """Yield histories."""
    for history in histories:
        yield history


async def nondeterminism(history: WorkflowHistory, *workflows: type) -> bool:
    """Return whether a replay finds that the workflow would do something else."""
    result = await replayer(*workflows).replay_workflow(history, raise_on_replay_failure=False)
    return isinstance(result.replay_failure, NondeterminismError)


def test_every_journey_is_recorded() -> None:
    """There is a history of each way that an order, a batch or an endpoint can take."""
    assert {path.name.partition(".")[0] for path in HISTORIES} == {*JOURNEYS, *WAYS, WEBHOOKS}


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_history_is_small_and_anonymous(path: Path) -> None:
    """A recorded history has at most 100 kB, and nothing of the machine that made it."""
    text = path.read_text(encoding="utf-8")
    assert len(text) < MOST_BYTES
    assert TELLTALE.findall(text) == []


async def test_all_replay() -> None:
    """Every recorded history replays, in the sandbox, with the product's plugin."""
    histories = await asyncio.to_thread(lambda: [load(path) for path in HISTORIES])
    result = await replayer().replay_workflows(each(*histories), raise_on_replay_failure=False)
    assert result.replay_failures == {}


async def test_every_workflow_fits_the_sandbox() -> None:
    """Each workflow can be prepared in the sandbox, without any history or server."""
    result = await replayer().replay_workflows(each())
    assert result.replay_failures == {}


@workflow.defn(name="OrderWorkflow")
class HastyOrderWorkflow(OrderWorkflow):
    """Waits before it begins, as the recorded ones did not."""

    @workflow.init
    def __init__(self, order: Any = None, carried: Any = None) -> None:
        """Begin as ever."""
        super().__init__(order, carried)

    @workflow.run
    async def run(self, order: Any = None, carried: Any = None) -> Any:
        """Wait first."""
        await workflow.sleep(1)
        return await super().run(order, carried)


@workflow.defn(name="FulfillmentWorkflow")
class ForgetfulFulfillmentWorkflow(FulfillmentWorkflow):
    """Does not tell the customer anything."""

    @workflow.init
    def __init__(self, request: FulfillmentRequest) -> None:
        """Begin as ever."""
        super().__init__(request)

    @workflow.run
    async def run(self, request: FulfillmentRequest) -> FulfillmentResult:
        """Do as ever."""
        return await super().run(request)

    async def notify(self, *_: object, **__: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("ordinary.order", HastyOrderWorkflow),
        ("ordinary.fulfillment-1", ForgetfulFulfillmentWorkflow),
    ],
)
async def test_a_changed_workflow_is_caught(name: str, changed: type) -> None:
    """A workflow that would do something else than it did fails the replay."""
    history = await asyncio.to_thread(load, FOLDER / f"{name}.json")
    assert await nondeterminism(history, changed)
    assert not await nondeterminism(history)


async def test_an_edited_history_is_caught() -> None:
    """A history in which another activity was done fails the replay."""
    history = await asyncio.to_thread(load, FOLDER / "ordinary.order.json")
    scheduled = [
        event
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]
    scheduled[1].activity_task_scheduled_event_attributes.activity_type.name = "settle_order"
    assert await nondeterminism(history)
