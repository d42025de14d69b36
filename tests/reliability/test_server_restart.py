"""The Temporal server, and then everything, is stopped in mid-order and started again."""

from pathlib import Path

import pytest

from driving import Drive
from fulfillment import bootstrap
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.operations.verify import verify
from sites import alive, stack_of_its_own


@pytest.mark.timeout(180)
async def test_orders_go_on(tmp_path: Path) -> None:
    """An order outlives its server, and a day on which nothing at all runs.

    The server starts again on its address; at the end everything has stopped.
    """
    async with stack_of_its_own(tmp_path) as stack:
        settings = stack.settings
        address = await stack.start_server()
        pid = await stack.start_worker()
        async with bootstrap.engine(settings, address) as engine:
            drive = Drive(engine, "restart.server")
            await drive.submit()
            await drive.confirm(TaskKind.PICK)
            await stack.stop_server()
            assert await stack.start_server() == address
            await drive.confirm(TaskKind.SORT)
            await stack.stop_worker(pid)
            await stack.stop_server()
        await stack.start_server()
        second = await stack.start_worker()
        assert stack.worker_pids == [second]
        async with bootstrap.engine(settings, address) as engine:
            drive = Drive(engine, "restart.server")
            await drive.carry(since=TaskKind.PACK)
            ended = await drive.ended()
            assert ended.outcome.summary == "completed"
            assert await verify(engine, settled=True) == []
    assert [alive(started) for started in (pid, second)] == [False, False]
