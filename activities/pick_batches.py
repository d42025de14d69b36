"""The walk and the wall of a pick batch: what was picked and sorted, for all members at once."""

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import activity

from activities.batch_members import (
    batch_task_id,
    done_action,
    give_back,
    to_cart,
)
from activities.carrying import to_wall
from activities.effects import Effects, ResultT
from activities.pressing import press_staff
from activities.sorting import clusters_of
from fulfillment.domain.lifecycle import Nudge, TaskKind
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.messages import (
    BatchCalledOff,
    BatchRecorded,
    CallOffBatch,
    NudgeBatchStaff,
    RecordBatchAssignment,
    RecordBatchPicking,
    RecordBatchSorting,
    Recorded,
)
from fulfillment.ports import Ports
from fulfillment.records import (
    ActionRecord,
    BatchRecord,
    MemberRecord,
    MemberState,
    PickRecord,
    TaskRecord,
    TaskState,
)
from fulfillment.stores import UnitOfWork


class PickBatchActivities:
    """Effects on all members of a batch in one transaction each."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="record_batch_picking")
    async def record_batch_picking(self, request: RecordBatchPicking) -> BatchRecorded:
        """Move what no scan has moved yet to the cart, and open the sort task of the batch."""

        async def record(tx: UnitOfWork) -> BatchRecorded:
            batch = await _locked(tx, request.batch_id)
            picks = await tx.batches.picks(batch.batch_id)
            if batch.stage is BatchStage.CANCELED:
                return _recorded(batch, picks)
            now, by = self._ports.clock.now(), request.confirmation.by
            await tx.batches.advance(batch.batch_id, BatchStage.PICKING, BatchStage.SORTING, now)
            # All SKUs at once: held one by one, two batches could wait for each other.
            await tx.stock.hold_claimed([one.fulfillment_id for one in batch.live])
            moved = [move for one in batch.live for move in await to_cart(tx, one, now)]
            await tx.stock.move(request.key, moved, by=by, reason="picked", at=now)
            await tx.batches.save_picks(batch.batch_id, _all_picked(batch, picks))
            await self._finish(tx, batch, TaskKind.PICK, by)
            await tx.tasks.open(
                TaskRecord(
                    task_id=batch_task_id(batch.batch_id, TaskKind.SORT),
                    kind=TaskKind.SORT,
                    batch_id=batch.batch_id,
                    warehouse_id=batch.warehouse_id,
                    plan=await _wall(tx, batch),
                    opened_at=now,
                )
            )
            return _recorded(batch, picks)

        return await self._once(request, BatchRecorded, record)

    @activity.defn(name="record_batch_sorting")
    async def record_batch_sorting(self, request: RecordBatchSorting) -> BatchRecorded:
        """Move the goods of all members from the cart to their slots."""

        async def record(tx: UnitOfWork) -> BatchRecorded:
            batch = await _locked(tx, request.batch_id)
            now, by = self._ports.clock.now(), request.confirmation.by
            await tx.batches.advance(batch.batch_id, BatchStage.SORTING, BatchStage.SORTED, now)
            live = [one.fulfillment_id for one in batch.live]
            moved = [move for name in live for move in await to_wall(tx, name)]
            await tx.stock.move(request.key, moved, by=by, reason="sorted", at=now)
            await self._finish(tx, batch, TaskKind.SORT, by)
            return _recorded(batch, [])

        return await self._once(request, BatchRecorded, record)

    @activity.defn(name="call_off_batch")
    async def call_off_batch(self, request: CallOffBatch) -> BatchCalledOff:
        """Give the members back to planning, unless something lies in the cart already."""

        async def call_off(tx: UnitOfWork) -> BatchCalledOff:
            batch, now = await _locked(tx, request.batch_id), self._ports.clock.now()
            picks = await tx.batches.picks(batch.batch_id)
            too_late = _too_late(batch, picks)
            detail = too_late or request.reason
            refused = too_late is not None
            action = ActionRecord(
                at=now,
                by=request.by,
                action="call_off",
                detail=f"{batch.batch_id}: {detail}",
                refused=refused,
            )
            await tx.journal.add_action(action)
            if too_late is None and batch.stage is BatchStage.PICKING:
                await tx.stock.hold_claimed([one.fulfillment_id for one in batch.live])
                for member in batch.live:
                    await give_back(tx, batch.batch_id, member, now)
                to = BatchStage.CANCELED
                await tx.batches.advance(batch.batch_id, BatchStage.PICKING, to, now)
                task = batch_task_id(batch.batch_id, TaskKind.PICK)
                await tx.tasks.close(task, TaskState.CLOSED, request.by, now)
            return _called_off(batch, picks, too_late)

        return await self._once(request, BatchCalledOff, call_off)

    @activity.defn(name="nudge_batch_staff")
    async def nudge_batch_staff(self, request: NudgeBatchStaff) -> Recorded:
        """Remind the floor, tell the supervisor, or give the batch's task back to the pool."""
        earlier = await self._effects.earlier(request, Recorded)
        if earlier is not None:
            return earlier
        escalation = await press_staff(
            self._ports, request.key, request.kind, f"batch {request.batch_id}", request.reason
        )

        async def record(tx: UnitOfWork) -> Recorded:
            task = batch_task_id(request.batch_id, request.task)
            if request.kind is Nudge.REASSIGNMENT:
                await tx.tasks.assign(task, None)
            await tx.tasks.count_nudge(task, escalation=escalation)
            detail = f"{request.batch_id}: {request.reason}"
            await tx.journal.add_action(self._action("engine", request.kind.value, detail))
            return Recorded(key=request.key)

        return await self._effects.once_for(request, [], Recorded, record)

    @activity.defn(name="record_batch_assignment")
    async def record_batch_assignment(self, request: RecordBatchAssignment) -> Recorded:
        """Give the open task of a batch to a person, or back to the pool."""

        async def record(tx: UnitOfWork) -> Recorded:
            to, by = request.assignment.to, request.assignment.by
            for task in await tx.tasks.page(batch_id=request.batch_id):
                await tx.tasks.assign(task.task_id, to)
            detail = f"{request.batch_id}: {to or 'the pool'}"
            await tx.journal.add_action(self._action(by, "assign", detail))
            return Recorded(key=request.key)

        return await self._effects.once_for(request, [], Recorded, record)

    async def _once(
        self,
        request: RecordBatchPicking | RecordBatchSorting | CallOffBatch,
        kind: type[ResultT],
        effect: Callable[[UnitOfWork], Awaitable[ResultT]],
    ) -> ResultT:
        async with self._ports.database.reading() as tx:
            batch = await tx.batches.get(request.batch_id)
        orders = {member.order_id for member in batch.members}
        return await self._effects.once_for(request, orders, kind, effect)

    async def _finish(self, tx: UnitOfWork, batch: BatchRecord, kind: TaskKind, by: str) -> None:
        now = self._ports.clock.now()
        await tx.tasks.close(batch_task_id(batch.batch_id, kind), TaskState.DONE, by, now)
        for member in batch.live:
            await tx.journal.add_action(done_action(member, kind, by, now))

    def _action(self, by: str, action: str, detail: str) -> ActionRecord:
        return ActionRecord(at=self._ports.clock.now(), by=by, action=action, detail=detail)


async def _locked(tx: UnitOfWork, batch_id: str) -> BatchRecord:
    await tx.batches.lock(batch_id)
    return await tx.batches.get(batch_id)


def _recorded(batch: BatchRecord, picks: list[PickRecord]) -> BatchRecorded:
    return BatchRecorded(
        live=tuple(one.fulfillment_id for one in batch.live),
        withdrawn=tuple(one.fulfillment_id for one in batch.members if _is_withdrawn(one)),
        picked_short=_picked_short(picks),
    )


def _called_off(
    batch: BatchRecord, picks: list[PickRecord], too_late: str | None
) -> BatchCalledOff:
    """Return what became of the members, also of a batch that was called off before."""
    stay = [one.fulfillment_id for one in batch.members if not _is_withdrawn(one)]
    return BatchCalledOff(
        too_late=too_late,
        given_back=tuple(stay) if too_late is None else (),
        withdrawn=tuple(one.fulfillment_id for one in batch.members if _is_withdrawn(one)),
        picked_short=_picked_short(picks),
    )


def _is_withdrawn(member: MemberRecord) -> bool:
    return member.state is MemberState.WITHDRAWN


def _picked_short(picks: list[PickRecord]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pick.order_id for pick in picks if pick.short))


def _all_picked(batch: BatchRecord, picks: list[PickRecord]) -> list[PickRecord]:
    live = {member.fulfillment_id for member in batch.live}
    return [
        pick.model_copy(update={"picked": pick.quantity - pick.short})
        if pick.fulfillment_id in live
        else pick
        for pick in picks
    ]


def _too_late(batch: BatchRecord, picks: list[PickRecord]) -> str | None:
    if batch.stage in {BatchStage.SORTING, BatchStage.SORTED}:
        return f"the batch has been picked; it is {batch.stage.value}"
    # What lies in the cart of a withdrawn member is put back, whatever becomes of the others.
    live = {member.fulfillment_id for member in batch.live}
    units = sum(pick.picked for pick in picks if pick.fulfillment_id in live)
    return f"{units} units lie in the cart already" if units else None


async def _wall(tx: UnitOfWork, batch: BatchRecord) -> dict[str, Any]:
    slots = []
    for member in batch.live:
        share = await tx.fulfillments.get(member.fulfillment_id)
        row = {"clusters": await clusters_of(tx, share)}
        slots.append(member.model_dump(mode="json", exclude={"state"}) | row)
    return {"slots": slots}
