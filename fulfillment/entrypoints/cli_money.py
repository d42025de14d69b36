"""`fulfillment orders money`: what an order's payment has come to."""

from typing import Annotated

import typer

from fulfillment import bootstrap
from fulfillment.entrypoints.cli_orders import OrderId
from fulfillment.entrypoints.console import (
    Address,
    AsJson,
    By,
    print_json,
    print_table,
    run,
    say,
)
from fulfillment.entrypoints.validation import validated
from fulfillment.operations.disputes import Dispute, DisputeState, record_dispute
from fulfillment.operations.engine import Engine
from fulfillment.operations.money import OrderMoney, order_money
from fulfillment.settings import load_settings

LEVELS = ("authorized", "captured", "voided", "refunded", "held", "owed", "disputed", "written_off")
ENTRIES = ("at", "what", "from", "to", "amount", "fulfillment", "reference")
REFUNDS = ("at", "state", "units", "added", "kept", "amount", "reason")


def money(order: OrderId, as_json: AsJson, address: Address = None) -> None:
    """Show an order's money: authorized, captured, voided, refunded, owed, and each posting."""

    async def shown(engine: Engine) -> None:
        found = await order_money(engine, order)
        if as_json:
            return print_json(found)
        return _print(found)

    run(shown, address, as_json=as_json)


def dispute(  # noqa: PLR0913, PLR0917 - each is an option
    order: OrderId,
    dispute_id: Annotated[str, typer.Option("--id", help="The bank's own.")],
    amount_minor: Annotated[int, typer.Option(min=1, help="In minor units of the order.")],
    by: By,
    state: Annotated[DisputeState, typer.Option()] = DisputeState.OPENED,
    reason: Annotated[str, typer.Option(help="As the bank gives it; name nobody.")] = "",
    address: Address = None,
) -> None:
    """Put on record that the payer's bank disputes a payment, or how it decided."""
    fields = {"dispute_id": dispute_id, "order_id": order, "amount_minor": amount_minor}
    given = validated(Dispute, {**fields, "by": by, "state": state, "reason": reason})

    async def recorded(engine: Engine) -> None:
        settings = load_settings()
        mails = bootstrap.sent_mail(settings)
        done = await record_dispute(engine, mails, settings.supervisor_mail, given)
        say(f"{done.order_id}: {done.disputed_minor} (minor units) under dispute", "green")

    run(recorded, address)


def _print(found: OrderMoney) -> None:
    say(f"order {found.order_id}: {found.method.value}, minor units of {found.currency}", "bold")
    say(f"costs: {found.amount_minor}")
    for level in LEVELS:
        say(f"{level.replace('_', ' ')}: {getattr(found, f'{level}_minor')}")
    if found.authorized_until:
        say(f"held until {found.authorized_until:%Y-%m-%d %H:%M %Z}")
    rows = [
        (e.at, e.kind, e.source, e.target, e.amount_minor, e.fulfillment_id, e.reference)
        for e in found.entries
    ]
    print_table("Ledger", ENTRIES, rows, "nothing is posted")
    if found.refunds:
        refunds = [
            (
                *(r.at, r.state, [f"{u.line_no}/{u.unit_no}" for u in r.units]),
                *(r.extra_minor, r.fee_minor, r.amount_minor, r.reason),
            )
            for r in found.refunds
        ]
        print_table("Refunds", REFUNDS, refunds, "")
