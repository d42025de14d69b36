"""Submitting orders and following them until all are settled; the command behind `starter.py`.

Exit codes: 0 every order is acknowledged; 1 an order or a file was refused; 2 nobody answers.
How an order ends afterwards is shown, and changes nothing of that.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from fulfillment import bootstrap
from fulfillment.domain.errors import FulfillmentError, InvalidOrder
from fulfillment.entrypoints.console import Address, errors, flag, refuse, run, say
from fulfillment.entrypoints.following import show_progress
from fulfillment.entrypoints.sample_orders import sample_orders
from fulfillment.entrypoints.validation import read_bytes, source_of
from fulfillment.messages import Acknowledgment
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_file import FiledOrder, RefusedOrder, read_orders
from fulfillment.operations.orders import submit_orders
from fulfillment.settings import load_settings
from fulfillment.storefronts.mapping import Merchant
from fulfillment.telemetry import logs
from fulfillment.temporal import clean_exit
from fulfillment.temporal.errors import BY_CODE

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
def submit(
    no_follow: Annotated[bool, flag("--no-follow", "End when the orders are acknowledged.")],
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Orders as JSON; - for stdin.")
    ] = None,
    sample: Annotated[
        int, typer.Option(min=0, max=10_000, help="Make so many orders from the catalog.")
    ] = 0,
    address: Address = None,
) -> None:
    """Submit orders from files and follow them until each has its outcome.

    A bad order costs none of the good ones. Ctrl-C ends the following; the orders go on.
    """
    if not files and not sample:
        message = "expected a FILE, - for standard input, or --sample N"
        raise typer.BadParameter(message)

    async def submitted(engine: Engine) -> int:
        merchant = bootstrap.merchant(load_settings()) if files else Merchant()
        code, filed = _read(files or [], merchant)
        made = await sample_orders(engine, sample) if sample else []
        filed += [FiledOrder(path="", order=order) for order in made]
        answers = await submit_orders(engine, [entry.order for entry in filed])
        code = max([code, *map(_report, filed, answers)])
        acknowledged = [a.order_id for a in answers if isinstance(a, Acknowledgment)]
        if acknowledged and not no_follow:
            await _follow(engine, acknowledged)
        return code

    run(submitted, address)


def _read(files: Sequence[Path], merchant: Merchant) -> tuple[int, list[FiledOrder]]:
    """Return the good orders of all files, and the exit code for the rest."""
    code = 0
    good: list[FiledOrder] = []
    for path in files:
        try:
            content = read_orders(read_bytes(path, InvalidOrder), source_of(path), merchant)
        except FulfillmentError as error:
            code = max(code, refuse(error))
            continue
        good += content.orders
        for bad in content.refused:
            code = max(code, _report_bad(content.source, bad))
    return code, good


def _report_bad(source: str, bad: RefusedOrder) -> int:
    name = f" ({bad.order_id})" if bad.order_id else ""
    say(f"{source}: refused {bad.path or 'the order'}{name}:", "red", errors())
    return refuse(BY_CODE[bad.code].of(*bad.problems))


def _report(filed: FiledOrder, answer: Acknowledgment | FulfillmentError) -> int:
    if isinstance(answer, Acknowledgment):
        say(f"{answer.order_id}: acknowledged", "green")
        return 0
    say(f"{filed.order.order_id}: not acknowledged:", "red", errors())
    return refuse(_placed(filed.path, answer))


def _placed(path: str, error: FulfillmentError) -> FulfillmentError:
    """Return the error with the place of the order in its file before each field of it."""
    if not path or not isinstance(error, InvalidOrder):
        return error
    inside = [p.model_copy(update={"path": f"{path}.{p.path}"}) for p in error.problems]
    return type(error).of(*inside) if inside else error


async def _follow(engine: Engine, order_ids: Sequence[str]) -> None:
    try:
        await show_progress(engine, order_ids)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.uncancel() != 0:
            raise
        say("following ended; the orders go on")


def main() -> None:
    """Run the command and leave the process cleanly."""
    logs.begin("starter")
    clean_exit.command(app)
