"""`fulfillment orders ...`: what storefronts' operators ask of orders."""

from collections.abc import Sequence
from typing import Annotated

import typer

from fulfillment.domain.decisions import Decision
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.orders import Order
from fulfillment.entrypoints.console import (
    Address,
    AsJson,
    By,
    print_json,
    print_table,
    run,
    say,
)
from fulfillment.operations import order_views, orders
from fulfillment.operations.engine import Engine

app = typer.Typer(help="See, cancel, correct, release and resume orders.", no_args_is_help=True)

OrderId = Annotated[str, typer.Argument(metavar="ORDER")]


@app.command("list")
def list_orders(
    as_json: AsJson,
    stage: Annotated[OrderStage | None, typer.Option(help="Only those at this stage.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    after: Annotated[str | None, typer.Option(help="Begin behind this order id.")] = None,
    address: Address = None,
) -> None:
    """List orders by id."""

    async def listed(engine: Engine) -> None:
        found = await order_views.list_orders(engine, stage=stage, limit=limit, after=after)
        if as_json:
            return print_json(found)
        rows = [
            (
                row.order.order_id,
                row.stage,
                row.blocked_on,
                row.order.amount,
                row.recorded_at,
                row.outcome.summary if row.outcome else "",
            )
            for row in found
        ]
        columns = ("order", "stage", "blocked on", "amount", "received (UTC)", "outcome")
        return print_table("", columns, rows, "no orders")

    run(listed, address, as_json=as_json)


@app.command()
def show(order: OrderId, as_json: AsJson, address: Address = None) -> None:
    """Show an order: its lines, fulfillments, parcels and payment."""

    async def shown(engine: Engine) -> None:
        view = await order_views.show_order(engine, order)
        if as_json:
            return print_json(view)
        return _print_order(view)

    run(shown, address, as_json=as_json)


@app.command()
def release(
    order: OrderId,
    by: By,
    reason: Annotated[str, typer.Option(help="Why it may go on.")] = "",
    address: Address = None,
) -> None:
    """Let an order on hold go on in spite of what was found."""

    async def released(engine: Engine) -> None:
        status = await orders.release_hold(engine, order, by, reason)
        say(f"{order}: released; stage {status.stage.value}", "green")

    run(released, address)


@app.command()
def resume(order: OrderId, address: Address = None) -> None:
    """Have an order go on whose workflow, or one of its fulfillments', was terminated or failed."""

    async def resumed(engine: Engine) -> None:
        done = await orders.resume_order(engine, order)
        how = "its workflow was started again" if done.restarted else "its workflow was told to"
        say(f"{order} goes on: {how}", "green")

    run(resumed, address)


@app.command()
def timeline(order: OrderId, as_json: AsJson, address: Address = None) -> None:
    """Show what happened to an order when, by whom."""

    async def told(engine: Engine) -> None:
        events = await order_views.timeline(engine, order)
        if as_json:
            return print_json(events)
        rows = [
            (e.at, e.source, f"{'REFUSED ' if e.refused else ''}{e.event}", e.by) for e in events
        ]
        return print_table("", ("when (UTC)", "of", "what", "by"), rows, "nothing yet")

    run(told, address, as_json=as_json)


@app.command()
def why(order: OrderId, as_json: AsJson, address: Address = None) -> None:
    """Show the decisions the engine took, and why the alternatives lost."""

    async def told(engine: Engine) -> None:
        decisions = await order_views.why(engine, order)
        if as_json:
            return print_json(decisions)
        return print_decisions(decisions)

    run(told, address, as_json=as_json)


@app.command()
def schema() -> None:
    """Print what an order is, as JSON Schema."""
    print_json(Order.model_json_schema())


def _print_order(view: order_views.OrderView) -> None:
    record, order = view.record, view.record.order
    waiting = f", waiting for {record.blocked_on}" if record.blocked_on else ""
    say(f"order {order.order_id}: {record.stage.value}{waiting}", "bold")
    if record.outcome:
        say(f"outcome: {record.outcome.summary}")
    say(f"workflow {record.workflow_id}: {view.workflow}")
    say(f"ship to: {', '.join(order.ship_to.lines())}")
    _print_replacing(view)
    paid = view.payment
    taken = f", {paid.captured_minor} captured (minor units)" if paid else ""
    say(f"amount: {order.amount}, {order.payment.method.value}{taken}")
    open_steps = ("ordered", "canceled", "back_ordered", "substituted")
    steps = (*open_steps, "picked", "packed", "shipped", "delivered", "returned")
    columns = ("line", "sku", *(step.replace("_", "-") for step in steps))
    rows = [(p.line_no, p.sku, *(getattr(p, step) for step in steps)) for p in view.progress]
    print_table("", columns, rows, "no lines")
    shares = [
        (
            share.record.fulfillment_id,
            share.record.warehouse_id,
            share.record.stage,
            share.record.carrier_id,
            [label.tracking_number for label in share.labels],
        )
        for share in view.fulfillments
    ]
    print_table("", ("fulfillment", "from", "stage", "carrier", "parcels"), shares, "")


def _print_replacing(view: order_views.OrderView) -> None:
    replaces = view.record.order.replaces
    if replaces is not None:
        say(f"in the place of goods of order {replaces.order_id}: {replaces.reason.value}")
    for back in view.returns:
        say(f"return {back.return_id}: {back.stage.value} {back.outcome}".rstrip())
    for name in view.replaced_by:
        say(f"goods of it were sent again as order {name}")


def print_decisions(decisions: Sequence[Decision]) -> None:
    """Print decisions, each with what lost against it."""
    for decision in decisions:
        _print_decision(decision)
    if not decisions:
        say("no decisions (yet, or any more)")


def _print_decision(decision: Decision) -> None:
    cost = f" at {decision.cost}" if decision.cost else ""
    say(f"{decision.subject}: {decision.chosen}{cost}, because {decision.because}", "bold")
    for other in decision.alternatives:
        price = f" at {other.cost}" if other.cost else ""
        say(f"  not {other.choice}{price}: {other.because}")
