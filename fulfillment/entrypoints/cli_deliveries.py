"""`fulfillment orders track`, `orders resolve` and `tracking ...`: parcels after the hand-over."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from fulfillment.domain.delivery_exceptions import Resolution
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.errors import Refused
from fulfillment.entrypoints.console import Address, AsJson, By, print_json, print_table, run, say
from fulfillment.entrypoints.validation import read_json, validated
from fulfillment.operations import delivery_exceptions, parcel_tracking
from fulfillment.operations.engine import Engine

TrackingNumber = Annotated[str, typer.Argument(metavar="TRACKING-NUMBER")]


def track(
    order: Annotated[str, typer.Argument(metavar="ORDER")], as_json: AsJson, address: Address = None
) -> None:
    """Tell where an order's parcels are, and when they should arrive."""

    async def tracked(engine: Engine) -> None:
        found = await parcel_tracking.track_order(engine, order)
        if as_json:
            return print_json(found)
        return _print_tracking(found)

    run(tracked, address, as_json=as_json)


def resolve(  # noqa: PLR0913, PLR0917 - what a decision says
    name: Annotated[str, typer.Argument(metavar="ORDER|FULFILLMENT")],
    choice: Annotated[Choice, typer.Argument()],
    by: By,
    parcel: Annotated[
        list[str] | None, typer.Option(help="A tracking number; none means all in trouble.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(help="Until when to wait, UTC.")] = None,
    ship_to: Annotated[Path | None, typer.Option(help="The new address, as JSON.")] = None,
    reason: Annotated[str, typer.Option(help="Why; goes on record.")] = "",
    address: Address = None,
) -> None:
    """Decide about parcels in trouble: reship, refund, new_address or wait."""

    async def resolved(engine: Engine) -> None:
        data = {
            "choice": choice,
            "by": by,
            "tracking_numbers": parcel or [],
            "until": until.replace(tzinfo=UTC) if until else None,
            "ship_to": read_json(ship_to, Refused) if ship_to else None,
            "reason": reason,
        }
        decision = validated(Resolution, data)
        answer = await delivery_exceptions.resolve_exception(engine, name, decision)
        say(f"{answer.fulfillment_id}: {answer.message}", "green")

    run(resolved, address)


def receive_back(tracking_number: TrackingNumber, by: By, address: Address = None) -> None:
    """Take in a parcel that was given up and has come back; its goods go to quarantine."""

    async def received(engine: Engine) -> None:
        found = await delivery_exceptions.receive_undelivered(engine, tracking_number, by)
        say(f"{tracking_number} of {found.order_id} is back; its goods are in quarantine", "green")

    run(received, address)


def close_late(
    task: Annotated[str, typer.Argument(metavar="TASK")],
    by: By,
    remark: Annotated[str, typer.Option(help="What was agreed with the customer.")],
    address: Address = None,
) -> None:
    """Close the task of a parcel that arrived after it was given up."""

    async def closed(engine: Engine) -> None:
        await delivery_exceptions.close_late_arrival(engine, task, by, remark)
        say(f"{task} is closed", "green")

    run(closed, address)


def _print_tracking(found: parcel_tracking.OrderTracking) -> None:
    arrives = f", the last parcel on {found.projected_delivery}" if found.projected_delivery else ""
    ended = f", {found.outcome}" if found.outcome else ""
    say(f"order {found.order_id}: {found.stage.value}{ended}{arrives}", "bold")
    rows = [
        (
            one.tracking_number,
            one.carrier_id,
            f"{one.status.value}{f': {one.exception.value}' if one.exception else ''}",
            one.place,
            one.projected_delivery,
            one.given_up,
            one.link,
        )
        for one in found.parcels
    ]
    columns = ("parcel", "carrier", "status", "place", "arrives", "instead", "follow it at")
    print_table("", columns, rows, "no parcel has left yet")
    for one in found.parcels:
        said = [(e.at, e.status, e.exception, e.place, e.reason) for e in one.events]
        told = ("when (UTC)", "status", "exception", "place", "reason")
        print_table(one.tracking_number, told, said, f"{one.tracking_number}: no news yet")
    for name in found.replaced_by:
        say(f"goods of it were sent again as order {name}")
