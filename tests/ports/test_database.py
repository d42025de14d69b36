"""What a unit of work promises: all or nothing, once, and busy rather than broken."""

import asyncio
from contextlib import suppress
from datetime import datetime
from time import monotonic

import pytest
from sqlalchemy.exc import DBAPIError

from fulfillment.domain.errors import EffectConflict, Inconsistent
from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.tables.metadata import NaiveTime
from fulfillment.ports import Database
from fulfillment.records import EffectRecord
from record_samples import NOW


def effect(key: str, at: datetime = NOW, order_id: str | None = None) -> EffectRecord:
    """Return an effect of that key."""
    return EffectRecord(key=key, step="s", order_id=order_id, request_hash="h", result="{}", at=at)


def as_port(database: SqlDatabase) -> Database:
    """Return the database as the port that it implements; mypy checks that it does."""
    return database


async def test_what_was_written_stays(database: SqlDatabase) -> None:
    """A unit of work whose block ends is committed."""
    async with database.writing() as record:
        await record.effects.add(effect("k"))
    async with database.reading() as record:
        assert await record.effects.find("k") == effect("k")


async def test_an_error_leaves_nothing(database: SqlDatabase) -> None:
    """A unit of work whose block raises is rolled back as a whole."""

    async def fail() -> None:
        async with as_port(database).writing() as record:
            await record.effects.add(effect("k"))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with database.reading() as record:
        assert await record.effects.find("k") is None


async def test_a_failure_that_is_passed_over_leaves_nothing(database: SqlDatabase) -> None:
    """Who catches a broken rule inside a unit of work and goes on, is told that nothing stays."""

    async def pass_over() -> None:
        async with database.writing() as record:
            await record.effects.add(effect("k"))
            with suppress(EffectConflict):
                await record.effects.add(effect("k"))

    with pytest.raises(Inconsistent, match="nothing that this transaction did can stay"):
        await pass_over()
    async with database.reading() as record:
        assert await record.effects.find("k") is None


async def test_an_effect_happens_once_among_competing_tasks(database: SqlDatabase) -> None:
    """Of many tasks with one key, exactly one adds its effect and what belongs to it."""

    async def act() -> None:
        async with database.writing() as record:
            await record.parcels.next_serial("sscc")
            await record.effects.add(effect("k"))

    ends = await asyncio.gather(*(act() for _ in range(20)), return_exceptions=True)
    assert [type(end) for end in ends if end is not None] == [EffectConflict] * 19
    async with database.writing() as record:
        assert await record.parcels.next_serial("sscc") == 2


async def test_serials_have_no_gaps(database: SqlDatabase) -> None:
    """A number that a failed unit of work took is given out again."""
    taken: list[int] = []

    async def take(*, fail: bool) -> None:
        async with database.writing() as record:
            number = await record.parcels.next_serial("sscc")
            if fail:
                raise LookupError
            taken.append(number)

    await asyncio.gather(*(take(fail=n % 3 == 0) for n in range(30)), return_exceptions=True)
    assert taken == list(range(1, 21))


async def test_a_reference_to_nothing_is_refused_at_the_end(database: SqlDatabase) -> None:
    """Deferred references are checked when the unit of work commits."""
    with pytest.raises(Inconsistent, match="FOREIGN KEY"):
        async with database.writing() as record:
            await record.effects.add(effect("k", order_id="nowhere"))
    async with database.reading() as record:
        assert await record.effects.find("k") is None


async def test_a_reader_sees_one_moment(database: SqlDatabase) -> None:
    """What is written meanwhile does not show in a unit of work that reads."""
    async with database.reading() as before:
        assert await before.effects.find("k") is None
        async with database.writing() as record:
            await record.effects.add(effect("k"))
        assert await before.effects.find("k") is None
    async with database.reading() as after:
        assert await after.effects.find("k") == effect("k")


async def test_a_reader_cannot_write(database: SqlDatabase) -> None:
    """Writing in a unit of work that reads is a mistake of ours, and fails."""
    with pytest.raises(DBAPIError, match=r"read-?only"):
        async with database.reading() as record:
            await record.effects.add(effect("k"))


async def test_a_canceled_task_leaves_nothing_behind(database: SqlDatabase) -> None:
    """Cancellation at any moment keeps the database whole and free for the next writer."""

    async def act(number: int) -> None:
        async with database.writing() as record:
            await record.effects.add(effect(f"{number}/a"))
            await record.effects.add(effect(f"{number}/b"))

    for number in range(60):
        task = asyncio.create_task(act(number))
        await asyncio.sleep(number / 20_000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    begun = monotonic()
    await act(60)
    assert monotonic() - begun < 2
    async with database.reading() as record:
        for number in range(61):
            one, other = [await record.effects.find(f"{number}/{part}") for part in "ab"]
            assert (one is None) == (other is None)


async def test_a_time_without_offset_is_refused(database: SqlDatabase) -> None:
    """A naive time raises instead of being taken for some time zone."""
    naive = effect("k").model_copy(update={"at": datetime(2026, 3, 2, 9, 30)})  # noqa: DTZ001
    with pytest.raises(NaiveTime, match="offset"):
        async with database.writing() as record:
            await record.effects.add(naive)


async def test_times_come_back_as_the_same_instant_in_utc(database: SqlDatabase) -> None:
    """An offset does not survive, the instant does."""
    tokyo = datetime.fromisoformat("2026-03-02T18:30:00.000001+09:00")
    async with database.writing() as record:
        await record.effects.add(effect("k", tokyo))
        found = await record.effects.find("k")
    assert found is not None
    assert found.at == tokyo
    assert found.at.isoformat() == "2026-03-02T09:30:00.000001+00:00"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://user:secret@host/db",
        "postgresql://user:secret@host",
        "postgresql+psycopg://user:secret@host/db",
        "postgresql://user:p@secret@host/db",
    ],
)
def test_an_unusable_url_is_refused(url: str) -> None:
    """A database in memory can't be shared, and other kinds are not known; no password is shown."""
    with pytest.raises(ValueError, match="expected") as refused:
        SqlDatabase(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("kind_of_work", ["reading", "writing"])
async def test_a_task_that_is_canceled_in_mid_statement_ends(
    database: SqlDatabase, kind_of_work: str
) -> None:
    """It is no outage that somebody would try again; and the next one gets a connection."""
    begin = database.reading if kind_of_work == "reading" else database.writing

    async def ask_again_and_again() -> None:
        async with begin() as tx:
            while True:
                await tx.orders.find("nobody")

    for number in range(20):
        asking = asyncio.create_task(ask_again_and_again())
        await asyncio.sleep(0.01 + number * 0.0003)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    async with begin() as tx:
        assert await tx.orders.find("nobody") is None
