"""Rules of who waits for goods: no unit is promised twice, and who waits is under way."""

from sqlalchemy import func, select

from fulfillment.domain.repairs import RepairKind
from fulfillment.persistence.repositories.back_orders import live_waiter
from fulfillment.persistence.repositories.book_rules.rule import Rule
from fulfillment.persistence.tables import back_order_queue, shelf_stock

_entry = back_order_queue.c
_shelf = shelf_stock.c

_free = (
    select(_shelf.sku, func.sum(_shelf.on_hand - _shelf.claimed).label("free"))
    .group_by(_shelf.sku)
    .subquery("free")
)
_aside = (
    select(_entry.sku, func.sum(_entry.set_aside).label("aside"))
    .group_by(_entry.sku)
    .subquery("aside")
)

_ONCE = Rule(
    name="no unit is promised twice",
    broken=select(_aside.c.sku, _aside.c.aside, func.coalesce(_free.c.free, 0).label("free"))
    .outerjoin(_free, _free.c.sku == _aside.c.sku)
    .where(_aside.c.aside > func.coalesce(_free.c.free, 0))
    .order_by(_aside.c.sku),
    rows=("back_order_queue of {sku}",),
    message="{aside} of {sku} are set aside for who waits, {free} are there and unclaimed",
    repair="fulfillment stock wake {sku}",
    safe_repair=(RepairKind.WAKE_STOCK, "sku"),
)

_UNDER_WAY = Rule(
    name="who waits for goods is under way",
    broken=select(_entry.waiter_kind, _entry.waiter_id, _entry.sku)
    .where(~live_waiter())
    .order_by(_entry.waiter_kind, _entry.waiter_id, _entry.sku),
    rows=("back_order_queue {waiter_kind} {waiter_id} {sku}",),
    message="{waiter_kind} {waiter_id} waits for {sku}, and has ended or is not on record",
    repair="fulfillment stock wake {sku}",
    safe_repair=(RepairKind.WAKE_STOCK, "sku"),
)

RULES = (_ONCE, _UNDER_WAY)
