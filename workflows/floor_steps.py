"""Pick, sort, pack: each opens a task, waits for a person, and records what was done."""

from temporalio import workflow

from workflows.batch_steps import BatchSteps
from workflows.options import PLAN, RECORD

with workflow.unsafe.imports_passed_through():
    from activities.packing import PackingActivities
    from activities.picking import PickingActivities
    from activities.sorting import SortingActivities
    from fulfillment.domain.confirmations import (
        PackConfirmation,
        PickConfirmation,
        SortConfirmation,
    )
    from fulfillment.domain.lifecycle import Picking, Stage, TaskKind
    from fulfillment.messages import (
        PlanPicking,
        RecordPacking,
        RecordPicking,
        RecordSorting,
    )


class FloorSteps(BatchSteps):
    """From the bins into the cartons."""

    # --- 4. pick -------------------------------------------------------------------------

    async def pick_goods(self) -> None:
        """Have the goods picked; this far, the fulfillment can be withdrawn."""
        if self.passed(Stage.PICKING):
            return None
        if self.waited_at(Stage.PICKING):
            return await self._picked_alone()
        await self.weigh_cancellation()
        if self.request.policies.picking is Picking.BATCH:
            return await self.pick_in_batch()
        return await self._pick_alone()

    async def _pick_alone(self) -> None:
        self.pick = await self.open(
            TaskKind.PICK,
            lambda: workflow.execute_activity_method(
                PickingActivities.plan_picking,
                PlanPicking(
                    key=self.keys.next("plan_picking"), fulfillment_id=self.request.fulfillment_id
                ),
                summary="Bind bins and plan the walk",
                **RECORD,
            ),
        )
        self.opened(TaskKind.PICK, self.pick.confirmed)
        await self._picked_alone()

    async def _picked_alone(self) -> None:
        await self.confirmation_of(TaskKind.PICK, self.request.policies.pick)
        confirmation = self.take(TaskKind.PICK, PickConfirmation)
        request = RecordPicking(
            key=self.keys.next("record_picking"),
            fulfillment_id=self.request.fulfillment_id,
            confirmation=confirmation,
        )
        self.sort = await self.open(
            TaskKind.SORT,
            lambda: workflow.execute_activity_method(
                PickingActivities.record_picking,
                request,
                summary=f"Picked by {confirmation.by}",
                **RECORD,
            ),
        )
        self.journal.note("picked", confirmation.by)
        self.opened(TaskKind.SORT, self.sort.confirmed)

    # --- 5. sort -------------------------------------------------------------------------

    async def sort_goods(self) -> None:
        """Have the goods put into their slot of the put wall."""
        if self.passed(Stage.SORTING):
            return
        if self.request.policies.picking is Picking.BATCH:
            confirmation = await self.sort_in_batch()
        else:
            await self.confirmation_of(TaskKind.SORT, self.request.policies.sort)
            confirmation = self.take(TaskKind.SORT, SortConfirmation)
        request = RecordSorting(
            key=self.keys.next("record_sorting"),
            fulfillment_id=self.request.fulfillment_id,
            confirmation=confirmation,
            weighing=self.request.policies.weighing,
            at=workflow.now(),
        )
        self.pack = await self.open(
            TaskKind.PACK,
            lambda: workflow.execute_activity_method(
                SortingActivities.record_sorting,
                request,
                summary=f"Sorted by {confirmation.by}; plan cartons and service",
                **PLAN,
            ),
        )
        self.journal.note(
            f"sorted; to be packed in {', '.join(self.pack.cartons)}", confirmation.by
        )
        if self.pack.decision is not None:
            self.journal.decide(self.pack.decision)
        self.opened(TaskKind.PACK, self.pack.confirmed)

    # --- 6. pack -------------------------------------------------------------------------

    async def pack_goods(self) -> None:
        """Have the goods packed as planned."""
        if self.passed(Stage.PACKING):
            return
        await self.confirmation_of(TaskKind.PACK, self.request.policies.pack)
        confirmation = self.take(TaskKind.PACK, PackConfirmation)
        request = RecordPacking(
            key=self.keys.next("record_packing"),
            fulfillment_id=self.request.fulfillment_id,
            confirmation=confirmation,
            weighing=self.request.policies.weighing,
        )
        packed = await self.insist(
            lambda: workflow.execute_activity_method(
                PackingActivities.record_packing,
                request,
                summary=f"Packed by {confirmation.by}",
                **RECORD,
            )
        )
        self.journal.note(f"packed: {len(packed.parcel_ids)} parcel(s)", confirmation.by)
        self.stage = Stage.LABELING
