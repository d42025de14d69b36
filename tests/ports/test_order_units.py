"""Whatever is assigned, freed and assigned again, the units' amounts add up."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.errors import Inconsistent
from fulfillment.domain.orders import LineQuantity, unit_amounts
from fulfillment.persistence.database import SqlDatabase
from record_samples import fulfillment, order, put_on_record, stock_up

SHARES = ("O-1-F1", "O-1-F2")
ORDERED = 7
Step = tuple[bool, str, int, int]

STEPS = st.lists(
    st.tuples(st.booleans(), st.sampled_from(SHARES), st.sampled_from((1, 2)), st.integers(1, 5)),
    max_size=12,
)


@settings(max_examples=20, deadline=None)
@given(steps=STEPS)
async def test_amounts_add_up(template: Path, steps: list[Step]) -> None:
    """Each fulfillment costs its own units: the lowest free ones on, the highest off."""
    with TemporaryDirectory() as folder:
        shutil.copy(template, f"{folder}/record.db")
        database = SqlDatabase(f"sqlite:///{folder}/record.db")
        await stock_up(database)
        await put_on_record(database, order(quantity=ORDERED))
        async with database.writing() as record:
            for share in SHARES:
                await record.fulfillments.add(fulfillment(share))
        model = Model()
        for step in steps:
            assert await take(database, step) == model.take(step)
        async with database.reading() as record:
            for share in SHARES:
                assert await record.orders.amount_minor(share) == model.amount_minor(share)
                assert await record.orders.unit_numbers(share) == model.unit_numbers(share)
        await database.dispose()


async def take(database: SqlDatabase, step: Step) -> bool:
    """Assign or free units; return whether that was possible."""
    assign, share, line_no, quantity = step
    lines = [LineQuantity(line_no=line_no, sku=("MUG", "TEE")[line_no - 1], quantity=quantity)]
    try:
        async with database.writing() as record:
            if assign:
                await record.orders.assign_units("O-1", share, lines)
            else:
                await record.orders.free_units(share, lines)
    except Inconsistent:
        return False
    return True


class Model:
    """What should come out, by plain lists."""

    def __init__(self) -> None:
        """Begin with all units free."""
        self.amounts = unit_amounts(order(quantity=ORDERED))
        self.owners: dict[int, list[str | None]] = {no: [None] * ORDERED for no in self.amounts}

    def take(self, step: Step) -> bool:
        """Assign or free units; return whether that was possible."""
        assign, share, line_no, quantity = step
        owners = self.owners[line_no]
        wanted = None if assign else share
        found = [unit for unit, owner in enumerate(owners) if owner == wanted]
        chosen = found[:quantity] if assign else found[::-1][:quantity]
        if len(chosen) < quantity:
            return False
        for unit in chosen:
            owners[unit] = share if assign else None
        return True

    def unit_numbers(self, share: str) -> dict[int, list[int]]:
        """Return which units a share has, by line."""
        own = {
            line_no: [unit for unit, owner in enumerate(owners, 1) if owner == share]
            for line_no, owners in self.owners.items()
        }
        return {line_no: numbers for line_no, numbers in own.items() if numbers}

    def amount_minor(self, share: str) -> int:
        """Return what a share's units cost."""
        return sum(
            amount
            for line_no, amounts in self.amounts.items()
            for amount, owner in zip(amounts, self.owners[line_no], strict=True)
            if owner == share
        )


async def test_all_units_cost_what_the_order_costs(database: SqlDatabase) -> None:
    """A fulfillment of the whole order costs its total, and nothing once its units are freed."""
    await stock_up(database)
    await put_on_record(database, order())
    async with database.writing() as record:
        await record.fulfillments.add(fulfillment())
        lines = [LineQuantity(line_no=n, sku="MUG", quantity=2) for n in (1, 2)]
        await record.orders.assign_units("O-1", "O-1-F1", lines)
        assert await record.orders.amount_minor("O-1-F1") == order().amount_minor
        await record.orders.free_units("O-1-F1")
        assert await record.orders.amount_minor("O-1-F1") == 0
