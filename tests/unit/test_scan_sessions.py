"""Whose turn a scan is: repeats, stale ones, and devices that take over."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fulfillment.domain.errors import ConfirmationRefused, StaleScan
from fulfillment.domain.pick_batches import BatchPick
from fulfillment.domain.pick_walk import PickWalk
from fulfillment.domain.scan_sessions import (
    ScanRecord,
    ScanRequest,
    ScanSession,
    SessionKind,
    scan_before,
)
from fulfillment.domain.scans import Scan, ScanKind

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
SESSION = ScanSession(
    session_id="BER-1-pick",
    kind=SessionKind.PICK,
    batch_id="BER-1",
    warehouse_id="BER",
    by="ann",
    device="gun-1",
    held_since=NOW,
    opened_at=NOW,
)
PICK = BatchPick(
    pick_no=1,
    bin_id="B1",
    sku="MUG",
    quantity=3,
    fulfillment_id="A-1",
    order_id="A",
    line_no=1,
    tote="T1",
)


class Floor:
    """A session in memory, as the operation keeps it in the database."""

    def __init__(self) -> None:
        """Begin with a walk of one pick."""
        self.session = SESSION
        self.walk = PickWalk(picks=(PICK,))
        self.recorded: list[ScanRecord] = []

    def send(self, request: ScanRequest) -> ScanRecord:
        """Take a scan, and put it on record, also a refused one."""
        earlier = scan_before(self.session, self.recorded, request)
        if earlier is not None:
            return earlier
        kind, number = request.kind or ScanKind.ITEM, len(self.recorded) + 1
        record = ScanRecord(
            session_id=SESSION.session_id,
            scan_no=number,
            kind=kind,
            code=request.code,
            by=request.by,
            device=request.device,
            at=NOW,
            request_hash=request.content_hash(),
            answer={},
        )
        try:
            accepted = self.walk.accept(Scan(kind=kind, code=request.code), number)
        except ConfirmationRefused:
            record = record.model_copy(update={"refused": True})
        else:
            record = record.model_copy(update={"accepted": accepted})
            self.walk = self.walk.model_copy(update={"scans": (*self.walk.scans, accepted)})
        self.recorded.append(record)
        return record


REQUESTS = st.builds(
    ScanRequest,
    scan_no=st.one_of(st.none(), st.integers(1, 8)),
    kind=st.sampled_from((ScanKind.BIN, ScanKind.ITEM, ScanKind.TOTE, ScanKind.UNDO)),
    code=st.sampled_from(("B1", "MUG", "T1", "PEN")),
    by=st.sampled_from(("ann", "ben")),
    device=st.just("gun-1"),
)


@settings(max_examples=200)
@given(st.lists(st.one_of(REQUESTS, st.sampled_from(("ann", "ben"))), max_size=30))
def test_only_the_next_scan_of_who_holds_the_session_changes_anything(
    happenings: list[ScanRequest | str],
) -> None:
    """A repeat gets the first answer, what is stale is refused; neither leaves anything behind."""
    floor = Floor()
    for one in happenings:
        if isinstance(one, str):
            floor.session = SESSION.model_copy(update={"by": one})
            continue
        before, recorded = floor.walk, list(floor.recorded)
        is_next = one.scan_no in {None, len(recorded) + 1} and one.by == floor.session.by
        try:
            record = floor.send(one)
        except StaleScan:
            assert not is_next
            assert (before, recorded) == (floor.walk, floor.recorded)
            continue
        if is_next:
            assert [*recorded, record] == floor.recorded
        else:
            assert record is recorded[(one.scan_no or 0) - 1]
            assert (before, recorded) == (floor.walk, floor.recorded)
        if record.refused:
            assert before == floor.walk


def test_an_override_needs_a_supervisor_and_a_reason() -> None:
    """One without the other is no request at all."""
    with pytest.raises(ValidationError):
        ScanRequest(by="ann", device="gun-1", supervisor="eva")
    with pytest.raises(ValidationError):
        ScanRequest(by="ann", device="gun-1", reason="torn")


def test_a_closed_session_takes_no_scan() -> None:
    """It says what to do instead."""
    closed = SESSION.model_copy(update={"closed_at": NOW})
    with pytest.raises(StaleScan) as stale:
        scan_before(closed, [], ScanRequest(by="ann", device="gun-1"))
    assert "next batch" in stale.value.problems[0].remedy
