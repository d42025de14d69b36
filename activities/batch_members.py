"""A fulfillment's part of a pick batch: how it comes in, moves on, and leaves."""

from collections.abc import Sequence
from datetime import datetime

from activities.carrying import onto_cart
from fulfillment.domain.inventory import Movement
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.pick_batches import BatchPick, BatchStage
from fulfillment.records import (
    ActionRecord,
    BatchRecord,
    Claim,
    FulfillmentRecord,
    MemberRecord,
    MemberState,
    PickRecord,
    PutBackRecord,
    TaskState,
)
from fulfillment.stores import UnitOfWork


def batch_task_id(batch_id: str, kind: TaskKind) -> str:
    """Return the id of a batch's task."""
    return f"{batch_id}-{kind.value}"


async def take_in(
    tx: UnitOfWork, share: FulfillmentRecord, picks: Sequence[BatchPick], at: datetime
) -> MemberRecord:
    """Bind a released fulfillment's claims as its picks say, give it a slot, and begin to pick.

    Raises:
        StockViolation: somebody else has bound those bins meanwhile.

    """
    await tx.fulfillments.advance(share.fulfillment_id, Stage.RELEASED, Stage.PICKING, at)
    await tx.stock.bind(share.fulfillment_id, [_claim(share, pick) for pick in picks])
    slot = await tx.fulfillments.next_slot(share.warehouse_id)
    await tx.fulfillments.save(share.model_copy(update={"slot": slot}))
    return MemberRecord(fulfillment_id=share.fulfillment_id, order_id=share.order_id, slot=slot)


def _claim(share: FulfillmentRecord, pick: BatchPick) -> Claim:
    return Claim(
        claim_id=f"{share.fulfillment_id}-p{pick.pick_no}",
        order_id=share.order_id,
        fulfillment_id=share.fulfillment_id,
        line_no=pick.line_no,
        warehouse_id=share.warehouse_id,
        sku=pick.sku,
        lot=pick.lot,
        bin_id=pick.bin_id,
        quantity=pick.quantity,
    )


async def to_cart(tx: UnitOfWork, member: MemberRecord, at: datetime) -> list[Movement]:
    """Have a member picked, and return the movements of what no scan has moved yet."""
    share = await tx.fulfillments.get(member.fulfillment_id)
    await tx.fulfillments.advance(share.fulfillment_id, Stage.PICKING, Stage.SORTING, at)
    claims = await tx.stock.claims(share.fulfillment_id)
    await tx.stock.consume(share.fulfillment_id)
    lines = tuple(line.model_copy(update={"picked": line.planned}) for line in share.lines)
    await tx.fulfillments.save(share.model_copy(update={"lines": lines}))
    return onto_cart(claims)


async def give_back(tx: UnitOfWork, batch_id: str, member: MemberRecord, at: datetime) -> None:
    """Release a member again, of which nothing was picked; its claims are unbound."""
    share = await tx.fulfillments.get(member.fulfillment_id)
    await tx.fulfillments.advance(share.fulfillment_id, Stage.PICKING, Stage.RELEASED, at)
    claims = await tx.stock.claims(share.fulfillment_id)
    unbound = [one.model_copy(update={"bin_id": None, "lot": ""}) for one in claims]
    await tx.stock.bind(share.fulfillment_id, unbound)
    await tx.fulfillments.save(share.model_copy(update={"slot": None}))
    await tx.batches.leave(batch_id, share.fulfillment_id, MemberState.GIVEN_BACK)


async def withdraw(tx: UnitOfWork, share: FulfillmentRecord, by: str, at: datetime) -> None:
    """Take a fulfillment that is being canceled out of its batch, if it is in one.

    What of it lies in the cart is to be put back into the bins it came from. A batch that has
    nobody left ends with it.
    """
    batch = await tx.batches.of_fulfillment(share.fulfillment_id)
    if batch is None:
        return
    await tx.batches.lock(batch.batch_id)
    await tx.batches.leave(batch.batch_id, share.fulfillment_id, MemberState.WITHDRAWN)
    picks = await tx.batches.picks(batch.batch_id)
    await tx.batches.open_put_backs(
        [
            _put_back(batch, pick, at)
            for pick in picks
            if pick.fulfillment_id == share.fulfillment_id and pick.picked
        ]
    )
    if len(batch.live) == 1:
        await tx.batches.advance(batch.batch_id, BatchStage.PICKING, BatchStage.CANCELED, at)
        task = batch_task_id(batch.batch_id, TaskKind.PICK)
        await tx.tasks.close(task, TaskState.CLOSED, by, at)


async def leave_wall(tx: UnitOfWork, share: FulfillmentRecord, by: str, at: datetime) -> None:
    """Take a picked fulfillment that is being canceled out of its batch, if that is being sorted.

    What of it lies in the cart and in its slot gets a put-back of its own. A batch that has nobody
    left ends with it.
    """
    batch = await tx.batches.of_fulfillment(share.fulfillment_id)
    if batch is None or batch.stage is not BatchStage.SORTING:
        return
    await tx.batches.lock(batch.batch_id)
    await tx.batches.leave(batch.batch_id, share.fulfillment_id, MemberState.WITHDRAWN)
    if len(batch.live) == 1:
        await tx.batches.advance(batch.batch_id, BatchStage.SORTING, BatchStage.CANCELED, at)
        task = batch_task_id(batch.batch_id, TaskKind.SORT)
        await tx.tasks.close(task, TaskState.CLOSED, by, at)


def _put_back(batch: BatchRecord, pick: PickRecord, at: datetime) -> PutBackRecord:
    return PutBackRecord(
        put_back_id=f"{batch.batch_id}-{pick.pick_no}",
        batch_id=batch.batch_id,
        fulfillment_id=pick.fulfillment_id,
        sku=pick.sku,
        lot=pick.lot,
        quantity=pick.picked,
        bin_id=pick.bin_id,
        tote=pick.tote,
        opened_at=at,
    )


def done_action(member: MemberRecord, kind: TaskKind, by: str, at: datetime) -> ActionRecord:
    """Return the audit's entry of who has picked or sorted a member."""
    return ActionRecord(
        at=at,
        by=by,
        action=f"{kind.value}_done",
        order_id=member.order_id,
        fulfillment_id=member.fulfillment_id,
    )
