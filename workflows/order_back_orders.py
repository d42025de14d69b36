"""What an order asks its customer about the lines that are not in stock, and what they choose."""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from temporalio import workflow

from workflows.keys import moment
from workflows.options import RECORD
from workflows.order_base import Stopped
from workflows.order_changes import OrderChanges
from workflows.waiting import arrives_within, attempt
from workflows.waking import wake

with workflow.unsafe.imports_passed_through():
    from activities.back_orders import BackOrderActivities
    from activities.supply import SupplyActivities
    from fulfillment.domain.back_order_choices import (
        BackOrderChoice,
        ChoicePatience,
        LineChoice,
        check_choices,
        default_choices,
        untold,
    )
    from fulfillment.domain.errors import (
        ConfirmationRefused,
        FulfillmentError,
        InvalidOrder,
        Problem,
    )
    from fulfillment.domain.lifecycle import Nudge
    from fulfillment.domain.orders import LineQuantity, shortage
    from fulfillment.domain.supply import SupplyMode
    from fulfillment.messages import NoticeKind, WorkStopped
    from fulfillment.messages.back_orders import (
        BackOrderAnswer,
        BackOrderChosen,
        ChooseBackOrder,
        RecordBackOrderChoice,
    )
    from fulfillment.messages.supply import ArrangeSupply, SupplyNews


class ChoiceAsked:
    """A choice for back-ordered lines, and in time its answer."""

    def __init__(self, request: ChooseBackOrder) -> None:
        """Keep what was chosen."""
        self.request = request
        self.answer: BackOrderAnswer | FulfillmentError | None = None

    async def decided(self) -> BackOrderAnswer:
        """Wait for the answer; raise it if it is a refusal."""
        await workflow.wait_condition(lambda: self.answer is not None)
        if isinstance(self.answer, FulfillmentError):
            raise self.answer
        return cast("BackOrderAnswer", self.answer)


class BackOrderSteps(OrderChanges):
    """Ask the customer about what is missing, remind, and do what was chosen, or the default."""

    def __init__(self, data: Any) -> None:  # noqa: ANN401 - whatever a storefront sent
        """Begin with nothing asked."""
        super().__init__(data)
        self.choices: deque[ChoiceAsked] = deque()
        self.choosing: ChoiceAsked | None = None
        self.chosen_for: set[int] = set()
        self.answer_by: dict[int, datetime] = {}
        self.undecided: deque[datetime] = deque()
        self.ships_rest = self.supply_lost = False
        self.nudges_given = 0
        self.nudge_due: tuple[datetime, Nudge] | None = None
        self.questions: dict[datetime, bool] = {}
        self.waiting_beside: list[asyncio.Task[None]] = []

    # --- what others may ask -------------------------------------------------------------

    @workflow.update(name="choose_back_order")
    async def choose_back_order(self, request: ChooseBackOrder) -> BackOrderAnswer:
        """Do what the customer chooses for lines that are not in stock."""
        return await self.answers.once(BackOrderAnswer, lambda: self._ask_for(request).decided())

    @choose_back_order.validator
    def _check_choose_back_order(self, request: ChooseBackOrder) -> None:
        if self.answers.known():
            return
        self.require_open()
        check_choices(self._on_order(), self.missing, request.choices)

    @workflow.signal(name="back_order_chosen")
    async def back_order_chosen(self, *payload: Any) -> None:  # noqa: ANN401 - see DESIGN, human steps
        """Do what the customer chooses, from the Temporal UI or CLI; nothing said is to wait."""
        by = "unknown"
        try:
            refusal = self.hearing.refusal(payload)
            if refusal:
                raise refusal
            request = self._read(payload)
            by = request.by
            self.require_open()
            check_choices(self._on_order(), self.missing, request.choices)
        except FulfillmentError as refused:
            await self.refuse("choice by signal", by, str(refused))
        else:
            self._ask_for(request)

    def _read(self, payload: tuple[Any, ...]) -> ChooseBackOrder:
        said = payload[0] if payload else None
        if not said:
            wait = BackOrderChoice.WAIT
            lines = tuple(LineChoice(line_no=li.line_no, choice=wait) for li in self.missing)
            if lines:
                return ChooseBackOrder(choices=lines)
        try:
            return ChooseBackOrder.model_validate(said)
        except ValueError as error:
            raise ConfirmationRefused.of(
                Problem(
                    path="choices",
                    expected="a list of line_no and choice for back-ordered lines",
                    came="something else",
                    remedy="see `fulfillment orders back-order --help`",
                )
            ) from error

    def _on_order(self) -> Any:  # noqa: ANN401 - an Order; mypy knows it from check_choices
        if self.order is None:
            message = "the order is not on record yet"
            raise InvalidOrder(message)
        return self.order

    def _ask_for(self, request: ChooseBackOrder) -> ChoiceAsked:
        asked = ChoiceAsked(request)
        self.choices.append(asked)
        return asked

    @workflow.signal(name="supply_ended")
    async def supply_ended(self, *payload: Any) -> None:  # noqa: ANN401
        """Ask the customer again: what was on its way will not come."""
        if self.hearing.refusal(payload):
            return
        try:
            news = SupplyNews.model_validate(payload[0] if payload else {})
        except ValueError:
            news = SupplyNews()
        self.journal.note(f"supply order {news.supply_id} has ended: {news.reason}")
        self.supply_lost = bool(self.missing)

    # --- asking --------------------------------------------------------------------------

    def choices_due(self) -> bool:
        """Return whether something was chosen, is to be by default, or is to be asked again."""
        return bool(self.choices or self.undecided or self.supply_lost)

    async def tell_missing(self) -> None:
        """Tell the customer of what is missing, and was not told yet, if any."""
        news = untold(self.missing, self.told)
        if news:
            await self._tell(news)

    async def _tell(self, news: Sequence[LineQuantity]) -> None:
        """Tell the customer what they can choose for these lines, and wait for that beside."""
        patience = self.on_record().policies.back_order_choice
        until: datetime | None = None
        lines = [line.line_no for line in news]
        self.told |= {line.line_no: line.quantity for line in news}
        self.chosen_for.difference_update(lines)
        if patience is not None:
            until = workflow.now() + patience.remind_after + patience.decide_after
            self.answer_by |= dict.fromkeys(lines, until)
            self.questions[until] = False
            self.waiting_beside.append(asyncio.create_task(self._ask(patience, until)))
        await self.notify(NoticeKind.BACK_ORDERED, f"stock: {shortage(news)}", until=until)

    async def arrange_supply(self) -> None:
        """Have what is missing purchased or produced, where the policy says so."""
        if self.on_record().policies.supply is not SupplyMode.AUTOMATIC:
            return
        skus = tuple(dict.fromkeys(line.sku for line in self.missing))
        request = ArrangeSupply(
            key=self.keys.next("arrange_supply"), order_id=self.order_id, skus=skus
        )
        arranged = await self.insist(
            lambda: workflow.execute_activity_method(
                SupplyActivities.arrange_supply,
                request,
                summary=f"Arrange supply of {', '.join(skus)}",
                **RECORD,
            )
        )
        if arranged.supply_ids:
            self.journal.note(f"supply arranged: {', '.join(arranged.supply_ids)}")

    async def _ask(self, patience: ChoicePatience, until: datetime) -> None:
        def answered() -> bool:
            return self.ended or not self._unanswered(until)

        about = f"the customer's choice: {shortage(self._unanswered(until))}"
        if not self.questions[until]:
            left = _left(until - patience.decide_after)
            if await arrives_within(answered, left, f"reminder: {about}"):
                self.questions.pop(until, None)
                return
            await self._remind(until)
        if not await arrives_within(answered, _left(until), f"default: {about}"):
            self.undecided.append(until)
        self.questions.pop(until, None)

    async def _remind(self, until: datetime) -> None:
        detail = f"stock: {shortage(self._unanswered(until))}"
        self.questions[until] = self.telling = True
        try:
            await self.notify(NoticeKind.BACK_ORDER_REMINDER, detail, until=until)
        finally:
            self.telling = False

    def ask_on(self) -> None:
        """Wait on for the answers that an earlier run has asked for."""
        patience = self.on_record().policies.back_order_choice
        if patience is not None:
            for until in self.questions:
                self.waiting_beside.append(asyncio.create_task(self._ask(patience, until)))

    def _unanswered(self, until: datetime) -> list[LineQuantity]:
        """Return what is missing, was asked about until then, and has no answer yet."""
        asked = [line for line in self.missing if self.answer_by.get(line.line_no) == until]
        return [line for line in asked if line.line_no not in self.chosen_for]

    # --- doing what was chosen -----------------------------------------------------------

    async def weigh_choices(self) -> None:
        """Do what was chosen meanwhile, here, where no effect is under way.

        Raises:
            Stopped: nothing of the order is left.

        """
        lost, self.supply_lost = self.supply_lost, False
        if lost and self.missing:
            await self._tell(self.missing)
        while asked := self._next_choice():
            self.choosing = asked
            chosen = await attempt(self._record(asked.request))
            if isinstance(chosen, FulfillmentError):
                asked.answer = chosen
                self.journal.note(f"choice: {chosen}", asked.request.by, refused=True)
            else:
                await self._follow(asked, chosen)

    def _next_choice(self) -> ChoiceAsked | None:
        """Return what was chosen; else what is done by default, of what is missing by now."""
        patience = self.on_record().policies.back_order_choice
        while patience is not None and self.undecided and not self.choices:
            lines = self._unanswered(self.undecided.popleft())
            if lines:
                choices = default_choices(self.placed(), lines, patience.default)
                self._ask_for(ChooseBackOrder(choices=choices, by="engine"))
        return self.choices.popleft() if self.choices else None

    async def _record(self, request: ChooseBackOrder) -> BackOrderChosen:
        return await workflow.execute_activity_method(
            BackOrderActivities.record_back_order_choice,
            RecordBackOrderChoice(
                key=self.keys.next("record_back_order_choice", moment()),
                order_id=self.order_id,
                choices=request.choices,
                by=request.by,
            ),
            summary=f"Back-order: {', '.join(map(_shown, request.choices))}",
            **RECORD,
        )

    async def _follow(self, asked: ChoiceAsked, chosen: BackOrderChosen) -> None:
        choices = asked.request.choices
        done = tuple(map(_shown, choices))
        self.journal.note(f"back-order: {', '.join(done)}", asked.request.by)
        self.chosen_for.update(one.line_no for one in choices)
        await wake(chosen.woken)
        self.now_missing(chosen.missing)
        kinds = [one.choice for one in choices]
        self.wake = self.wake or BackOrderChoice.SUBSTITUTE in kinds
        self.ships_rest = self.ships_rest or BackOrderChoice.SHIP_REST in kinds
        asked.answer = BackOrderAnswer(order_id=self.order_id, done=done, missing=self.missing)
        if chosen.nothing_left:
            raise Stopped(None, stopped=WorkStopped())
        if not self.held_for_missing():
            self.start_fulfillments()
        self.show_fulfilling()
        if chosen.canceled:
            await self.refund_canceled("canceled in part")
            await self.tell_partly_canceled(shortage(chosen.canceled), chosen.canceled)

    def held_for_missing(self) -> bool:
        """Return whether what is there waits for what is not."""
        return bool(self.missing) and self.placed().ship_complete and not self.ships_rest

    def answer_choices(self) -> None:
        """Answer that the order has ended to whoever still waits for an answer."""
        for asked in filter(None, (self.choosing, *self.choices)):
            refusal = ConfirmationRefused("the order has ended; nothing of it is back-ordered")
            asked.answer = asked.answer or refusal


def _left(until: datetime) -> timedelta:
    return max(until - workflow.now(), timedelta(0))


def _shown(one: LineChoice) -> str:
    units = f" {one.units}" if one.units else ""
    instead = f" {one.substitute}" if one.substitute else ""
    return f"line {one.line_no} {one.choice.value}{units}{instead}"
