"""What people say to a return, by signal or by update, through one validation."""

from typing import Any

from temporalio import workflow

from workflows.auditing import audit, storable
from workflows.keys import moment
from workflows.return_base import Asked, ReturnBase, Word

with workflow.unsafe.imports_passed_through():
    from pydantic import ValidationError

    from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, Problem, TooLate
    from fulfillment.domain.orders import problems_of
    from fulfillment.domain.return_receipts import (
        InspectedUnits,
        ReceivedGoods,
        ReturnInspection,
        ReturnReceipt,
        check_inspection,
    )
    from fulfillment.domain.returns import Condition, Disposition, ReturnStage
    from fulfillment.messages import RecordRefusal
    from fulfillment.messages.returns import CancelReturn, DecideReturn, ReturnAnswer

_STAGE, _GOODS, _RECEIPT = "stage", "goods", "receipt_id"


class ReturnWords(ReturnBase):
    """Receipts, inspections, decisions and cancellations: checked, kept, and answered in turn."""

    def check(self, word: Word) -> None:
        """Check what is said against where the return stands.

        Raises:
            TooLate: the return has ended.
            ConfirmationRefused: wrong stage or quantity, or a receipt's id came with other goods.

        """
        if self.ended or not self.is_open:
            raise self._closed()
        if isinstance(word, DecideReturn) and self.stage is not ReturnStage.REQUESTED:
            raise _refused(_STAGE, ReturnStage.REQUESTED, self.stage, "it needs no approval")
        if isinstance(word, ReturnInspection):
            check_inspection(self.lines, word)
        if isinstance(word, ReturnReceipt):
            self._check_receipt(word)
        if isinstance(word, CancelReturn) and self._waiting():
            remedy = "inspect what has come first; what is missing can be canceled then"
            raise _refused(_GOODS, "nothing that waits", f"{self._waiting()} units", remedy)

    def _check_receipt(self, receipt: ReturnReceipt) -> None:
        earlier = self.receipts.get(receipt.receipt_id)
        if earlier is not None and earlier[0] != receipt:
            remedy = "give another parcel a receipt_id of its own"
            raise _refused(_RECEIPT, "the goods that it came with", "others", remedy)

    def _closed(self) -> FulfillmentError:
        return TooLate.of(
            Problem(
                path=f"return {self.return_id}",
                expected="one that is under way",
                came=self.outcome or self.stage.value,
                remedy="what still comes is received as `fulfillment returns receive-unannounced`",
            )
        )

    def _waiting(self) -> int:
        return sum(line.received - line.inspected for line in self.lines)

    async def say(self, word: Word) -> ReturnAnswer:
        """Put what is said in line, and return its answer once it is on record.

        Raises:
            FulfillmentError: as `check`, or what its effect refused.

        """
        self.check(word)
        if isinstance(word, ReturnReceipt) and word.receipt_id in self.receipts:
            return self.receipts[word.receipt_id][1]
        asked = Asked(word)
        self.asked.append(asked)
        return await asked.answered()

    def refuse_rest(self) -> None:
        """Answer who still waits that the return has ended."""
        self.ended = True
        for asked in self.asked:
            asked.answer = asked.answer or self._closed()

    # --- by signal: nothing of it is ever raised -----------------------------------------

    async def hear(self, kind: type[Any], payload: tuple[Any, ...]) -> None:
        """Take a signal as a word; nothing in it means as announced, by unknown."""
        by = "unknown"
        try:
            if refusal := self.hearing.refusal(payload):
                raise refusal
            await self._all_answered()
            word = self._read(kind, payload[0] if payload else None)
            by = word.by
            await self.say(word)
        except FulfillmentError as refusal:
            await self._refuse(f"{kind.__name__} by signal", by, str(refusal))

    async def _all_answered(self) -> None:
        """Wait for what was said before: an empty word means what is left after it."""
        while self.asked and not self.ended:
            await workflow.wait_condition(lambda: self.ended or not self.asked)

    def _read(self, kind: type[Any], said: Any) -> Word:  # noqa: ANN401 - whatever is sent
        fields = dict(said) if isinstance(said, dict) else {}
        try:
            word: Word = kind.model_validate({**self._as_announced(kind, fields), **fields})
        except ValidationError as error:
            raise ConfirmationRefused.of(*problems_of(error)) from error
        return word

    def _as_announced(self, kind: type[Any], said: dict[str, Any]) -> dict[str, Any]:
        """Return what an empty word means: all that is waited for, and nothing into a bin."""
        if kind is ReturnReceipt:
            missing = [
                ReceivedGoods(sku=line.sku, quantity=line.announced - line.received)
                for line in self.lines
                if line.announced > line.received
            ]
            return {"receipt_id": f"signal-{workflow.now():%Y%m%dT%H%M%S%f}", "items": missing}
        if kind is ReturnInspection and "units" not in said:
            units = [
                InspectedUnits(
                    line_no=line.line_no,
                    quantity=line.received - line.inspected,
                    condition=Condition.AS_NEW,
                    disposition=Disposition.QUARANTINE,
                )
                for line in self.lines
                if line.received > line.inspected
            ]
            return {"units": units}
        return {}

    async def _refuse(self, action: str, by: str, reason: str) -> None:
        self.journal.note(f"{action}: {reason}", by, refused=True)
        await audit(
            RecordRefusal(
                key=self.keys.next("record_refusal", moment()),
                order_id=self.order_id if self.recorded else None,
                action=action,
                by=storable(by),
                reason=storable(f"{self.return_id}: {reason}"),
            )
        )


def _refused(path: str, expected: str, came: str, remedy: str) -> FulfillmentError:
    return ConfirmationRefused.of(Problem(path=path, expected=expected, came=came, remedy=remedy))
