"""The store of scanner sessions and their scans."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from fulfillment.domain.scan_sessions import ScanRecord, ScanSession


class ScanStore(Protocol):
    """Scanner sessions: who holds one, and every scan, refused ones too."""

    async def open(self, session: ScanSession) -> None:
        """Open a session."""

    async def find(self, session_id: str) -> ScanSession | None:
        """Return a session, or None; in a transaction that may write, to itself until its end."""

    async def held_by(self, by: str, device: str) -> ScanSession | None:
        """Return the open session that a person holds with a device, taken last; or None."""

    async def last_worked(self, by: str, device: str) -> ScanSession | None:
        """Return the session of a person's last scan with a device, whoever holds it; or None."""

    async def hand_over(self, session_id: str, by: str, device: str, at: datetime) -> None:
        """Record who holds it from now on."""

    async def close(self, session_id: str, at: datetime) -> None:
        """Close a session; one that is closed stays as it is."""

    async def add(self, scan: ScanRecord) -> None:
        """Put a scan on record (UNIQUE session and number)."""

    async def of_session(self, session_id: str) -> Sequence[ScanRecord]:
        """Return a session's scans in their order, refused ones too."""
