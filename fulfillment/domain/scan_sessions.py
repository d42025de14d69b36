"""Who works a batch with which scanner, and whether a scan's number is its turn."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, NoReturn, Self

from pydantic import Field, model_validator

from fulfillment.domain.base import Instant, Value, content_hash
from fulfillment.domain.confirmations import Person, Remark
from fulfillment.domain.errors import Problem, StaleScan
from fulfillment.domain.scans import Accepted, Expected, ScanKind, Units

MAX_CODE = 200
"""Characters of a code; a GS1 element string has at most 90 or so."""


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


Device = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]*$")]
"""A scanner's name."""

Code = Annotated[str, Field(max_length=MAX_CODE, pattern=r"^[^\x00]*$")]


class ScanRequest(Value):
    """A scan as a device sends it; the same number again is the same scan."""

    scan_no: Annotated[int, Field(gt=0)] | None = None
    """Counted from 1 in a session; None is the next one."""
    kind: ScanKind | None = None
    """None: whatever the code is of, a bin, a tote, a slot, a number or goods."""
    code: Code = ""
    quantity: Units | None = None
    by: Person
    device: Device
    supervisor: Annotated[str, Field(max_length=80, pattern=r"^[^\x00]*$")] = ""
    """Who has the scan that is expected accepted unseen, with a reason."""
    reason: Remark = ""

    @model_validator(mode="after")
    def _override_has_reason(self) -> Self:
        if bool(self.supervisor.strip()) is not bool(self.reason.strip()):
            message = "a supervisor with a reason, or neither"
            raise ValueError(message)
        return self

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


def scan_before(
    session: ScanSession, recorded: Sequence[ScanRecord], request: ScanRequest
) -> ScanRecord | None:
    """Return the scan on record that a request repeats, or None if it is the next one.

    A repeat from where it came first is answered whoever holds the session now.

    Raises:
        StaleScan: its number stands for another scan, or leaves one out; or another device has
            taken the session over, or it is closed.

    """
    number = request.scan_no or len(recorded) + 1
    first = recorded[number - 1] if number <= len(recorded) else None
    if first is None or (first.by, first.device) != (request.by, request.device):
        check_holder(session, request.by, request.device)
    remedy = "ask where the session stands (`fulfillment scan next`), and scan again"
    if first is None and number != len(recorded) + 1:
        _stale("scan number", str(len(recorded) + 1), str(number), remedy)
    if first is not None and first.request_hash != request.content_hash():
        _stale(f"scan {number}", _said(first), _said(request), remedy)
    return first


def _said(scan: ScanRecord | ScanRequest) -> str:
    kind = scan.kind.value if scan.kind else ""
    return " ".join(filter(None, (kind, scan.code, str(scan.quantity or ""))))


def _stale(path: str, expected: str, came: str, remedy: str) -> NoReturn:
    raise StaleScan.of(Problem(path=path, expected=expected, came=came, remedy=remedy))
