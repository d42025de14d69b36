"""`fulfillment floor ...`: what the warehouse floor asks and confirms."""

import asyncio
import re
from collections.abc import Awaitable
from pathlib import Path
from typing import Annotated

import typer

from fulfillment.domain.confirmations import (
    CartonChange,
    HandoverConfirmation,
    PackConfirmation,
    PickConfirmation,
    PutBackConfirmation,
    ShortPick,
    SortConfirmation,
)
from fulfillment.domain.drawing import to_svg
from fulfillment.domain.errors import Problem, Refused
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.picking import Picked
from fulfillment.domain.put_backs import PutBackOutcome
from fulfillment.entrypoints import cli_batches
from fulfillment.entrypoints.console import (
    Address,
    AsJson,
    By,
    flag,
    print_json,
    print_table,
    require_assignee,
    run,
    say,
)
from fulfillment.entrypoints.task_sheets import print_task
from fulfillment.entrypoints.validation import validated
from fulfillment.labels.pictures import to_png
from fulfillment.messages import Accepted
from fulfillment.operations import floor, pictures, recounts
from fulfillment.operations.engine import Engine
from fulfillment.records import TaskState

app = typer.Typer(help="See the floor's work and confirm it.", no_args_is_help=True)
app.command("plan")(cli_batches.plan)
app.command("batches")(cli_batches.list_batches)
app.add_typer(cli_batches.app, name="batch")

FulfillmentId = Annotated[str, typer.Argument(metavar="FULFILLMENT")]
NOT_BACK = re.compile(r"(?P<sku>[^=]+)=(?P<quantity>\d+)")
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


@app.command()
def picture(
    task: Annotated[str, typer.Argument(metavar="TASK", help="A pack task's id.")],
    as_png: Annotated[bool, flag("--png", "As PNG instead of SVG.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to.", dir_okay=False)],
    carton: Annotated[int, typer.Option(min=1, help="Which of its cartons.")] = 1,
    address: Address = None,
) -> None:
    """Draw a carton of a pack task: what lies where, numbered as in its steps."""

    async def drawn(engine: Engine) -> None:
        drawing = await pictures.draw_carton(engine, task, carton)
        content = to_png(drawing) if as_png else to_svg(drawing).encode()
        try:
            await asyncio.to_thread(out.write_bytes, content)
        except OSError as error:
            came = f"{out} ({error.strerror})"
            expected = "a file that can be written"
            raise Refused.of(Problem(path="--out", expected=expected, came=came)) from error
        say(f"{drawing.title}: {out}", "green")

    run(drawn, address)


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
def confirm_pack(  # noqa: PLR0913, PLR0917 - what a person says of a packed carton
    fulfillment: FulfillmentId,
    by: By,
    carton: Annotated[
        list[str] | None, typer.Option(help="A carton that was taken; none means as planned.")
    ] = None,
    weight: Annotated[
        list[int] | None,
        typer.Option(metavar="GRAMS", help="What the scales say, once for each carton."),
    ] = None,
    supervisor: Annotated[
        str | None, typer.Option(metavar="PERSON", help="Who lets a weight pass that is off.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why the supervisor does.")] = None,
    address: Address = None,
) -> None:
    """Confirm that the goods are in their cartons, and what each weighs."""
    override = {"by": supervisor, "reason": reason} if supervisor or reason else None
    data = {"by": by, "cartons": carton or [], "weights_g": weight or [], "override": override}

    async def confirmed(engine: Engine) -> None:
        confirmation = validated(PackConfirmation, data)
        await _accepted(floor.confirm_pack(engine, fulfillment, confirmation))

    run(confirmed, address)


@app.command("change-cartons")
def change_cartons(
    fulfillment: FulfillmentId,
    by: By,
    carton: Annotated[list[str], typer.Option(help="A carton that is wanted; as often as needed.")],
    address: Address = None,
) -> None:
    """Have the goods planned into other cartons: these and no others."""

    async def changed(engine: Engine) -> None:
        change = validated(CartonChange, {"by": by, "cartons": carton})
        await _accepted(floor.change_cartons(engine, fulfillment, change))

    run(changed, address)


@app.command("confirm-handover")
def confirm_handover(  # noqa: PLR0913, PLR0917 - what a person scanned
    fulfillment: FulfillmentId,
    by: By,
    carrier: Annotated[str | None, typer.Option(help="Who fetched the parcels.")] = None,
    parcel: Annotated[
        list[str] | None,
        typer.Option(metavar="TRACKING-NUMBER", help="A label that was scanned; none means all."),
    ] = None,
    sscc: Annotated[
        list[str] | None,
        typer.Option(help="An SSCC that was scanned on a parcel; none means all."),
    ] = None,
    address: Address = None,
) -> None:
    """Confirm that the carrier has the parcels."""

    async def confirmed(engine: Engine) -> None:
        data = {
            "by": by,
            "carrier": carrier,
            "tracking_numbers": parcel or [],
            "ssccs": sscc or [],
        }
        confirmation = validated(HandoverConfirmation, data)
        await _accepted(floor.confirm_handover(engine, fulfillment, confirmation))

    run(confirmed, address)


@app.command("confirm-put-back")
def confirm_put_back(
    fulfillment: FulfillmentId,
    by: By,
    lost: Annotated[
        list[str] | None,
        typer.Option(metavar="SKU=QUANTITY", help="What did not come back; as often as needed."),
    ] = None,
    damaged: Annotated[
        list[str] | None,
        typer.Option(metavar="SKU=QUANTITY", help="What came back and can't be sold."),
    ] = None,
    address: Address = None,
) -> None:
    """Confirm that the goods of a canceled fulfillment are back in their bins, or what is not."""
    not_back = [_not_back(text, PutBackOutcome.LOST) for text in lost or ()]
    not_back += [_not_back(text, PutBackOutcome.DAMAGED) for text in damaged or ()]

    async def confirmed(engine: Engine) -> None:
        confirmation = validated(PutBackConfirmation, {"by": by, "not_back": not_back})
        await _accepted(floor.confirm_put_back(engine, fulfillment, confirmation))

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
    require_assignee(to, pool=pool)

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


def _not_back(text: str, because: PutBackOutcome) -> dict[str, str]:
    match = NOT_BACK.fullmatch(text)
    if match is None:
        path, remedy = f"--{because.value}", f"for example --{because.value} MUG=2"
        raise Refused.of(Problem(path=path, expected="SKU=QUANTITY", came=text, remedy=remedy))
    return {**match.groupdict(), "because": because.value}


def _picked(text: str) -> Picked:
    match = PICKED.fullmatch(text)
    if match is None:
        remedy = "for example --item MUG=2, or --item MUG=2@BER-A03-07"
        raise Refused.of(
            Problem(path="--item", expected="SKU=QUANTITY[@BIN]", came=text, remedy=remedy)
        )
    return validated(Picked, match.groupdict())
