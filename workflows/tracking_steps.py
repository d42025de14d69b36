"""Track: follow the parcels to the customer's door, and ask where nobody tells."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.continuing import Continuing
from workflows.exception_steps import ExceptionSteps
from workflows.options import ASK_ONCE, SEND
from workflows.waiting import arrives_within

with workflow.unsafe.imports_passed_through():
    from activities.shipping import ShippingActivities
    from activities.tracking import TrackingActivities
    from fulfillment.domain.delivery_exceptions import SILENCE
    from fulfillment.domain.lifecycle import Nudge, Stage
    from fulfillment.domain.tracking import TrackingStatus
    from fulfillment.messages import (
        Delivered,
        FulfillmentRequest,
        NoticeKind,
        ParcelNews,
        PollTracking,
        RecordDelivery,
        TrackingUpdate,
    )
    from fulfillment.messages.continuing_fulfillments import TrackingCarried

TROUBLING = (TrackingStatus.EXCEPTION.value, TrackingStatus.RETURNED.value)


@dataclass(frozen=True)
class Due:
    """What is done at a time, unless something is heard before."""

    at: datetime
    summary: str
    act: Callable[[], Awaitable[None]]


class TrackingSteps(ExceptionSteps):
    """From the carrier to the customer's door."""

    def __init__(self, request: FulfillmentRequest) -> None:
        """Begin before the parcels have left."""
        super().__init__(request)
        self._heard_at = workflow.now()
        self._silences_given = 0
        self._silence = Nudge.REMINDER
        self._silent_at = self._heard_at
        self._polls = 0
        self._broke_off = False
        self._poll_at = self._heard_at
        self._arriving: list[str] = []
        self._told_arriving: set[str] = set()
        self._projected: dict[str, date] = {}
        self._delivery: RecordDelivery | None = None

    async def track(self) -> None:
        """Follow the parcels until each has arrived or was given up."""
        request = self._delivery = self._delivery or self._delivery_to_record()
        if not self.waited_at(Stage.IN_TRANSIT):
            self.upset |= self.gone_before
            self._listen_anew()
        while True:
            if self.may_continue() and not self._to_be_seen_to():
                raise Continuing
            due = min(self._agenda(), key=lambda each: each.at)
            left = max(due.at - workflow.now(), timedelta(0))
            heard = await arrives_within(self._to_be_done, left, due.summary)
            await self.weigh_cancellation()
            ended = await self._ended(request) if self.look or not heard else None
            if ended is not None:
                break
            await (self._see_to() if heard else due.act())
        self._end(ended)
        await self.insist_on_money(forgiven=ended.forgiven)
        await self.refund_late()

    def _delivery_to_record(self) -> RecordDelivery:
        """Take the keys of the delivery, the same for all runs: there is only one."""
        return RecordDelivery(
            key=self.keys.next("record_delivery"),
            notice_key=self.keys.next("notify_customer", NoticeKind.DELIVERED.value),
            fulfillment_id=self.request.fulfillment_id,
        )

    def _to_be_seen_to(self) -> bool:
        waiting = self.asked or self.upset or self.resolving or self._arriving
        return bool(self.look or waiting or self.retry_asked())

    def _to_be_done(self) -> bool:
        return self._to_be_seen_to() or self.may_continue()

    async def _see_to(self) -> None:
        if self.retry_asked():
            await self.retry_capture()
        if self.resolving is not None:
            await self.carry_out()
        if self.upset:
            await self.review()
        while self._arriving:
            number = self._arriving.pop(0)
            if number not in self._arrived:
                await self.notify(NoticeKind.OUT_FOR_DELIVERY, parcels=(number,), about=number)

    async def _ended(self, request: RecordDelivery) -> Delivered | None:
        self.look = False
        ended = await self.insist(
            lambda: workflow.execute_activity_method(
                ShippingActivities.record_delivery,
                request,
                summary="If all parcels have arrived: close the fulfillment, tell the customer",
                **SEND,
            )
        )
        return ended if ended.at is not None or ended.undelivered else None

    def _end(self, ended: Delivered) -> None:
        if ended.undelivered:
            self.journal.note("nothing of it arrived")
            self.enter(Stage.UNDELIVERED)
        else:
            self.journal.note("delivered")
            self.enter(Stage.DELIVERED)
            self.journal.note(f"customer told: {NoticeKind.DELIVERED.value}")

    def tracking_carried(self) -> TrackingCarried:
        """Return what the next run goes on with."""
        return TrackingCarried(
            heard_at=self._heard_at,
            news=self.news,
            silences_given=self._silences_given,
            silence=self._silence,
            silent_at=self._silent_at,
            polls=self._polls,
            broke_off=self._broke_off,
            poll_at=self._poll_at,
            told_arriving=tuple(sorted(self._told_arriving)),
            arrived=tuple(sorted(self._arrived)),
            projected=self._projected,
            delivery=self._delivery,
        )

    def restore_tracking(self, carried: TrackingCarried) -> None:
        """Go on with what an earlier run has heard, and what is due."""
        self._heard_at, self.news = carried.heard_at, carried.news
        self._silences_given, self._silence = carried.silences_given, carried.silence
        self._silent_at, self._poll_at = carried.silent_at, carried.poll_at
        self._polls, self._broke_off = carried.polls, carried.broke_off
        self._told_arriving = set(carried.told_arriving)
        self._arrived, self._projected = set(carried.arrived), dict(carried.projected)
        self._delivery = carried.delivery

    # --- silence, and asking -----------------------------------------------------------------

    def _agenda(self) -> list[Due]:
        """Return what is due at its time; a look at silence always is, as news may get lost."""
        agenda = [Due(self._silent_at, f"{self._silence.value}: tracking", self._silent)]
        if self.bought().polled:
            agenda.append(Due(self._poll_at, "ask the carrier", self._poll))
        if self.deciding_by is not None:
            summary = f"{self._next_nudge.value}: delivery exception"
            agenda.append(Due(self.deciding_by, summary, self.press_for_decision))
        elif self.patient_until is not None:
            agenda.append(Due(self.patient_until, "the carrier was given time", self._time_is_up))
        return agenda

    def _listen_anew(self) -> None:
        """Begin to wait for news; how long silence may last counts from here, or the last news."""
        self.news, self._heard_at = False, workflow.now()
        self._silences_given = 0
        self._polls = 0
        self._poll_at = self._heard_at + self.request.policies.deliveries.poll_after(0)
        self._next_silence(self._heard_at)

    def _next_silence(self, since: datetime) -> None:
        nudges = self.request.policies.tracking.nudges()
        after, self._silence = next(islice(nudges, self._silences_given, None))
        self._silences_given += 1
        self._silent_at = since + after

    async def _silent(self) -> None:
        """Look into a silence; while a person decides or waits, only whether news got lost."""
        if self.deciding_by is None and self.patient_until is None:
            return await self._look_into_silence()
        if self.deciding_by is not None:
            await self.review(silent=any(one.cause == SILENCE for one in self.trouble.troubles))
        return self._next_silence(workflow.now())

    async def _look_into_silence(self) -> None:
        """Press who can ask the carrier, then have a person decide; news that came moves it."""
        if self.news:
            heard_at = self._heard_at
            self._listen_anew()
            self._silent_at -= workflow.now() - heard_at
            return
        await self.press(self._silence, "no news from the carrier")
        if self._silence is not Nudge.REMINDER:
            await self.review(silent=True)
        self._next_silence(workflow.now())

    async def _time_is_up(self) -> None:
        self.patient_until = None
        self.journal.note("the time that the carrier was given is up")
        await self.review(silent=True)
        self._listen_anew()

    async def _poll(self) -> None:
        """Ask the carrier; no answer is asked for again at the next time.

        What was put on record before a worker died is no news then, so it is looked up.
        """
        news = await self._ask_carrier()
        self.upset |= self._broke_off and news == ()
        self._broke_off = news is None
        self._polls = 0 if news else self._polls + 1
        after = self.request.policies.deliveries.poll_after(self._polls)
        self._poll_at = workflow.now() + after
        for each in news or ():
            self._take(TrackingUpdate.model_validate(each.model_dump()))

    async def _ask_carrier(self) -> tuple[ParcelNews, ...] | None:
        """Return what is new, or None where there was no answer: the worker may have died, too."""
        try:
            polled = await workflow.execute_activity_method(
                TrackingActivities.poll_tracking,
                PollTracking(fulfillment_id=self.request.fulfillment_id),
                summary="Ask the carrier what became of the parcels",
                **ASK_ONCE,
            )
        except ActivityError:
            return None
        return polled.news

    # --- what the carrier says -----------------------------------------------------------------

    def hear_carrier(self, payload: tuple[Any, ...]) -> None:
        """Note what the carrier said; look into the database when it may be the last delivery."""
        try:
            unread = self.hearing.refusal(payload)
            update = TrackingUpdate.model_validate({} if unread else payload[0])
        except (IndexError, ValueError):
            self.look = True
            return self.journal.note("tracking: something was said; looking it up", "carrier")
        return self._take(update)

    def _take(self, update: TrackingUpdate) -> None:
        number, status = update.tracking_number, update.status
        self.news, self._heard_at = True, workflow.now()
        self._poll_at = max(
            self._poll_at, self._heard_at + self.request.policies.deliveries.poll_after(0)
        )
        # Every word counts while something is to be decided: it may move on by itself.
        self.upset |= status in TROUBLING or bool(self.trouble.troubles)
        if status == TrackingStatus.DELIVERED:
            self._arrived.add(number)
            self.look |= self.gone_before or set(self.tracking_numbers()) <= self._arrived
            self.look |= self.decisions > 0 or self.stage is Stage.CANCELED
        if status == TrackingStatus.OUT_FOR_DELIVERY and number not in self._told_arriving:
            self._told_arriving.add(number)
            self._arriving.append(number)
        self._project(update)
        self.journal.note(f"{number}: {status}", "carrier")

    def _project(self, update: TrackingUpdate) -> None:
        """Show when the last of the parcels should arrive now."""
        if update.projected_delivery is None or self.labeled is None:
            return
        self._projected[update.tracking_number] = update.projected_delivery
        quoted = self.labeled.projected_delivery
        of_all = [self._projected.get(each, quoted) for each in self.tracking_numbers()]
        latest = max(of_all, default=quoted)
        if latest != quoted:
            self.labeled = self.labeled.model_copy(update={"projected_delivery": latest})
            self.journal.note(f"projected delivery: {latest:%Y-%m-%d}", "carrier")
