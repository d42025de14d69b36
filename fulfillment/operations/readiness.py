"""Whether the engine can be asked now: the database and Temporal answer."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

from fulfillment.domain.base import Value
from fulfillment.operations.engine import Engine

LIMIT_SECONDS = 2.0
"""How long each may take."""

OK = "ok"


class Readiness(Value):
    """How each part is: `ok`, or what kind of failure came."""

    database: str
    temporal: str

    @property
    def ready(self) -> bool:
        """Return whether all parts answer."""
        return self.database == self.temporal == OK


async def readiness(engine: Engine, *, limit_seconds: float = LIMIT_SECONDS) -> Readiness:
    """Ask the database and the Temporal server, both at once."""
    limit = timedelta(seconds=limit_seconds)
    service = engine.client.service_client
    database, temporal = await asyncio.gather(
        _answer(_look(engine), limit_seconds),
        _answer(service.check_health(timeout=limit), limit_seconds),
    )
    return Readiness(database=database, temporal=temporal)


async def _look(engine: Engine) -> bool:
    async with engine.database.reading() as tx:
        return await tx.orders.find("-") is None


async def _answer(asked: Awaitable[bool], limit_seconds: float) -> str:
    try:
        async with asyncio.timeout(limit_seconds):
            return OK if await asked else "not serving"
    except Exception as error:  # noqa: BLE001 - whatever a driver raises, it is not ready
        return type(error).__name__
