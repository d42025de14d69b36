"""The dev server for real: ready, restarted on its data, and gone when stopped."""

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import date
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from temporalio.api.operatorservice.v1 import RemoveSearchAttributesRequest
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer, Worker

from fulfillment.temporal import search_attributes
from fulfillment.temporal.client import connect
from fulfillment.temporal.dev_server import DevServer, start_dev_server
from fulfillment.temporal.plugin import FulfillmentPlugin
from fulfillment.temporal.registration import register_search_attributes, registered_types
from fulfillment.temporal.setup_errors import DataFolderInUse, NamespaceMissing
from probe_workflow import Answer, ProbeWorkflow, Question

QUEUE = "probe"
QUESTION = Question(due=date(2027, 1, 31))
EXPECTED = {key.name: int(key.indexed_value_type) for key in search_attributes.ALL}


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DevServer]:
    """Start a server on a folder."""
    async with await start_dev_server(tmp_path_factory.mktemp("temporal"), ui=False) as started:
        yield started


async def client_of(server: DevServer) -> Client:
    """Connect as the product does."""
    return await connect(address=server.address, plugins=[FulfillmentPlugin()], environ={})


def exists(pid: int) -> bool:
    """Tell whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def status_of(url: str | None) -> int:
    """Get a page and return its status."""
    connection = HTTPConnection(urlsplit(url or "").netloc, timeout=10)
    with closing(connection):
        connection.request("GET", "/")
        return connection.getresponse().status


async def run_probe(client: Client) -> Answer:
    """Run the probe workflow with a worker of its own."""
    async with Worker(client, task_queue=QUEUE, workflows=[ProbeWorkflow]):
        return await client.execute_workflow(
            ProbeWorkflow.run, QUESTION, id=f"probe/{uuid.uuid4()}", task_queue=QUEUE
        )


async def test_the_attributes_are_there_from_the_start(server: DevServer) -> None:
    """A new dev server knows the product's attributes with their types."""
    assert await registered_types(await client_of(server)) == EXPECTED


async def test_missing_attributes_are_registered_once(server: DevServer) -> None:
    """Registering adds what is missing, and twice is as good as once."""
    client = await client_of(server)
    removed = ["SlaDue", "Carrier"]
    await client.operator_service.remove_search_attributes(
        RemoveSearchAttributesRequest(search_attributes=removed, namespace="default")
    )
    assert await register_search_attributes(client) == tuple(removed)
    assert await register_search_attributes(client) == ()
    assert await registered_types(client) == EXPECTED


async def test_the_sandbox_shares_the_product_but_not_the_workflows(server: DevServer) -> None:
    """Each run loads the workflow's module anew, around the one product that the process has."""
    client = await client_of(server)
    answer = Answer(due=QUESTION.due, runs_seen=1, product_module=id(search_attributes))
    assert [await run_probe(client) for _ in range(2)] == [answer, answer]


async def test_the_plugin_replays() -> None:
    """A replayer made with the plugin accepts the workflow without any server."""
    replayer = Replayer(workflows=[ProbeWorkflow], plugins=[FulfillmentPlugin()])
    results = await replayer.replay_workflows(no_histories())
    assert results.replay_failures == {}


async def test_an_unknown_namespace_is_told(server: DevServer) -> None:
    """A namespace that the server lacks is an error with the command that creates it."""
    with pytest.raises(NamespaceMissing, match="namespace create --address"):
        await connect(address=server.address, namespace="nowhere", environ={})


async def test_a_second_server_on_the_folder_is_refused(server: DevServer) -> None:
    """The error names the server that works there."""
    with pytest.raises(DataFolderInUse, match=f"process {server.pid} works on it"):
        await start_dev_server(server.log.parent, ui=False)


async def test_workflows_go_on_after_a_restart(tmp_path: Path) -> None:
    """The same folder and port again continue what was there, for the client that was there."""
    async with await start_dev_server(tmp_path, ui=False) as first:
        client = await client_of(first)
        handle = await client.start_workflow(
            ProbeWorkflow.run, QUESTION, id="probe/restart", task_queue=QUEUE
        )
    assert not exists(first.pid)
    port = int(first.address.rpartition(":")[2])
    async with (
        await start_dev_server(tmp_path, ui=False, port=port),
        Worker(client, task_queue=QUEUE, workflows=[ProbeWorkflow]),
    ):
        assert (await handle.result()).due == QUESTION.due


async def test_the_ui_is_served(tmp_path: Path) -> None:
    """Where a UI is wanted it answers at the address that is told."""
    async with await start_dev_server(None, log=tmp_path / "log") as server:
        assert await asyncio.to_thread(status_of, server.ui_url) == HTTPStatus.OK


async def test_a_server_that_does_not_end_is_killed(tmp_path: Path) -> None:
    """A stop is a stop, also for a server that takes no notice."""
    server = await start_dev_server(None, ui=False, log=tmp_path / "log")
    server.process.send_signal(signal.SIGSTOP)
    await server.stop(limit_seconds=0.5)
    assert not exists(server.pid)


async def no_histories() -> AsyncIterator[WorkflowHistory]:
    """Yield nothing."""
    return
    yield
