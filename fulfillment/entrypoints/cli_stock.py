"""`fulfillment stock ...`, `catalog ...`, `tracking ...`: goods, and where they are."""

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from fulfillment.domain.errors import InvalidReceipt
from fulfillment.domain.tracking import TrackingEvent, TrackingException, TrackingStatus
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
from fulfillment.entrypoints.validation import read_json, validated
from fulfillment.operations import adjustments, catalog, expiry, stock, tracking
from fulfillment.operations.engine import Engine

app = typer.Typer(help="See stock; book deliveries and counts.", no_args_is_help=True)
catalog_app = typer.Typer(help="Load articles, cartons, warehouses and bins.", no_args_is_help=True)
tracking_app = typer.Typer(help="Tell what a carrier said of a parcel.", no_args_is_help=True)

Sku = Annotated[str, typer.Option("--sku")]
BinId = Annotated[str, typer.Option("--bin")]
Lot = Annotated[str, typer.Option(help="Which lot, where lots are kept apart.")]


@app.command()
def show(
    as_json: AsJson,
    sku: Annotated[list[str] | None, typer.Option(help="Only this article.")] = None,
    warehouse: Annotated[str | None, typer.Option(help="Only this warehouse.")] = None,
    address: Address = None,
) -> None:
    """Show what each warehouse has, and what can still be promised."""

    async def shown(engine: Engine) -> None:
        shelves = await stock.show_stock(engine, skus=sku or None, warehouse_id=warehouse)
        if as_json:
            return print_json(shelves)
        columns = ("sku", "warehouse", "on hand", "claimed", "expired", "available", "in bins")
        return print_table("", columns, [_row(shelf) for shelf in shelves], "no stock")

    run(shown, address, as_json=as_json)


@app.command()
def receive(  # noqa: PLR0913, PLR0917 - what a delivery note says
    receipt: Annotated[str, typer.Argument(help="The delivery's id; the same again is one.")],
    warehouse: Annotated[str, typer.Option()],
    bin_id: BinId,
    sku: Sku,
    quantity: Annotated[int, typer.Option(min=1)],
    by: By,
    lot: Lot = "",
    expires: Annotated[str | None, typer.Option(help="The lot's last day, as 2026-12-31.")] = None,
    supply: Annotated[str | None, typer.Option(help="The supply order that brings them.")] = None,
    address: Address = None,
) -> None:
    """Book a delivery into its bin, and let back-ordered orders look again."""

    async def received(engine: Engine) -> None:
        data = {
            "receipt_id": receipt,
            "warehouse_id": warehouse,
            "bin_id": bin_id,
            "sku": sku,
            "quantity": quantity,
            "lot": lot,
            "expires_on": expires,
            "supply_id": supply,
            "by": by,
        }
        done = await stock.receive_stock(engine, validated(stock.Receipt, data))
        woken = f"; looking again: {cell(done.woken)}" if done.woken else ""
        say(f"{done.quantity} {done.sku} received in {done.warehouse_id}{woken}", "green")

    run(received, address)


@app.command()
def expire(
    warehouse: Annotated[str, typer.Option()],
    by: By,
    as_json: AsJson,
    sweep: Annotated[
        str | None, typer.Option(help="An id of its own; the same again is one.")
    ] = None,
    address: Address = None,
) -> None:
    """Take out of the bins what has expired; nobody can be promised it."""

    async def expired(engine: Engine) -> None:
        data = {"sweep_id": sweep or f"cli-{uuid.uuid4()}", "warehouse_id": warehouse, "by": by}
        done = await expiry.expire_stock(engine, validated(expiry.ExpirySweep, data))
        if as_json:
            return print_json(done)
        columns = ("sku", "lot", "bin", "units", "could ship until", "now")
        rows = [_expired_row(units, "in quarantine") for units in done.quarantined]
        rows += [_expired_row(units, "claimed: will be short") for units in done.promised]
        return print_table("", columns, rows, "nothing has expired")

    run(expired, address, as_json=as_json)


@app.command()
def adjust(  # noqa: PLR0913, PLR0917 - what a count says
    adjustment: Annotated[str, typer.Argument(help="The count's id; the same again is one.")],
    bin_id: BinId,
    sku: Sku,
    reason: Annotated[str, typer.Option(help="Why the books were wrong.")],
    by: By,
    counted: Annotated[int | None, typer.Option(min=0, help="How many lie there.")] = None,
    delta: Annotated[int | None, typer.Option(help="How many more (or, negative, fewer).")] = None,
    lot: Lot = "",
    address: Address = None,
) -> None:
    """Book what a count found; never below what orders have claimed."""

    async def adjusted(engine: Engine) -> None:
        data = {
            "adjustment_id": adjustment,
            "bin_id": bin_id,
            "sku": sku,
            "lot": lot,
            "counted": counted,
            "delta": delta,
            "reason": reason,
            "by": by,
        }
        done = await adjustments.adjust_stock(engine, validated(adjustments.Adjustment, data))
        say(f"{done.change:+d} {done.sku}: {done.in_bin} in {done.bin_id}", "green")

    run(adjusted, address)


@catalog_app.command()
def load(
    file: Annotated[Path, typer.Argument(help="JSON as `catalog schema` prints it; - for stdin.")],
    address: Address = None,
) -> None:
    """Add or replace what a catalog file names; loading it again changes nothing."""

    async def loaded(engine: Engine) -> None:
        read = catalog.parse_catalog(read_json(file, InvalidReceipt))
        done = await catalog.load_catalog(engine, read)
        say(
            f"{done.articles} articles, {done.cartons} cartons, {done.warehouses} warehouses, "
            f"{done.bins} bins and {done.receipts} receipts are on record",
            "green",
        )

    run(loaded, address)


@catalog_app.command()
def schema() -> None:
    """Print what a catalog file is, as JSON Schema."""
    print_json(catalog.Catalog.model_json_schema())


@tracking_app.command()
def record(  # noqa: PLR0913, PLR0917 - what a carrier's message says
    tracking_number: Annotated[str, typer.Argument(metavar="TRACKING-NUMBER")],
    status: Annotated[TrackingStatus, typer.Argument()],
    event_id: Annotated[
        str | None, typer.Option(help="The carrier's id of it; the same again is one.")
    ] = None,
    at: Annotated[
        datetime | None, typer.Option(help="When it happened, UTC; now if not given.")
    ] = None,
    place: Annotated[str, typer.Option()] = "",
    reason: Annotated[str, typer.Option()] = "",
    exception: Annotated[TrackingException | None, typer.Option(help="What is wrong.")] = None,
    address: Address = None,
) -> None:
    """Put on record what a carrier said of a parcel, as its webhook would."""

    async def recorded(engine: Engine) -> None:
        event = TrackingEvent(
            event_id=event_id or f"cli-{uuid.uuid4()}",
            tracking_number=tracking_number,
            status=status,
            at=at.replace(tzinfo=UTC) if at else engine.clock.now(),
            place=place,
            reason=reason,
            exception=exception,
        )
        taken = await tracking.record_tracking(engine, event)
        news = status.value if taken.news else "known already"
        say(f"{tracking_number} of {taken.fulfillment_id or taken.return_id}: {news}", "green")

    run(recorded, address)


def _expired_row(units: expiry.ExpiredUnits, state: str) -> tuple[object, ...]:
    return (units.sku, units.lot, units.bin_id, units.quantity, units.ships_until, state)


def _row(shelf: stock.ShelfStock) -> tuple[object, ...]:
    level = shelf.level
    places = [f"{place.quantity} in {place.bin_id}" for place in shelf.bins]
    held = (level.on_hand, level.claimed, level.expired, level.available)
    return (level.sku, level.warehouse_id, *held, places)
