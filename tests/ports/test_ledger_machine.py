"""Stock, claims and money together, against a model of plain numbers, on each kind of database."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, TypeVar, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fulfillment.domain.errors import Inconsistent, OutOfStock, StockViolation
from fulfillment.domain.money_ledger import LEVELS, MoneyAccount, PostingKind, balances, postings
from fulfillment.domain.orders import PaymentMethod
from fulfillment.persistence.database import SqlDatabase
from fulfillment.records import PaymentRecord
from fulfillment.stores import UnitOfWork
from record_samples import (
    BINS,
    NOW,
    article,
    claim_of,
    fulfillment,
    moved,
    order,
    put_on_record,
    stock_up,
)

T = TypeVar("T")
NUMBERS = count(1)
UNITS = st.integers(1, 5)
POSTED = (
    PostingKind.AUTHORIZED,
    PostingKind.CAPTURED,
    PostingKind.VOIDED,
    PostingKind.REFUNDED,
)


class Ledgers(RuleBasedStateMachine):
    """An article of one's own, orders that claim it, and the payment of one of them."""

    def __init__(self, database: SqlDatabase, runner: asyncio.Runner) -> None:
        """Begin with an article that is not in stock, and an order that nobody has paid."""
        super().__init__()
        self.database, self.runner = database, runner
        self.sku = f"SKU{next(NUMBERS)}"
        self.bins = dict.fromkeys(BINS, 0)
        self.claims: dict[str, int] = {}
        self.money = dict.fromkeys(POSTED, 0)
        self.paid_by = self.new_order(1)

        async def begin(tx: UnitOfWork) -> None:
            await tx.payments.save(
                PaymentRecord(
                    order_id=self.paid_by,
                    method=PaymentMethod.TO_AUTHORIZE,
                    currency="EUR",
                    reference="r",
                )
            )

        self.write(begin)

    def write(self, change: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """Change something in one transaction."""

        async def change_it() -> T:
            async with self.database.writing() as tx:
                return await change(tx)

        return self.runner.run(change_it())

    def is_allowed(
        self, change: Callable[[UnitOfWork], Awaitable[Any]], *refusals: type[Exception]
    ) -> bool:
        """Change something, and return whether the ledgers allowed it."""
        try:
            self.write(change)
        except refusals:
            return False
        return True

    def new_order(self, units: int) -> str:
        """Put an order of so many units on record."""
        order_id = f"{self.sku}-{next(NUMBERS)}"

        async def add() -> None:
            async with self.database.writing() as tx:
                if not await tx.catalog.articles({self.sku}):
                    await tx.catalog.add_articles([article(self.sku)])
            await put_on_record(self.database, order(order_id, units, [self.sku]))

        self.runner.run(add())
        return order_id

    # --- goods ---------------------------------------------------------------------------

    def book(self, units: int, source: str, target: str) -> bool:
        """Book units from one account to another; return whether that was allowed."""
        rows = [moved(self.sku, units, source, target)]
        key = f"{self.sku}/{next(NUMBERS)}"
        return self.is_allowed(
            lambda tx: tx.stock.move(key, rows, by="Rita", reason="test", at=NOW), StockViolation
        )

    @rule(units=UNITS, into=st.sampled_from(BINS))
    def receive(self, units: int, into: str) -> None:
        """Have a supplier bring units."""
        assert self.book(units, "supplier:BER", f"bin:{into}")
        self.bins[into] += units

    @rule(units=UNITS, out_of=st.sampled_from(BINS))
    def scrap(self, units: int, out_of: str) -> None:
        """Throw units away; neither more than lie there, nor what an order has claimed."""
        free = sum(self.bins.values()) - sum(self.claims.values())
        assert (units <= min(free, self.bins[out_of])) == self.book(
            units, f"bin:{out_of}", "scrap:"
        )
        if units <= min(free, self.bins[out_of]):
            self.bins[out_of] -= units

    @rule(units=UNITS)
    def claim(self, units: int) -> None:
        """Claim units for an order, if so many are free."""
        order_id = self.new_order(units)
        own = fulfillment(f"{order_id}-F1", order_id, ((1, self.sku, units),))

        async def claim(tx: UnitOfWork) -> None:
            await tx.fulfillments.add(own)
            await tx.stock.claim([claim_of(own.lines[0], own)])

        free = sum(self.bins.values()) - sum(self.claims.values())
        assert (units <= free) == self.is_allowed(claim, OutOfStock)
        if units <= free:
            self.claims[own.fulfillment_id] = units

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """Release what an order has claimed; a second time nothing."""
        if self.claims:
            name = data.draw(st.sampled_from(sorted(self.claims)))
            units = self.claims.pop(name)
            assert [units, 0] == [self.write(lambda tx: tx.stock.release(name)) for _ in range(2)]

    # --- money ---------------------------------------------------------------------------

    @rule(kind=st.sampled_from(POSTED), amount_minor=UNITS)
    def post(self, kind: PostingKind, amount_minor: int) -> None:
        """Post an amount; never more captured and voided than held, or refunded than captured."""
        after = {**self.money, kind: self.money[kind] + amount_minor}
        authorized, captured, voided, refunded = (after[one] for one in POSTED)
        holds = authorized >= captured + voided and captured >= refunded
        key = f"{self.paid_by}/{next(NUMBERS)}"

        async def post(tx: UnitOfWork) -> None:
            payment = await tx.payments.find(self.paid_by)
            assert payment is not None
            await tx.payments.post(key, payment, postings(kind, amount_minor), NOW)

        assert holds == self.is_allowed(post, Inconsistent)
        self.money = after if holds else self.money

    # --- what is true ever ---------------------------------------------------------------

    @invariant()
    def both_are_as_the_model_says(self) -> None:
        """Compare what lies where, what is claimed, and what the payment has come to."""

        async def read(tx: UnitOfWork) -> tuple[Any, ...]:
            levels = await tx.stock.levels([self.sku])
            bins = {b: await tx.stock.balance(f"bin:{b}", self.sku) for b in BINS}
            payment = await tx.payments.find(self.paid_by)
            entries = balances(await tx.payments.entries(self.paid_by))
            shelf = sum(one.on_hand for one in levels), sum(one.claimed for one in levels)
            return shelf, bins, payment, entries

        shelf, bins, payment, entries = self.write(read)
        assert (sum(self.bins.values()), sum(self.claims.values())) == shelf
        assert self.bins == bins
        authorized, captured, voided, refunded = (self.money[kind] for kind in POSTED)
        assert list(self.money.values()) == [getattr(payment, name) for name in LEVELS]
        assert authorized - captured - voided == entries[MoneyAccount.HELD]
        assert captured - refunded == entries[MoneyAccount.CAPTURED]
        assert 0 == sum(entries.values())


def test_the_ledgers_are_their_model(database_url: str) -> None:
    """Whatever comes in whatever sequence is refused or booked as plain numbers say."""
    database = SqlDatabase(database_url)
    limits = settings(
        max_examples=8,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with asyncio.Runner() as runner:
        runner.run(stock_up(database, quantity=0))
        factory = cast("type[RuleBasedStateMachine]", lambda: Ledgers(database, runner))
        run_state_machine_as_test(factory, settings=limits)
        runner.run(database.dispose())
