"""Whether those who wait for goods get them: a wake that was lost is found here, and repaired."""

from collections import Counter
from datetime import datetime

from activities.availability import levels_today
from activities.queueing import places_of
from fulfillment.domain.back_order_queue import QueueEntry, WaiterKind, share_out
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.repairs import Repair, RepairKind
from fulfillment.operations.engine import Engine
from fulfillment.records import BookFinding, OrderRecord
from fulfillment.stores import UnitOfWork

_PAGE = 1_000


async def back_order_findings(engine: Engine, before: datetime) -> list[BookFinding]:
    """Return who waits in vain: for goods that are there, or without standing in line.

    Args:
        engine: where to look.
        before: since when it must be so.

    """
    async with engine.database.reading() as tx:
        entries = await tx.back_orders.all_waiting()
        waiting = await tx.orders.page(stage=OrderStage.BACK_ORDERED, limit=_PAGE)
        idle = await _idle(tx, entries, before, engine.clock.now())
    queued = {e.waiter.waiter_id for e in entries if e.waiter.kind is WaiterKind.ORDER}
    lost = [one for one in waiting if one.stage_since <= before]
    return [
        *(_in_vain(entry) for entry in idle),
        *(_not_in_line(one) for one in lost if one.order.order_id not in queued),
    ]


async def _idle(
    tx: UnitOfWork, entries: list[QueueEntry], before: datetime, now: datetime
) -> list[QueueEntry]:
    """Return who has not taken what is set aside for it, and for whom there would be more."""
    free: Counter[str] = Counter(dict.fromkeys([entry.sku for entry in entries], 0))
    levels = await levels_today(tx, list(free), now)
    for level in levels:
        free[level.sku] += level.available
    has = {(entry.line, entry.sku): entry.set_aside for entry in entries}
    due = share_out(free, entries, now, await places_of(tx, entries, levels))
    short = {e.waiter for e in entries if e.set_aside < e.units}
    late = [
        entry
        for entry in entries
        if entry.set_aside_at is not None and entry.set_aside_at <= before
        # A production keeps what is set aside until its other components are there, too.
        if entry.waiter.kind is WaiterKind.ORDER or entry.waiter not in short
    ]
    more = [e for e in due if e.set_aside > has[e.line, e.sku] and e.since <= before]
    return [*late, *(entry for entry in more if entry.line not in {one.line for one in late})]


def _in_vain(entry: QueueEntry) -> BookFinding:
    who = entry.waiter
    return BookFinding(
        rule="nobody waits for goods that are there",
        rows=(f"back_order_queue {who.kind.value} {who.waiter_id} {entry.sku}",),
        message=f"{who.kind.value} {who.waiter_id} waits for {entry.units} x {entry.sku}, "
        "and its turn has come",
        repair=f"fulfillment stock wake {entry.sku}",
        safe_repair=Repair(kind=RepairKind.WAKE_STOCK, subject=entry.sku),
    )


def _not_in_line(record: OrderRecord) -> BookFinding:
    name = record.order.order_id
    return BookFinding(
        rule="every back-order stands in line",
        rows=(f"orders {name}",),
        message=f"order {name} waits for {record.blocked_on}, and stands in no line",
        repair=f"temporal workflow signal -w {record.workflow_id} --name stock_arrived",
        safe_repair=Repair(kind=RepairKind.WAKE_ORDER, subject=name),
    )
