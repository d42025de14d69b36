"""`fulfillment report`: how the floor has done."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from fulfillment.domain.floor_report import DueRow, Report, WorkRow
from fulfillment.entrypoints.console import Address, AsJson, print_json, print_table, run
from fulfillment.operations.engine import Engine
from fulfillment.operations.floor_report import RISK
from fulfillment.operations.floor_report import report as made

DEFAULT_DAYS = 7
WORK = (
    *("day", "warehouse", "role", "tasks", "people", "median", "95 %", "wrong", "short"),
    *("walked", "carton fill", "reminded", "escalated"),
)
DUE = ("due", "warehouse", "left in time", "left late", "at risk", "late", "receipt to leaving")


def report(
    as_json: AsJson,
    days: Annotated[
        float, typer.Option(min=0.01, max=3660, help="How far back it reaches.")
    ] = DEFAULT_DAYS,
    risk_hours: Annotated[
        float, typer.Option(min=0, help="What is due within so long is at risk.")
    ] = RISK / timedelta(hours=1),
    address: Address = None,
) -> None:
    """Show how the floor has done: by day, warehouse and role, and what is late or at risk."""

    async def reported(engine: Engine) -> None:
        until = datetime.now(UTC)
        since = until - timedelta(days=days)
        found = await made(engine, since, until, timedelta(hours=risk_hours))
        if as_json:
            return print_json(found)
        return _print(found)

    run(reported, address, as_json=as_json)


def _print(found: Report) -> None:
    print_table("Work", WORK, [_work(row) for row in found.work], "no work was done")
    print_table("Due", DUE, [_due(row) for row in found.due], "nothing left, and nothing is due")


def _work(row: WorkRow) -> tuple[object, ...]:
    fill = None if row.carton_fill_percent is None else f"{row.carton_fill_percent} %"
    return (
        *(row.day, row.warehouse_id, row.role, row.tasks, row.people),
        *(_span(row.cycle_p50_s), _span(row.cycle_p95_s), row.wrong, row.short_picks),
        *(f"{row.walked_m:.0f} m", fill, row.reminders, row.escalations),
    )


def _due(row: DueRow) -> tuple[object, ...]:
    return (
        *(row.day, row.warehouse_id or "not sourced yet", row.left_in_time, row.left_late),
        *(row.at_risk, row.late, _span(row.lead_p50_s)),
    )


def _span(seconds: float | None) -> str | None:
    return None if seconds is None else str(timedelta(seconds=round(seconds)))
