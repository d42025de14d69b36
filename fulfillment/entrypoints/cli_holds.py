"""`fulfillment orders holds`, `ask`, `answer`, `pay`, `reject`: orders that wait for a person."""

from typing import Annotated

import typer

from fulfillment.domain.holds import HoldKind
from fulfillment.entrypoints.console import Address, AsJson, By, print_json, print_table, run, say
from fulfillment.entrypoints.validation import validated
from fulfillment.messages.holds import AnswerQuestion, AskCustomer, PayOtherwise, RejectOrder
from fulfillment.operations import holds
from fulfillment.operations.engine import Engine

OrderId = Annotated[str, typer.Argument(metavar="ORDER")]


def list_holds(  # noqa: PLR0913, PLR0917 - what can be looked for
    as_json: AsJson,
    order: Annotated[str | None, typer.Option(help="All holds of this order instead.")] = None,
    kind: Annotated[HoldKind | None, typer.Option(help="Only holds of this kind.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    after: Annotated[str | None, typer.Option(help="Begin behind this order id.")] = None,
    address: Address = None,
) -> None:
    """List the orders on hold: why, until when somebody must decide, and what can be done."""

    async def listed(engine: Engine) -> None:
        if order is not None:
            found = await holds.holds_of(engine, order)
        else:
            found = await holds.list_holds(engine, kind=kind, limit=limit, after=after)
        if as_json:
            return print_json(found)
        rows = [
            (hold.order_id, hold.reason, _waits_for(hold), hold.until, hold.choices)
            for hold in found
        ]
        columns = ("order", "reason", "waits for", "until (UTC)", "choices")
        return print_table("", columns, rows, "no order is on hold")

    run(listed, address, as_json=as_json)


def ask(
    order: OrderId,
    by: By,
    question: Annotated[
        str, typer.Option(help="What the customer is asked; by default, about the reason.")
    ] = "",
    address: Address = None,
) -> None:
    """Write to the customer of an order on hold, and have the order wait for the answer."""

    async def asked(engine: Engine) -> None:
        request = validated(AskCustomer, {"question": question, "by": by})
        status = await holds.ask_customer(engine, order, request)
        until = f", until {status.hold.until:%Y-%m-%d %H:%M %Z}" if status.hold else ""
        say(f"{order}: the customer is asked{until}", "green")

    run(asked, address)


def answer(
    order: OrderId,
    by: By,
    text: Annotated[str, typer.Option("--answer", help="What the customer has answered.")] = "",
    address: Address = None,
) -> None:
    """Put on record what the customer has answered; then release, correct or reject the order."""

    async def answered(engine: Engine) -> None:
        reply = validated(AnswerQuestion, {"answer": text, "by": by})
        await holds.answer_question(engine, order, reply)
        say(f"{order}: the answer is on record; the order waits for a decision", "green")

    run(answered, address)


def pay(
    order: OrderId,
    by: By,
    reference: Annotated[str, typer.Option(help="The other card, as the gateway knows it.")],
    address: Address = None,
) -> None:
    """Have an order whose payment was declined paid by other means."""

    async def paid(engine: Engine) -> None:
        payment = validated(PayOtherwise, {"reference": reference, "by": by})
        await holds.pay_otherwise(engine, order, payment)
        say(f"{order}: the bank is asked anew", "green")

    run(paid, address)


def reject(
    order: OrderId,
    by: By,
    reason: Annotated[str, typer.Option(help="Why; the customer is told.")] = "",
    address: Address = None,
) -> None:
    """Close an order on hold, and tell the customer why."""

    async def rejected(engine: Engine) -> None:
        rejection = validated(RejectOrder, {"reason": reason, "by": by})
        await holds.reject_order(engine, order, rejection)
        say(f"{order} is rejected", "green")

    run(rejected, address)


def _waits_for(hold: holds.HoldView) -> str:
    if hold.closed_at is not None:
        return f"nobody: {hold.answer.value if hold.answer else 'ended'} by {hold.closed_by}"
    if hold.asked_at is not None:
        return "customer"
    return f"staff (answered: {hold.reply})" if hold.reply else "staff"
