"""Who works a batch with which scanner, and whether a scan's number is its turn."""

from enum import StrEnum
from typing import Any, NoReturn

from fulfillment.domain.base import Instant, Value, content_hash
from fulfillment.domain.errors import Problem, StaleScan
from fulfillment.domain.scans import Accepted, Expected, ScanKind


class SessionKind(StrEnum):
    """What is done in a session."""

    PICK = "pick"
    """A walk along the bins."""
    SORT = "sort"
    """The put wall is filled."""


class ScanSession(Value):
    """A batch's walk or wall as it is worked with a scanner; there is one of each."""

    session_id: str
    """`<batch id>-pick` or `<batch id>-sort`; closing it is an update of that id."""
    kind: SessionKind
    batch_id: str
    warehouse_id: str
    by: str
    device: str
    """The scanner that holds it; another one may take it over."""
    held_since: Instant
    opened_at: Instant
    closed_at: Instant | None = None


class ScanRequest(Value):
    """A scan as a device sends it; the same number again is the same scan."""

    scan_no: int | None = None
    """Counted from 1 in a session; None is the next one."""
    kind: ScanKind | None = None
    """None: whatever the code is of, a bin, a tote, a slot, a number or goods."""
    code: str = ""
    quantity: int | None = None
    by: str
    device: str
    supervisor: str = ""
    """Who has the scan that is expected accepted unseen, with a reason."""
    reason: str = ""

    def content_hash(self) -> str:
        """Return a hash of what is said, whoever sends it as which scan."""
        return content_hash(self, exclude={"scan_no", "by", "device"})


class ScanAnswer(Value):
    """What a scanner shows: what was done, and what to do next."""

    session_id: str
    batch_id: str
    kind: SessionKind
    scan_no: int
    """Of the scan that is answered; 0 where none was sent."""
    next_scan_no: int
    message: str = ""
    """What the scan did."""
    expected: Expected | None = None
    instruction: str
    """What to do now."""
    done: int
    of: int
    """Picks, or units at the wall."""
    finished: bool = False
    closed: bool = False


class ScanRecord(Value):
    """A scan on record, accepted or refused, with what was answered."""

    session_id: str
    scan_no: int
    kind: ScanKind
    code: str = ""
    quantity: int | None = None
    by: str
    device: str
    at: Instant
    supervisor: str = ""
    reason: str = ""
    refused: bool = False
    accepted: Accepted | None = None
    request_hash: str
    """Of what was sent, but for who sent it."""
    answer: dict[str, Any]
    """A ScanAnswer, or the problems of a refusal."""


def check_holder(session: ScanSession, by: str, device: str) -> None:
    """Check that a scan comes from the device and the person that hold the session.

    Raises:
        StaleScan: another one has taken it over, or it is closed.

    """
    if session.closed_at is not None:
        remedy = "nothing is left to scan; ask for the next batch"
        _stale(f"session {session.session_id}", "an open one", "one that is closed", remedy)
    if (session.by, session.device) != (by, device):
        came = f"{by} on {device}"
        holder = f"{session.by} on {session.device}, who took it over at {session.held_since:%H:%M}"
        remedy = f"`fulfillment scan start {session.batch_id}` takes it back"
        _stale(f"session {session.session_id}", holder, came, remedy)


def check_number(scan_no: int, recorded: int) -> None:
    """Check that a scan is the next one after those on record.

    Raises:
        StaleScan: a number was left out.

    """
    if scan_no != recorded + 1:
        remedy = "ask where the session stands (`fulfillment scan next`), and scan again"
        _stale("scan number", str(recorded + 1), str(scan_no), remedy)


def check_repeat(first: ScanRecord, again: ScanRequest) -> None:
    """Check that a scan under a number that was used is the same scan.

    Raises:
        StaleScan: it is another one.

    """
    if first.request_hash != again.content_hash():
        remedy = "ask where the session stands (`fulfillment scan next`), and scan again"
        _stale(f"scan {first.scan_no}", _said(first), _said(again), remedy)


def _said(scan: ScanRecord | ScanRequest) -> str:
    kind = scan.kind.value if scan.kind else ""
    return " ".join(filter(None, (kind, scan.code, str(scan.quantity or ""))))


def _stale(path: str, expected: str, came: str, remedy: str) -> NoReturn:
    raise StaleScan.of(Problem(path=path, expected=expected, came=came, remedy=remedy))
