"""Rules of holds: an effect placed each, each is answered as it may be, none outlives its order."""

from sqlalchemy import String, and_, cast, exists, select

from fulfillment.domain.holds import HoldChoice, HoldKind
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.persistence.repositories.book_rules.rule import Rule
from fulfillment.persistence.tables import effects, holds, orders

_hold = holds.c
_order = orders.c

_CLOSED = Rule(
    name="a settled order has no open hold",
    broken=select(_hold.order_id, _hold.hold_id)
    .join(orders, _order.order_id == _hold.order_id)
    .where(_order.stage == OrderStage.SETTLED, _hold.closed_at.is_(None))
    .order_by(_hold.hold_id),
    rows=("holds {hold_id}",),
    message="{order_id} is settled, and its hold {hold_id} is open",
    repair="close the hold of {order_id}",
)

_PLACED = Rule(
    name="a hold was placed by an effect",
    broken=select(_hold.order_id, _hold.hold_id)
    .where(~exists().where(effects.c.key == _hold.hold_id))
    .order_by(_hold.hold_id),
    rows=("holds {hold_id}",),
    message="{order_id} has a hold {hold_id}, and no effect of that key is on record",
    repair="find out who placed it; `fulfillment orders timeline {order_id}` tells what happened",
)

_UNUSABLE = Rule(
    name="nobody lets an unusable address pass",
    broken=select(_hold.order_id, _hold.hold_id)
    .where(
        and_(
            _hold.answer == HoldChoice.RELEASE,
            cast(_hold.kinds, String).contains(HoldKind.ADDRESS_UNUSABLE.value),
        )
    )
    .order_by(_hold.hold_id),
    rows=("holds {hold_id}",),
    message="{order_id} was released with an address that nothing can be delivered to",
    repair="`fulfillment orders readdress {order_id}` before its parcels leave",
)

RULES = (_CLOSED, _PLACED, _UNUSABLE)
