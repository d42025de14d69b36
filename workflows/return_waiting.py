"""Waiting for goods that come back: reminders, their carrier's word, and the lapse."""

from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

from workflows.return_answers import ReturnAnswers
from workflows.waiting import arrives_within

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.lifecycle import Nudge
    from fulfillment.domain.notices import NoticeKind
    from fulfillment.domain.return_waiting import (
        DOES_NOT_COME,
        ParcelSeen,
        on_their_way,
        waited_until,
    )
    from fulfillment.domain.returns import ReturnStage
    from fulfillment.messages.returns import StartReturn


class ReturnWaiting(ReturnAnswers):
    """What happens while nothing comes."""

    def __init__(self, request: StartReturn) -> None:
        """Begin with no word of a carrier."""
        super().__init__(request)
        self.seen: dict[str, ParcelSeen] = {}
        self.heard = 0
        self.word_at = workflow.now()
        self._told_of: set[ParcelSeen] = set()

    @property
    def away(self) -> list[ParcelSeen]:
        """Which parcels their carrier has, or says that it has brought."""
        return on_their_way(self.seen.values(), len(self.receipts))

    def lapses_at(self) -> datetime:
        """Return when the return lapses, if nobody sends anything."""
        return waited_until(self.awaited_since, self.policy, reminded=True)

    def hear_carrier(self, payload: tuple[Any, ...]) -> None:
        """Note what a carrier said of a parcel; what is older changes nothing."""
        try:
            unread = self.hearing.refusal(payload)
            seen = ParcelSeen.model_validate({} if unread else payload[0])
        except (IndexError, ValueError):
            return self.journal.note("tracking: something that can't be read", refused=True)
        known = self.seen.get(seen.tracking_number)
        if known is None or known.at <= seen.at:
            self.seen[seen.tracking_number] = seen
            self.heard, self.word_at = self.heard + 1, workflow.now()
            wrong = f" ({seen.exception.value})" if seen.exception else ""
            self.journal.note(f"{seen.tracking_number}: {seen.status.value}{wrong}", "carrier")
        return None

    async def await_goods(self) -> None:
        """Wait for a parcel; remind the customer once, and let what nobody sends lapse.

        What its carrier has is on its way: a person asks for it, and it does not lapse.
        """
        heard = self.heard
        await self._tell_of_trouble()
        word_at = self.word_at if self.away else None
        until = waited_until(self.awaited_since, self.policy, word_at, reminded=self.reminded)
        left = max(until - workflow.now(), timedelta(0))
        what = "carrier" if self.away else "lapse" if self.reminded else "reminder"
        arrived = await arrives_within(
            lambda: bool(self.asked) or self.heard != heard, left, f"{what}: goods"
        )
        if arrived:
            return
        if self.away:
            await self._ask_for_it()
        elif self.reminded:
            await self._lapse()
        else:
            await self._remind()

    async def _tell_of_trouble(self) -> None:
        """Tell a person of each parcel that does not come, once."""
        for seen in list(self.seen.values()):
            if seen.exception in DOES_NOT_COME and seen not in self._told_of:
                self._told_of.add(seen)
                wrong = f"{seen.tracking_number} does not come back: {seen.exception}"
                await self.press(Nudge.ESCALATION, f"{wrong}; ask the carrier, or cancel it")

    async def _ask_for_it(self) -> None:
        self.word_at = workflow.now()
        last = max(self.away, key=lambda seen: seen.at)
        told = f"{last.tracking_number} is {last.status.value} since {last.at:%Y-%m-%d}"
        await self.press(
            Nudge.ESCALATION, f"{told}, and nobody has received it: ask the carrier, or cancel it"
        )

    async def _remind(self) -> None:
        self.reminded = True
        await self.notify(NoticeKind.RETURN_REMINDER, until=self.lapses_at())

    async def _lapse(self) -> None:
        if any(line.received for line in self.lines):
            self.cut_short = True
            return self.journal.note("what has not come by now is not waited for any more")
        await self.close(ReturnStage.LAPSED, "not sent in time")
        await self.notify(NoticeKind.RETURN_LAPSED)
        return None
