"""Claims never exceed what is on hand, however many want the last unit at once."""

import asyncio
import sys
from pathlib import Path

import pytest

from fulfillment.domain.errors import OutOfStock, StockViolation
from fulfillment.domain.orders import LineQuantity
from fulfillment.persistence.database import SqlDatabase
from fulfillment.records import Claim, FulfillmentRecord
from order_journey import Journey
from record_samples import (
    BERLIN,
    BINS,
    NOW,
    claim_of,
    fulfillment,
    moved,
    order,
    put_on_record,
    stock_up,
)

ROOT = Path(__file__).parents[2]


def share(order_id: str, quantity: int = 1) -> FulfillmentRecord:
    """Return a fulfillment of so many mugs."""
    return fulfillment(f"{order_id}-F1", order_id, ((1, "MUG", quantity),))


async def claim(database: SqlDatabase, order_id: str, quantity: int = 1) -> bool:
    """Claim mugs for an order; return whether there were enough."""
    own = share(order_id, quantity)
    try:
        async with database.writing() as record:
            await record.fulfillments.add(own)
            await record.stock.claim([claim_of(own.lines[0], own)])
    except OutOfStock:
        return False
    return True


async def claimed(database: SqlDatabase) -> int:
    """Return how many mugs are claimed."""
    async with database.reading() as record:
        return (await record.stock.levels(["MUG"]))[0].claimed


@pytest.mark.parametrize(("stock", "demand"), [(7, 20), (20, 7), (0, 3)])
async def test_the_last_units_are_claimed_once(
    database_url: str, database: SqlDatabase, stock: int, demand: int
) -> None:
    """Two databases' tasks fight for the same SKU: as many get it as there are units."""
    await stock_up(database, stock)
    for number in range(demand):
        await put_on_record(database, order(f"O-{number}"))
    other = SqlDatabase(database_url)
    got = await asyncio.gather(*(claim((database, other)[n % 2], f"O-{n}") for n in range(demand)))
    await other.dispose()
    assert sum(got) == min(stock, demand)
    if stock:
        assert await claimed(database) == min(stock, demand)


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


async def test_two_processes_claim_the_last_units_once(
    database_url: str, database: SqlDatabase
) -> None:
    """The same with two processes of the operating system."""
    await stock_up(database, 15)
    for number in range(24):
        await put_on_record(database, order(f"O-{number}"))
    outputs = await asyncio.gather(*(claim_elsewhere(database_url, first) for first in (0, 1)))
    assert sum(outputs) == 15
    assert await claimed(database) == 15


async def test_all_or_nothing(database: SqlDatabase) -> None:
    """Where one SKU is missing nothing is claimed, and the message says what is left."""
    await stock_up(database)
    await put_on_record(database, order())
    own = fulfillment(lines=((1, "MUG", 2), (2, "TEE", 11)))
    claims = [claim_of(line, own) for line in own.lines]
    with pytest.raises(OutOfStock, match="11 units that no order has claimed, came 10"):
        async with database.writing() as record:
            await record.stock.claim(claims)
    assert await claimed(database) == 0


async def test_bound_units_are_not_offered_again(database: SqlDatabase) -> None:
    """What one pick list has bound in a bin, no other finds there; its own it does."""
    await stock_up(database)
    await Journey(database).to("plan")
    async with database.reading() as record:
        other = await record.stock.bin_stock(BERLIN, ["MUG"])
        own = await record.stock.bin_stock(BERLIN, ["MUG"], but_for="O-1-F1")
    assert [(b.bin_id, b.quantity) for b in other] == [(BINS[0], 8)]
    assert [(b.bin_id, b.quantity) for b in own] == [(BINS[0], 10)]


def rebound(*bound: tuple[str, str | None, int], sku: str = "MUG") -> list[Claim]:
    """Return claims of the first line, bound to bins."""
    own = share("O-1", 4)
    model = claim_of(own.lines[0], own)
    return [
        model.model_copy(
            update={"claim_id": name, "bin_id": bin_id, "quantity": quantity, "sku": sku}
        )
        for name, bin_id, quantity in bound
    ]


@pytest.fixture
async def four_claimed(database: SqlDatabase) -> None:
    """Have an order claim four mugs, of which three lie in one bin and two in the other."""
    await stock_up(database, 3)
    await put_on_record(database, order(quantity=4))
    async with database.writing() as record:
        more = [moved("MUG", 2, "supplier:BER", f"bin:{BINS[1]}")]
        await record.stock.move("receipt/2", more, by="Rita", reason="receipt", at=NOW)
    assert await claim(database, "O-1", 4)


@pytest.mark.usefixtures("four_claimed")
async def test_binding_keeps_the_units(database: SqlDatabase) -> None:
    """The claims are the same units as before, now in bins."""
    bound = rebound(("a", BINS[0], 3), ("b", BINS[1], 1))
    async with database.writing() as record:
        await record.stock.bind("O-1-F1", bound)
        assert await record.stock.claims("O-1-F1") == bound
    assert await claimed(database) == 4


@pytest.mark.usefixtures("four_claimed")
@pytest.mark.parametrize(
    ("bound", "message"),
    [
        (rebound(("a", BINS[0], 3)), "expected the 4 units that are claimed, came 3"),
        (rebound(("a", BINS[0], 4), sku="TEE"), "or of other lines"),
        (rebound(("a", BINS[0], 1), ("b", BINS[1], 3)), "TEE|MUG in bin BER-A02"),
    ],
)
async def test_other_units_are_not_bound(
    database: SqlDatabase, bound: list[Claim], message: str
) -> None:
    """Neither fewer, nor of another SKU, nor more than lie in the bin."""
    with pytest.raises(StockViolation, match=message):
        async with database.writing() as record:
            await record.stock.bind("O-1-F1", bound)


@pytest.mark.usefixtures("four_claimed")
async def test_release_gives_back_what_was_asked(database: SqlDatabase) -> None:
    """Units of a line, of a bin, or all that is left; never more than is claimed."""
    mugs = [LineQuantity(line_no=1, sku="MUG", quantity=2)]
    async with database.writing() as record:
        stock = record.stock
        await stock.bind("O-1-F1", rebound(("a", BINS[0], 3), ("b", BINS[1], 1)))
        with pytest.raises(StockViolation, match="2 claimed units of MUG, came 1"):
            await stock.release("O-1-F1", mugs, BINS[1])
        assert await stock.release("O-1-F1", mugs, BINS[0]) == 2
        assert await stock.claims("O-1-F1") == rebound(("a", BINS[0], 1), ("b", BINS[1], 1))
        assert await stock.release("O-1-F1", bin_id=BINS[1]) == 1
        assert (await stock.levels(["MUG"]))[0].claimed == 1
        assert await stock.release("O-1-F1") == 1
        assert await stock.release("O-1-F1") == 0
        assert await stock.claims("O-1-F1") == []
    assert await claimed(database) == 0


@pytest.mark.usefixtures("four_claimed")
async def test_a_release_over_several_claims_begins_with_the_last(database: SqlDatabase) -> None:
    """Whole claims are closed, and one is cut to size."""
    three = [LineQuantity(line_no=1, sku="MUG", quantity=3)]
    async with database.writing() as record:
        await record.stock.bind("O-1-F1", rebound(("a", BINS[0], 2), ("b", BINS[1], 2)))
        assert await record.stock.release("O-1-F1", three) == 3
        assert await record.stock.claims("O-1-F1") == rebound(("a", BINS[0], 1))
    assert await claimed(database) == 1


@pytest.mark.usefixtures("four_claimed")
async def test_consumed_units_leave_their_bins(database: SqlDatabase) -> None:
    """After `consume`, and only then, the goods can be moved out."""
    out = [
        moved("MUG", 3, f"bin:{BINS[0]}", "cart:O-1-F1"),
        moved("MUG", 1, f"bin:{BINS[1]}", "cart:O-1-F1"),
    ]
    with pytest.raises(StockViolation, match="release the claims first"):
        async with database.writing() as record:
            await record.stock.move("pick", out, by="Pia", reason="pick", at=NOW)
    async with database.writing() as record:
        await record.stock.consume("O-1-F1")
        await record.stock.move("pick", out, by="Pia", reason="pick", at=NOW)
        level = (await record.stock.levels(["MUG"]))[0]
    assert (level.on_hand, level.claimed) == (1, 0)
