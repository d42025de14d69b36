"""Parcels that nobody has announced: of an order, or of nobody; and where strays go."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from activities.return_receipts import require_articles, stray_movement
from activities.returnable_units import receivable_units
from fulfillment.domain.base import Identifier, StrictValue, Value
from fulfillment.domain.confirmations import UNKNOWN, Person, Remark
from fulfillment.domain.errors import ConfirmationRefused, NotFound, Problem
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.return_receipts import (
    ReceivedGoods,
    ReturnReceipt,
    match_receipt,
    place_of,
)
from fulfillment.domain.return_units import UnitState
from fulfillment.domain.returns import (
    OPEN_STAGES,
    Disposition,
    ReturnItem,
    ReturnOrigin,
    ReturnReason,
    ReturnRequest,
    ReturnStage,
    ReturnWish,
)
from fulfillment.messages.returns import ReturnAnswer
from fulfillment.operations.booking import book_once
from fulfillment.operations.engine import Engine
from fulfillment.operations.returns import receive_return, request_return
from fulfillment.operations.stock import wake_back_orders
from fulfillment.records import ActionRecord, TaskRecord, TaskState
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import effect_key


class StrayParcel(StrictValue):
    """A parcel of which nobody knows whose it is; `receipt_id` makes it once."""

    receipt_id: Identifier
    warehouse_id: Identifier
    items: Annotated[tuple[ReceivedGoods, ...], Field(min_length=1, max_length=500)]
    by: Person = UNKNOWN
    note: Remark = ""


class Quarantined(Value):
    """The task by which a person decides what becomes of strays."""

    task_id: str
    warehouse_id: str
    items: tuple[ReceivedGoods, ...]


class Placement(StrictValue):
    """Where the strays of a task go, all of them."""

    task_id: Annotated[str, Field(min_length=1, max_length=120)]
    disposition: Disposition
    bin_id: Identifier | None = None
    by: Person = UNKNOWN
    note: Remark = ""

    @model_validator(mode="after")
    def _place_fits(self) -> Self:
        if (self.disposition is Disposition.RESTOCK) != (self.bin_id is not None):
            message = "a bin_id for what is restocked, and for nothing else"
            raise ValueError(message)
        return self


class Placed(Value):
    """Where strays went."""

    task_id: str
    place: str
    units: int


async def receive_unannounced(
    engine: Engine, order_id: str, warehouse_id: str, receipt: ReturnReceipt
) -> ReturnAnswer:
    """Take in a parcel of an order that came without an RMA number.

    Where a return of the order waits for these goods it is that one's; else a return begins with
    it, whose inspection decides what the customer gets. What the order never had is quarantined.

    Raises:
        ConfirmationRefused: nothing of the parcel is of this order.
        NotFound: no such order.

    """
    async with engine.database.reading() as tx:
        await tx.orders.get(order_id)
        waiting = await _waiting(tx, order_id, receipt)
        matched = match_receipt(receipt, [], await receivable_units(tx, order_id))
    if waiting is None:
        if not matched.further:
            raise ConfirmationRefused.of(_nothing_of(order_id))
        counts: dict[int, int] = {}
        for unit, _ in matched.further:
            counts[unit.line_no] = counts.get(unit.line_no, 0) + 1
        request = ReturnRequest(
            order_id=order_id,
            items=tuple(
                ReturnItem(line_no=line_no, quantity=units, reason=ReturnReason.NOT_NAMED)
                for line_no, units in sorted(counts.items())
            ),
            wish=ReturnWish.REFUND,
            origin=ReturnOrigin.DOCK,
            warehouse_id=warehouse_id,
            by=receipt.by,
        )
        key = f"dock/{receipt.receipt_id}"
        waiting = (await request_return(engine, request, key=key)).return_id
    return await receive_return(engine, waiting, receipt)


async def _waiting(tx: UnitOfWork, order_id: str, receipt: ReturnReceipt) -> str | None:
    """Return the return that had this receipt already, or waits for one of its articles."""
    skus = {goods.sku for goods in receipt.items}
    under_way = await tx.returns.page(order_id=order_id)
    for made in under_way:
        had = [one.receipt_id for one in await tx.returns.receipts(made.return_id)]
        if receipt.receipt_id in had:
            return made.return_id
    waiting = [
        made
        for made in under_way
        if made.stage in OPEN_STAGES and made.stage is not ReturnStage.REQUESTED
    ]
    for made in waiting:
        if skus & {unit.sku for unit in made.units if unit.state is UnitState.ANNOUNCED}:
            return made.return_id
    left = {unit.sku for unit in await receivable_units(tx, order_id)}
    for made in waiting:
        # Of an order that got the wrong article, that one comes back.
        wrong = (unit for unit in made.units if unit.reason is ReturnReason.WRONG)
        if skus - left and any(unit.state is UnitState.ANNOUNCED for unit in wrong):
            return made.return_id
    return None


def _nothing_of(order_id: str) -> Problem:
    return Problem(
        path=f"order {order_id}",
        expected="goods of it that have left and are not returned",
        came="none of them",
        remedy="find the right order, or take it in with `fulfillment returns receive-stray`",
    )


async def receive_stray(engine: Engine, parcel: StrayParcel) -> Quarantined:
    """Quarantine a parcel of which nobody knows whose it is, once, and have a person decide.

    Raises:
        ConfirmationRefused: an article nobody knows.
        InvalidReceipt: the receipt's id is on record with other content.
        NotFound: no such warehouse.

    """

    async def book(tx: UnitOfWork, key: str) -> Quarantined:
        await tx.catalog.warehouse(parcel.warehouse_id)
        await require_articles(tx, parcel.items)
        now = engine.clock.now()
        moved = [stray_movement(goods, parcel.warehouse_id) for goods in parcel.items]
        await tx.stock.move(key, moved, by=parcel.by, reason="came from nobody knows", at=now)
        goods = [each.model_dump(mode="json") for each in parcel.items]
        task = TaskRecord(
            task_id=f"stray-{parcel.receipt_id}",
            kind=TaskKind.SORT_OUT,
            warehouse_id=parcel.warehouse_id,
            plan={"goods": goods, "note": parcel.note},
            opened_at=now,
        )
        await tx.tasks.open(task)
        detail = f"{parcel.receipt_id}: quarantined in {parcel.warehouse_id}"
        await tx.journal.add_action(
            ActionRecord(at=now, by=parcel.by, action="receive_stray", detail=detail)
        )
        return Quarantined(
            task_id=task.task_id, warehouse_id=parcel.warehouse_id, items=parcel.items
        )

    key = effect_key(f"stray/{parcel.receipt_id}", "receive_stray")
    return await book_once(engine, key, parcel, Quarantined, book)


async def sort_out(engine: Engine, placement: Placement) -> Placed:
    """Move the strays of a task from quarantine to where a person says, and close the task.

    Raises:
        ConfirmationRefused: no such task, or a bin of another warehouse.
        InvalidReceipt: it was sorted out otherwise before.

    """

    async def book(tx: UnitOfWork, key: str) -> Placed:
        task = await _stray_task(tx, placement.task_id)
        place = place_of(placement.disposition, task.warehouse_id, placement.bin_id)
        await _require_bin(tx, task.warehouse_id, placement.bin_id)
        goods = [ReceivedGoods.model_validate(each) for each in task.plan["goods"]]
        quarantine = Account(kind=AccountKind.QUARANTINE, ref=task.warehouse_id)
        moved = [
            Movement(
                sku=each.sku, lot=each.lot, quantity=each.quantity, source=quarantine, target=place
            )
            for each in goods
            if place != quarantine
        ]
        now, by = engine.clock.now(), placement.by
        await tx.stock.move(key, moved, by=by, reason=f"sorted out {task.task_id}", at=now)
        await tx.tasks.close(task.task_id, TaskState.DONE, by, now)
        detail = f"{task.task_id}: to {place}; {placement.note}".removesuffix("; ")
        await tx.journal.add_action(ActionRecord(at=now, by=by, action="sort_out", detail=detail))
        units = sum(each.quantity for each in goods)
        return Placed(task_id=task.task_id, place=str(place), units=units)

    key = effect_key(f"task/{placement.task_id}", "sort_out")
    placed = await book_once(engine, key, placement, Placed, book)
    if placement.bin_id is not None:
        async with engine.database.reading() as tx:
            task = await tx.tasks.get(placement.task_id)
        await wake_back_orders(engine, {each["sku"] for each in task.plan["goods"]})
    return placed


async def _stray_task(tx: UnitOfWork, task_id: str) -> TaskRecord:
    task = await tx.tasks.get(task_id)
    if task.kind is not TaskKind.SORT_OUT or task.state is not TaskState.OPEN:
        raise ConfirmationRefused.of(
            Problem(
                path=f"task {task_id}",
                expected="an open task to sort out strays",
                came=f"{task.kind.value}, {task.state.value}",
                remedy="`fulfillment floor tasks --kind sort_out` shows those that are open",
            )
        )
    return task


async def _require_bin(tx: UnitOfWork, warehouse_id: str, bin_id: str | None) -> None:
    if bin_id is None:
        return
    try:
        owner = (await tx.catalog.bin(bin_id)).warehouse_id
    except NotFound:
        owner = "nobody"
    if owner != warehouse_id:
        raise ConfirmationRefused.of(
            Problem(
                path="bin_id",
                expected=f"a bin of warehouse {warehouse_id}",
                came=f"{bin_id}, a bin of {owner}",
                remedy="scan the bin that the goods were put into",
            )
        )
