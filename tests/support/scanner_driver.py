"""A person with a scanner, for tests: scans what is expected, or something else."""

from typing import Any

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.domain.scan_sessions import ScanAnswer, ScanRequest
from fulfillment.domain.scans import Expected, ScanKind
from fulfillment.operations import scan_sessions, scanning
from fulfillment.operations.engine import Engine


class Scanner:
    """One person's scanner, on the session that it has started."""

    def __init__(self, engine: Engine, by: str) -> None:
        """Hold nothing yet."""
        self.engine, self.by, self.device = engine, by, f"gun of {by}"
        self.shown: ScanAnswer

    async def start(self, batch_id: str) -> ScanAnswer:
        """Begin with a batch, or take it over."""
        started = scan_sessions.start_session(self.engine, batch_id, self.by, self.device)
        self.shown = await started
        return self.shown

    @property
    def expected(self) -> Expected:
        """What the scanner asks for."""
        assert self.shown.expected is not None, self.shown
        return self.shown.expected

    async def scan(self, code: str = "", **fields: Any) -> ScanAnswer:
        """Scan a code."""
        request = ScanRequest(code=code, by=self.by, device=self.device, **fields)
        self.shown = await scanning.send_scan(self.engine, self.shown.session_id, request)
        return self.shown

    async def refused(self, code: str = "", **fields: Any) -> Problem:
        """Scan something wrong, and return what is said about it."""
        try:
            await self.scan(code, **fields)
        except FulfillmentError as refusal:
            self.shown = await scan_sessions.show_session(self.engine, self.shown.session_id)
            return refusal.problems[0]
        message = f"{code} was accepted"
        raise AssertionError(message)

    async def as_expected(self) -> ScanAnswer:
        """Scan what is asked for, all units of it."""
        wanted = self.expected
        units = wanted.quantity if wanted.kind is ScanKind.ITEM else None
        return await self.scan(wanted.code, kind=wanted.kind, quantity=units)

    async def until(self, kind: ScanKind, order_id: str = "", sku: str = "") -> Expected:
        """Scan what is asked for until this is."""
        while True:
            wanted = self.expected
            is_order = order_id in {"", wanted.order_id}
            if wanted.kind is kind and is_order and sku in {"", wanted.sku}:
                return wanted
            await self.as_expected()

    async def finish(self) -> ScanAnswer:
        """Scan all that is asked for, and close."""
        while not self.shown.finished:
            await self.as_expected()
        return await self.close()

    async def close(self) -> ScanAnswer:
        """Close the session."""
        return await scan_sessions.close_session(
            self.engine, self.shown.session_id, self.by, self.device
        )
