"""What only a server can do: hold rows, lose connections, be away, and refuse who comes."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from fulfillment import bootstrap
from fulfillment.domain.errors import FulfillmentError, Inconsistent, StoreBusy
from fulfillment.persistence import migrations
from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.postgresql_engines import WRITERS
from fulfillment.settings import Settings, SettingsInvalid
from fulfillment.stores import UnitOfWork
from postgres_server import Server
from record_samples import order, put_on_record, stock_up

CANARY = "Zyxwvut Canary-Street"


@pytest.fixture
def kind() -> str:
    """Return the kind of database that this is about."""
    return "postgresql"


async def sleep(record: UnitOfWork, seconds: float) -> None:
    """Have the server do something for so long."""
    connection = record.orders._connection  # type: ignore[attr-defined]
    await connection.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})


def all_texts(error: BaseException | None) -> str:
    """Return what an error and all its causes say."""
    return "" if error is None else f"{error!r} {error}" + all_texts(error.__cause__)


async def test_what_somebody_holds_is_busy(database_url: str, database: SqlDatabase) -> None:
    """Who can't have an order in time raises StoreBusy, which a retry can help; others go on."""
    impatient = SqlDatabase(database_url, busy_timeout_ms=50)
    async with database.writing() as holder:
        await holder.orders.lock("O-1")
        with pytest.raises(StoreBusy) as refused:
            async with impatient.writing() as record:
                await record.orders.lock("O-1")
        async with impatient.writing() as record:
            await record.orders.lock("O-2")
    async with impatient.writing() as record:
        await record.orders.lock("O-1")
    await impatient.dispose()
    assert refused.value.retryable


async def test_a_statement_that_takes_too_long_is_busy(database_url: str) -> None:
    """A writer keeps nobody waiting for longer than the time-out; a reader may look for longer."""
    impatient = SqlDatabase(database_url, busy_timeout_ms=50)
    with pytest.raises(StoreBusy):
        async with impatient.writing() as record:
            await sleep(record, 2)
    async with impatient.reading() as record:
        await sleep(record, 0.1)
    await impatient.dispose()


async def test_a_circle_of_waiting_is_broken(database: SqlDatabase) -> None:
    """Of two that wait for each other one goes on, and the other may try again."""

    async def hold(first: str, second: str) -> None:
        async with database.writing() as record:
            await record.orders.lock(first)
            await asyncio.sleep(0.05)
            await record.orders.lock(second)

    ends = await asyncio.gather(hold("A", "B"), hold("B", "A"), return_exceptions=True)
    assert [type(end) for end in ends if end is not None] == [StoreBusy]


async def test_a_long_queue_is_busy(database_url: str) -> None:
    """A task that waits too long for a connection of this process raises StoreBusy."""
    database = SqlDatabase(database_url, busy_timeout_ms=50)
    enough = asyncio.Event()

    async def occupy() -> None:
        async with database.writing():
            await enough.wait()

    occupied = [asyncio.create_task(occupy()) for _ in range(WRITERS)]
    await asyncio.sleep(0)
    with pytest.raises(StoreBusy, match="other tasks"):
        async with database.writing():
            pytest.fail("all connections are taken")
    enough.set()
    await asyncio.gather(*occupied)
    await database.dispose()


def cut(postgres: Server, url: str) -> None:
    """Cut all connections of the product to that database."""
    kill = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE application_name = 'fulfillment' AND datname = $1"
    )
    postgres.execute("postgres", kill, str(make_url(url).database))


async def test_a_lost_connection_is_replaced(
    database: SqlDatabase, database_url: str, postgres: Server
) -> None:
    """Between two transactions nobody notices; inside one it is busy, and nothing is written."""
    await stock_up(database)
    cut(postgres, database_url)

    async def cut_inside() -> None:
        async with database.writing() as record:
            await record.stock.levels(["MUG"])
            cut(postgres, database_url)
            await record.stock.levels(["TEE"])

    with pytest.raises(StoreBusy):
        await cut_inside()
    async with database.reading() as record:
        assert [10] == [level.on_hand for level in await record.stock.levels(["MUG"])]


async def test_a_server_that_is_away_is_busy(tmp_path: Path) -> None:
    """The message names where, and no password."""
    away = SqlDatabase(f"postgresql://shop:secret@/shop?host={tmp_path}")
    with pytest.raises(StoreBusy, match="does not answer") as refused:
        async with away.reading():
            pytest.fail("nobody answers")
    await away.dispose()
    assert str(tmp_path) in str(refused.value)
    assert "secret" not in all_texts(refused.value)


async def test_migrating_waits_for_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that starts together with us may come later, but not ever so late."""
    monkeypatch.setattr(migrations, "WAIT_MS", 200)
    with pytest.raises(StoreBusy, match="does not answer"):
        await migrations.migrate(f"postgresql://shop:secret@/shop?host={tmp_path}")


@pytest.mark.parametrize(
    ("url", "came"),
    [
        ("postgresql://postgres:secret@/nothing?host={}", 'database "nothing" does not exist'),
        ("postgresql+asyncpg://nobody:secret@/postgres?host={}", 'role "nobody" does not exist'),
        ("postgresql://postgres:secret@/", "expected postgresql://user:password@"),
    ],
)
async def test_a_wrong_url_is_named(tmp_path: Path, postgres: Server, url: str, came: str) -> None:
    """DATABASE_URL is said to be wrong, and why, without its password."""
    settings = Settings(data_dir=tmp_path, database_url=url.format(postgres.folder))
    with pytest.raises(SettingsInvalid, match="DATABASE_URL") as refused:
        async with bootstrap.database(settings):
            pytest.fail("there is no such database")
    assert came in str(refused.value)
    assert "secret" not in all_texts(refused.value)


async def test_no_error_shows_a_row(database: SqlDatabase) -> None:
    """What a broken rule says, its causes included, has no value of the row in it."""
    await stock_up(database)
    secret = order().model_copy(update={"order_id": CANARY, "currency": ""})
    await put_on_record(database, secret)
    errors: list[FulfillmentError] = []
    for broken in (secret, order().model_copy(update={"currency": CANARY})):
        with pytest.raises(Inconsistent) as refused:
            await put_on_record(database, broken)
        errors.append(refused.value)
    settle = text("UPDATE orders SET stage = 'settled'")
    with pytest.raises(Inconsistent, match="ck_orders_settled_has_outcome") as refused:
        async with database.writing() as record:
            await record.orders._connection.execute(settle)
    errors.append(refused.value)
    assert [] == [all_texts(error) for error in errors if CANARY in all_texts(error)]


async def test_a_value_that_cannot_be_stored_is_refused(database: SqlDatabase) -> None:
    """PostgreSQL holds no character NUL: trying again would not help."""
    broken = order().model_copy(update={"order_id": "O\x00"})
    with pytest.raises(Inconsistent, match="can't be stored") as refused:
        await put_on_record(database, broken)
    assert not refused.value.retryable


async def test_sslmode_and_timeouts_are_understood(database_url: str) -> None:
    """URLs are read as PostgreSQL's own programs read them."""
    database = SqlDatabase(f"{database_url}&sslmode=disable", busy_timeout_ms=1_500)
    async with database.writing() as record:
        connection = record.orders._connection
        shown = [
            (await connection.scalar(text(f"SHOW {name}")))
            for name in ("lock_timeout", "statement_timeout", "transaction_isolation")
        ]
    await database.dispose()
    assert shown == ["1500ms", "1500ms", "read committed"]
