"""Judges a run afterwards, in a process of its own: ``python -m fulfillment.simulation.judge``.

It takes nothing from the demo but its diary: how the orders ended it reads from Temporal, the
database, the mails and the gateway, and what was to be expected from the scenario's file.
"""

import argparse
import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from fulfillment import bootstrap
from fulfillment.domain.base import Instant, Value
from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.lifecycle import Picking
from fulfillment.operations.engine import Engine
from fulfillment.operations.verify import verify
from fulfillment.records import BookFinding
from fulfillment.settings import Settings, load_settings
from fulfillment.simulation.books_evidence import gather_books
from fulfillment.simulation.books_judgment import judge_books
from fulfillment.simulation.cyclists import register_cyclists
from fulfillment.simulation.evidence import Evidence, OrderEvidence, Run, gather_evidence, read_run
from fulfillment.simulation.histories import StageTime
from fulfillment.simulation.judgment import judge_order, judge_whole, receipt_keys
from fulfillment.simulation.premises import demo_settings
from fulfillment.simulation.robots import Diary
from fulfillment.simulation.scenario import load_scenario
from fulfillment.simulation.shipping_evidence import gather_shipping
from fulfillment.simulation.world import PlannedOrder, World, make_world
from fulfillment.temporal import clean_exit

SUMMARY_FILE = "summary.json"
COLUMNS = {"order": 8, "scenario": 30, "expected": 21, "actual": 28, "parcels": 7, "s": 5, "": 5}
"""Of the outcome table, with how many characters each shows."""

AS_EXPECTED, NOT_AS_EXPECTED, UNJUDGED = 0, 1, 2
"""Exit codes."""


class OrderJudgment(Value):
    """One order: what was expected, what came."""

    order_id: str
    scenario: str
    expected: dict[str, Any]
    actual: dict[str, Any]
    ok: bool
    findings: tuple[str, ...]
    workflow_ids: tuple[str, ...]
    seconds_by_stage: dict[str, tuple[StageTime, ...]]
    """By workflow."""
    effects: tuple[str, ...]
    """Their keys."""


class Summary(Value):
    """The judgment on a run."""

    scenario: str
    ok: bool
    judged_at: Instant
    seconds: float
    orders: tuple[OrderJudgment, ...]
    findings: tuple[str, ...]
    """Beyond the single orders."""
    verify_settled: tuple[BookFinding, ...]
    workers_started: tuple[int, ...]
    workers_killed: tuple[int, ...]
    servers_started: tuple[int, ...]
    servers_killed: tuple[int, ...]
    memory_mib: dict[str, int]
    ui_url: str | None


async def judge(
    settings: Settings, scenario: str, address: str, *, server_killed: bool = False
) -> Summary:
    """Read what is left of a run and compare it with what its scenario expects.

    Args:
        settings: of the run.
        scenario: what was to be expected.
        address: of its Temporal server.
        server_killed: whether the server was to be killed too.

    Raises:
        FulfillmentError: it can't be read.

    """
    run = read_run(settings.data_dir)
    world = make_world(load_scenario(scenario), run.placed_at)
    async with bootstrap.engine(settings, address) as engine:
        books = await verify(engine, settled=True)
        evidence = await _evidence(engine, settings, world)
    missed = [] if run.workers_killed else ["worker"]
    missed += ["server"] if server_killed and not run.servers_killed else []
    return _summary(world, run, evidence, books, missed)


async def _evidence(engine: Engine, settings: Settings, world: World) -> Evidence:
    order_ids = world.order_ids()
    found = await gather_evidence(engine, settings, order_ids, receipt_keys(world))
    planned = len(world.orders)
    is_shown = world.scenario.shipping is not None
    update = {
        "orders": found.orders[:planned],
        "replacements": found.orders[planned:],
        "shipping": await gather_shipping(engine, settings, order_ids) if is_shown else None,
        "books": tuple(await gather_books(engine, settings, world)),
    }
    return found.model_copy(update=update)


def _summary(
    world: World,
    run: Run,
    evidence: Evidence,
    books: Sequence[BookFinding],
    missed: Sequence[str],
) -> Summary:
    diary = Diary(entries=list(run.diary))
    orders = [
        _judged(planned, found, diary, evidence, world.scenario.picking)
        for planned, found in zip(world.orders, evidence.orders, strict=True)
    ]
    whole = judge_whole(world, evidence)
    whole += [f"{what}: expected one to be killed in mid-run, came none" for what in missed]
    return Summary(
        scenario=world.scenario.name,
        ok=all(order.ok for order in orders) and not whole and not books,
        judged_at=datetime.now(UTC),
        seconds=round((run.ended_at - run.began_at).total_seconds(), 1),
        orders=tuple(orders),
        findings=tuple(whole),
        verify_settled=tuple(books),
        workers_started=run.workers_started,
        workers_killed=run.workers_killed,
        servers_started=run.servers_started,
        servers_killed=run.servers_killed,
        memory_mib=run.memory_mib,
        ui_url=run.ui_url,
    )


def _judged(
    planned: PlannedOrder,
    found: OrderEvidence,
    diary: Diary,
    whole: Evidence,
    picking: Picking,
) -> OrderJudgment:
    refusals = diary.refusals(found.order_id)
    findings = judge_order(planned, found, refusals, whole.captured_at_gateway, picking)
    if expect := planned.group.expect.books:
        [books] = [each for each in whole.books if each.order_id == found.order_id]
        findings += judge_books(expect, books, diary)
    return OrderJudgment(
        order_id=found.order_id,
        scenario=planned.group.kind,
        expected=planned.group.expect.model_dump(mode="json"),
        actual=_actual(found, diary),
        ok=not findings,
        findings=tuple(findings),
        workflow_ids=tuple(workflow.workflow_id for workflow in found.workflows),
        seconds_by_stage={w.workflow_id: w.stages for w in found.workflows},
        effects=found.effects,
    )


def _actual(found: OrderEvidence, diary: Diary) -> dict[str, Any]:
    outcome = found.record.outcome if found.record else None
    payment, delivered = found.payment, found.delivered()
    kinds = [notice.kind for notice in found.notices]
    return {
        "outcome": outcome.kind.value if outcome else None,
        "summary": outcome.summary if outcome else None,
        "fulfillments": len(delivered),
        "parcels": sum(found.parcels[share.fulfillment_id] for share in delivered),
        "notices": {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
        "refusals": diary.refusals(found.order_id),
        "captured_minor": payment.captured_minor if payment else None,
        "currency": payment.currency if payment else None,
        "workflows": {workflow.workflow_id: workflow.status for workflow in found.workflows},
    }


# --- what a person sees --------------------------------------------------------------------------


def _console() -> Console:
    """Return a console that is wide enough for the table, also where no terminal is."""
    console = Console()
    needed = sum(COLUMNS.values()) + 3 * len(COLUMNS) + 1
    return console if console.is_terminal else Console(width=max(console.width, needed))


def show(summary: Summary, console: Console) -> None:
    """Print the outcome of each order, what is not as expected, and what verify says."""
    table = Table(title=f"How the orders of the scenario {summary.scenario!r} ended")
    for column, width in COLUMNS.items():
        table.add_column(column, no_wrap=True, overflow="ellipsis", width=width)
    for order in summary.orders:
        table.add_row(*_row(order))
    console.print(table)
    for order in summary.orders:
        for finding in order.findings:
            console.print(
                f"{order.order_id}: {finding}", style="red", highlight=False, soft_wrap=True
            )
    for finding in summary.findings:
        console.print(finding, style="red", highlight=False, soft_wrap=True)
    _show_books(summary.verify_settled, console)


def _row(order: OrderJudgment) -> tuple[str, ...]:
    own = order.seconds_by_stage.get(order.workflow_ids[0], ()) if order.workflow_ids else ()
    return (
        order.order_id,
        order.scenario,
        order.expected["summary"],
        str(order.actual["summary"]),
        str(order.actual["parcels"]),
        f"{sum(stage.seconds for stage in own):.1f}",
        "[green]ok[/]" if order.ok else "[red]WRONG[/]",
    )


def _show_books(books: Sequence[BookFinding], console: Console) -> None:
    if not books:
        console.print("verify --settled: no findings; stock, money, messages and stages agree")
    for finding in books:
        text = f"verify --settled: {finding.rule}: {finding.message}; {finding.repair}"
        console.print(text, style="red", highlight=False, soft_wrap=True)


def _report(given: argparse.Namespace) -> int:
    console = _console()
    try:
        register_cyclists()
        settings = load_settings()
        if given.data:
            settings = demo_settings(given.data, load_scenario(given.scenario))
        judging = judge(settings, given.scenario, given.address, server_killed=given.server_killed)
        summary = asyncio.run(judging)
    except (FulfillmentError, OSError) as error:
        console.print(
            f"The run could not be judged: {error}", style="red", highlight=False, soft_wrap=True
        )
        return UNJUDGED
    out = given.out or settings.data_dir / SUMMARY_FILE
    out.write_text(summary.model_dump_json(indent=2) + "\n", encoding="utf-8")
    show(summary, console)
    return AS_EXPECTED if summary.ok else NOT_AS_EXPECTED


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge what the arguments say; 0 as expected, 1 not so, 2 it could not be judged."""
    parser = argparse.ArgumentParser(prog="python -m fulfillment.simulation.judge")
    parser.add_argument("--data", type=Path, help="a demo's folder; else as the settings say")
    parser.add_argument("--scenario", default="first", help="what was to be expected")
    parser.add_argument("--address", required=True, help="host:port of its Temporal server")
    parser.add_argument("--out", type=Path, help="where the summary is written")
    parser.add_argument("--server-killed", action="store_true", help="expect that too")
    return _report(parser.parse_args(arguments))


if __name__ == "__main__":
    clean_exit.command(main)
