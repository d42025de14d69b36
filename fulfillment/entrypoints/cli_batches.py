"""`fulfillment floor plan`, `batches` and `batch ...`: pick batches, from planning to the wall."""

from collections.abc import Awaitable
from typing import Annotated

import typer

from fulfillment.domain.pick_batches import BatchStage
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
from fulfillment.entrypoints.validation import validated
from fulfillment.messages import BatchAnswer, Closing, FloorPlanned
from fulfillment.operations import pick_batches
from fulfillment.operations.engine import Engine
from fulfillment.operations.pick_batches import BatchView
from fulfillment.records import MemberState

app = typer.Typer(help="See a pick batch and close it.", no_args_is_help=True)

BatchId = Annotated[str, typer.Argument(metavar="BATCH")]
Session = Annotated[
    str | None, typer.Option(help="The scanner's session; the same again gets the same answer.")
]


def plan(
    as_json: AsJson,
    warehouse: Annotated[
        str | None, typer.Argument(metavar="[WAREHOUSE]", help="Only this one; else all.")
    ] = None,
    address: Address = None,
) -> None:
    """Form pick batches of what is released, now."""

    async def planned(engine: Engine) -> None:
        names = [warehouse] if warehouse else await pick_batches.warehouse_ids(engine)
        made = {name: await pick_batches.plan_floor(engine, name) for name in names}
        if as_json:
            return print_json({name: one.model_dump(mode="json") for name, one in made.items()})
        for name, one in made.items():
            _print_planned(name, one)
        return None

    run(planned, address, as_json=as_json)


def list_batches(
    every: Annotated[bool, flag("--all", "Also those that have ended.")],
    as_json: AsJson,
    warehouse: Annotated[str | None, typer.Option(help="Only of this warehouse.")] = None,
    address: Address = None,
) -> None:
    """List pick batches, the newest first."""

    async def listed(engine: Engine) -> None:
        stages = tuple(BatchStage) if every else (BatchStage.PICKING, BatchStage.SORTING)
        batches = await pick_batches.list_batches(engine, warehouse_id=warehouse, stages=stages)
        if as_json:
            return print_json(batches)
        rows = [
            (b.batch_id, b.stage, len(b.live), f"{b.distance_mm / 1000:.0f} m", b.planned_at)
            for b in batches
        ]
        columns = ("batch", "stage", "orders", "walk", "planned (UTC)")
        return print_table("", columns, rows, "no batch is under way")

    run(listed, address, as_json=as_json)


@app.command()
def show(batch: BatchId, as_json: AsJson, address: Address = None) -> None:
    """Show the walk of a batch, with totes, and who is in it."""

    async def shown(engine: Engine) -> None:
        view = await pick_batches.show_batch(engine, batch)
        return print_json(view) if as_json else _print_batch(view)

    run(shown, address, as_json=as_json)


@app.command("close-picking")
def close_picking(batch: BatchId, by: By, session: Session = None, address: Address = None) -> None:
    """Confirm that the walk is done: all that was not scanned was picked as planned."""

    async def closed(engine: Engine) -> None:
        closing = validated(Closing, {"by": by, "session_id": session})
        await _answered(pick_batches.close_picking(engine, batch, closing))

    run(closed, address)


@app.command("close-sorting")
def close_sorting(batch: BatchId, by: By, session: Session = None, address: Address = None) -> None:
    """Confirm that all goods of the batch are in their slots."""

    async def closed(engine: Engine) -> None:
        closing = validated(Closing, {"by": by, "session_id": session})
        await _answered(pick_batches.close_sorting(engine, batch, closing))

    run(closed, address)


@app.command()
def assign(
    batch: BatchId,
    by: By,
    pool: Annotated[bool, flag("--pool", "Anyone may do it.")],
    to: Annotated[str | None, typer.Option(metavar="PERSON", help="Who shall do it.")] = None,
    address: Address = None,
) -> None:
    """Give the walk or the wall of a batch to a person, or back to the pool."""
    require_assignee(to, pool=pool)

    async def assigned(engine: Engine) -> None:
        await _answered(pick_batches.assign_batch(engine, batch, to, by))

    run(assigned, address)


@app.command("put-back")
def put_back(
    name: Annotated[str, typer.Argument(metavar="PUT-BACK", help="As `batch show` names it.")],
    by: By,
    address: Address = None,
) -> None:
    """Confirm that goods of a canceled order are back in their bin."""

    async def confirmed(engine: Engine) -> None:
        done = await pick_batches.confirm_put_back(engine, name, by)
        say(f"{name}: {done.quantity} of {done.sku} are back in {done.bin_id}", "green")

    run(confirmed, address)


@app.command()
def resume(batch: BatchId, address: Address = None) -> None:
    """Start the workflow of a batch again that was terminated."""

    async def resumed(engine: Engine) -> None:
        stage = await pick_batches.resume_batch(engine, batch)
        say(f"{batch}: goes on, {stage.value}", "green")

    run(resumed, address)


async def _answered(asked: Awaitable[BatchAnswer]) -> None:
    answer = await asked
    say(f"{answer.batch_id}: {answer.message}", "green")


def _print_planned(warehouse: str, planned: FloorPlanned) -> None:
    rows = [
        (one.batch_id, len(one.members), one.picks, f"{one.distance_mm / 1000:.0f} m")
        for one in planned.batches
    ]
    columns = ("batch", "orders", "picks", "walk")
    print_table(warehouse, columns, rows, f"{warehouse}: no batch was formed")
    if planned.wait_until:
        say(f"{planned.waiting} wait for company until {planned.wait_until:%H:%M:%S} UTC at most")
    for reason in planned.left_out:
        say(f"left out: {reason}", "red")


def _print_batch(view: BatchView) -> None:
    batch = view.batch
    walk = f"{batch.distance_mm / 1000:.0f} m"
    say(f"{batch.batch_id} in {batch.warehouse_id}: {batch.stage.value}, walk {walk}", "bold")
    members = [(one.fulfillment_id, one.order_id, one.slot, one.state) for one in batch.members]
    print_table("", ("fulfillment", "order", "slot", "is"), members, "nobody")
    gone = {one.fulfillment_id for one in batch.members if one.state is not MemberState.IN}
    walked = [
        (p.pick_no, p.bin_id, p.quantity, p.sku, p.lot, p.tote, p.picked, p.short or None)
        for p in view.picks
        if p.fulfillment_id not in gone
    ]
    columns = ("pick", "bin", "take", "sku", "lot", "tote", "picked", "short")
    print_table("", columns, walked, "nothing is left to pick")
    back = [(p.put_back_id, p.tote, p.quantity, p.sku, p.bin_id, p.done_by) for p in view.put_backs]
    if back:
        heads = ("put back", "tote", "units", "sku", "into bin", "done by")
        print_table("canceled in mid-walk", heads, back, "")
