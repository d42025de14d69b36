"""Several who write at once, on each kind of database: nobody loses, and nobody waits forever."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from activities.effects import Effects
from fulfillment.domain.base import Value
from fulfillment.domain.errors import EffectConflict, FulfillmentCanceled, OutOfStock
from fulfillment.domain.lifecycle import CANCELABLE, Stage
from fulfillment.persistence.database import SqlDatabase
from fulfillment.stores import UnitOfWork
from order_journey import Journey
from record_samples import (
    BERLIN,
    BINS,
    NOW,
    SKUS,
    claim_of,
    fulfillment,
    moved,
    order,
    put_on_record,
    stock_up,
)

ROOT = Path(__file__).parents[2]
KEY = "order/O-1/count_units/-/1"
T = TypeVar("T")


class Count(Value):
    """A request with a key, and what it asks for."""

    key: str = KEY
    units: int = 1


class Counted(Value):
    """The result: which number was drawn."""

    number: int


class Clock:
    """A clock that stands still."""

    now = staticmethod(lambda: NOW)


async def draw(tx: UnitOfWork) -> Counted:
    """Draw a number, slowly."""
    number = await tx.parcels.next_serial("drawn")
    await asyncio.sleep(0.02)
    return Counted(number=number)


async def both(url: str, act: Callable[[SqlDatabase, int], Awaitable[T]], times: int) -> list[T]:
    """Do something so many times at once, by two databases' connections in turn."""
    databases = [SqlDatabase(url), SqlDatabase(url)]
    try:
        return list(await asyncio.gather(*(act(databases[n % 2], n) for n in range(times))))
    finally:
        for database in databases:
            await database.dispose()


async def test_an_effect_asked_for_twice_at_once_happens_once(
    database_url: str, database: SqlDatabase
) -> None:
    """Who comes second gets the first one's result, without an error; so does who comes later."""
    await stock_up(database)
    await put_on_record(database, order())

    async def once(of: SqlDatabase, _number: int) -> Counted:
        return await Effects(of, Clock()).once(Count(), "O-1", Counted, draw)

    assert await both(database_url, once, 8) == [Counted(number=1)] * 8
    async with database.reading() as record:
        assert len(await record.effects.of_order("O-1")) == 1


async def test_a_key_used_twice_at_once_is_a_conflict(
    database_url: str, database: SqlDatabase
) -> None:
    """Where the two ask for different things, one of them is refused."""
    await stock_up(database)
    await put_on_record(database, order())

    async def once(of: SqlDatabase, number: int) -> int | None:
        try:
            effects = Effects(of, Clock())
            return (await effects.once(Count(units=number + 1), "O-1", Counted, draw)).number
        except EffectConflict:
            return None

    results = await both(database_url, once, 2)
    assert [1] == [number for number in results if number is not None]


async def test_cancel_and_advance_race(database_url: str, database: SqlDatabase) -> None:
    """Of a cancellation and a confirmation at the same moment exactly one is served."""
    await stock_up(database, 100)
    for number in range(6):
        await Journey(database, f"O-{number}").to("plan")

    async def advance(of: SqlDatabase, share: str) -> bool:
        try:
            async with of.writing() as record:
                await record.fulfillments.advance(share, Stage.PICKING, Stage.SORTING, NOW)
                await record.stock.consume(share)
        except FulfillmentCanceled:
            return False
        return True

    async def cancel(of: SqlDatabase, share: str) -> bool:
        async with of.writing() as record:
            if not await record.fulfillments.cancel(share, CANCELABLE, NOW):
                return False
            await record.stock.release(share)
            return True

    async def race(of: SqlDatabase, number: int) -> bool:
        return await (advance, cancel)[number % 2](of, f"O-{number // 2}-F1")

    won = await both(database_url, race, 12)
    assert [(won[n], won[n + 1]).count(True) for n in range(0, 12, 2)] == [1] * 6
    async with database.reading() as record:
        assert [0, 0] == [level.claimed for level in await record.stock.levels(SKUS)]


async def test_opposite_orders_of_skus_do_not_block_each_other(
    database_url: str, database: SqlDatabase
) -> None:
    """Goods are moved, claimed and released in whatever order: all get through, at once."""
    await stock_up(database, 1_000)
    for number in range(12):
        await put_on_record(database, order(f"O-{number}"))

    async def act(of: SqlDatabase, number: int) -> None:
        skus = SKUS if number % 2 else tuple(reversed(SKUS))
        lines = tuple((line, sku, 2) for line, sku in enumerate(skus, 1))
        own = fulfillment(f"O-{number}-F1", f"O-{number}", lines)
        async with of.writing() as record:
            await record.stock.levels(skus)
            await record.fulfillments.add(own)
            for line in own.lines:
                await record.stock.claim([claim_of(line, own)])
        async with of.writing() as record:
            there = [moved(sku, 1, f"bin:{BINS[0]}", f"bin:{BINS[1]}") for sku in skus]
            await record.stock.move(f"move/{number}", there, by="Pia", reason="tidy", at=NOW)
        async with of.writing() as record:
            await record.stock.release(own.fulfillment_id)

    await both(database_url, act, 12)
    async with database.reading() as record:
        levels = await record.stock.levels(SKUS)
        moved_there = [await record.stock.balance(f"bin:{BINS[1]}", sku) for sku in SKUS]
    assert [(1_000, 0)] * 2 == [(level.on_hand, level.claimed) for level in levels]
    assert moved_there == [12, 12]


async def test_pick_lists_bind_other_units(database_url: str, database: SqlDatabase) -> None:
    """Who plans at the same time sees what the others have bound, and takes what is left."""
    await stock_up(database, 4)
    shares = [fulfillment(f"O-{n}-F1", f"O-{n}", ((1, "MUG", 1),)) for n in range(4)]
    for share in shares:
        await put_on_record(database, order(share.order_id))
        async with database.writing() as record:
            await record.fulfillments.add(share)
            await record.stock.claim([claim_of(share.lines[0], share)])
    async with database.writing() as record:
        half = [moved("MUG", 2, f"bin:{BINS[0]}", f"bin:{BINS[1]}")]
        await record.stock.move("move/1", half, by="Pia", reason="tidy", at=NOW)

    async def plan(of: SqlDatabase, number: int) -> str:
        share = shares[number]
        async with of.writing() as record:
            found = (await record.stock.bin_stock(BERLIN, ["MUG"]))[0].bin_id
            claim = claim_of(share.lines[0], share, found)
            await record.stock.bind(share.fulfillment_id, [claim])
            return found

    assert sorted(await both(database_url, plan, 4)) == [BINS[0], BINS[0], BINS[1], BINS[1]]


async def test_slots_are_given_once(database_url: str, database: SqlDatabase) -> None:
    """Who is picked at the same time gets another slot of the put wall."""
    await stock_up(database, 100)
    for number in range(8):
        await Journey(database, f"O-{number}").to("plan")

    async def slot(of: SqlDatabase, number: int) -> str:
        async with of.writing() as record:
            own = await record.fulfillments.get(f"O-{number}-F1")
            free = await record.fulfillments.next_slot(BERLIN)
            await record.fulfillments.save(own.model_copy(update={"slot": free}))
            return free

    assert sorted(await both(database_url, slot, 8)) == [f"S{n:03}" for n in range(1, 9)]


async def test_a_bin_counted_twice_is_corrected_once(
    database_url: str, database: SqlDatabase
) -> None:
    """Who books a difference to a level that was read books it to what is there then."""
    await stock_up(database, 20)
    counted = 17

    async def count(of: SqlDatabase, number: int) -> None:
        async with of.writing() as record:
            there = await record.stock.balance(f"bin:{BINS[0]}", "MUG")
            await asyncio.sleep(0.01)
            if there > counted:
                off = [moved("MUG", there - counted, f"bin:{BINS[0]}", "adjustment:BER")]
                await record.stock.move(f"count/{number}", off, by="Rita", reason="count", at=NOW)

    await both(database_url, count, 4)
    async with database.reading() as record:
        assert await record.stock.balance(f"bin:{BINS[0]}", "MUG") == counted


async def claim_elsewhere(url: str, first: int) -> int:
    """Claim for every second of 24 orders in another process; return how many got one."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "claiming_process", url, str(first), "24", "2"),
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests' / 'support'}"},
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return int(output)


async def test_two_processes_and_tasks_fight_for_the_last_units(
    database_url: str, database: SqlDatabase
) -> None:
    """Besides two processes, receipts and returns to the shelf: the sums are right all the time."""
    await stock_up(database, 10)
    for number in range(24):
        await put_on_record(database, order(f"O-{number}"))

    async def receive(of: SqlDatabase, number: int) -> None:
        async with of.writing() as record:
            more = [moved("MUG", 1, "supplier:BER", f"bin:{BINS[number % 2]}")]
            await record.stock.move(f"more/{number}", more, by="Rita", reason="r", at=NOW)

    got = await asyncio.gather(
        claim_elsewhere(database_url, 0),
        claim_elsewhere(database_url, 1),
        both(database_url, receive, 5),
    )
    async with database.reading() as record:
        (level,) = await record.stock.levels(["MUG"])
        findings = [one.rule for one in await record.books.findings()]
    assert got[0] + got[1] == level.claimed
    assert 10 <= level.claimed <= level.on_hand == 15
    assert "claims never exceed what is on hand" not in findings
    assert "levels follow from the ledger" not in findings


async def test_nothing_is_claimed_where_one_is_missing(
    database_url: str, database: SqlDatabase
) -> None:
    """A claim that fails at its second SKU gives the first back."""
    await stock_up(database, 3)
    for number in range(8):
        await put_on_record(database, order(f"O-{number}"))

    async def claim(of: SqlDatabase, number: int) -> bool:
        own = fulfillment(f"O-{number}-F1", f"O-{number}", ((1, "MUG", 1), (2, "TEE", 2)))
        try:
            async with of.writing() as record:
                await record.fulfillments.add(own)
                await record.stock.claim([claim_of(line, own) for line in own.lines])
        except OutOfStock:
            return False
        return True

    assert sum(await both(database_url, claim, 8)) == 1
    async with database.reading() as record:
        levels = await record.stock.levels(SKUS)
    assert {"MUG": 1, "TEE": 2} == {level.sku: level.claimed for level in levels}
