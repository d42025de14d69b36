"""The line of those who wait for goods, on each database, also where several act at once."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from activities.back_orders import BackOrderActivities
from activities.inventory import InventoryActivities
from activities.queueing import hand_out, order_waiter, pass_on
from fulfillment.domain.back_order_choices import BackOrderChoice, LineChoice
from fulfillment.domain.back_order_queue import QueueEntry, Waiter, WaiterKind
from fulfillment.domain.errors import CarrierUnavailable
from fulfillment.domain.lifecycle import Outcome, OutcomeKind
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.sourcing import SourcingWeights
from fulfillment.messages import Reservation, ReserveStock
from fulfillment.messages.back_orders import RecordBackOrderChoice
from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.repositories.back_orders import SqlBackOrderStore
from fulfillment.webhooks.ports import NO_WAKER
from record_samples import BINS, NOW, moved, order, put_on_record, stock_up

HOUR = timedelta(hours=1)
TWICE = "no unit is promised twice"
OWN_RULES = {TWICE, "who waits for goods is under way"}
ByHand = Callable[..., None]


class Clock:
    """A clock that stands still."""

    now = staticmethod(lambda: NOW)


class Silent:
    """Carriers that do not answer: then the distance says what each warehouse costs."""

    async def quote_rates(self, *_: object) -> None:
        """Raise that nobody answers."""
        raise CarrierUnavailable(self.__class__.__name__)


def entry(name: str, sku: str = "MUG", units: int = 1, **changes: object) -> QueueEntry:
    """Return the entry of an order's first line."""
    usual = {"line_no": 1, "promise_at": NOW, "since": NOW}
    waiter = order_waiter(name)
    return QueueEntry.model_validate(
        {"waiter": waiter, "sku": sku, "units": units, **usual, **changes}
    )


async def reserve(database: SqlDatabase, order_id: str, number: int = 1) -> Reservation:
    """Reserve what there is for an order, as its workflow has it done."""
    ports: Any = SimpleNamespace(
        database=database,
        clock=Clock(),
        waker=NO_WAKER,
        carrier=Silent(),
        sourcing=SourcingWeights(),
        policies=SimpleNamespace(ship_within=timedelta(days=2)),
    )
    key = f"order/{order_id}/reserve_stock/-/{number}"
    request = ReserveStock(key=key, order_id=order_id, at=NOW)
    return await InventoryActivities(ports).reserve_stock(request)


async def put_in_stock(database: SqlDatabase, units: int, key: str) -> None:
    """Put mugs into a bin, without telling anybody."""
    async with database.writing() as record:
        received = [moved("MUG", units, "supplier:BER", f"bin:{BINS[0]}")]
        await record.stock.move(key, received, by="Rita", reason="receipt", at=NOW)


async def queued(database: SqlDatabase, *names: str, quantity: int = 1) -> None:
    """Have orders of mugs wait in this sequence, of which there are none."""
    await stock_up(database, quantity=0)
    for name in names:
        await put_on_record(database, order(name, quantity, ["MUG"]))
        assert (await reserve(database, name)).missing


async def waiting(database: SqlDatabase) -> dict[str, int]:
    """Return what is set aside for whom."""
    async with database.reading() as record:
        return {e.waiter.waiter_id: e.set_aside for e in await record.back_orders.all_waiting()}


async def levels(database: SqlDatabase) -> tuple[int, int]:
    """Return how many mugs are there and claimed."""
    async with database.reading() as record:
        [level] = await record.stock.levels(["MUG"])
    return level.on_hand, level.claimed


async def test_a_line_is_kept_with_all_its_entries(database: SqlDatabase) -> None:
    """Who asks for one article sees what the line would take instead; replaced, it is as new."""
    await stock_up(database)
    mug, tee = entry("O-1", units=2), entry("O-1", "TEE", 2, rank=1)
    other = entry("O-2", "TEE", since=NOW + HOUR, promise_at=NOW + HOUR)
    async with database.writing() as record:
        await record.back_orders.replace(order_waiter("O-1"), [mug, tee])
        await record.back_orders.replace(order_waiter("O-2"), [other])
    async with database.writing() as record:
        assert [mug, tee] == await record.back_orders.waiting(["MUG"])
        assert [mug, tee, other] == await record.back_orders.waiting(["TEE"])
        assert [] == await record.back_orders.waiting([])
        held = tee.model_copy(update={"set_aside": 1, "set_aside_at": NOW})
        await record.back_orders.set_aside([held])
        assert [mug, held] == await record.back_orders.of_waiter(order_waiter("O-1"))
        await record.back_orders.replace(order_waiter("O-1"), [mug])
    async with database.reading() as record:
        assert [mug] == await record.back_orders.waiting(["MUG"])
        assert [mug, other] == await record.back_orders.all_waiting()


async def test_who_has_ended_leaves_the_line(database: SqlDatabase) -> None:
    """A settled order and a production that is not there; who is under way stays."""
    await stock_up(database)
    for name in ("O-1", "O-2"):
        await put_on_record(database, order(name))
    gone = Waiter(kind=WaiterKind.SUPPLY, waiter_id="S-9")
    async with database.writing() as record:
        for name in ("O-1", "O-2"):
            await record.back_orders.replace(order_waiter(name), [entry(name)])
        of_none = entry("O-1").model_copy(update={"waiter": gone})
        await record.back_orders.replace(gone, [of_none])
        ended = Outcome(kind=OutcomeKind.CANCELED, summary="canceled")
        await record.orders.set_outcome("O-1", ended, NOW)
        assert 2 == await record.back_orders.leave_behind(["MUG"])
        assert ["O-2"] == [e.waiter.waiter_id for e in await record.back_orders.all_waiting()]


async def test_goods_go_to_the_first_in_line_who_alone_is_woken(database: SqlDatabase) -> None:
    """A unit for the first of three; asked again, the same one is named, and gets it."""
    await queued(database, "O-1", "O-2", "O-3")
    await put_in_stock(database, 1, "receipt/2")
    first = (order_waiter("O-1"),)
    assert first == await hand_out(database, Clock(), ["MUG"])
    assert first == await hand_out(database, Clock(), ["MUG"])
    assert {"O-1": 1, "O-2": 0, "O-3": 0} == await waiting(database)
    assert [1] == [share.units for share in (await reserve(database, "O-1", 2)).fulfillments]
    assert {"O-2": 0, "O-3": 0} == await waiting(database)


async def test_a_newcomer_leaves_alone_what_the_line_waits_for(database: SqlDatabase) -> None:
    """Goods that nobody was told of go to who waits, who is named; the newcomer joins the line."""
    await queued(database, "O-1", quantity=2)
    await put_on_record(database, order("O-2", 2, ["MUG"]))
    await put_in_stock(database, 3, "receipt/2")
    newcomer = await reserve(database, "O-2")
    assert [1] == [share.units for share in newcomer.fulfillments]
    assert (order_waiter("O-1"),) == newcomer.woken
    assert {"O-1": 2, "O-2": 0} == await waiting(database)
    mine = await reserve(database, "O-1", 2)
    assert ([2], (), ()) == ([s.units for s in mine.fulfillments], mine.missing, mine.woken)


async def test_what_a_canceled_order_leaves_goes_to_the_next(database: SqlDatabase) -> None:
    """It waits no more, and what was set aside for it is set aside for who comes then."""
    await queued(database, "O-1", "O-2")
    await put_in_stock(database, 1, "receipt/2")
    await hand_out(database, Clock(), ["MUG"])
    async with database.writing() as record:
        one = LineQuantity(line_no=1, sku="MUG", quantity=1)
        await record.orders.cancel_units("O-1", [one])
    assert (order_waiter("O-2"),) == await pass_on(database, Clock(), "O-1")
    assert {"O-2": 1} == await waiting(database)


async def test_two_receipts_and_newcomers_at_once(database_url: str, database: SqlDatabase) -> None:
    """No unit is given twice, and nobody overtakes: the line is served from its head."""
    line = [f"O-{number}" for number in range(1, 7)]
    await queued(database, *line)
    late = [f"X-{number}" for number in range(4)]
    for name in late:
        await put_on_record(database, order(name, 1, ["MUG"]))
    databases = [SqlDatabase(database_url), SqlDatabase(database_url)]

    async def receive(number: int) -> None:
        await put_in_stock(databases[number], 2, f"receipt/at-once-{number}")
        for waiter in await hand_out(databases[number], Clock(), ["MUG"]):
            key = 10 + number
            await reserve(databases[number], waiter.waiter_id, key)

    newcomers = [reserve(databases[n % 2], name) for n, name in enumerate(late)]
    await asyncio.gather(receive(0), *newcomers, receive(1))
    for each in databases:
        await each.dispose()
    left = await waiting(database)
    having = {name for name in line if left.get(name, 1)}
    assert (set(line[:4]), set(late)) == (having, set(left) & set(late))
    on_hand, claimed = await levels(database)
    assert 4 == on_hand == claimed + sum(left.values())
    assert set() == OWN_RULES & await broken(database)


async def test_a_choice_keeps_what_is_set_aside_meanwhile(
    database_url: str, database: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goods are shared out between the choice's look into the line and its word in it."""
    await stock_up(database, quantity=0)
    placed = order("O-1", 1, ["MUG"])
    line = placed.lines[0].model_copy(update={"substitutes": ("TEE",)})
    await put_on_record(database, placed.model_copy(update={"lines": (line,)}))
    async with database.writing() as record:
        await record.back_orders.replace(order_waiter("O-1"), [entry("O-1")])
    other, looked, look = SqlDatabase(database_url), asyncio.Event(), SqlBackOrderStore.of_waiter

    async def seen(store: SqlBackOrderStore, waiter: Waiter) -> list[QueueEntry]:
        found = await look(store, waiter)
        looked.set()
        return found

    monkeypatch.setattr(SqlBackOrderStore, "of_waiter", seen)
    ports: Any = SimpleNamespace(database=other, clock=Clock(), waker=NO_WAKER)
    request = RecordBackOrderChoice(
        key="order/O-1/record_back_order_choice/-/1",
        order_id="O-1",
        choices=(LineChoice(line_no=1, choice=BackOrderChoice.SUBSTITUTE, substitute="TEE"),),
        by="Ada",
    )
    async with database.writing() as record:
        await record.stock.levels(["MUG"])
        choosing = asyncio.create_task(BackOrderActivities(ports).record_back_order_choice(request))
        # Where one writes at a time, it looks only afterwards.
        await asyncio.wait([asyncio.create_task(looked.wait())], timeout=1)
        await record.back_orders.set_aside([entry("O-1", set_aside=1, set_aside_at=NOW)])
    await choosing
    await other.dispose()
    async with database.reading() as record:
        kept = await record.back_orders.all_waiting()
    assert [("MUG", 1), ("TEE", 0)] == [(one.sku, one.set_aside) for one in kept]


async def broken(database: SqlDatabase) -> set[str]:
    """Return the rules of the books that do not hold."""
    async with database.reading() as record:
        return {finding.rule for finding in await record.books.findings()}


async def test_the_books_tell_what_is_promised_twice_and_who_waits_no_more(
    database: SqlDatabase, by_hand: ByHand
) -> None:
    """One unit set aside that is not there, and an order in line that is not on record."""
    await queued(database, "O-1")
    assert set() == OWN_RULES & await broken(database)
    by_hand("UPDATE back_order_queue SET set_aside = 1, set_aside_at = since")
    assert {TWICE} == OWN_RULES & await broken(database)
    by_hand("UPDATE back_order_queue SET waiter_id = 'O-2'")
    assert OWN_RULES == await broken(database) & OWN_RULES
