"""`fulfillment supply ...`: what is purchased and produced of what orders miss."""

from typing import Annotated

import typer

from fulfillment.domain.supply import (
    UNDER_WAY,
    ComponentsGo,
    SupplyEnd,
    SupplyReport,
    SupplyState,
)
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.entrypoints.console import Address, AsJson, By, print_json, print_table, run, say
from fulfillment.entrypoints.validation import validated
from fulfillment.messages.supply import SupplyAnswer
from fulfillment.operations import supply
from fulfillment.operations.engine import Engine
from fulfillment.operations.supply_checks import resume_supply

app = typer.Typer(help="See, receive, complete and end supply orders.", no_args_is_help=True)

SupplyId = Annotated[str, typer.Argument(metavar="SUPPLY")]
Receipt = Annotated[
    str | None, typer.Option(help="The delivery's id; the same again is the same delivery.")
]
Quantity = Annotated[int | None, typer.Option(min=1, help="All that is outstanding, if not given.")]
BinId = Annotated[str | None, typer.Option("--bin", help="Where they lie; the source's own bin.")]
Lot = Annotated[str, typer.Option(help="Which lot, where lots are kept apart.")]
Reason = Annotated[str, typer.Option(help="Why the rest will not come.")]


@app.command("list")
def list_supply(
    as_json: AsJson,
    state: Annotated[
        list[SupplyState] | None, typer.Option(help="Under way, if not given.")
    ] = None,
    address: Address = None,
) -> None:
    """List supply orders, the newest first."""

    async def listed(engine: Engine) -> None:
        found = await supply.list_supply(engine, states=state or UNDER_WAY)
        if as_json:
            return print_json(found)
        columns = ("supply", "method", "sku", "ordered", "received", "state", "expected", "of")
        return print_table("", columns, [_row(one) for one in found], "no supply orders")

    run(listed, address, as_json=as_json)


@app.command()
def show(supply_id: SupplyId, as_json: AsJson, address: Address = None) -> None:
    """Show a supply order with its components."""

    async def shown(engine: Engine) -> None:
        one = await supply.show_supply(engine, supply_id)
        if as_json:
            return print_json(one)
        say(f"{one.supply_id}: {one.method.value} of {one.ordered} x {one.sku}, {one.state.value}")
        due = one.expected_at or "not known yet"
        say(f"received {one.received}; expected {due}; {one.reason or 'nothing else is said'}")
        rows = [(part.sku, part.needed, part.issued, part.given_back) for part in one.components]
        return print_table("", ("component", "needed", "issued", "given back"), rows, "")

    run(shown, address, as_json=as_json)


@app.command("complete", help="Book what has been produced, in whole or in part.")
@app.command("receive", help="Book what a supplier has delivered, in whole or in part.")
def book(  # noqa: PLR0913, PLR0917 - what a delivery note or a production slip says
    supply_id: SupplyId,
    by: By,
    receipt: Receipt = None,
    quantity: Quantity = None,
    bin_id: BinId = None,
    lot: Lot = "",
    address: Address = None,
) -> None:
    """Book what has come of a supply order, in whole or in part."""
    data = {"receipt_id": receipt, "quantity": quantity, "bin_id": bin_id, "lot": lot, "by": by}

    async def booked(engine: Engine) -> None:
        _tell(await supply.receive_supply(engine, supply_id, validated(SupplyReport, data)))

    run(booked, address)


@app.command()
def fail(
    supply_id: SupplyId,
    by: By,
    reason: Reason,
    components: Annotated[
        ComponentsGo, typer.Option(help="What becomes of a production's components.")
    ] = ComponentsGo.BACK,
    address: Address = None,
) -> None:
    """End a supply order whose goods will not come; those who wait are asked again."""
    end = SupplyEnd(reason=reason, components=components, by=by)

    async def failed(engine: Engine) -> None:
        _tell(await supply.end_supply(engine, supply_id, end, failed=True))

    run(failed, address)


@app.command()
def cancel(
    supply_id: SupplyId,
    by: By,
    reason: Reason = "not wanted any more",
    components: Annotated[
        ComponentsGo, typer.Option(help="What becomes of a production's components.")
    ] = ComponentsGo.BACK,
    address: Address = None,
) -> None:
    """Cancel what is outstanding of a supply order."""
    end = SupplyEnd(reason=reason, components=components, by=by)

    async def canceled(engine: Engine) -> None:
        _tell(await supply.end_supply(engine, supply_id, end, failed=False))

    run(canceled, address)


@app.command()
def resume(supply_id: SupplyId, address: Address = None) -> None:
    """Have a supply order go on whose workflow was terminated or failed."""

    async def resumed(engine: Engine) -> None:
        await resume_supply(engine, supply_id)
        say(f"{supply_id} goes on", "green")

    run(resumed, address)


def _tell(answer: SupplyAnswer) -> None:
    came = f"{answer.received} of {answer.ordered} received"
    say(f"{answer.supply_id}: {answer.message}; {answer.state.value}, {came}", "green")


def _row(one: SupplyRecord) -> tuple[object, ...]:
    units = (one.ordered, one.received, one.state, one.expected_at)
    return (one.supply_id, one.method, one.sku, *units, one.supplier_id)
