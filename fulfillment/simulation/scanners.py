"""A picker or a sorter with a scanner: works a batch scan by scan, as the scanner says."""

import asyncio
from functools import partial

from fulfillment.domain.errors import FulfillmentError, StaleScan
from fulfillment.domain.scan_sessions import ScanAnswer, ScanRequest
from fulfillment.domain.scans import Expected, ScanKind
from fulfillment.simulation.assortment import ARTICLES
from fulfillment.simulation.robots import RETRY_SECONDS, Robot
from fulfillment.simulation.scenario import Act

SHORT_PICK, WRONG_SCAN, WENT_HOME = "short pick", "wrong scan", "went home"
PATIENCE = 40
"""How often a picker looks whether an order that is about to be canceled has been."""


class Scanning:
    """One person's work on one batch."""

    def __init__(self, robot: Robot, batch_id: str, person: str) -> None:
        """Take a scanner."""
        self._robot = robot
        self._way = robot.around.way
        self._batch_id = batch_id
        self._person = person
        self._device = f"scanner of {person}"
        self._waited = 0

    async def work(self) -> bool:
        """Scan what is expected until nothing is, then close; whoever took it over goes on.

        Returns:
            Whether somebody else has to go on: the person went home in mid-walk.

        """
        try:
            answer = await self._start()
            while not answer.finished:
                if answer.expected and self._goes_home(answer.expected):
                    return True
                await self._robot.take_time(self._robot.around.pace.scan)
                answer = await self._step(answer)
            await self._robot.insist(
                partial(self._way.close_session, answer.session_id, self._person, self._device)
            )
        except StaleScan as stale:
            self._note("taken over", str(stale))
            return False
        self._note(f"{answer.kind.value} of batch {self._batch_id}", answer.message)
        return False

    async def _start(self) -> ScanAnswer:
        start = partial(self._way.start_session, self._batch_id, self._person, self._device)
        return await self._robot.insist(start)

    async def _step(self, now: ScanAnswer) -> ScanAnswer:
        """Do what the scanner says, or what the script says instead."""
        expected = now.expected
        if expected is None:
            return now
        if self._is_about_to_be_canceled(expected):
            self._waited += 1
            await asyncio.sleep(RETRY_SECONDS)
            return await self._look(now)
        if self._is_to_be_wrong(expected):
            return await self._scan_wrong_item(now, expected)
        if self._is_to_be_short(expected):
            return await self._find_too_few(now, expected)
        units = expected.quantity if expected.kind is ScanKind.ITEM else None
        code = f"{expected.sku}:{expected.lot}" if units and expected.lot else expected.code
        return await self._send(now, expected.kind, code, units)

    async def _send(
        self, now: ScanAnswer, kind: ScanKind, code: str = "", quantity: int | None = None
    ) -> ScanAnswer:
        """Send a scan; what is refused without having been meant to be is looked at anew."""
        try:
            return await self._ask(now, kind, code, quantity)
        except StaleScan:
            raise
        except FulfillmentError as refusal:
            self._note("scan", str(refusal), refused=True)
            return await self._look(now)

    async def _ask(
        self, now: ScanAnswer, kind: ScanKind, code: str, quantity: int | None
    ) -> ScanAnswer:
        request = ScanRequest(
            scan_no=now.next_scan_no,
            kind=kind,
            code=code,
            quantity=quantity,
            by=self._person,
            device=self._device,
        )
        return await self._robot.insist(partial(self._way.send_scan, now.session_id, request))

    async def _look(self, now: ScanAnswer) -> ScanAnswer:
        return await self._robot.insist(partial(self._way.show_session, now.session_id))

    # --- what the script says ------------------------------------------------------------

    def _is_about_to_be_canceled(self, expected: Expected) -> bool:
        told = self._robot.around.told(expected.order_id, Act.CANCEL)
        in_hand = expected.kind is ScanKind.TOTE
        return told and in_hand and self._waited < PATIENCE

    def _is_to_be_wrong(self, expected: Expected) -> bool:
        return self._is_item_of(expected, Act.WRONG_PICK, WRONG_SCAN)

    def _is_to_be_short(self, expected: Expected) -> bool:
        told = self._is_item_of(expected, Act.SHORT_PICK, SHORT_PICK)
        return told and expected.quantity > 1 and not expected.put_back and not expected.slot

    def _is_item_of(self, expected: Expected, act: Act, note: str) -> bool:
        around, order_id = self._robot.around, expected.order_id
        told = expected.kind is ScanKind.ITEM and around.told(order_id, act)
        return told and not around.diary.has(note, order_id)

    def _goes_home(self, expected: Expected) -> bool:
        order_id = expected.order_id
        if not self._is_item_of(expected, Act.REPLACE_PICKER, WENT_HOME) or expected.slot:
            return False
        self._note(WENT_HOME, f"batch {self._batch_id} lies where it is", order_id)
        return True

    async def _scan_wrong_item(self, now: ScanAnswer, expected: Expected) -> ScanAnswer:
        other = next(article.sku for article in ARTICLES if article.sku != expected.sku)
        try:
            answer = await self._ask(now, ScanKind.ITEM, other, None)
        except StaleScan:
            raise
        except FulfillmentError as refusal:
            self._note(WRONG_SCAN, str(refusal), expected.order_id, refused=True)
            return await self._look(now)
        self._note("wrong pick accepted", other, expected.order_id)
        return answer

    async def _find_too_few(self, now: ScanAnswer, expected: Expected) -> ScanAnswer:
        """Find one of what the bin should hold."""
        code = f"{expected.sku}:{expected.lot}" if expected.lot else expected.sku
        found = await self._send(now, ScanKind.ITEM, code, 1)
        answer = await self._send(found, ScanKind.SHORT)
        self._note(SHORT_PICK, answer.message, expected.order_id)
        return answer

    def _note(self, action: str, text: str, order_id: str = "-", *, refused: bool = False) -> None:
        self._robot.note(self._person, action, order_id, text, refused=refused)
