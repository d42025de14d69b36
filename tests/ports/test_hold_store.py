"""Holds on record, on each database."""

from datetime import timedelta

import pytest

from fulfillment.domain.errors import Inconsistent
from fulfillment.domain.holds import HoldChoice, HoldKind, HoldRecord
from fulfillment.persistence.database import SqlDatabase
from order_journey import Journey
from record_samples import NOW, stock_up

LATER = NOW + timedelta(days=7)


def a_hold(order_id: str, number: int, *kinds: HoldKind) -> HoldRecord:
    """Return an order's hold."""
    return HoldRecord(
        hold_id=f"order/{order_id}/hold_order/-/{number}",
        order_id=order_id,
        kinds=kinds,
        reason="address: 17 is no street",
        placed_at=NOW + timedelta(minutes=number),
        until=LATER,
    )


@pytest.fixture(autouse=True)
async def orders_on_record(database: SqlDatabase) -> None:
    """Have three orders on record."""
    await stock_up(database)
    for name in ("O-1", "O-2", "O-3"):
        await Journey(database, name).to("receive")


async def test_an_order_has_one_open_hold(database: SqlDatabase) -> None:
    """Once it is answered, another may follow; each stays on record with its answer."""
    first, second = a_hold("O-1", 1, HoldKind.RISK), a_hold("O-1", 2, HoldKind.PAYMENT)
    async with database.writing() as tx:
        await tx.holds.place(first)
    with pytest.raises(Inconsistent):
        async with database.writing() as tx:
            await tx.holds.place(second)
    async with database.writing() as tx:
        await tx.holds.close("O-1", HoldChoice.RELEASE, "eve", LATER, "known")
        await tx.holds.place(second)
    async with database.reading() as tx:
        answered, still_open = await tx.holds.of_order("O-1")
        assert await tx.holds.find(first.hold_id) == answered
        assert await tx.holds.find("another") is None
    assert (answered.answer, answered.closed_by, answered.remark) == (
        HoldChoice.RELEASE,
        "eve",
        "known",
    )
    assert still_open == second


async def test_a_question_and_its_answer(database: SqlDatabase) -> None:
    """The customer is waited for in between; a later question forgets the earlier answer."""
    async with database.writing() as tx:
        await tx.holds.place(a_hold("O-1", 1, HoldKind.RISK))
        await tx.holds.ask("O-1", "which house?", NOW, LATER)
    async with database.writing() as tx:
        [asked] = await tx.holds.of_order("O-1")
        await tx.holds.reply("O-1", "number 7", LATER + timedelta(days=1))
        [replied] = await tx.holds.of_order("O-1")
        await tx.holds.ask("O-1", "which door?", LATER, LATER)
        [again] = await tx.holds.of_order("O-1")
    assert (asked.question, asked.asked_at, asked.until) == ("which house?", NOW, LATER)
    assert (replied.question, replied.asked_at, replied.reply) == ("which house?", None, "number 7")
    assert replied.until == LATER + timedelta(days=1)
    assert (again.question, again.asked_at, again.reply) == ("which door?", LATER, "")


async def test_a_question_that_lapses(database: SqlDatabase) -> None:
    """Staff is waited for again; what was asked stays, for an answer that comes late."""
    async with database.writing() as tx:
        await tx.holds.place(a_hold("O-1", 1, HoldKind.RISK))
        await tx.holds.ask("O-1", "which house?", NOW, NOW)
        await tx.holds.lapse("O-1", LATER)
        [lapsed] = await tx.holds.of_order("O-1")
    assert (lapsed.question, lapsed.asked_at, lapsed.until) == ("which house?", None, LATER)


async def test_the_open_ones_page_by_page(database: SqlDatabase) -> None:
    """By order id, of one kind or all; what is closed is not among them."""
    async with database.writing() as tx:
        await tx.holds.place(a_hold("O-3", 1, HoldKind.RISK, HoldKind.ADDRESS_AMBIGUOUS))
        await tx.holds.place(a_hold("O-2", 1, HoldKind.ADDRESS_UNUSABLE))
        await tx.holds.place(a_hold("O-1", 1, HoldKind.RISK))
        await tx.holds.close("O-2", None, "engine", LATER)
        await tx.holds.close("O-2", HoldChoice.REJECT, "late", LATER)
    async with database.reading() as tx:
        everything = await tx.holds.open()
        assert [hold.order_id for hold in everything] == ["O-1", "O-3"]
        assert [hold.order_id for hold in await tx.holds.open(limit=1, after="O-1")] == ["O-3"]
        doubtful = await tx.holds.open(kind=HoldKind.ADDRESS_AMBIGUOUS)
        [ended] = await tx.holds.of_order("O-2")
    assert [hold.order_id for hold in doubtful] == ["O-3"]
    assert (ended.answer, ended.closed_by) == (None, "engine")
