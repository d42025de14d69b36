"""Who orders how often, counted by digests, on each database."""

import asyncio
from datetime import timedelta

import pytest

from activities.risk_check import assess_risk
from fulfillment.domain.orders import ReplacementReason, Replaces
from fulfillment.domain.risk import RiskRules, Trait, TraitKind, traits_of
from fulfillment.persistence.database import SqlDatabase
from order_journey import Journey
from record_samples import NOW, stock_up

MAIL, PHONE = (Trait(kind=TraitKind.EMAIL, digest=d * 64) for d in "ab")
OTHER = Trait(kind=TraitKind.EMAIL, digest="c" * 64)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
async def orders_on_record(database: SqlDatabase) -> None:
    """Have three orders on record."""
    await stock_up(database)
    for name in ("O-1", "O-2", "O-3"):
        await Journey(database, name).to("receive")


async def test_others_are_counted_by_what_they_share(database: SqlDatabase) -> None:
    """The order itself does not count, nor what came before the window."""
    phone = Trait(kind=TraitKind.PHONE, digest=MAIL.digest)
    async with database.writing() as tx:
        await tx.traits.note("O-1", [MAIL, phone], NOW - HOUR)
        await tx.traits.note("O-2", [MAIL], NOW)
        await tx.traits.note("O-3", [OTHER, phone], NOW)
    async with database.reading() as tx:
        ever = await tx.traits.shared("O-2", [MAIL, phone], NOW)
        lately = await tx.traits.shared("O-2", [MAIL, phone], NOW, NOW)
        at_the_edge = await tx.traits.shared("O-2", [MAIL], NOW, NOW - HOUR)
        before = await tx.traits.shared("O-2", [MAIL, phone], NOW - HOUR)
        nothing = await tx.traits.shared("O-2", [], NOW)
    assert ever == {TraitKind.EMAIL: 1, TraitKind.PHONE: 2}
    assert lately == {TraitKind.EMAIL: 0, TraitKind.PHONE: 1}
    assert at_the_edge == {TraitKind.EMAIL: 1}
    assert before == {TraitKind.EMAIL: 1, TraitKind.PHONE: 1}
    assert nothing == {}


async def test_a_corrected_order_has_its_new_traits_alone(database: SqlDatabase) -> None:
    """Noted again, it takes the place of what was noted."""
    async with database.writing() as tx:
        await tx.traits.note("O-1", [MAIL], NOW)
        await tx.traits.note("O-1", [OTHER], NOW)
        assert await tx.traits.shared("O-2", [MAIL], NOW) == {TraitKind.EMAIL: 0}
        assert await tx.traits.shared("O-2", [OTHER], NOW) == {TraitKind.EMAIL: 1}


async def test_the_third_order_of_a_day_is_held(database: SqlDatabase) -> None:
    """Counted over all orders on record; a replacement is nobody's order, and is not looked at."""
    rules = RiskRules(velocity_orders=2)
    held = []
    for name in ("O-1", "O-2", "O-3"):
        async with database.writing() as tx:
            risk = await assess_risk(tx, rules, await tx.orders.get(name))
        assert risk is not None
        held.append(risk.holds)
    assert held == [False, False, True]
    async with database.writing() as tx:
        record = await tx.orders.get("O-3")
        replaces = Replaces(order_id="O-1", reason=ReplacementReason.LOST)
        sent_again = record.order.model_copy(update={"replaces": replaces})
        record = record.model_copy(update={"order": sent_again})
        assert await assess_risk(tx, rules, record) is None
        assert await assess_risk(tx, RiskRules(), await tx.orders.get("O-1")) is None


async def test_of_orders_at_once_one_counts_the_other(
    database_url: str, database: SqlDatabase
) -> None:
    """Who comes second waits for the first, wherever that one has written its traits by then."""
    rules = RiskRules(velocity_orders=1)
    other, written = SqlDatabase(database_url), asyncio.Event()

    async def first() -> bool:
        async with database.writing() as tx:
            risk = await assess_risk(tx, rules, await tx.orders.get("O-1"))
            written.set()
            await asyncio.sleep(0.2)
        return risk is not None and risk.holds

    async def second() -> bool:
        await written.wait()
        async with other.writing() as tx:
            risk = await assess_risk(tx, rules, await tx.orders.get("O-2"))
        return risk is not None and risk.holds

    try:
        assert list(await asyncio.gather(first(), second())) == [False, True]
    finally:
        await other.dispose()


async def test_what_comes_long_after_an_order_is_not_counted(database: SqlDatabase) -> None:
    """An order that is verified again is not held for what its customer has bought since."""
    rules = RiskRules(velocity_orders=1)
    async with database.writing() as tx:
        record = await tx.orders.get("O-1")
        late = record.recorded_at + rules.velocity_window
        traits = traits_of(record.order)
        await tx.traits.note("O-2", traits, late + HOUR)
        risk = await assess_risk(tx, rules, record)
        assert risk is not None
        assert not risk.holds
        await tx.traits.note("O-2", traits, late)
        risk = await assess_risk(tx, rules, record)
        assert risk is not None
        assert risk.holds
