"""How the floor has done, over HTTP."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, AwareDatetime

from fulfillment.domain.floor_report import Report
from fulfillment.entrypoints.http.security import Asking, GuardedRoute
from fulfillment.operations import floor_report

router = APIRouter(prefix="/v1", tags=["floor"], route_class=GuardedRoute)

MAX_DAYS = 366


def _of_our_days(at: datetime) -> datetime:
    """Return a time that can be counted from in days, and said in any time zone."""
    if not 1970 <= at.year < 3000:  # noqa: PLR2004 - as the message says
        message = "a time of the years 1970 to 2999"
        raise ValueError(message)
    return at


ReportedAt = Annotated[AwareDatetime, AfterValidator(_of_our_days)]


@router.get("/report")
async def report(
    asking: Asking,
    since: Annotated[
        ReportedAt | None, Query(description="Where it begins; else seven days before its end.")
    ] = None,
    until: Annotated[
        ReportedAt | None, Query(description="Where it ends, itself left out; else now.")
    ] = None,
    risk_hours: Annotated[
        float, Query(ge=0, le=24 * MAX_DAYS, description="What is due within so long is at risk.")
    ] = floor_report.RISK / timedelta(hours=1),
) -> Report:
    """Show the work by day, warehouse and role, and what is late or at risk."""
    end: datetime = until or asking.engine.clock.now()
    begin: datetime = since or end - timedelta(days=7)
    risk = timedelta(hours=risk_hours)
    return await floor_report.report(asking.engine, begin, end, risk)
