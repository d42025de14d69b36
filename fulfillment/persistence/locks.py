"""What a transaction has to itself before it decides by it, where others write side by side.

SQLite has one writer, so there is nothing to hold. On PostgreSQL these are advisory locks of the
transaction: they also stand for what has no row yet, and end with it. All transactions hold in one
order, so that none waits in a circle: a scanner's session, orders, an effect's key, what a
storefront said of an order, what an order has in common with others, what one has paid for, a pick
batch, SKUs, a warehouse's slots, the manifests of a warehouse and carrier.
"""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from fulfillment.persistence import dialects

_HOLD = text(
    "SELECT pg_advisory_xact_lock(number) FROM ("
    "SELECT DISTINCT hashtextextended(name, 0) AS number"
    " FROM unnest(CAST(:names AS text[])) AS name ORDER BY number OFFSET 0) AS numbers"
)
"""In the order of their numbers, as two names may share one."""


async def hold(connection: AsyncConnection, kind: str, names: Collection[str]) -> None:
    """Wait until nobody else holds these, and hold them until the transaction ends.

    Raises:
        StoreBusy: somebody held them for too long, or was waited for in a circle.

    """
    if names and dialects.writes_side_by_side(connection):
        await connection.execute(_HOLD, {"names": [f"{kind}/{name}" for name in names]})
