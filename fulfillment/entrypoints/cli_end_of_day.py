"""`fulfillment end-of-day`, `manifests` and `hand-over`: what carriers take, and what they got."""

from typing import Annotated

import typer

from fulfillment.domain.dock_scans import DockScan
from fulfillment.domain.manifests import ManifestParcel, ManifestRecord
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
from fulfillment.operations import end_of_day as days
from fulfillment.operations.end_of_day import ManifestView
from fulfillment.operations.engine import Engine
from fulfillment.operations.hand_over import ParcelScanned, scan_parcel

manifests_app = typer.Typer(help="See manifests: the parcels that a carrier takes at a cut-off.")
hand_over_app = typer.Typer(help="Scan what the driver gets.", no_args_is_help=True)


def end_of_day(
    warehouse: Annotated[str, typer.Argument(metavar="WAREHOUSE")],
    carrier: Annotated[str, typer.Argument(metavar="CARRIER")],
    as_json: AsJson,
    address: Address = None,
) -> None:
    """End a carrier's day in a warehouse now: close its manifest, print it, have it fetched."""

    async def ended(engine: Engine) -> None:
        day = await days.end_day(engine, warehouse, carrier)
        if as_json:
            return print_json(day)
        for name in day.workflow_ids:
            say(f"{name} is under way", "green")
        if not day.workflow_ids:
            say(f"{carrier} takes nothing from {warehouse} today")
        return say(f"`fulfillment manifests --warehouse {warehouse}` shows what comes of it")

    run(ended, address, as_json=as_json)


@manifests_app.callback(invoke_without_command=True)
def list_manifests(  # noqa: PLR0913, PLR0917 - each is an option
    context: typer.Context,
    as_json: AsJson,
    warehouse: Annotated[str | None, typer.Option(help="Only of this warehouse.")] = None,
    carrier: Annotated[str | None, typer.Option(help="Only of this carrier.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="As many as this.")] = 20,
    address: Address = None,
) -> None:
    """List manifests, the latest cut-off first; `manifests show MANIFEST` shows one."""
    if context.invoked_subcommand is not None:
        return

    async def listed(engine: Engine) -> None:
        found = await days.list_manifests(
            engine, warehouse_id=warehouse, carrier_id=carrier, limit=limit
        )
        if as_json:
            return print_json(found)
        columns = ("manifest", "state", "cut-off (UTC)", "pickup", "from (UTC)", "until (UTC)")
        return print_table("", columns, [_row(each) for each in found], "there is no manifest")

    run(listed, address, as_json=as_json)


@manifests_app.command()
def show(
    manifest: Annotated[str, typer.Argument(metavar="MANIFEST")],
    as_json: AsJson,
    address: Address = None,
) -> None:
    """Show a manifest's parcels: handed over or not; and what was left behind, and why."""

    async def shown(engine: Engine) -> None:
        view = await days.show_manifest(engine, manifest)
        return print_json(view) if as_json else _print(view)

    run(shown, address, as_json=as_json)


@manifests_app.command()
def close(
    manifest: Annotated[str, typer.Argument(metavar="MANIFEST")],
    as_json: AsJson,
    address: Address = None,
) -> None:
    """End the day of a manifest now, before its cut-off: close it, print it, have it fetched."""

    async def closed(engine: Engine) -> None:
        day = await days.end_manifest(engine, manifest)
        if as_json:
            return print_json(day)
        say(f"{day.workflow_ids[0]} is under way", "green")
        return say(f"`fulfillment manifests show {manifest}` shows what comes of it")

    run(closed, address, as_json=as_json)


@hand_over_app.command()
def scan(  # noqa: PLR0913, PLR0917 - each is an option
    codes: Annotated[
        list[str],
        typer.Argument(metavar="[MANIFEST] BARCODE...", help="The manifest, unless --carrier."),
    ],
    by: By,
    as_json: AsJson,
    carrier: Annotated[str | None, typer.Option(help="Any manifest of this carrier.")] = None,
    warehouse: Annotated[str | None, typer.Option(help="Where it is, beside --carrier.")] = None,
    address: Address = None,
) -> None:
    """Give parcels to the driver: by the tracking number or the SSCC on each."""
    manifest = None if carrier else codes.pop(0)
    if not codes:
        message = "a MANIFEST and a BARCODE, or --carrier CARRIER and a BARCODE"
        raise typer.BadParameter(message)
    way = {"manifest_id": manifest, "carrier_id": carrier, "warehouse_id": warehouse}

    async def scanned(engine: Engine) -> None:
        for code in codes:
            wish = validated(DockScan, {"code": code, "by": by, **way})
            done = await scan_parcel(engine, wish)
            print_json(done) if as_json else _say(done)

    run(scanned, address, as_json=as_json)


def _say(done: ParcelScanned) -> None:
    left = done.left_of_fulfillment
    its = f"{left} more of {done.fulfillment_id}" if left else f"{done.fulfillment_id} is complete"
    say(f"{done.tracking_number}: handed over; {its}; {done.left_of_manifest} left", "green")


def _row(each: ManifestRecord) -> tuple[object, ...]:
    pickup = "drop-off" if each.pickup_reference == "" else each.pickup_reference
    window = each.pickup_from, each.pickup_until
    return (each.manifest_id, each.state, each.cut_off, pickup, *window)


def _print(view: ManifestView) -> None:
    one = view.manifest
    say(f"{one.manifest_id}: {one.state.value}, cut-off {one.cut_off:%Y-%m-%d %H:%M %Z}", "bold")
    told = f"the carrier calls it {one.reference}" if one.reference else "no reference yet"
    say(f"{told}; document {one.document_id or '-'}; pickup {one.pickup_reference or '-'}")
    columns = ("parcel", "tracking number", "fulfillment", "handed over", "at (UTC)", "by")
    print_table("", columns, [_parcel(each) for each in view.parcels], "no parcel stands on it")
    left = [
        (e.parcel_id, e.tracking_number, e.next_manifest_id, e.reason) for e in view.left_behind
    ]
    if left:
        heads = ("parcel", "tracking number", "goes with", "why")
        print_table("left behind", heads, left, "")


def _parcel(each: ManifestParcel) -> tuple[object, ...]:
    handed = "yes" if each.handed_over_at else "void" if each.voided else "no"
    name = each.parcel_id, each.tracking_number, each.fulfillment_id
    return (*name, handed, each.handed_over_at, each.handed_over_by)
