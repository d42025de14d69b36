"""Scanners over HTTP: sessions on pick batches, their scans, and bins that are counted."""

from typing import Annotated

from fastapi import APIRouter, Body, Path
from pydantic import Field

from fulfillment.domain.base import Identifier, StrictValue
from fulfillment.domain.confirmations import Person, Remark
from fulfillment.domain.scan_sessions import Device, ScanAnswer, ScanRequest
from fulfillment.domain.scans import ScanKind, Units
from fulfillment.entrypoints.http import examples
from fulfillment.entrypoints.http.security import Asking, GuardedRoute, OnceOnly
from fulfillment.operations import scan_sessions, scanning
from fulfillment.operations.adjustments import Adjusted, Count
from fulfillment.operations.recounts import recount
from fulfillment.operations.stock import Lot

router = APIRouter(prefix="/v1/floor", tags=["floor"], route_class=GuardedRoute)

SessionId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", examples=["BER-20261125-1-pick"])
]


class Holder(StrictValue):
    """Who works with which scanner."""

    by: Person | None = None
    device: Device


class SessionStart(Holder):
    """Begin with a batch, or go on where it stands."""

    batch_id: Identifier


class ScanBody(Holder):
    """A scan; the same number again is the same scan, and gets the first answer."""

    scan_no: Annotated[int, Field(gt=0, description="`next_scan_no` of the last answer.")]
    kind: Annotated[ScanKind | None, Field(description="Null: whatever the code is of.")] = None
    code: Annotated[str, Field(max_length=200)] = ""
    quantity: Units | None = None
    supervisor: Annotated[
        str, Field(max_length=80, description="Who has the expected scan accepted unseen.")
    ] = ""
    reason: Remark = ""


class RecountBody(StrictValue):
    """How many of an article a bin really holds."""

    bin_id: Identifier
    sku: Identifier
    lot: Lot = ""
    found: Count
    by: Person | None = None


@router.post("/sessions")
async def start_session(
    asking: Asking, once: OnceOnly, body: Annotated[SessionStart, Body(examples=[examples.START])]
) -> ScanAnswer:
    """Begin with a batch, or go on where it stands; another device is taken over from."""
    await once.claim()
    by = body.by or asking.name
    return await scan_sessions.start_session(asking.engine, body.batch_id, by, body.device)


@router.get("/sessions/{session_id}")
async def show_session(asking: Asking, session_id: SessionId) -> ScanAnswer:
    """Show where a session stands, and what to do next."""
    return await scan_sessions.show_session(asking.engine, session_id)


@router.post("/sessions/{session_id}/scans")
async def send_scan(
    asking: Asking,
    once: OnceOnly,
    session_id: SessionId,
    body: Annotated[ScanBody, Body(examples=[examples.SCAN])],
) -> ScanAnswer:
    """Take a scan: checked against plan and stock, done and put on record, all at once."""
    await once.claim()
    said = body.model_dump() | {"by": body.by or asking.name}
    return await scanning.send_scan(asking.engine, session_id, ScanRequest.model_validate(said))


@router.post("/sessions/{session_id}/close")
async def close_session(
    asking: Asking,
    once: OnceOnly,
    session_id: SessionId,
    body: Annotated[Holder, Body(examples=[examples.HOLDER])],
) -> ScanAnswer:
    """Close a session that is finished, so that its orders go on; again is the first answer."""
    await once.claim()
    by = body.by or asking.name
    return await scan_sessions.close_session(asking.engine, session_id, by, body.device)


@router.post("/recounts")
async def book_recount(
    asking: Asking, once: OnceOnly, body: Annotated[RecountBody, Body(examples=[examples.RECOUNT])]
) -> Adjusted:
    """Book what a count of a bin has found, and close the tasks that asked for it."""
    await once.claim()
    by = body.by or asking.name
    return await recount(asking.engine, body.bin_id, body.sku, body.found, by, body.lot)
