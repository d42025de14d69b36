"""`fulfillment customers ...`: what customers may ask for their own data."""

from typing import Annotated

import typer

from fulfillment import bootstrap
from fulfillment.domain.errors import FulfillmentError, Problem, Refused
from fulfillment.entrypoints.console import Address, By, refuse, run, say
from fulfillment.operations.engine import Engine
from fulfillment.operations.erasure import Eraser, Erasure, erase_order, orders_of_customer
from fulfillment.settings import load_settings

app = typer.Typer(help="Erase customers' data.", no_args_is_help=True)


@app.callback()
def customers() -> None:
    """Erase customers' data (docs/privacy.md)."""


@app.command()
def erase(
    by: By,
    reason: Annotated[
        str, typer.Option(help="Why, as a request's number; goes on record, so name nobody.")
    ],
    orders: Annotated[
        list[str] | None, typer.Argument(metavar="[ORDER]...", help="Orders that have ended.")
    ] = None,
    mail: Annotated[str | None, typer.Option(help="All orders of this mail address.")] = None,
    address: Address = None,
) -> None:
    """Erase the customer's data of orders that have ended, here and in Temporal."""

    async def erased(engine: Engine) -> int:
        mails = bootstrap.sent_mail(load_settings())
        refused = 0
        for order_id in await _asked(engine, orders or [], mail):
            try:
                done = await erase_order(engine, mails, order_id, Eraser(by, reason))
            except FulfillmentError as error:
                refused = refuse(error)
            else:
                say(_told(done), "green")
        return refused

    run(erased, address)


async def _asked(engine: Engine, orders: list[str], mail: str | None) -> list[str]:
    found = await orders_of_customer(engine, mail) if mail else []
    asked = list(dict.fromkeys([*orders, *found]))
    if not asked:
        raise Refused.of(
            Problem(path="ORDER or --mail", expected="whose data to erase", came="nothing")
        )
    return asked


def _told(done: Erasure) -> str:
    state = "was erased before" if done.already else "is erased"
    return f"{done.order_id} {state}: {done.mails} mails, {done.workflows} workflow runs deleted"
