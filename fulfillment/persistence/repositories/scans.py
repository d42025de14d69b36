"""Scanner sessions and their scans, on SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from fulfillment.domain.scan_sessions import ScanRecord, ScanSession
from fulfillment.persistence.repositories.store import SqlStore
from fulfillment.persistence.tables import scan_sessions, scans


class SqlScanStore(SqlStore):
    """Scanner sessions: who holds one, and every scan, refused ones too."""

    async def open(self, session: ScanSession) -> None:
        """Open a session."""
        await self._insert(scan_sessions, [session.model_dump()])

    async def find(self, session_id: str) -> ScanSession | None:
        """Return a session, or None; in a transaction that may write, to itself until its end."""
        await self._hold("session", [session_id])
        row = await self._row(select(scan_sessions).where(scan_sessions.c.session_id == session_id))
        return None if row is None else ScanSession.model_validate(dict(row))

    async def held_by(self, by: str, device: str) -> ScanSession | None:
        """Return the open session that a person holds with a device, taken last; or None."""
        own = select(scan_sessions).where(
            scan_sessions.c.by == by,
            scan_sessions.c.device == device,
            scan_sessions.c.closed_at.is_(None),
        )
        row = await self._row(own.order_by(scan_sessions.c.held_since.desc()).limit(1))
        return None if row is None else ScanSession.model_validate(dict(row))

    async def last_worked(self, by: str, device: str) -> ScanSession | None:
        """Return the session of a person's last scan with a device, whoever holds it; or None."""
        own = select(scan_sessions).join(scans, scans.c.session_id == scan_sessions.c.session_id)
        last = own.where(scans.c.by == by, scans.c.device == device).order_by(scans.c.at.desc())
        row = await self._row(last.limit(1))
        return None if row is None else ScanSession.model_validate(dict(row))

    async def hand_over(self, session_id: str, by: str, device: str, at: datetime) -> None:
        """Record who holds it from now on."""
        one = update(scan_sessions).where(scan_sessions.c.session_id == session_id)
        await self._change(one.values(by=by, device=device, held_since=at))

    async def close(self, session_id: str, at: datetime) -> None:
        """Close a session; one that is closed stays as it is."""
        one = update(scan_sessions).where(
            scan_sessions.c.session_id == session_id, scan_sessions.c.closed_at.is_(None)
        )
        await self._change(one.values(closed_at=at))

    async def add(self, scan: ScanRecord) -> None:
        """Put a scan on record (UNIQUE session and number)."""
        as_json = scan.model_dump(mode="json", include={"accepted", "answer"})
        await self._insert(scans, [scan.model_dump() | as_json])

    async def of_session(self, session_id: str) -> Sequence[ScanRecord]:
        """Return a session's scans in their order, refused ones too."""
        found = select(scans).where(scans.c.session_id == session_id).order_by(scans.c.scan_no)
        return [ScanRecord.model_validate(dict(row)) for row in await self._rows(found)]
