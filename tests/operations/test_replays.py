"""What a worker can't be told of running workflows is no verdict on its code."""

from collections.abc import AsyncIterator
from typing import cast

import pytest
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from fulfillment import bootstrap
from fulfillment.operations.replays import ReplayScope, replay_running
from fulfillment.temporal.setup_errors import ServerUnreachable

SCOPE = ReplayScope(kinds=["OrderWorkflow"], task_queue="any", limit=1)


class Gone:
    """A server that goes away while it is asked."""

    async def list_workflows(self, query: str, limit: int) -> AsyncIterator[WorkflowExecution]:
        """Say nothing of any workflow."""
        message = f"no answer to {query}, at most {limit}"
        raise RPCError(message, RPCStatusCode.UNAVAILABLE, b"")
        yield


async def test_a_server_that_goes_away_is_named_with_what_to_do() -> None:
    """As one that is out of reach, and not as code that does not fit."""
    with pytest.raises(ServerUnreachable, match="expected the running workflows") as refused:
        await replay_running(cast("Client", Gone()), bootstrap.make_replayer(), SCOPE)
    assert "see that the server answers" in str(refused.value)
