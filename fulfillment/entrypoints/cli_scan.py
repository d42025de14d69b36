"""`fulfillment scan ...`: pick and sort a batch with a scanner, or by keyboard."""

import asyncio
import platform
import sys
from typing import Annotated

import typer

from fulfillment.domain.errors import Refused, StaleScan
from fulfillment.domain.scan_sessions import ScanAnswer, ScanRequest
from fulfillment.domain.scans import ScanKind
from fulfillment.entrypoints.console import (
    Address,
    AsJson,
    By,
    print_json,
    refuse,
    run,
    say,
)
from fulfillment.entrypoints.validation import validated
from fulfillment.operations import scan_sessions, scanning
from fulfillment.operations.engine import Engine

app = typer.Typer(help="Pick and sort a batch with a scanner.", no_args_is_help=True)

BatchId = Annotated[str, typer.Argument(metavar="BATCH")]
Code = Annotated[str, typer.Argument(metavar="CODE", help="What the scanner has read.")]
Device = Annotated[
    str,
    typer.Option(
        envvar="FULFILLMENT_DEVICE",
        default_factory=platform.node,
        show_default="this machine's name",
        help="The scanner; one at a time holds a session.",
    ),
]
Session = Annotated[
    str | None, typer.Option(metavar="SESSION", help="Else the one that this device holds.")
]
Quantity = Annotated[int | None, typer.Option(min=1, help="How many are in hand; else one.")]


@app.command()
def start(batch: BatchId, by: By, device: Device, as_json: AsJson, address: Address = None) -> None:
    """Begin with a batch, or go on where it stands; another device is taken over from."""

    async def started(engine: Engine) -> None:
        _show(await scan_sessions.start_session(engine, batch, by, device), as_json=as_json)

    run(started, address, as_json=as_json)


@app.command("bin")
def scan_bin(  # noqa: PLR0913, PLR0917 - each is an option
    code: Code,
    by: By,
    device: Device,
    as_json: AsJson,
    session: Session = None,
    address: Address = None,
) -> None:
    """Scan the bin that you stand at."""
    _send(ScanKind.BIN, code, by, device, session, address, as_json=as_json)


@app.command("item")
def scan_item(  # noqa: PLR0913, PLR0917 - as above
    code: Code,
    by: By,
    device: Device,
    as_json: AsJson,
    quantity: Quantity = None,
    session: Session = None,
    address: Address = None,
) -> None:
    """Scan an item in hand: a SKU, SKU:LOT, a GTIN, or a GS1 code with lot and expiry."""
    _send(ScanKind.ITEM, code, by, device, session, address, as_json=as_json, quantity=quantity)


@app.command("quantity")
def key_in_quantity(  # noqa: PLR0913, PLR0917 - as above
    total: Annotated[int, typer.Argument(metavar="TOTAL", min=1)],
    by: By,
    device: Device,
    as_json: AsJson,
    session: Session = None,
    address: Address = None,
) -> None:
    """Key in how many were taken here in all, after the first was scanned."""
    _send(ScanKind.QUANTITY, "", by, device, session, address, as_json=as_json, quantity=total)


@app.command("tote")
def scan_tote(  # noqa: PLR0913, PLR0917 - as above
    code: Code,
    by: By,
    device: Device,
    as_json: AsJson,
    session: Session = None,
    address: Address = None,
) -> None:
    """Scan the tote that the items lie in now."""
    _send(ScanKind.TOTE, code, by, device, session, address, as_json=as_json)


@app.command("slot")
def scan_slot(  # noqa: PLR0913, PLR0917 - as above
    code: Code,
    by: By,
    device: Device,
    as_json: AsJson,
    session: Session = None,
    address: Address = None,
) -> None:
    """Scan the slot of the put wall that the item lies in now."""
    _send(ScanKind.SLOT, code, by, device, session, address, as_json=as_json)


@app.command("short")
def scan_short(
    by: By, device: Device, as_json: AsJson, session: Session = None, address: Address = None
) -> None:
    """Say that no more of the item is here; what is missing is looked for elsewhere."""
    _send(ScanKind.SHORT, "", by, device, session, address, as_json=as_json)


@app.command("undo")
def undo(
    by: By, device: Device, as_json: AsJson, session: Session = None, address: Address = None
) -> None:
    """Take the last scan back."""
    _send(ScanKind.UNDO, "", by, device, session, address, as_json=as_json)


@app.command()
def override(  # noqa: PLR0913, PLR0917 - as above
    by: By,
    device: Device,
    as_json: AsJson,
    supervisor: Annotated[str, typer.Option(metavar="PERSON", help="Who has seen it.")],
    reason: Annotated[str, typer.Option(help="Why it can't be scanned.")],
    session: Session = None,
    address: Address = None,
) -> None:
    """Have the expected scan accepted unseen, on a supervisor's word; goes on record."""

    async def accepted(engine: Engine) -> None:
        name = session or await scan_sessions.held_session(engine, by, device)
        request = _request(by, device, supervisor=supervisor, reason=reason)
        _show(await scanning.send_scan(engine, name, request), as_json=as_json)

    run(accepted, address, as_json=as_json)


@app.command("next")
def show_next(
    by: By, device: Device, as_json: AsJson, session: Session = None, address: Address = None
) -> None:
    """Show what to do next."""

    async def shown(engine: Engine) -> None:
        name = session or await scan_sessions.held_session(engine, by, device)
        _show(await scan_sessions.show_session(engine, name), as_json=as_json)

    run(shown, address, as_json=as_json)


@app.command()
def close(
    by: By, device: Device, as_json: AsJson, session: Session = None, address: Address = None
) -> None:
    """Close a session that is finished; its orders go on."""

    async def closed(engine: Engine) -> None:
        name = session or await scan_sessions.held_session(engine, by, device)
        _show(await scan_sessions.close_session(engine, name, by, device), as_json=as_json)

    run(closed, address, as_json=as_json)


@app.command()
def work(batch: BatchId, by: By, device: Device, address: Address = None) -> None:
    """Work a batch with a scanner: each line of standard input is a code.

    A bin, a tote, a slot, goods, or a number for how many were taken in all; or one of the words
    short, undo, next, close, `override SUPERVISOR REASON`.
    """

    async def worked(engine: Engine) -> None:
        answer = await scan_sessions.start_session(engine, batch, by, device)
        _show(answer)
        while not answer.closed and (line := await asyncio.to_thread(sys.stdin.readline)):
            try:
                answer = await _do(engine, answer, line.split(), by, device)
            except StaleScan:
                raise
            except Refused as refusal:
                refuse(refusal)
                answer = await scan_sessions.show_session(engine, answer.session_id)
            _show(answer)

    run(worked, address)


async def _do(
    engine: Engine, now: ScanAnswer, words: list[str], by: str, device: str
) -> ScanAnswer:
    """Do what a line says."""
    session = now.session_id
    match words:
        case [] | ["next"]:
            return await scan_sessions.show_session(engine, session)
        case ["close"]:
            return await scan_sessions.close_session(engine, session, by, device)
        case ["override", supervisor, *reason] if reason:
            said = {"supervisor": supervisor, "reason": " ".join(reason)}
        case _:
            said = {"code": " ".join(words)}
    request = _request(by, device, scan_no=now.next_scan_no, **said)
    return await scanning.send_scan(engine, session, request)


def _send(  # noqa: PLR0913, PLR0917 - a scan, by whom and with what
    kind: ScanKind,
    code: str,
    by: str,
    device: str,
    session: str | None,
    address: str | None,
    *,
    as_json: bool,
    quantity: int | None = None,
) -> None:
    async def sent(engine: Engine) -> None:
        name = session or await scan_sessions.held_session(engine, by, device)
        request = _request(by, device, kind=kind, code=code, quantity=quantity)
        _show(await scanning.send_scan(engine, name, request), as_json=as_json)

    run(sent, address, as_json=as_json)


def _request(by: str, device: str, **said: object) -> ScanRequest:
    return validated(ScanRequest, {"by": by, "device": device, **said})


def _show(answer: ScanAnswer, *, as_json: bool = False) -> None:
    if as_json:
        print_json(answer)
        return
    if answer.message:
        say(answer.message, "green")
    if answer.closed:
        say(f"{answer.session_id} is closed", "green")
    else:
        say(f"{answer.done} of {answer.of}: {answer.instruction}", "bold")
