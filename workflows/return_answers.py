"""What is said to a return is done in turn: approve, receive, inspect, cancel; and its end."""

from temporalio import workflow

from workflows.keys import moment
from workflows.options import ASK_CARRIER, RECORD
from workflows.return_base import Word
from workflows.return_refunds import ReturnRefunds
from workflows.waiting import attempt

with workflow.unsafe.imports_passed_through():
    from activities.return_inspections import ReturnInspectionActivities
    from activities.return_receipts import ReturnReceiptActivities
    from activities.returns import ReturnActivities
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge
    from fulfillment.domain.notices import NoticeKind
    from fulfillment.domain.return_receipts import ReturnInspection, ReturnReceipt
    from fulfillment.domain.return_units import stage_of
    from fulfillment.domain.returns import ReturnStage
    from fulfillment.messages.returns import (
        CancelReturn,
        CloseReturn,
        DecideReturn,
        RecordReturnDecision,
        RecordReturnInspection,
        RecordReturnReceipt,
        ReturnAnswer,
    )


class ReturnAnswers(ReturnRefunds):
    """Does what was said, one after the other, and answers it."""

    async def answer_next(self) -> None:
        """Do what was said first, and answer it."""
        asked = self.asked[0]
        try:
            self.check(asked.word)
            asked.answer = await self._do(asked.word)
        except FulfillmentError as refusal:
            self.journal.note(str(refusal), asked.word.by, refused=True)
            asked.answer = refusal
        self.asked.popleft()

    async def _do(self, word: Word) -> ReturnAnswer:
        if isinstance(word, DecideReturn):
            return await self._decide(word)
        if isinstance(word, CancelReturn):
            return await self._cancel(word)
        if isinstance(word, ReturnInspection):
            return await self._inspect(word)
        return await self._receive(word)

    async def _decide(self, decision: DecideReturn) -> ReturnAnswer:
        recorded = await attempt(
            workflow.execute_activity_method(
                ReturnActivities.record_return_decision,
                RecordReturnDecision(
                    key=self.keys.next("record_return_decision"),
                    return_id=self.return_id,
                    order_id=self.order_id,
                    decision=decision,
                ),
                summary=f"{'Approved' if decision.approve else 'Refused'} by {decision.by}",
                **RECORD,
            )
        )
        if isinstance(recorded, FulfillmentError):
            raise recorded
        if decision.approve:
            self.awaited_since = workflow.now()
            self.journal.note("approved", decision.by)
            self.enter(ReturnStage.AWAITING_GOODS)
            return self.answer(f"{self.return_id} is approved")
        self.outcome = f"refused: {decision.reason}" if decision.reason else "refused"
        self.journal.note(self.outcome, decision.by)
        self.enter(ReturnStage.REFUSED)
        await self.notify(NoticeKind.RETURN_REFUSED, decision.reason)
        return self.answer(f"{self.return_id} is refused")

    async def _receive(self, receipt: ReturnReceipt) -> ReturnAnswer:
        if receipt.receipt_id in self.receipts:
            return self.receipts[receipt.receipt_id][1]
        if self.stage is ReturnStage.REQUESTED:
            # The goods are here: what they are is seen best by opening the parcel.
            await self._decide(DecideReturn(reason="the goods have come", by=receipt.by))
        received = await attempt(
            workflow.execute_activity_method(
                ReturnReceiptActivities.record_return_receipt,
                RecordReturnReceipt(
                    key=self.keys.next("record_return_receipt", receipt.receipt_id),
                    return_id=self.return_id,
                    order_id=self.order_id,
                    receipt=receipt,
                ),
                summary=f"Received by {receipt.by}",
                **RECORD,
            )
        )
        if isinstance(received, FulfillmentError):
            raise received
        self.lines = received.lines
        told = f"{received.units} units received"
        told += f", {received.instead}" if received.instead else ""
        self.journal.note(told, receipt.by)
        self._show_stage()
        answer = self.answer(told)
        self.receipts[receipt.receipt_id] = receipt, answer
        if received.units:
            await self.notify(NoticeKind.RETURN_RECEIVED, subject=receipt.receipt_id)
        if received.strays:
            strays = ", ".join(f"{goods.quantity} x {goods.sku}" for goods in received.strays)
            self.journal.note(f"not of this order, quarantined: {strays}", receipt.by)
            await self.press(Nudge.ESCALATION, f"sort out what is not of the order: {strays}")
        return answer

    def _show_stage(self) -> None:
        """Show where its units put the return; resolved is only what is closed."""
        stage = stage_of(self.lines)
        self.enter(self.stage if stage is ReturnStage.RESOLVED else stage, self.blocked_on)

    async def _inspect(self, inspection: ReturnInspection) -> ReturnAnswer:
        inspected = await attempt(
            workflow.execute_activity_method(
                ReturnInspectionActivities.record_return_inspection,
                RecordReturnInspection(
                    key=self.keys.next("record_return_inspection", moment()),
                    return_id=self.return_id,
                    order_id=self.order_id,
                    inspection=inspection,
                    at=workflow.now(),
                ),
                summary=f"Inspected by {inspection.by}",
                **RECORD,
            )
        )
        if isinstance(inspected, FulfillmentError):
            raise inspected
        self.lines = inspected.lines
        if inspected.refund is not None:
            self.due.append(inspected.refund)
        self._show_stage()
        told = f"{inspected.units} units inspected, {inspected.accepted} accepted"
        self.journal.note(told, inspection.by)
        return self.answer(told)

    async def _cancel(self, word: CancelReturn) -> ReturnAnswer:
        if any(line.received for line in self.lines):
            self.cut_short = True
            self.journal.note(f"the rest is not waited for: {word.reason}", word.by)
            return self.answer("what has not come is not waited for any more")
        await self.close(ReturnStage.CANCELED, word.reason, word.by)
        return self.answer(self.outcome)

    async def close(self, stage: ReturnStage, reason: str = "", by: str = "engine") -> None:
        """End the return: free what did not come, and give back labels that were not used."""
        request = CloseReturn(
            key=self.keys.next("close_return"),
            return_id=self.return_id,
            order_id=self.order_id,
            stage=stage,
            reason=reason,
            by=by,
            linked_order_id=self.linked_order_id,
        )
        closed = await self.insist(
            lambda: workflow.execute_activity_method(
                ReturnActivities.close_return,
                request,
                summary=f"Close the return: {stage.value}",
                **ASK_CARRIER,
            )
        )
        self.outcome = closed.outcome
        self.journal.note(closed.outcome, by)
        if closed.voided:
            self.journal.note(f"labels given back: {', '.join(closed.voided)}")
        self.enter(closed.stage)
