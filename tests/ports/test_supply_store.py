"""Suppliers, bills of materials, and supply orders, on each database."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from activities.queueing import order_waiter
from activities.supply import SupplyActivities
from activities.supply_planning import still_missing
from fulfillment.domain.back_order_queue import QueueEntry
from fulfillment.domain.catalog import Bin
from fulfillment.domain.errors import ConfirmationRefused, Inconsistent, NotFound
from fulfillment.domain.lifecycle import Patience
from fulfillment.domain.supply import (
    ComponentsGo,
    Supplier,
    SupplyEnd,
    SupplyReport,
    SupplySource,
    SupplyState,
)
from fulfillment.domain.supply_orders import SupplyComponent, SupplyRecord
from fulfillment.messages.supply import (
    ArrangeSupply,
    ComponentsIssued,
    EndSupply,
    IssueComponents,
    PlanSupply,
    RecordSupplyReceipt,
    SupplyPlanned,
)
from fulfillment.persistence.database import SqlDatabase
from fulfillment.records import EffectRecord
from fulfillment.webhooks.ports import NO_WAKER
from record_samples import (
    BERLIN,
    BINS,
    NOW,
    article,
    moved,
    order,
    put_on_record,
    stock_up,
    warehouse,
)

DAY = timedelta(days=1)
ACME = Supplier(supplier_id="ACME", name="Acme", email="orders@acme.example")
RULES = {
    "a supply order has brought what the ledger says",
    "what was issued and not given back is in production",
    "no unit is promised twice",
    "all accounts of a SKU and lot sum to zero",
    "who waits for goods is under way",
}
ByHand = Callable[..., None]


class Clock:
    """A clock that stands still."""

    now = staticmethod(lambda: NOW)


class Starter:
    """Keeps which supply orders were started."""

    def __init__(self) -> None:
        """Begin with none."""
        self.started: list[str] = []

    async def start(self, supply_id: str) -> None:
        """Remember it."""
        self.started.append(supply_id)


def bought(sku: str = "MUG", lot_size: int = 5) -> SupplySource:
    """Return how an article is purchased."""
    return SupplySource.model_validate(
        {"sku": sku, "method": "purchase", "supplier_id": "ACME", "lot_size": lot_size} | PLACE
    )


def made() -> SupplySource:
    """Return how a mug is produced of two tees."""
    parts = [{"sku": "TEE", "quantity": 2}]
    return SupplySource.model_validate(
        {"sku": "MUG", "method": "production", "components": parts} | PLACE
    )


PLACE = {"warehouse_id": BERLIN, "bin_id": BINS[0], "lead_time_days": 3}


def acting(database: SqlDatabase, starter: Starter | None = None) -> SupplyActivities:
    """Return the activities on a database."""
    patience = Patience(remind_after=DAY, escalate_after=DAY, then_after=DAY)
    policies = SimpleNamespace(supply_overdue=patience, supply_day=DAY, continue_after_events=None)
    ports: Any = SimpleNamespace(
        database=database,
        clock=Clock(),
        waker=NO_WAKER,
        supply=starter or Starter(),
        policies=policies,
    )
    return SupplyActivities(ports)


async def known(database: SqlDatabase, *sources: SupplySource, quantity: int = 0) -> None:
    """Put a supplier and sources on record, with so many units of each article in stock."""
    await stock_up(database, quantity)
    async with database.writing() as record:
        await record.supply.add_suppliers([ACME])
        await record.supply.add_sources(sources)


async def misses(database: SqlDatabase, name: str, units: int) -> None:
    """Have an order wait for mugs."""
    await put_on_record(database, order(name, units, ["MUG"]))
    entry = QueueEntry(
        waiter=order_waiter(name), line_no=1, sku="MUG", units=units, promise_at=NOW, since=NOW
    )
    async with database.writing() as record:
        await record.back_orders.replace(entry.waiter, [entry])


async def arrange(database: SqlDatabase, name: str, starter: Starter | None = None) -> list[str]:
    """Arrange for the mugs that an order misses."""
    key = f"order/{name}/arrange_supply/-/1"
    request = ArrangeSupply(key=key, order_id=name, skus=("MUG",))
    return list((await acting(database, starter).arrange_supply(request)).supply_ids)


async def plan(database: SqlDatabase, name: str, number: int = 1) -> SupplyPlanned:
    """Order what is missing."""
    key = f"supply/{name}/plan_supply/-/{number}"
    return await acting(database).plan_supply(PlanSupply(key=key, supply_id=name, at=NOW))


async def receive(database: SqlDatabase, name: str, receipt: str, units: int) -> SupplyRecord:
    """Book a delivery of a supply order."""
    request = RecordSupplyReceipt(
        key=f"receipt/{receipt}/receive_stock/-/1",
        supply_id=name,
        report=SupplyReport(receipt_id=receipt, quantity=units),
    )
    return (await acting(database).record_supply_receipt(request)).supply


async def broken(database: SqlDatabase) -> set[str]:
    """Return which of the rules about supply do not hold."""
    async with database.reading() as record:
        return RULES & {finding.rule for finding in await record.books.findings()}


async def test_sources_and_supply_orders_are_kept(database: SqlDatabase) -> None:
    """As they were; a bill of materials is replaced as a whole; one is under way for each SKU."""
    await known(database, made())
    first = SupplyRecord(
        supply_id="S-1",
        sku="MUG",
        method=made().method,
        warehouse_id=BERLIN,
        bin_id=BINS[0],
        ordered=4,
        state=SupplyState.PLANNED,
        opened_at=NOW,
        state_since=NOW,
        components=(SupplyComponent(sku="TEE", needed=8),),
    )
    async with database.writing() as record:
        assert made() == await record.supply.source("MUG")
        assert await record.supply.source("TEE") is None
        await record.supply.add_sources([bought()])
        assert bought() == await record.supply.source("MUG")
        assert ACME == await record.supply.supplier("ACME")
        with pytest.raises(NotFound):
            await record.supply.supplier("NOBODY")
        await record.supply.add(first)
        assert first == await record.supply.under_way("MUG")
        assert await record.supply.expected("MUG") is None
        due = first.model_copy(update={"expected_at": NOW, "state": SupplyState.PRODUCING})
        await record.supply.save(due)
        assert [due] == await record.supply.page(states=[SupplyState.PRODUCING])
        assert date(2026, 3, 2) == await record.supply.expected("MUG")
        assert [] == await record.supply.page(states=[SupplyState.FAILED])
        with pytest.raises(NotFound):
            await record.supply.get("S-9")
    with pytest.raises(Inconsistent):
        async with database.writing() as record:
            await record.supply.add(first.model_copy(update={"supply_id": "S-2"}))


async def test_one_supply_order_serves_all_who_wait(database: SqlDatabase) -> None:
    """Raised in whole lots while it can be; asked for twice, it is ordered once."""
    await known(database, bought(lot_size=5))
    for name, units in (("O-1", 3), ("O-2", 4)):
        await misses(database, name, units)
    starter = Starter()
    assert ["S-000001"] == await arrange(database, "O-1", starter)
    planned = await plan(database, "S-000001")
    assert (10, 10, NOW + 3 * DAY) == (
        planned.more,
        planned.supply.ordered,
        planned.supply.expected_at,
    )
    await misses(database, "O-3", 6)
    assert ["S-000001"] == await arrange(database, "O-3", starter)
    assert ["S-000001"] * 2 == starter.started
    again = await plan(database, "S-000001", 2)
    assert (5, 15) == (again.more, again.supply.ordered)
    assert again == await plan(database, "S-000001", 2)


async def test_what_comes_is_booked_once_and_shared_out(database: SqlDatabase) -> None:
    """In parts; the first in line are served, and the same receipt again is the same delivery."""
    await known(database, bought(lot_size=1))
    for name, units in (("O-1", 3), ("O-2", 4)):
        await misses(database, name, units)
    [name] = await arrange(database, "O-1")
    await plan(database, name)
    for _ in range(2):
        assert 5 == (await receive(database, name, "D-1", 5)).received
    async with database.reading() as record:
        aside = {e.waiter.waiter_id: e.set_aside for e in await record.back_orders.all_waiting()}
        assert -5 == await record.stock.balance(f"supplier:{name}", "MUG")
    assert {"O-1": 3, "O-2": 2} == aside
    with pytest.raises(ConfirmationRefused, match="at most the 2"):
        await receive(database, name, "D-2", 3)
    assert SupplyState.RECEIVED is (await receive(database, name, "D-3", 2)).state
    assert set() == await broken(database)


async def test_a_production_takes_its_components_when_its_turn_has_come(
    database: SqlDatabase,
) -> None:
    """They are set aside, issued together, consumed by what is completed; the rest goes back."""
    await known(database, made(), bought("TEE", 1), quantity=10)
    await misses(database, "O-1", 14)
    [name] = await arrange(database, "O-1")
    starter = Starter()
    request = PlanSupply(key=f"supply/{name}/plan_supply/-/1", supply_id=name, at=NOW)
    planned = await acting(database, starter).plan_supply(request)
    # Nobody has shared out the mugs that are there: fourteen are missing, of two tees each.
    assert [18] == [line.quantity for line in planned.missing]
    assert ["S-000002"] == starter.started
    assert 18 == (await plan(database, "S-000002")).more
    await receive(database, "S-000002", "D-1", 18)
    assert (await plan(database, name, 2)).ready
    issue = IssueComponents(key=f"supply/{name}/issue_components/-/1", supply_id=name, at=NOW)
    begun = (await acting(database).issue_components(issue)).supply
    assert (SupplyState.PRODUCING, (28,)) == (
        begun.state,
        tuple(p.issued for p in begun.components),
    )
    assert 4 == (await receive(database, name, "P-1", 4)).received
    assert set() == await broken(database)
    end = EndSupply(
        key=f"supply/{name}/end_supply/-/1",
        supply_id=name,
        state=SupplyState.FAILED,
        end=SupplyEnd(reason="the kiln broke", components=ComponentsGo.BACK),
    )
    ended = await acting(database).end_supply(end)
    assert (SupplyState.FAILED, (20,)) == (
        ended.supply.state,
        tuple(part.given_back for part in ended.supply.components),
    )
    async with database.reading() as record:
        assert 8 == await record.stock.balance(f"production:{name}", "TEE")
        assert 20 == await record.stock.balance(f"bin:{BINS[0]}", "TEE")
    assert set() == await broken(database)


async def test_a_production_is_raised_by_the_bill_of_materials_of_the_day(
    database: SqlDatabase,
) -> None:
    """What it no longer names is neither waited for nor consumed, and goes to who waits for it."""
    await known(database, made(), quantity=2)
    await misses(database, "O-1", 1)
    [name] = await arrange(database, "O-1")
    assert (await plan(database, name)).ready
    tees = QueueEntry(
        waiter=order_waiter("O-2"), line_no=1, sku="TEE", units=2, promise_at=NOW, since=NOW
    )
    await put_on_record(database, order("O-2", 2, ["TEE"]))
    parts = [{"sku": "CLAY", "quantity": 3}]
    async with database.writing() as record:
        await record.back_orders.replace(tees.waiter, [tees])
        await record.catalog.add_articles([article("CLAY")])
        changed = made().model_dump() | {"components": parts}
        await record.supply.add_sources([SupplySource.model_validate(changed)])
    await misses(database, "O-3", 1)
    raised = await plan(database, name, 2)
    assert [("CLAY", 6)] == [(line.sku, line.quantity) for line in raised.missing]
    assert (tees.waiter,) == raised.woken
    async with database.reading() as record:
        kept = await record.supply.get(name)
    assert (raised.supply, ("CLAY",)) == (kept, tuple(part.sku for part in kept.components))


async def issue(database: SqlDatabase, name: str, number: int = 1) -> ComponentsIssued:
    """Take the components into production."""
    key = f"supply/{name}/issue_components/-/{number}"
    request = IssueComponents(key=key, supply_id=name, at=NOW)
    return await acting(database).issue_components(request)


async def lay(database: SqlDatabase, units: int, bin_id: str, lot: str = "") -> None:
    """Put tees into a bin."""
    async with database.writing() as record:
        received = [moved("TEE", units, "supplier:BER", f"bin:{bin_id}", lot)]
        key = f"receipt/{bin_id}/{lot}"
        await record.stock.move(key, received, by="Rita", reason="receipt", at=NOW)


async def second_warehouse(database: SqlDatabase) -> None:
    """Put a warehouse with one bin on record, to which tees are delivered."""
    place = Bin(bin_id="HAM-A01", warehouse_id="HAM", aisle=0, cell=0)
    tees = bought("TEE", 1).model_copy(update={"warehouse_id": "HAM", "bin_id": "HAM-A01"})
    async with database.writing() as record:
        await record.catalog.add_warehouse(warehouse("HAM"), [place])
        await record.supply.add_sources([tees])


async def test_components_go_back_to_the_bins_they_came_from(database: SqlDatabase) -> None:
    """Wherever the component's own supply is delivered to."""
    await known(database, made())
    await second_warehouse(database)
    await lay(database, 4, BINS[1])
    await misses(database, "O-1", 2)
    [name] = await arrange(database, "O-1")
    assert (await plan(database, name)).ready
    assert SupplyState.PRODUCING is (await issue(database, name)).supply.state
    key = f"supply/{name}/end_supply/-/1"
    end = SupplyEnd(reason="the kiln broke", components=ComponentsGo.BACK)
    request = EndSupply(key=key, supply_id=name, state=SupplyState.FAILED, end=end)
    await acting(database).end_supply(request)
    async with database.reading() as record:
        assert 4 == await record.stock.balance(f"bin:{BINS[1]}", "TEE")
        assert 0 == await record.stock.balance("bin:HAM-A01", "TEE")
    assert set() == await broken(database)


async def test_components_of_another_warehouse_are_not_set_aside(database: SqlDatabase) -> None:
    """They stay for others; nor is bought what would come into the other warehouse."""
    await known(database, made())
    await second_warehouse(database)
    await lay(database, 9, "HAM-A01")
    await misses(database, "O-1", 2)
    [name] = await arrange(database, "O-1")
    starter = Starter()
    request = PlanSupply(key=f"supply/{name}/plan_supply/-/1", supply_id=name, at=NOW)
    planned = await acting(database, starter).plan_supply(request)
    assert ([4], []) == ([line.quantity for line in planned.missing], starter.started)
    async with database.writing() as record:
        assert [0] == [entry.set_aside for entry in await record.back_orders.waiting(["TEE"])]
        assert 0 == await still_missing(record, "TEE", "HAM")
        assert 4 == await still_missing(record, "TEE", BERLIN)


async def test_no_expired_components_go_into_production(database: SqlDatabase) -> None:
    """What lies in front and has expired is left; where too few are fresh, none are issued."""
    await known(database, made())
    dated = article("TEE").model_copy(update={"min_shelf_life_days": 0})
    async with database.writing() as record:
        await record.catalog.add_articles([dated])
        await record.stock.record_lot("TEE", "OLD", date(2020, 1, 1), NOW)
        await record.stock.record_lot("TEE", "NEW", date(2030, 1, 1), NOW)
    await lay(database, 5, BINS[0], "OLD")
    await lay(database, 3, BINS[1], "NEW")
    await misses(database, "O-1", 2)
    [name] = await arrange(database, "O-1")
    await plan(database, name)
    begun = await issue(database, name)
    assert (SupplyState.PLANNED, "not in BER: 1 x TEE") == (begun.supply.state, begun.because)
    await lay(database, 1, BINS[0], "NEW")
    assert SupplyState.PRODUCING is (await issue(database, name, 2)).supply.state
    async with database.reading() as record:
        assert 4 == await record.stock.balance(f"production:{name}", "TEE", "NEW")
        assert 5 == await record.stock.balance(f"bin:{BINS[0]}", "TEE", "OLD")


async def test_a_purchase_order_is_unsent_until_it_was_sent(database: SqlDatabase) -> None:
    """A workflow that is started again sends what its earlier run did not."""
    await known(database, bought(lot_size=1))
    await misses(database, "O-1", 3)
    [name] = await arrange(database, "O-1")
    assert (3, True) == _to_send(await plan(database, name))
    assert (0, True) == _to_send(await plan(database, name, 2))
    key = f"supply/{name}/send_purchase_order/3/1"
    async with database.writing() as record:
        sent = EffectRecord(
            key=key,
            step="send_purchase_order",
            order_id=None,
            request_hash="-",
            result="{}",
            at=NOW,
        )
        await record.effects.add(sent)
    assert (0, False) == _to_send(await plan(database, name, 3))
    await misses(database, "O-2", 1)
    assert (1, True) == _to_send(await plan(database, name, 4))


def _to_send(planned: SupplyPlanned) -> tuple[int, bool]:
    return planned.more, planned.unsent


async def test_the_books_tell_what_a_supply_order_has_not_brought(
    database: SqlDatabase, by_hand: ByHand
) -> None:
    """By the ledger fewer came, or fewer are in production."""
    await known(database, bought(lot_size=1))
    await misses(database, "O-1", 3)
    [name] = await arrange(database, "O-1")
    await plan(database, name)
    await receive(database, name, "D-1", 1)
    assert set() == await broken(database)
    by_hand("UPDATE supply_orders SET received = 2")
    assert {"a supply order has brought what the ledger says"} == await broken(database)


async def test_two_orders_arrange_at_once(database_url: str, database: SqlDatabase) -> None:
    """They find one supply order, and it is one purchase."""
    await known(database, bought(lot_size=1))
    names = [f"O-{number}" for number in range(6)]
    for name in names:
        await misses(database, name, 1)
    databases = [SqlDatabase(database_url), SqlDatabase(database_url)]
    found = await asyncio.gather(*(arrange(databases[n % 2], name) for n, name in enumerate(names)))
    for each in databases:
        await each.dispose()
    assert [["S-000001"]] * 6 == found
    assert 6 == (await plan(database, "S-000001")).more
