"""How an order is canceled, or a part of it: decided in the books, then given back, last told."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from temporalio import workflow

from workflows.auditing import audit, storable
from workflows.keys import moment
from workflows.options import ASK_CARRIER, RECORD
from workflows.order_base import Stopped
from workflows.order_payments import OrderPayments
from workflows.waiting import CancellationAsked, attempt
from workflows.waking import wake

with workflow.unsafe.imports_passed_through():
    from activities.cancellation import CancellationActivities
    from activities.giving_back import GivingBackActivities
    from fulfillment.domain.errors import FulfillmentError, TooLate
    from fulfillment.domain.lifecycle import Nudge, OrderStage
    from fulfillment.domain.money import Money
    from fulfillment.domain.orders import LineQuantity, shortage
    from fulfillment.domain.refunds import GIVEN_BACK_BY_US
    from fulfillment.messages import (
        CancelAnswer,
        CancelRequest,
        InterceptParcels,
        NoticeKind,
        RecordRefusal,
        StoppedNews,
        StopWork,
        WorkStopped,
    )


PUTTING_BACK = "goods to be put back"


class OrderCanceling(OrderPayments):
    """Weigh what was asked, stop the work, take back what was done."""

    async def weigh_cancellation(self) -> None:
        """Decide what was asked meanwhile, here, where no effect is under way.

        Raises:
            Stopped: the order is canceled.

        """
        while self.asked:
            self.deciding = asked = self.asked.popleft()
            stopped = await self.stop(asked.request)
            if isinstance(stopped, FulfillmentError):
                asked.answer = stopped
                self.journal.note(str(stopped), asked.request.by, refused=True)
            elif asked.request.back_ordered_only:
                await self._go_on_without(asked, stopped)
            elif not asked.request.is_whole and not self._leaves_nothing(stopped):
                await self._call_off(asked, stopped)
            else:
                if not asked.request.is_whole:
                    self.given_back.append(f"canceled {shortage(stopped.canceled)}")
                raise Stopped(asked, stopped=stopped)

    def _leaves_nothing(self, stopped: WorkStopped) -> bool:
        """Return whether the order has no unit left, and no fulfillment that ends by itself."""
        return stopped.nothing_left and not (self.children.ids or self.held_off)

    # --- stopping ------------------------------------------------------------------------

    async def stop(self, request: CancelRequest) -> WorkStopped | FulfillmentError:
        """Stop what was asked, all of it or nothing; parcels on their way must turn first.

        No hold is answered meanwhile, nor once the whole order is stopped. What can't be stopped is
        the answer, whatever the reason: the order goes on as if nobody had asked.
        """
        self.stopping = True
        if self.answering:
            await workflow.wait_condition(lambda: not self.answering)
        stopped = await attempt(self._stopped(request))
        if isinstance(stopped, FulfillmentError):
            await self._record_unstopped(request, stopped)
        elif stopped.too_late is not None:
            stopped = TooLate(f"too late to cancel {self.order_id}, because {stopped.too_late}")
        self.stopping = request.is_whole and not isinstance(stopped, FulfillmentError)
        return stopped

    async def _record_unstopped(self, request: CancelRequest, refusal: FulfillmentError) -> None:
        """Audit what the books could not even weigh; what is too late is in the audit already."""
        await audit(
            RecordRefusal(
                key=self.keys.next("record_refusal", moment()),
                order_id=self.order_id,
                action="cancel",
                by=storable(request.by),
                reason=storable(str(refusal)),
            )
        )

    async def _stopped(self, request: CancelRequest) -> WorkStopped:
        stopped = await self._decide(request)
        await wake(stopped.woken)
        while stopped.to_intercept:
            refusal = await self._intercept(stopped.to_intercept)
            if refusal is not None:
                return WorkStopped(too_late=refusal, plan=stopped.plan)
            stopped = await self._decide(request)
            await wake(stopped.woken)
        if stopped.released_units:
            self.given_back.append(f"released {stopped.released_units} claimed unit(s)")
        return stopped

    async def _decide(self, request: CancelRequest) -> WorkStopped:
        return await workflow.execute_activity_method(
            CancellationActivities.stop_work,
            StopWork(
                key=self.keys.next("stop_work", moment()),
                order_id=self.order_id,
                fulfillment_id=request.fulfillment_id,
                reason=request.reason,
                by=request.by,
                back_ordered_only=request.back_ordered_only,
                lines=request.lines,
                in_bins_only=request.in_bins_only,
                wishes=request.wishes,
            ),
            summary=f"Stop the work: {request.reason}",
            **RECORD,
        )

    async def _intercept(self, fulfillment_ids: tuple[str, ...]) -> str | None:
        """Have parcels brought back; return why that can't be done, if it can't."""
        answer = await attempt(
            workflow.execute_activity_method(
                GivingBackActivities.intercept_parcels,
                InterceptParcels(
                    key=self.keys.next("intercept_parcels", moment()),
                    order_id=self.order_id,
                    fulfillment_ids=fulfillment_ids,
                ),
                summary=f"Bring the parcels of {', '.join(fulfillment_ids)} back",
                **ASK_CARRIER,
            )
        )
        if isinstance(answer, FulfillmentError):
            return f"the carrier can't say whether it brings the parcels back: {answer}"
        if answer.refused is None:
            self.journal.note(f"coming back: {', '.join(answer.tracking_numbers)}")
            return None
        if answer.tracking_numbers:
            coming = ", ".join(answer.tracking_numbers)
            await self.nudge(Nudge.ESCALATION, f"{coming} comes back, the order stays")
        instead = f"`fulfillment returns request {self.order_id}`"
        return f"the carrier brings it back no more: {answer.refused}; once it arrives, {instead}"

    async def _halt(self, stopped: WorkStopped) -> int:
        """Have fulfillments end that are canceled in the books; return what they had captured.

        Each tells when it does nothing any more that costs money; what people put back, it awaits
        by itself.
        """
        names = stopped.stopped
        self.held_off = [each for each in self.held_off if each.fulfillment_id not in names]
        await self.children.cancel(names)
        await workflow.wait_condition(
            lambda: all(n in self.halted or self.children.has_ended(n) for n in names)
        )
        return sum(self.halted.get(name, 0) for name in names)

    def hear_halted(self, payload: tuple[Any, ...]) -> None:
        """Note that a fulfillment does nothing any more that costs money."""
        try:
            unread = self.hearing.refusal(payload)
            news = StoppedNews.model_validate({} if unread or not payload else payload[0])
        except ValueError:
            return self.journal.note("a fulfillment has stopped; it does not say which")
        self.halted[news.fulfillment_id] = news.captured_minor
        return None

    # --- a part --------------------------------------------------------------------------

    async def _go_on_without(self, asked: CancellationAsked, stopped: WorkStopped) -> None:
        units = shortage(stopped.canceled)
        self.now_missing(())
        self.journal.note(f"canceled what is missing: {units}", asked.request.by)
        asked.answer = CancelAnswer(order_id=self.order_id, done=(f"canceled {units}",))
        self.start_fulfillments()
        self.show_fulfilling()
        await self.refund_canceled("canceled in part")
        await self.tell_partly_canceled(units, stopped.canceled)

    async def _call_off(self, asked: CancellationAsked, stopped: WorkStopped) -> None:
        """Take back a part; what else its fulfillments had is reserved anew."""
        units = shortage(stopped.canceled) or "nothing more"
        await self._halt(stopped)
        done = [
            f"canceled {units}",
            *self._told(stopped),
            *await self._refund(stopped, "canceled in part"),
        ]
        self.journal.note(", ".join(done), asked.request.by)
        asked.answer = self._answer_of(stopped, done)
        self.short = self.short or bool(stopped.canceled)
        if not stopped.nothing_left and stopped.canceled:
            await self.tell_partly_canceled(units, stopped.canceled)

    async def tell_partly_canceled(self, units: str, lines: Sequence[LineQuantity]) -> None:
        """Tell the customer what was canceled; started again, this tells of other units."""
        kind = NoticeKind.PARTLY_CANCELED
        await self.notify(kind, units, lines=tuple(lines), about=f"{kind.value}-{moment()}")

    # --- the whole -----------------------------------------------------------------------

    async def take_back(self, stopped: Stopped) -> None:
        """Undo what was done, last in, first out; then tell the customer and who asked."""
        self.rejection, self.missing, self.held_off = stopped.rejection, (), []
        self.stopping = True  # nobody is asked any more
        await self._halt(stopped.stopped)
        done = [*self.given_back, *self._told(stopped.stopped)]
        reason = "rejected" if stopped.rejection else "canceled"
        done += [*await self._refund(stopped.stopped, reason), *await self.undo.run()]
        self.journal.note("taken back: " + (", ".join(done) or "nothing was to be taken back"))
        kind = NoticeKind.REJECTED if stopped.rejection else NoticeKind.CANCELED
        await self.notify(kind, stopped.rejection or self.refunded)
        if stopped.asked is not None:
            self.stopped_in_temporal = stopped.asked.in_temporal
            stopped.asked.answer = self._answer_of(stopped.stopped, done)
        await self._goods_put_back()

    async def _goods_put_back(self) -> None:
        """Wait until people have put back what was taken for the order."""
        while not self.children.all_ended:
            resumes, broken = self.resumes, self.children.broken
            shown = f"broken: {', '.join(broken)}" if broken else PUTTING_BACK
            self.enter(OrderStage.FULFILLING, shown)
            await workflow.wait_condition(partial(self._news_of_goods, resumes, broken))
            while self.asked:
                self.asked.popleft().refuse(f"{self.order_id} is canceled already")
            if self.resumes != resumes:
                self.children.restart_broken()

    def _news_of_goods(self, resumes: int, broken: tuple[str, ...]) -> bool:
        changed = self.resumes != resumes or self.children.broken != broken
        return bool(self.asked or changed or self.children.all_ended)

    async def _refund(self, stopped: WorkStopped, reason: str) -> list[str]:
        """Give back what was taken for units that will not come; say what was done.

        What a fulfillment has not captured by now, it never will; a shop has taken all at once.
        """
        fee_minor = stopped.plan.fee_minor if stopped.plan else 0
        await self.refund_canceled(reason, fee_minor=fee_minor)
        if self.placed().payment.method not in GIVEN_BACK_BY_US:
            return []
        units = [
            unit
            for each in stopped.refunds
            for unit in each.units
            if self.halted.get(each.fulfillment_id, 1)
        ]
        if not units:
            return []
        refunded = await self.refund(units, reason, fee_minor=fee_minor)
        if refunded.declined is not None or refunded.owed:
            return []
        amount = Money(amount_minor=refunded.amount_minor, currency=refunded.currency)
        self.refunded = str(amount)
        return [f"refunded {amount}"]

    def _told(self, stopped: WorkStopped) -> list[str]:
        return list(stopped.plan.told) if stopped.plan else []

    def _answer_of(self, stopped: WorkStopped, done: Sequence[str]) -> CancelAnswer:
        answer = CancelAnswer(order_id=self.order_id, done=tuple(done))
        if stopped.plan is None:
            return answer
        fields = {"treatments", "refund_minor", "void_minor", "fee_minor", "currency"}
        return answer.model_copy(update={name: getattr(stopped.plan, name) for name in fields})
