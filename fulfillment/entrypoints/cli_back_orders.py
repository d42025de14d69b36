"""`fulfillment orders back-order`, `stock queue`, `stock wake`: who waits, and what they want."""

from typing import Annotated

import typer

from fulfillment.domain.back_order_choices import BackOrderChoice
from fulfillment.entrypoints.console import (
    Address,
    AsJson,
    By,
    cell,
    print_json,
    print_table,
    run,
    say,
)
from fulfillment.entrypoints.validation import validated
from fulfillment.messages.back_orders import ChooseBackOrder
from fulfillment.operations import back_orders, stock
from fulfillment.operations.engine import Engine


def back_order(  # noqa: PLR0913, PLR0917 - what the customer says
    order: Annotated[str, typer.Argument(metavar="ORDER")],
    line: Annotated[list[int], typer.Option(help="Which line; may come several times.")],
    choice: Annotated[BackOrderChoice, typer.Option(help="What the customer wants.")],
    by: By,
    units: Annotated[
        int | None, typer.Option(min=1, help="How many missing units are canceled; or all.")
    ] = None,
    substitute: Annotated[str | None, typer.Option(help="Which SKU is taken instead.")] = None,
    address: Address = None,
) -> None:
    """Do what the customer chooses for lines that are not in stock."""

    async def chosen(engine: Engine) -> None:
        one = {"choice": choice, "units": units, "substitute": substitute}
        data = {"choices": [{"line_no": number, **one} for number in line], "by": by}
        request = validated(ChooseBackOrder, data)
        answer = await back_orders.choose_back_order(engine, order, request)
        missing = [f"{each.quantity} x {each.sku}" for each in answer.missing]
        waits = f"; still waits for {cell(missing)}" if missing else ""
        say(f"{order}: {cell(answer.done)}{waits}", "green")

    run(chosen, address)


def queue(
    as_json: AsJson,
    sku: Annotated[list[str] | None, typer.Option(help="Only for this article.")] = None,
    address: Address = None,
) -> None:
    """Show who waits for goods, the first in line first, and what is set aside for whom."""

    async def shown(engine: Engine) -> None:
        line = await stock.show_queue(engine, skus=sku or None)
        if as_json:
            return print_json(line)
        rows = [
            (e.sku, e.waiter.waiter_id, e.line_no, e.units, e.set_aside, e.promise_at, e.since)
            for e in line
        ]
        columns = ("sku", "who", "line", "misses", "set aside", "promised (UTC)", "since (UTC)")
        return print_table("", columns, rows, "nobody waits")

    run(shown, address, as_json=as_json)


def wake(
    sku: Annotated[list[str], typer.Argument(metavar="SKU...")], address: Address = None
) -> None:
    """Share out what is free of these articles, and tell those who get it; safe to repeat."""

    async def woken(engine: Engine) -> None:
        told = await stock.wake_back_orders(engine, sku)
        say(f"told: {cell(told)}" if told else "nobody is to be told", "green")

    run(woken, address)
