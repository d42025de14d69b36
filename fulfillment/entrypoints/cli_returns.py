"""`fulfillment returns ...`: goods that come back, from the request to where they lie."""

from typing import Annotated, Any

import typer

from fulfillment.domain.return_receipts import ReturnInspection, ReturnReceipt
from fulfillment.domain.returns import (
    OPEN_STAGES,
    Condition,
    Disposition,
    ReturnReason,
    ReturnRequest,
    ReturnStage,
    ReturnWish,
)
from fulfillment.entrypoints.cli_orders import print_decisions
from fulfillment.entrypoints.console import (
    Address,
    AsJson,
    By,
    flag,
    print_json,
    print_table,
    run,
    say,
)
from fulfillment.entrypoints.validation import validated
from fulfillment.messages.returns import CancelReturn, DecideReturn, ReturnAnswer
from fulfillment.operations import return_dock, return_views, returns
from fulfillment.operations.engine import Engine

app = typer.Typer(help="Take goods back, and see what became of them.", no_args_is_help=True)

Rma = Annotated[str, typer.Argument(metavar="RMA")]
Items = Annotated[
    list[str], typer.Option("--item", help="What was scanned, as SKU=2 or SKU=2@LOT; repeatable.")
]
Receipt = Annotated[str, typer.Option("--receipt", help="The parcel's own id; it counts once.")]
Note = Annotated[str, typer.Option(help="What else is to be said.")]
Bin = Annotated[str | None, typer.Option("--bin", help="For what is restocked.")]
Key = Annotated[str | None, typer.Option(help="Your own key: the same again is the same return.")]
Reason = Annotated[str, typer.Option(help="Why; the customer may be told.")]


@app.command()
def request(  # noqa: PLR0913, PLR0917 - each is a field of the request
    order: Annotated[str, typer.Argument(metavar="ORDER")],
    line: Annotated[int, typer.Option(min=1, help="Which line of the order.")],
    reason: Annotated[ReturnReason, typer.Option(help="Why it comes back.")],
    by: By,
    as_json: AsJson,
    quantity: Annotated[int, typer.Option(min=1)] = 1,
    wish: Annotated[ReturnWish, typer.Option(help="What for.")] = ReturnWish.REFUND,
    photo: Annotated[list[str] | None, typer.Option(help="Where a picture is; repeatable.")] = None,
    exchange: Annotated[
        list[str] | None, typer.Option(help="What instead, as SKU=2@1990 (minor units each).")
    ] = None,
    paid_minor: Annotated[int, typer.Option(min=0, help="Paid in the shop besides.")] = 0,
    payment_reference: Annotated[str | None, typer.Option(help="Of that payment.")] = None,
    key: Key = None,
    note: Note = "",
    address: Address = None,
) -> None:
    """Ask that units of an order's line come back."""
    said = {
        "order_id": order,
        "items": [{"line_no": line, "quantity": quantity, "reason": reason, "photos": photo or []}],
        "wish": wish,
        "exchange": [_exchange(text) for text in exchange or []],
        "paid_minor": paid_minor,
        "payment_reference": payment_reference,
        "note": note,
        "by": by,
    }

    async def requested(engine: Engine) -> None:
        wanted = validated(ReturnRequest, said)
        made = await returns.request_return(engine, wanted, key=key)
        if as_json:
            return print_json(made)
        return say(f"{made.return_id}: {made.stage.value}", "green")

    run(requested, address, as_json=as_json)


@app.command("list")
def list_returns(  # noqa: PLR0913, PLR0917 - each is a filter
    every: Annotated[bool, flag("--all", "Also those that have ended.")],
    as_json: AsJson,
    order: Annotated[str | None, typer.Option(help="Only of this order.")] = None,
    warehouse: Annotated[str | None, typer.Option(help="Only into this warehouse.")] = None,
    stage: Annotated[ReturnStage | None, typer.Option(help="Only at this stage.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    address: Address = None,
) -> None:
    """List returns, the newest first; those under way unless others are asked for."""

    async def listed(engine: Engine) -> None:
        stages = (stage,) if stage else () if every or order else OPEN_STAGES
        found = await return_views.list_returns(
            engine, stages=stages, order_id=order, warehouse_id=warehouse, limit=limit
        )
        if as_json:
            return print_json(found)
        rows = [
            (
                one.return_id,
                one.order_id,
                one.warehouse_id,
                one.stage,
                one.request.wish,
                [f"{li.received}/{li.announced} x {li.sku}" for li in one.lines],
                one.outcome,
            )
            for one in found
        ]
        columns = ("RMA", "order", "into", "stage", "wish", "came", "outcome")
        return print_table("", columns, rows, "no returns")

    run(listed, address, as_json=as_json)


@app.command()
def show(rma: Rma, as_json: AsJson, address: Address = None) -> None:
    """Show a return: its units, parcels, receipts and refunds."""

    async def shown(engine: Engine) -> None:
        view = await return_views.show_return(engine, rma)
        return print_json(view) if as_json else _print(view)

    run(shown, address, as_json=as_json)


@app.command()
def approve(rma: Rma, by: By, reason: Reason = "", address: Address = None) -> None:
    """Approve a return that needs it."""
    _decide(rma, DecideReturn(approve=True, reason=reason, by=by), address)


@app.command()
def refuse(rma: Rma, by: By, reason: Reason, address: Address = None) -> None:
    """Refuse a return that needs approval; the customer is told why."""
    _decide(rma, DecideReturn(approve=False, reason=reason, by=by), address)


@app.command()
def receive(  # noqa: PLR0913, PLR0917 - each is a field of the receipt
    reference: Annotated[str, typer.Argument(metavar="RMA|TRACKING")],
    item: Items,
    receipt: Receipt,
    by: By,
    note: Note = "",
    address: Address = None,
) -> None:
    """Say what was in a parcel that came back, by RMA number or the label's tracking number."""

    async def received(engine: Engine) -> None:
        scanned = validated(ReturnReceipt, _receipt(receipt, item, by, note))
        _say(await returns.receive_return(engine, reference, scanned))

    run(received, address)


@app.command("receive-unannounced")
def receive_unannounced(  # noqa: PLR0913, PLR0917 - as receive
    order: Annotated[str, typer.Argument(metavar="ORDER")],
    warehouse: Annotated[str, typer.Option(help="Where it came to.")],
    item: Items,
    receipt: Receipt,
    by: By,
    note: Note = "",
    address: Address = None,
) -> None:
    """Take in a parcel of an order that came without an RMA number."""

    async def received(engine: Engine) -> None:
        scanned = validated(ReturnReceipt, _receipt(receipt, item, by, note))
        _say(await return_dock.receive_unannounced(engine, order, warehouse, scanned))

    run(received, address)


@app.command("receive-stray")
def receive_stray(  # noqa: PLR0913, PLR0917 - as receive
    warehouse: Annotated[str, typer.Argument(metavar="WAREHOUSE")],
    item: Items,
    receipt: Receipt,
    by: By,
    note: Note = "",
    address: Address = None,
) -> None:
    """Quarantine a parcel of which nobody knows whose it is."""
    said = {**_receipt(receipt, item, by, note), "warehouse_id": warehouse}

    async def received(engine: Engine) -> None:
        kept = await return_dock.receive_stray(engine, validated(return_dock.StrayParcel, said))
        say(f"quarantined in {kept.warehouse_id}; to be sorted out: {kept.task_id}", "green")

    run(received, address)


@app.command("sort-out")
def sort_out(  # noqa: PLR0913, PLR0917 - each is a field
    task: Annotated[str, typer.Argument(metavar="TASK")],
    to: Annotated[Disposition, typer.Option(help="Where it goes.")],
    by: By,
    bin_id: Bin = None,
    note: Note = "",
    address: Address = None,
) -> None:
    """Say where goods go that nobody could place."""
    said = {"task_id": task, "disposition": to, "bin_id": bin_id, "by": by, "note": note}

    async def sorted_out(engine: Engine) -> None:
        placed = await return_dock.sort_out(engine, validated(return_dock.Placement, said))
        say(f"{placed.units} units to {placed.place}", "green")

    run(sorted_out, address)


@app.command()
def inspect(  # noqa: PLR0913, PLR0917 - each is a field of what was found
    rma: Rma,
    line: Annotated[int, typer.Option(min=1, help="Which line of the order.")],
    condition: Annotated[Condition, typer.Option(help="How it is.")],
    to: Annotated[Disposition, typer.Option(help="Where it goes.")],
    by: By,
    quantity: Annotated[int, typer.Option(min=1)] = 1,
    bin_id: Bin = None,
    loss_percent: Annotated[
        int, typer.Option(min=0, max=100, help="Of its price, lost by use; kept.")
    ] = 0,
    accept: Annotated[
        bool | None,
        typer.Option("--accept/--decline", help="Against what the return says by itself."),
    ] = None,
    note: Note = "",
    address: Address = None,
) -> None:
    """Say how units of a line were found, and where they go."""
    found = {
        "line_no": line,
        "quantity": quantity,
        "condition": condition,
        "disposition": to,
        "bin_id": bin_id,
        "loss_percent": loss_percent,
        "refund": accept,
    }

    async def inspected(engine: Engine) -> None:
        said = validated(ReturnInspection, {"units": [found], "by": by, "note": note})
        _say(await returns.inspect_return(engine, rma, said))

    run(inspected, address)


@app.command()
def cancel(rma: Rma, by: By, reason: Reason, address: Address = None) -> None:
    """End a return of which nothing comes, or nothing more."""

    async def canceled(engine: Engine) -> None:
        _say(await returns.cancel_return(engine, rma, CancelReturn(reason=reason, by=by)))

    run(canceled, address)


@app.command()
def retry(rma: Rma, address: Address = None) -> None:
    """Have what is blocked tried again now, such as a refund that was declined."""

    async def retried(engine: Engine) -> None:
        await returns.retry_return(engine, rma)
        say(f"{rma} tries again", "green")

    run(retried, address)


@app.command()
def resume(rma: Rma, address: Address = None) -> None:
    """Start the workflow of a return again that was terminated or has failed."""

    async def resumed(engine: Engine) -> None:
        stage = await returns.resume_return(engine, rma)
        say(f"{rma} goes on: {stage.value}", "green")

    run(resumed, address)


@app.command()
def timeline(rma: Rma, as_json: AsJson, address: Address = None) -> None:
    """Show what happened to a return when, by whom."""

    async def told(engine: Engine) -> None:
        entries = await return_views.return_timeline(engine, rma)
        if as_json:
            return print_json(entries)
        rows = [(e.at, f"{'REFUSED ' if e.refused else ''}{e.event}", e.by) for e in entries]
        return print_table("", ("when (UTC)", "what", "by"), rows, "nothing yet")

    run(told, address, as_json=as_json)


@app.command()
def why(rma: Rma, as_json: AsJson, address: Address = None) -> None:
    """Show the decisions the engine took of a return, and why the alternatives lost."""

    async def told(engine: Engine) -> None:
        decisions = await return_views.return_why(engine, rma)
        if as_json:
            return print_json(decisions)
        return print_decisions(decisions)

    run(told, address, as_json=as_json)


def _decide(rma: str, decision: DecideReturn, address: str | None) -> None:
    async def decided(engine: Engine) -> None:
        _say(await returns.decide_return(engine, rma, decision))

    run(decided, address)


def _receipt(receipt: str, items: list[str], by: str, note: str) -> dict[str, Any]:
    scanned = []
    for text in items:
        goods, _, lot = text.partition("@")
        sku, _, quantity = goods.partition("=")
        scanned.append({"sku": sku, "quantity": _number(quantity or "1", text), "lot": lot})
    return {"receipt_id": receipt, "items": scanned, "by": by, "note": note}


def _exchange(text: str) -> dict[str, Any]:
    goods, _, price = text.partition("@")
    sku, _, quantity = goods.partition("=")
    return {
        "sku": sku,
        "quantity": _number(quantity or "1", text),
        "unit_price_minor": _number(price, text),
    }


def _number(digits: str, text: str) -> int:
    if not digits.isdecimal():
        message = f"a number where {text!r} has {digits!r}"
        raise typer.BadParameter(message)
    return int(digits)


def _say(answer: ReturnAnswer) -> None:
    say(f"{answer.return_id}: {answer.message}; {answer.stage.value}", "green")


def _print(view: return_views.ReturnView) -> None:
    made = view.record
    say(f"return {made.return_id} of order {made.order_id}: {made.stage.value}", "bold")
    say(f"wish: {made.request.wish.value}; into {made.warehouse_id}")
    if made.outcome:
        say(f"outcome: {made.outcome}")
    columns = ("line", "sku", "reason", "announced", "received", "inspected")
    rows = [
        (li.line_no, li.sku, li.reason, li.announced, li.received, li.inspected)
        for li in made.lines
    ]
    print_table("", columns, rows, "no units")
    labels = [(p.parcel_id, p.carrier_id, p.tracking_number, p.document_id) for p in view.parcels]
    print_table("", ("parcel", "carrier", "tracking number", "label"), labels, "no label")
    refunds = [(r.refund_no, r.units, r.amount_minor, r.fee_minor, r.state) for r in view.refunds]
    print_table("", ("refund", "units", "minor units", "kept", "state"), refunds, "no refunds")
