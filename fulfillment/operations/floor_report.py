"""How the floor has done, for who plans it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fulfillment.domain.errors import Problem, Refused
from fulfillment.domain.floor_report import Report, make_report
from fulfillment.operations.engine import Engine

RISK = timedelta(hours=24)
"""What is due within so long and has not left is at risk."""


async def report(
    engine: Engine, since: datetime, until: datetime, risk: timedelta = RISK
) -> Report:
    """Return the work done from `since` until before `until`, and what is late or at risk then.

    Raises:
        Refused: the span of time is empty.

    """
    if since >= until:
        remedy = "give a later end or an earlier beginning"
        raise Refused.of(
            Problem(
                path="since",
                expected=f"a time before {until:%Y-%m-%d %H:%M %Z}",
                came=f"{since:%Y-%m-%d %H:%M %Z}",
                remedy=remedy,
            )
        )
    async with engine.database.reading() as tx:
        records = await tx.floor_report.records(since, until)
        zones = {w.warehouse_id: ZoneInfo(w.timezone) for w in await tx.catalog.warehouses()}
    return make_report(records, since, until, risk, zones)
