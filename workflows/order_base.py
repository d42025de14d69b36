"""What an order's workflow knows, and how it speaks to people and to the books."""

from collections import deque
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeUpdate

from workflows.answering import Answers
from workflows.auditing import audit, storable
from workflows.children import Fulfillments
from workflows.compensation import UndoList
from workflows.continuing import is_long
from workflows.hearing import Hearing
from workflows.journal import Journal, TellsWhy
from workflows.keys import Keys, moment
from workflows.telling import press_staff, tell_customer
from workflows.waiting import CancellationAsked

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.errors import FulfillmentError, TooLate
    from fulfillment.domain.lifecycle import Nudge, OrderStage, Outcome
    from fulfillment.domain.orders import LineQuantity, Order
    from fulfillment.domain.reasons import public_reason
    from fulfillment.messages import (
        FulfillmentRequest,
        NoticeKind,
        NotifyCustomer,
        NudgeStaff,
        OrderRecorded,
        RecordRefusal,
        WorkStopped,
    )
    from fulfillment.messages.continuing import OrderCarried
    from fulfillment.temporal import search_attributes as attributes


SHOWN_LENGTH = 100
"""How much of a reason the search attribute holds."""


class Stopped(Exception):
    """The order will not be fulfilled: canceled on request, or rejected."""

    def __init__(
        self,
        asked: CancellationAsked | None,
        rejection: str | None = None,
        *,
        stopped: WorkStopped,
    ) -> None:
        """Keep who asked, or why it was rejected, and what was decided in the books."""
        super().__init__(rejection or "canceled")
        self.asked = asked
        self.rejection = rejection
        self.stopped = stopped


class OrderBase(TellsWhy):
    """The state of an order's workflow, and the small steps that all its stages share."""

    def __init__(self, data: Any) -> None:  # noqa: ANN401 - whatever a storefront sent
        """Begin with nothing on record."""
        self.data = data
        self.order: Order | None = None
        self.order_id = ""
        self.recorded: OrderRecorded | None = None
        self.refusal: FulfillmentError | None = None
        self.stage = OrderStage.RECEIVED
        self.blocked_on = ""
        self.outcome: Outcome | None = None
        self.missing: tuple[LineQuantity, ...] = ()
        self.told: dict[int, int] = {}
        self.journal = Journal("Order")
        self.children = Fulfillments()
        self.hearing = Hearing()
        self.asked: deque[CancellationAsked] = deque()
        self.deciding: CancellationAsked | None = None
        self.wake = self.short = self.ended = self.stopping = self.answering = False
        self.resumes = 0
        self.keys = Keys()
        self.answers = Answers()
        self.undo = UndoList()
        self.given_back: list[str] = []
        self.halted: dict[str, int] = {}
        self.refunded = ""
        self.replaced_told = False
        self.held_off: list[FulfillmentRequest] = []
        self.resumed: OrderCarried | None = None
        self.telling = False
        self.rejection: str | None = None
        self.authorized_minor = 0
        self.stopped_in_temporal = False
        self._shown_block = self._shown_due = False

    # --- telling people and the books ----------------------------------------------------

    def placed(self) -> Order:
        """Return the order, which is known from the first step on."""
        if self.order is None:
            raise AssertionError
        return self.order

    def on_record(self) -> OrderRecorded:
        """Return what was recorded, which is known from the first effect on."""
        if self.recorded is None:
            raise AssertionError
        return self.recorded

    def enter(self, stage: OrderStage, blocked_on: str) -> None:
        """Show the stage where operators look for it."""
        if (stage, blocked_on) == (self.stage, self.blocked_on):
            return
        self.stage, self.blocked_on = stage, blocked_on
        updates: list[SearchAttributeUpdate[Any]] = [attributes.ORDER_STAGE.value_set(stage.value)]
        if not self._shown_due:
            updates.append(attributes.SLA_DUE.value_set(self.on_record().sla_due))
        self._shown_due = True
        if blocked_on or self._shown_block:
            updates.append(attributes.BLOCKED_ON.value_set(_short(public_reason(blocked_on))))
        self._shown_block = bool(blocked_on)
        workflow.upsert_search_attributes(updates)
        waiting = f", waiting for {blocked_on}" if blocked_on else ""
        self.journal.state(f"**{stage.value}**{waiting}")

    def shown_from_before(self) -> None:
        """Know what an earlier run has shown; search attributes outlive it."""
        self._shown_due, self._shown_block = True, bool(self.blocked_on)

    def may_continue(self) -> bool:
        """Return whether a new run is due, and nothing would be lost by it."""
        if self.recorded is None or self.telling or not self.children.all_ended:
            return False
        return is_long(self.on_record().policies.continue_after_events)

    async def notify(
        self,
        kind: NoticeKind,
        detail: str = "",
        *,
        until: datetime | None = None,
        lines: tuple[LineQuantity, ...] = (),
        about: str = "",
    ) -> None:
        """Tell the customer what has happened; `about` tells apart what may be told repeatedly.

        What can't be told a person is to tell: no goods wait for a letter.
        """
        untold = await tell_customer(
            NotifyCustomer(
                key=self.keys.next("notify_customer", about or kind.value),
                order_id=self.order_id,
                kind=kind,
                detail=detail,
                until=until,
                lines=lines,
            )
        )
        if untold is not None:
            return await self.nudge(
                Nudge.ESCALATION, f"not told the customer: {kind.value}: {untold}"
            )
        self.journal.note(f"customer told: {kind.value}")
        return None

    async def nudge(self, kind: Nudge, reason: str = "") -> None:
        """Press the people on whom the order waits, by default for what it is blocked on.

        Where they can't be reached, the timeline alone says so.
        """
        reason = reason or self.blocked_on
        unheard = await press_staff(
            NudgeStaff(
                key=self.keys.next("nudge_staff", moment()),
                order_id=self.order_id,
                kind=kind,
                reason=reason,
            )
        )
        self.journal.note(f"{kind.value}: {reason}{f'; unheard: {unheard}' if unheard else ''}")

    async def refuse(self, action: str, by: str, reason: str) -> None:
        """Show a refused signal in the timeline, the current details and the audit."""
        self.journal.note(f"{action}: {reason}", by, refused=True)
        await workflow.wait_condition(lambda: bool(self.recorded or self.refusal or self.ended))
        if self.recorded is None:
            return
        request = RecordRefusal(
            key=self.keys.next("record_refusal", moment()),
            order_id=self.order_id,
            action=action,
            by=storable(by),
            reason=storable(reason),
        )
        await audit(request)

    # --- what may be asked when ----------------------------------------------------------

    def require_open(self) -> None:
        """Refuse what comes after the end.

        Raises:
            TooLate: the order is settled, or its workflow has failed.

        """
        if self.ended or self.stage is OrderStage.SETTLED:
            message = f"too late, because order {self.order_id} has ended"
            raise TooLate(message)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_LENGTH else f"{text[: SHOWN_LENGTH - 3]}..."
