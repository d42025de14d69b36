"""Showing how orders get on: a live table on a terminal, a line for each change elsewhere."""

from collections.abc import Sequence

from rich.live import Live
from rich.table import Table

from fulfillment.domain.lifecycle import OutcomeKind
from fulfillment.entrypoints.console import output, say, table
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_views import OrderSnapshot, follow

SHOWN = 40
"""Orders in the live table; those that are not settled come first."""

STYLES = {
    OutcomeKind.COMPLETED: "green",
    OutcomeKind.CANCELED: "yellow",
    OutcomeKind.REJECTED: "red",
}


async def show_progress(engine: Engine, order_ids: Sequence[str]) -> None:
    """Show where orders stand until all are settled, then how each ended."""
    if output().is_terminal:
        last = await _show_table(engine, order_ids)
    else:
        last = await _show_lines(engine, order_ids)
    for order in last:
        if order.outcome:
            style = STYLES.get(order.outcome.kind, "")
            say(f"{order.order_id}: {order.outcome.summary}", style)


async def _show_table(engine: Engine, order_ids: Sequence[str]) -> list[OrderSnapshot]:
    last: list[OrderSnapshot] = []
    with Live(console=output(), refresh_per_second=4) as live:
        async for orders in follow(engine, order_ids):
            last = orders
            live.update(_table(orders))
    return last


async def _show_lines(engine: Engine, order_ids: Sequence[str]) -> list[OrderSnapshot]:
    told: dict[str, str] = {}
    last: list[OrderSnapshot] = []
    async for orders in follow(engine, order_ids):
        last = orders
        for order in orders:
            line = " ".join(part for part in _row(order) if part)
            if order.outcome is None and told.get(order.order_id) != line:
                told[order.order_id] = line
                say(line)
    return last


def _table(orders: Sequence[OrderSnapshot]) -> Table:
    under_way = [order for order in orders if order.outcome is None]
    ended = [order for order in orders if order.outcome is not None]
    shown = [*under_way, *ended][:SHOWN]
    title = f"{len(ended)} of {len(orders)} settled"
    columns = ("order", "stage", "blocked on", "fulfillments", "parcels")
    return table(title, columns, [_row(order) for order in shown])


def _row(order: OrderSnapshot) -> tuple[str, str, str, str, str]:
    shares = [f"{share.warehouse_id} {share.stage.value}" for share in order.fulfillments]
    parcels = [number for share in order.fulfillments for number in share.tracking_numbers]
    stage = order.outcome.summary if order.outcome else order.stage.value
    return order.order_id, stage, order.blocked_on, ", ".join(shares), ", ".join(parcels)
