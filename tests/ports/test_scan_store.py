"""Scanner sessions and their scans."""

from datetime import timedelta

import pytest

from fulfillment.domain.decisions import Decision
from fulfillment.domain.errors import Inconsistent
from fulfillment.domain.floor_report import Role, Slip
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.domain.scan_sessions import ScanRecord, ScanSession, SessionKind
from fulfillment.domain.scans import Accepted, ScanKind
from fulfillment.persistence.database import SqlDatabase
from fulfillment.records import BatchRecord
from record_samples import BERLIN, NOW, stock_up

LATER = NOW + timedelta(minutes=5)
BATCH = "BER-1-1"
SESSION = ScanSession(
    session_id=f"{BATCH}-pick",
    kind=SessionKind.PICK,
    batch_id=BATCH,
    warehouse_id=BERLIN,
    by="ann",
    device="gun-1",
    held_since=NOW,
    opened_at=NOW,
)
ACCEPTED = ScanRecord(
    session_id=SESSION.session_id,
    scan_no=1,
    kind=ScanKind.ITEM,
    code="MUG",
    quantity=2,
    by="ann",
    device="gun-1",
    at=NOW,
    accepted=Accepted(scan_no=1, kind=ScanKind.ITEM, pick_no=3, units=2),
    request_hash="a" * 64,
    answer={"instruction": "go on"},
)
REFUSED = ACCEPTED.model_copy(
    update={"scan_no": 2, "refused": True, "accepted": None, "supervisor": "eva", "reason": "torn"}
)


@pytest.fixture(autouse=True)
async def _session(database: SqlDatabase) -> None:
    await stock_up(database)
    async with database.writing() as record:
        batch = BatchRecord(
            batch_id=BATCH,
            warehouse_id=BERLIN,
            stage=BatchStage.PICKING,
            planned_at=NOW,
            stage_since=NOW,
            distance_mm=0,
            decision=Decision(subject="walk", chosen=BATCH, because="shortest"),
            members=(),
        )
        await record.batches.add(batch, [])
        await record.scans.open(SESSION)


async def test_a_session_goes_from_hand_to_hand_and_ends(database: SqlDatabase) -> None:
    """It is found by its id, or by who holds it with which device, until it is closed."""
    async with database.writing() as record:
        scans = record.scans
        assert await scans.find("BER-0-pick") is None
        assert await scans.held_by("ann", "gun-1") == SESSION
        await scans.hand_over(SESSION.session_id, "ben", "gun-2", LATER)
        taken = SESSION.model_copy(update={"by": "ben", "device": "gun-2", "held_since": LATER})
        assert await scans.find(SESSION.session_id) == taken
        assert await scans.held_by("ann", "gun-1") is None
        await scans.close(SESSION.session_id, LATER)
        await scans.close(SESSION.session_id, LATER + timedelta(minutes=1))
        assert await scans.held_by("ben", "gun-2") is None
        assert await scans.find(SESSION.session_id) == taken.model_copy(update={"closed_at": LATER})


async def test_a_scan_s_number_is_used_once(database: SqlDatabase) -> None:
    """Accepted and refused ones come back in their order; a number can't come twice."""
    async with database.writing() as record:
        for scan in (REFUSED, ACCEPTED):
            await record.scans.add(scan)
        assert [ACCEPTED, REFUSED] == await record.scans.of_session(SESSION.session_id)
    with pytest.raises(Inconsistent):
        async with database.writing() as record:
            await record.scans.add(REFUSED)


async def test_a_wrong_scan_counts_in_the_floor_s_report(database: SqlDatabase) -> None:
    """As one of who picks, in the session's warehouse; an accepted one does not."""
    async with database.writing() as record:
        for scan in (ACCEPTED, REFUSED):
            await record.scans.add(scan)
        found = await record.floor_report.records(NOW, LATER)
    assert (Slip(warehouse_id=BERLIN, role=Role.PICKER, at=NOW),) == found.slips
