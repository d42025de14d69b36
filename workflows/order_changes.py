"""What is changed of an order under way: where it goes, how much of it, how fast."""

from temporalio import workflow
from temporalio.exceptions import FailureError

from workflows.keys import moment
from workflows.options import RECORD
from workflows.order_verification import OrderVerification
from workflows.waiting import CancellationAsked

with workflow.unsafe.imports_passed_through():
    from activities.amending import AmendingActivities
    from activities.readdressing import ReaddressingActivities
    from fulfillment.domain.amendments import amended
    from fulfillment.domain.amendments import told as wishes_told
    from fulfillment.domain.errors import Problem, Refused, TooLate
    from fulfillment.messages import (
        AddressChanged,
        AmendAnswer,
        AmendOrder,
        CancelAnswer,
        CancelRequest,
        ChangeAddress,
        CorrectAddress,
        NoticeKind,
        ReaddressAnswer,
        RecordAmendment,
        RecordNewAddress,
    )


class OrderChanges(OrderVerification):
    """Changes that handlers make while the steps go on; the books decide between them."""

    async def send_elsewhere(self, change: ChangeAddress) -> ReaddressAnswer:
        """Have an order go to another address, and its labeled parcels be labeled anew.

        Raises:
            Refused: the new address can't be used; the old one stays.
            TooLate: all parcels have left, or the order is being closed.

        """
        await workflow.wait_condition(lambda: bool(self.recorded or self.refusal or self.ended))
        self.require_open()
        if self.awaits_answer() or self.stops_on_hold():
            await self.record_address(CorrectAddress(address=change.address, by=change.by))
            return self._readdressed("the address is corrected, and verified again")
        changed = await workflow.execute_activity_method(
            ReaddressingActivities.record_new_address,
            RecordNewAddress(
                key=self.keys.next("record_new_address", moment()),
                order_id=self.order_id,
                change=change,
            ),
            summary="Check and record another address",
            **RECORD,
        )
        self._require_changed(changed, change)
        if not changed.fields:
            return self._readdressed("the order goes to that address already")
        self.order = self.placed().model_copy(update={"ship_to": change.address})
        self.journal.note(f"sent elsewhere: {', '.join(changed.fields)}", change.by)
        for name in changed.relabel:
            await self._have_relabeled(name)
        kind, there = NoticeKind.ADDRESS_CHANGED, ", ".join(change.address.lines())
        await self.notify(kind, there, about=f"{kind.value}-{moment()}")
        relabeled = [f"{name} gets new labels" for name in changed.relabel]
        return self._readdressed("the order goes to the new address", *relabeled)

    async def amend_order(self, wish: AmendOrder) -> AmendAnswer:
        """Take units off an order, or have other wishes of its customer seen to: all or nothing.

        Raises:
            TooLate: the units have left; or all parcels are labeled, or the order is being closed.

        """
        await workflow.wait_condition(lambda: bool(self.recorded or self.refusal or self.ended))
        self.require_open()
        told = tuple(f"{name}: {word}" for name, word in wishes_told(wish.wishes).items())
        if not wish.less:
            if wish.wishes.given:
                await self._record_wishes(wish)
            return AmendAnswer(order_id=self.order_id, done=told)
        less = await self._take_off(wish)
        return AmendAnswer(
            order_id=self.order_id,
            done=(*told, *less.done),
            void_minor=less.void_minor,
            currency=less.currency,
        )

    async def _take_off(self, wish: AmendOrder) -> CancelAnswer:
        """Have units canceled, and the other wishes put on record in the same transaction."""
        request = CancelRequest(reason="amended", by=wish.by, lines=wish.less, wishes=wish.wishes)
        asked = CancellationAsked(request)
        self.asked.append(asked)
        less = await asked.decided()
        if wish.wishes.given:
            self.order = amended(self.placed(), wish.wishes)
            self.journal.note(f"amended: {', '.join(wishes_told(wish.wishes))}", wish.by)
        return less

    async def _record_wishes(self, wish: AmendOrder) -> None:
        recorded = await workflow.execute_activity_method(
            AmendingActivities.record_amendment,
            RecordAmendment(
                key=self.keys.next("record_amendment", moment()),
                order_id=self.order_id,
                by=wish.by,
                wishes=wish.wishes,
            ),
            summary="Amend the order",
            **RECORD,
        )
        if recorded.too_late is not None:
            refusal = TooLate(f"too late to amend {self.order_id}: {recorded.too_late}")
            self.journal.note(str(refusal), wish.by, refused=True)
            raise refusal
        self.order = amended(self.placed(), wish.wishes)
        self.journal.note(f"amended: {', '.join(recorded.fields)}", wish.by)

    def _require_changed(self, changed: AddressChanged, change: ChangeAddress) -> None:
        refusal: Refused | None = None
        if changed.too_late is not None:
            refusal = TooLate(f"too late to send {self.order_id} elsewhere: {changed.too_late}")
        elif changed.problems:
            problem = Problem(
                path="address",
                expected="one that can be delivered to",
                came="; ".join(changed.problems),
                remedy="correct it and ask again; the old address stays until then",
            )
            refusal = Refused(str(problem), [problem])
        if refusal is not None:
            self.journal.note(str(refusal), change.by, refused=True)
            raise refusal

    async def _have_relabeled(self, fulfillment_id: str) -> None:
        try:
            await self.children.tell(fulfillment_id).signal("readdressed")
        except FailureError:
            # Started again, it sees in the books that its labels name the old address.
            workflow.logger.info("%s does not run", fulfillment_id)

    def _readdressed(self, *done: str) -> ReaddressAnswer:
        return ReaddressAnswer(order_id=self.order_id, done=done)
