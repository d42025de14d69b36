"""What people on the floor say to a fulfillment, by signal or by update, through one validation."""

from typing import Any, TypeVar

from temporalio import workflow

from workflows.auditing import audit, storable
from workflows.fulfillment_base import FulfillmentBase
from workflows.keys import moment
from workflows.options import PLAN, RECORD
from workflows.waiting import attempt

with workflow.unsafe.imports_passed_through():
    from activities.packing import PackingActivities
    from activities.picking import PickingActivities
    from fulfillment.domain.confirmations import (
        CartonChange,
        Confirmation,
        HandoverConfirmation,
        PackConfirmation,
        PickConfirmation,
        PutBackConfirmation,
        ShortPick,
        SortConfirmation,
        check_handed_over,
        check_person,
        check_sorted,
        check_stage,
        parse_confirmation,
    )
    from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, Problem
    from fulfillment.domain.lifecycle import STAGE_OF_ANY_TASK, Picking, Stage, TaskKind, is_beyond
    from fulfillment.domain.pack_checks import check_pack
    from fulfillment.domain.picking import check_picked, shorten
    from fulfillment.messages import Accepted, ChangeCartons, RecordRefusal, RecordShortPick
    from fulfillment.temporal.identifiers import order_workflow_id

ConfirmationT = TypeVar("ConfirmationT", bound=Confirmation)

BATCHED = {TaskKind.PICK: "close-picking", TaskKind.SORT: "close-sorting"}
"""What is done for all members of a batch at once, and the command that says so."""

KINDS: dict[TaskKind, type[Confirmation]] = {
    TaskKind.PICK: PickConfirmation,
    TaskKind.SORT: SortConfirmation,
    TaskKind.PACK: PackConfirmation,
    TaskKind.HAND_OVER: HandoverConfirmation,
    TaskKind.PUT_BACK: PutBackConfirmation,
}


class FloorConfirmations(FulfillmentBase):
    """Confirmations of the physical steps: checked, kept, and answered once they are on record."""

    def check(self, kind: TaskKind, confirmation: Confirmation) -> None:
        """Check a confirmation; one that comes while its task is being opened is checked then.

        Raises:
            ConfirmationRefused: wrong stage, person, item, quantity, bin, slot, carton, weight or
                parcel.

        """
        if self.opening is kind:
            return
        self._check_single(kind)
        check_stage(self.stage, STAGE_OF_ANY_TASK[kind])
        check_person(self.assignee, confirmation.by)
        self._check_first(kind, confirmation)
        self._check_content(confirmation)

    def _check_single(self, kind: TaskKind) -> None:
        """Refuse what is confirmed for a whole batch at once."""
        if self.request.policies.picking is not Picking.BATCH or kind not in BATCHED:
            return
        came = "a word for this fulfillment alone"
        if self.batch is None:
            remedy = "it is in none yet; `fulfillment floor plan` forms batches now"
            _refuse("pick batch", "a word for the whole batch", came, remedy)
        else:
            name = self.batch.batch_id
            remedy = f"close the batch: `fulfillment floor batch {BATCHED[kind]} {name}`"
            _refuse("pick batch", f"a closing of batch {name}", came, remedy)

    def _check_first(self, kind: TaskKind, confirmation: Confirmation) -> None:
        earlier = self.confirmed.get(kind)
        if self.shortening:
            remedy = "wait for the new pick list, then confirm what it says"
            _refuse("short pick", "none under way", "one being recorded", remedy)
        if self.changing_cartons:
            remedy = "wait for the new steps, then confirm what they say"
            _refuse("cartons", "no change under way", "one being planned", remedy)
        if earlier is not None and earlier != confirmation:
            remedy = "nothing is left to do"
            _refuse("confirmation", f"the one by {earlier.by}", "another one", remedy)

    def _check_content(self, confirmation: Confirmation) -> None:
        match confirmation:
            case PickConfirmation() if self.pick:
                check_picked(self.pick.items, confirmation.picked)
            case SortConfirmation() if self.sort:
                check_sorted(self.sort.slot, confirmation)
            case PackConfirmation() if self.pack:
                weighing = self.request.policies.weighing
                check_pack(self.pack.cartons, self.pack.weights_g, confirmation, weighing)
            case HandoverConfirmation() if self.labeled:
                labeled = self.labeled
                numbers, ssccs = labeled.tracking_numbers, labeled.ssccs
                check_handed_over(labeled.carrier_id, numbers, ssccs, confirmation)

    async def accept(self, kind: TaskKind, confirmation: Confirmation) -> Accepted:
        """Keep a confirmation and answer once its effect is on record.

        Raises:
            ConfirmationRefused: as `check`, or the fulfillment was canceled meanwhile.

        """
        await workflow.wait_condition(lambda: self.opening is not kind)
        self.check(kind, confirmation)
        needed = STAGE_OF_ANY_TASK[kind]
        self.untrue.pop(kind, None)
        self.confirmed.setdefault(kind, confirmation)
        await workflow.wait_condition(
            lambda: self.stage is not needed or self.put_away or self.ended or kind in self.untrue
        )
        if kind in self.untrue:
            raise self.untrue[kind]
        if not (is_beyond(self.stage, needed) or self.put_away):
            check_stage(self.stage, needed)
        message = f"{kind.value} confirmed by {confirmation.by}; next is {self.stage.value}"
        return Accepted(
            fulfillment_id=self.request.fulfillment_id, stage=self.stage, message=message
        )

    def refuse_confirmed(self, kind: TaskKind, refusal: FulfillmentError) -> None:
        """Refuse what was confirmed and turned out not to be so; it may be confirmed anew."""
        self.untrue[kind] = refusal
        del self.confirmed[kind]

    async def hear(self, kind: TaskKind, payload: tuple[Any, ...]) -> None:
        """Take a signal as a confirmation; what is refused is noted and audited, never raised."""
        by = "unknown"
        try:
            if refusal := self.hearing.refusal(payload):
                raise refusal
            confirmation = parse_confirmation(KINDS[kind], payload[0] if payload else None)
            by = confirmation.by
            await workflow.wait_condition(lambda: self.opening is not kind)
            self.check(kind, confirmation)
            self.confirmed.setdefault(kind, confirmation)
        except FulfillmentError as refusal:
            await self.refuse(f"{kind.value} by signal", by, str(refusal))

    async def refuse(self, action: str, by: str, reason: str) -> None:
        """Show a refused signal in the timeline, the current details and the audit."""
        self.journal.note(f"{action}: {reason}", by, refused=True)
        request = RecordRefusal(
            key=self.keys.next("record_refusal", moment()),
            order_id=self.request.order_id,
            fulfillment_id=self.request.fulfillment_id,
            action=action,
            by=storable(by),
            reason=storable(reason),
        )
        await audit(request)

    def take(self, kind: TaskKind, expected: type[ConfirmationT]) -> ConfirmationT:
        """Return the confirmation that was accepted."""
        confirmation = self.confirmed[kind]
        if not isinstance(confirmation, expected):
            raise TypeError(kind)
        return confirmation

    # --- short pick ----------------------------------------------------------------------

    def check_short(self, short: ShortPick) -> None:
        """Check that an item is planned from that bin, and that fewer were found.

        Raises:
            ConfirmationRefused: wrong stage, person, item or bin, or nothing is short.

        """
        if self.opening is TaskKind.PICK:
            return
        self._check_single(TaskKind.PICK)
        check_stage(self.stage, Stage.PICKING)
        check_person(self.assignee, short.by)
        self._check_first(TaskKind.PICK, short)
        shorten(self.pick.items if self.pick else (), short)

    async def record_short(self, short: ShortPick) -> Accepted:
        """Correct the books, plan with what is there, and have the rest found elsewhere."""
        await workflow.wait_condition(lambda: self.opening is not TaskKind.PICK)
        self.check_short(short)
        self.shortening = True
        try:
            shortened = await workflow.execute_activity_method(
                PickingActivities.record_short_pick,
                RecordShortPick(
                    key=self.keys.next("record_short_pick", moment()),
                    fulfillment_id=self.request.fulfillment_id,
                    short=short,
                ),
                summary=f"Short pick of {short.sku} in {short.bin_id}",
                **RECORD,
            )
        finally:
            self.shortening = False
        if self.pick:
            self.pick = self.pick.model_copy(update={"items": shortened.items})
        self.journal.note(f"short pick: {short.found} of {short.sku} in {short.bin_id}", short.by)
        parent = workflow.get_external_workflow_handle(order_workflow_id(self.request.order_id))
        await parent.signal("picked_short")
        message = f"{sum(line.quantity for line in shortened.missing)} missing; looking elsewhere"
        return Accepted(
            fulfillment_id=self.request.fulfillment_id, stage=self.stage, message=message
        )

    # --- other cartons -------------------------------------------------------------------

    def check_change(self, change: CartonChange) -> None:
        """Check that there is something to be packed, that nobody has packed yet.

        Raises:
            ConfirmationRefused: wrong stage or person, or packed already.

        """
        if self.opening is TaskKind.PACK:
            return
        check_stage(self.stage, Stage.PACKING)
        check_person(self.assignee, change.by)
        self._check_first(TaskKind.PACK, change)

    async def change_planned_cartons(self, change: CartonChange) -> Accepted:
        """Have the pack task planned with the wanted cartons; what is confirmed then is that plan.

        Raises:
            ConfirmationRefused: as `check_change`, or the items don't fit into these cartons.

        """
        await workflow.wait_condition(lambda: self.opening is not TaskKind.PACK)
        self.check_change(change)
        self.changing_cartons = True
        try:
            changed = await attempt(
                workflow.execute_activity_method(
                    PackingActivities.change_cartons,
                    ChangeCartons(
                        key=self.keys.next("change_cartons", moment()),
                        fulfillment_id=self.request.fulfillment_id,
                        change=change,
                        weighing=self.request.policies.weighing,
                        at=workflow.now(),
                    ),
                    summary=f"Plan with {', '.join(change.cartons)}",
                    **PLAN,
                )
            )
        finally:
            self.changing_cartons = False
        if isinstance(changed, FulfillmentError):
            raise changed
        if self.pack:
            update = {"cartons": changed.cartons, "weights_g": changed.weights_g}
            self.pack = self.pack.model_copy(update=update)
        if changed.decision is not None:
            self.journal.decide(changed.decision)
        message = f"to be packed in {', '.join(changed.cartons)}; see the new steps"
        self.journal.note(message, change.by)
        return Accepted(
            fulfillment_id=self.request.fulfillment_id, stage=self.stage, message=message
        )


def _refuse(path: str, expected: str, came: str, remedy: str) -> None:
    problem = Problem(path=path, expected=expected, came=came, remedy=remedy)
    raise ConfirmationRefused.of(problem)
