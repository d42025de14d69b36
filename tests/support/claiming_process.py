"""A process that claims mugs for orders, as `claiming_process URL FIRST END STEP`."""

import asyncio
import sys

from fulfillment.domain.errors import OutOfStock
from fulfillment.persistence.database import SqlDatabase
from record_samples import claim_of, fulfillment


async def claim_all(url: str, numbers: range) -> int:
    """Claim one mug for each order, several at once; return how many got one."""
    database = SqlDatabase(url)
    got = await asyncio.gather(*(claim_one(database, f"O-{number}") for number in numbers))
    await database.dispose()
    return sum(got)


async def claim_one(database: SqlDatabase, order_id: str) -> int:
    """Claim one mug; return 1, or 0 if none was left."""
    own = fulfillment(f"{order_id}-F1", order_id, ((1, "MUG", 1),))
    try:
        async with database.writing() as record:
            await record.fulfillments.add(own)
            await record.stock.claim([claim_of(own.lines[0], own)])
    except OutOfStock:
        return 0
    return 1


if __name__ == "__main__":
    claims = asyncio.run(claim_all(sys.argv[1], range(*map(int, sys.argv[2:5]))))
    sys.stdout.write(f"{claims}\n")
