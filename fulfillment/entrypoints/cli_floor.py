"""`fulfillment floor ...`: what the warehouse floor asks and confirms."""

import re
from collections.abc import Awaitable
from typing import Annotated

import typer

from fulfillment.domain.confirmations import (
    HandoverConfirmation,
    PackConfirmation,
    PickConfirmation,
    ShortPick,
    SortConfirmation,
)
from fulfillment.domain.errors import Problem, Refused
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.picking import Picked
from fulfillment.entrypoints import cli_batches
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
from fulfillment.entrypoints.task_sheets import print_task
from fulfillment.entrypoints.validation import validated
from fulfillment.messages import Accepted
from fulfillment.operations import floor, recounts
from fulfillment.operations.engine import Engine
from fulfillment.records import TaskState

app = typer.Typer(help="See the floor's work and confirm it.", no_args_is_help=True)
app.command("plan")(cli_batches.plan)
app.command("batches")(cli_batches.list_batches)
app.add_typer(cli_batches.app, name="batch")

FulfillmentId = Annotated[str, typer.Argument(metavar="FULFILLMENT")]
PICKED = re.compile(r"(?P<sku>[^=@]+)=(?P<quantity>\d+)(@(?P<bin_id>[^=@]+))?")


@app.command("list")
def list_tasks(
    every: Annotated[bool, flag("--all", "Also what is done or closed.")],
    as_json: AsJson,
    warehouse: Annotated[str | None, typer.Option(help="Only of this warehouse.")] = None,
    kind: Annotated[TaskKind | None, typer.Option(help="Only of this kind.")] = None,
    address: Address = None,
) -> None:
    """List the open tasks, oldest first."""

    async def listed(engine: Engine) -> None:
        state = None if every else TaskState.OPEN
        tasks = await floor.list_tasks(engine, warehouse_id=warehouse, kind=kind, state=state)
        if as_json:
            return print_json(tasks)
        rows = [
            (whose, t.kind, t.warehouse_id, t.state, t.assignee, t.opened_at)
            for t in tasks
            for whose in (t.fulfillment_id or t.batch_id,)
        ]
        columns = ("fulfillment or batch", "task", "warehouse", "state", "given to", "since (UTC)")
        return print_table("", columns, rows, "nothing to do")

    run(listed, address, as_json=as_json)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="FULFILLMENT|TASK")],
    as_json: AsJson,
    address: Address = None,
) -> None:
    """Show what is to be done for a fulfillment now, or a task by its id."""

    async def shown(engine: Engine) -> None:
        tasks = await floor.list_tasks(engine, fulfillment_id=name)
        tasks = tasks or [await floor.show_task(engine, name)]
        if as_json:
            return print_json(tasks)
        for task in tasks:
            print_task(task)
        return None

    run(shown, address, as_json=as_json)


@app.command("confirm-pick")
def confirm_pick(
    fulfillment: FulfillmentId,
    by: By,
    item: Annotated[
        list[str] | None,
        typer.Option(metavar="SKU=QUANTITY[@BIN]", help="What was picked; none means as planned."),
    ] = None,
    address: Address = None,
) -> None:
    """Confirm that the goods are in the cart."""

    async def confirmed(engine: Engine) -> None:
        picked = [_picked(text) for text in item or []]
        confirmation = validated(PickConfirmation, {"by": by, "picked": picked})
        await _accepted(floor.confirm_pick(engine, fulfillment, confirmation))

    run(confirmed, address)


@app.command("confirm-sort")
def confirm_sort(
    fulfillment: FulfillmentId,
    by: By,
    slot: Annotated[str | None, typer.Option(help="The slot that was scanned.")] = None,
    address: Address = None,
) -> None:
    """Confirm that the goods are in their slot of the put wall."""

    async def confirmed(engine: Engine) -> None:
        confirmation = validated(SortConfirmation, {"by": by, "slot": slot})
        await _accepted(floor.confirm_sort(engine, fulfillment, confirmation))

    run(confirmed, address)


@app.command("confirm-pack")
def confirm_pack(
    fulfillment: FulfillmentId,
    by: By,
    carton: Annotated[
        list[str] | None, typer.Option(help="A carton that was taken; none means as planned.")
    ] = None,
    address: Address = None,
) -> None:
    """Confirm that the goods are in their cartons."""

    async def confirmed(engine: Engine) -> None:
        confirmation = validated(PackConfirmation, {"by": by, "cartons": carton or []})
        await _accepted(floor.confirm_pack(engine, fulfillment, confirmation))

    run(confirmed, address)


@app.command("confirm-handover")
def confirm_handover(
    fulfillment: FulfillmentId,
    by: By,
    carrier: Annotated[str | None, typer.Option(help="Who fetched the parcels.")] = None,
    parcel: Annotated[
        list[str] | None,
        typer.Option(metavar="TRACKING-NUMBER", help="A label that was scanned; none means all."),
    ] = None,
    address: Address = None,
) -> None:
    """Confirm that the carrier has the parcels."""

    async def confirmed(engine: Engine) -> None:
        data = {"by": by, "carrier": carrier, "tracking_numbers": parcel or []}
        confirmation = validated(HandoverConfirmation, data)
        await _accepted(floor.confirm_handover(engine, fulfillment, confirmation))

    run(confirmed, address)


@app.command("short-pick")
def short_pick(  # noqa: PLR0913, PLR0917 - what a person says of a bin
    fulfillment: FulfillmentId,
    sku: Annotated[str, typer.Argument(metavar="SKU")],
    bin_id: Annotated[str, typer.Argument(metavar="BIN")],
    found: Annotated[int, typer.Argument(min=0, help="How many are really there.")],
    by: By,
    address: Address = None,
) -> None:
    """Report that a bin held less than planned."""

    async def reported(engine: Engine) -> None:
        data = {"by": by, "sku": sku, "bin_id": bin_id, "found": found}
        short = validated(ShortPick, data)
        await _accepted(floor.report_short_pick(engine, fulfillment, short))

    run(reported, address)


@app.command()
def assign(
    fulfillment: FulfillmentId,
    by: By,
    pool: Annotated[bool, flag("--pool", "Anyone may do it.")],
    to: Annotated[str | None, typer.Option(metavar="PERSON", help="Who shall do it.")] = None,
    address: Address = None,
) -> None:
    """Give the open task of a fulfillment to a person, or back to the pool."""
    if (to is None) is not pool:
        message = "either --to PERSON or --pool"
        raise typer.BadParameter(message)

    async def assigned(engine: Engine) -> None:
        status = await floor.assign_task(engine, fulfillment, to, by)
        say(f"{fulfillment}: {status.stage.value} is given to {to or 'the pool'}", "green")

    run(assigned, address)


@app.command()
def retry(fulfillment: FulfillmentId, address: Address = None) -> None:
    """Try a blocked step again, now."""

    async def retried(engine: Engine) -> None:
        await floor.retry_step(engine, fulfillment)
        say(f"{fulfillment}: told to try again", "green")

    run(retried, address)


@app.command()
def recount(  # noqa: PLR0913, PLR0917 - goods, their place, and who counted
    bin_id: Annotated[str, typer.Argument(metavar="BIN")],
    sku: Annotated[str, typer.Argument(metavar="SKU")],
    found: Annotated[int, typer.Argument(metavar="FOUND", min=0, help="How many lie there.")],
    by: By,
    lot: Annotated[str, typer.Option(help="The lot that was counted.")] = "",
    address: Address = None,
) -> None:
    """Book what a count of a bin has found, and close the tasks that asked for it."""

    async def counted(engine: Engine) -> None:
        booked = await recounts.recount(engine, bin_id, sku, found, by, lot)
        say(f"{bin_id}: {booked.change:+d}, now {booked.in_bin} of {sku}", "green")

    run(counted, address)


async def _accepted(asked: Awaitable[Accepted]) -> None:
    accepted = await asked
    say(f"{accepted.fulfillment_id}: {accepted.message}", "green")


def _picked(text: str) -> Picked:
    match = PICKED.fullmatch(text)
    if match is None:
        remedy = "for example --item MUG=2, or --item MUG=2@BER-A03-07"
        raise Refused.of(
            Problem(path="--item", expected="SKU=QUANTITY[@BIN]", came=text, remedy=remedy)
        )
    return validated(Picked, match.groupdict())
