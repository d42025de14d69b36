"""Changing orders under way: cancel them or a part, send them elsewhere."""

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from fulfillment.domain.addresses import Address as PostalAddress
from fulfillment.domain.cancellation import CancellationPlan
from fulfillment.domain.errors import Problem, Refused
from fulfillment.domain.orders import Urgency
from fulfillment.entrypoints.cli_orders import OrderId, app
from fulfillment.entrypoints.console import Address, By, cell, flag, print_json, run, say
from fulfillment.entrypoints.validation import read_json, validated
from fulfillment.messages import AmendOrder, CancelRequest
from fulfillment.operations import order_changes, orders
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import get_order

__all__ = ["app"]

STANDS_ELSEWHERE = frozenset({"street", "city", "region", "postal_code", "country"})
UNITS = re.compile(r"(?P<line_no>\d+)=(?P<quantity>\d+)")

Street = Annotated[list[str] | None, typer.Option(help="Once for each line.")]
CountryCode = Annotated[str | None, typer.Option(help="Two letters, as DE.")]
AddressFile = Annotated[Path | None, typer.Option(help="The whole address as JSON.")]
Field = Annotated[str | None, typer.Option()]


@app.command()
def cancel(  # noqa: PLR0913, PLR0917 - what can be canceled, and how
    order: OrderId,
    by: By,
    back_ordered_only: Annotated[
        bool, flag("--back-ordered-only", "Only what waits for stock; the rest ships.")
    ],
    dry_run: Annotated[bool, flag("--dry-run", "Only say what it would do and cost now.")],
    as_json: Annotated[bool, flag("--json", "Print JSON.")],
    reason: Annotated[str, typer.Option(help="Why; the customer may be told.")] = "",
    fulfillment: Annotated[str | None, typer.Option(help="Only what this one has.")] = None,
    line: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LINE=QUANTITY", help="Only so many units of a line; as often as needed."
        ),
    ] = None,
    address: Address = None,
) -> None:
    """Cancel an order at any stage until it is delivered, or a part of it."""
    if not (reason or dry_run):
        message = "expected --reason, or --dry-run to see what it would do"
        raise typer.BadParameter(message)
    wish = {
        "reason": reason or "canceled on request",
        "by": by,
        "back_ordered_only": back_ordered_only,
        "fulfillment_id": fulfillment,
        "lines": tuple(map(_units, line or ())),
    }
    request = validated(CancelRequest, wish)

    async def canceled(engine: Engine) -> None:
        if dry_run:
            plan = await order_changes.preview_cancellation(engine, order, request)
            return print_json(plan) if as_json else _print_plan(plan)
        answer = await order_changes.cancel(engine, order, request)
        if as_json:
            return print_json(answer)
        part = fulfillment or ", ".join(line or ()) or ("what it waits for" * back_ordered_only)
        say(f"{order}{f' ({part})' if part else ''} is canceled: {cell(answer.done)}", "green")
        return None

    run(canceled, address, as_json=as_json)


def _print_plan(plan: CancellationPlan) -> None:
    if plan.too_late is not None:
        return say(f"{plan.order_id} can't be canceled any more: {plan.too_late}", "yellow")
    say(f"canceling {plan.order_id} would do this now:", "bold")
    for treatment in plan.treatments:
        say(f"  {treatment}")
    kept = f", {plan.fee_minor} kept" if plan.fee_minor else ""
    say(f"refund {plan.refund_minor}{kept}, void {plan.void_minor} {plan.currency} (minor units)")
    return None


@app.command()
def amend(  # noqa: PLR0913, PLR0917 - what can be amended
    order: OrderId,
    by: By,
    less: Annotated[
        list[str] | None,
        typer.Option(metavar="LINE=UNITS", help="So many units less of a line."),
    ] = None,
    urgency: Annotated[Urgency | None, typer.Option(help="How fast.")] = None,
    deliver_by: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day on which it must arrive.")
    ] = None,
    gift_message: Annotated[str | None, typer.Option(help="What the card says.")] = None,
    address: Address = None,
) -> None:
    """Amend an order: units less, or how fast it comes and what its gift card says."""
    wishes = {
        "urgency": urgency,
        "deliver_by": deliver_by,
        "gift": {"message": gift_message} if gift_message else None,
    }
    data = {"by": by, "less": [_units(text) for text in less or ()], "wishes": wishes}

    async def done(engine: Engine) -> None:
        answer = await order_changes.amend(engine, order, validated(AmendOrder, data))
        say(f"{order} is amended: {cell(answer.done)}", "green")

    run(done, address)


@app.command("correct-address")
def correct_address(  # noqa: PLR0913, PLR0917 - each is a field of the address
    order: OrderId,
    by: By,
    name: Field = None,
    company: Field = None,
    street: Street = None,
    city: Field = None,
    region: Field = None,
    postal_code: Field = None,
    country: CountryCode = None,
    phone: Field = None,
    file: AddressFile = None,
    address: Address = None,
) -> None:
    """Correct the address of an order on hold; what is not given stays as it is."""
    given = {
        "name": name,
        "company": company,
        "street": street,
        "city": city,
        "region": region,
        "postal_code": postal_code,
        "country": country,
        "phone": phone,
    }

    async def corrected(engine: Engine) -> None:
        better = await _whole_address(engine, order, given, file)
        status = await orders.correct_address(engine, order, better, by)
        say(f"{order}: the address is corrected; stage {status.stage.value}", "green")

    run(corrected, address)


@app.command()
def readdress(  # noqa: PLR0913, PLR0917 - each is a field of the address
    order: OrderId,
    by: By,
    name: Field = None,
    company: Field = None,
    street: Street = None,
    city: Field = None,
    region: Field = None,
    postal_code: Field = None,
    country: CountryCode = None,
    phone: Field = None,
    file: AddressFile = None,
    address: Address = None,
) -> None:
    """Send an order elsewhere until its parcels have left; what is not given stays as it is."""
    given = {
        "name": name,
        "company": company,
        "street": street,
        "city": city,
        "region": region,
        "postal_code": postal_code,
        "country": country,
        "phone": phone,
    }

    async def sent_elsewhere(engine: Engine) -> None:
        other = await _whole_address(engine, order, given, file)
        answer = await order_changes.change_address(engine, order, other, by)
        say(f"{order}: {cell(answer.done)}", "green")

    run(sent_elsewhere, address)


def _units(text: str) -> Any:  # noqa: ANN401 - the request checks it
    match = UNITS.fullmatch(text)
    if match is None:
        remedy = "for example --line 2=1: one unit of line 2"
        raise Refused.of(Problem(path="--line", expected="LINE=QUANTITY", came=text, remedy=remedy))
    return {name: int(value) for name, value in match.groupdict().items()}


async def _whole_address(
    engine: Engine, order: str, fields: dict[str, Any], file: Path | None
) -> PostalAddress:
    """Return the address in a file, or the order's with the fields that are given."""
    known = (await get_order(engine, order)).order.ship_to
    given = {field: value for field, value in fields.items() if value}
    whole = read_json(file, Refused) if file else _merged(known, given)
    return validated(PostalAddress, whole)


def _merged(known: PostalAddress, given: dict[str, Any]) -> dict[str, Any]:
    merged = {**known.model_dump(mode="json"), **given}
    # Where the old address stood says nothing about the new one.
    return {**merged, "place": None} if STANDS_ELSEWHERE & given.keys() else merged
