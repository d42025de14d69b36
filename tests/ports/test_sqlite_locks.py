"""What only SQLite has: one write lock for the whole file."""

import asyncio
import sqlite3
import threading
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from fulfillment.domain.errors import StoreBusy
from fulfillment.persistence import sqlite_driver
from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.sqlite_driver import WholeConnection
from fulfillment.persistence.unit_of_work import SqlUnitOfWork
from fulfillment.records import EffectRecord
from record_samples import NOW


@pytest.fixture
def kind() -> str:
    """Return the kind of database that this is about."""
    return "sqlite"


def effect(key: str) -> EffectRecord:
    """Return an effect of that key."""
    return EffectRecord(key=key, step="s", order_id=None, request_hash="h", result="{}", at=NOW)


def test_a_file_that_can_not_be_opened_leaves_no_thread_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What can't be opened is an error once its thread has ended, and not after the loop has."""
    others, uncaught = set(threading.enumerate()), list[threading.ExceptHookArgs]()
    monkeypatch.setattr(threading, "excepthook", uncaught.append)
    stop = WholeConnection.stop

    def stop_late(connection: WholeConnection) -> asyncio.Future[Any] | None:
        connection._tx.put_nowait((None, lambda: time.sleep(0.1)))
        return stop(connection)

    monkeypatch.setattr(WholeConnection, "stop", stop_late)
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        asyncio.run(sqlite_driver.connect(str(tmp_path / "nowhere" / "at.all"), 50))
    for thread in set(threading.enumerate()) - others:
        thread.join(timeout=5)
    assert uncaught == []


async def test_a_held_lock_is_busy(database_url: str) -> None:
    """A writer that can't get the lock in time raises StoreBusy, which a retry can help."""
    holder = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    database = SqlDatabase(database_url, busy_timeout_ms=50)
    with pytest.raises(StoreBusy) as refused:
        async with database.writing():
            pytest.fail("the lock is held")
    async with database.reading() as record:
        assert await record.effects.find("k") is None
    holder.execute("ROLLBACK")
    holder.close()
    async with database.writing() as record:
        await record.effects.add(effect("k"))
    await database.dispose()
    assert refused.value.retryable


async def test_only_what_may_wait_crosses_to_the_thread(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit and a reader's question do; a free lock, a writer's statements and an end don't."""
    database, crossed, execute = SqlDatabase(database_url), [0], WholeConnection._execute

    async def count(connection: WholeConnection, *given: Any, **named: Any) -> Any:
        crossed[0] += 1
        return await execute(connection, *given, **named)

    async def crossings(transaction: AbstractAsyncContextManager[SqlUnitOfWork]) -> int:
        crossed[0] = 0
        async with transaction as record:
            assert await record.effects.find("k") is None
        return crossed[0]

    await crossings(database.writing()), await crossings(database.reading())  # connects
    monkeypatch.setattr(WholeConnection, "_execute", count)
    assert await crossings(database.writing()) == 1
    assert await crossings(database.reading()) == 1
    await database.dispose()


async def test_a_long_queue_is_busy(database_url: str) -> None:
    """A task that waits too long for this process's other writers raises StoreBusy."""
    database = SqlDatabase(database_url, busy_timeout_ms=50)
    with pytest.raises(StoreBusy, match="other tasks"):
        async with database.writing(), database.writing():
            pytest.fail("one writer at a time")
    await database.dispose()


async def test_a_task_canceled_while_it_waits_takes_no_lock(database_url: str) -> None:
    """Its wait may go on in the background for a moment, but it ends without the lock."""
    holder = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    database = SqlDatabase(database_url, busy_timeout_ms=500)

    async def act(key: str) -> None:
        async with database.writing() as record:
            await record.effects.add(effect(key))

    task = asyncio.create_task(act("canceled"))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    holder.execute("ROLLBACK")
    holder.close()
    await act("next")
    async with database.reading() as record:
        assert await record.effects.find("canceled") is None
    await database.dispose()


async def test_a_connection_waits_while_the_whole_file_is_held(database_url: str) -> None:
    """Another process that leaves folds its log in with the file to itself: who comes waits."""
    file = database_url.removeprefix("sqlite:///")
    holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN IMMEDIATE")
    holder.execute("PRAGMA user_version = 7")
    database = SqlDatabase(database_url)
    asyncio.get_running_loop().call_later(0.3, holder.close)
    async with database.writing() as record:
        await record.effects.add(effect("k"))
    await database.dispose()
