"""Rules of orders: quantities, units, and that a settled order has left nothing open."""

from sqlalchemy import and_, exists, func, or_, select

from fulfillment.domain.lifecycle import CLOSED, STAGE_OF_ANY_TASK, STEPS, OrderStage, Stage
from fulfillment.persistence.repositories.book_rules.rule import Rule, counted, differing
from fulfillment.persistence.repositories.orders import fulfilled
from fulfillment.persistence.tables import (
    fulfillment_lines,
    fulfillments,
    line_substitutes,
    order_lines,
    order_units,
    orders,
    tasks,
)
from fulfillment.records import TaskState

_done = fulfilled()
_line = fulfillment_lines.c
_unit = order_units.c
_planned = func.coalesce(_done.c.reserved, 0)

_QUANTITIES = Rule(
    name="a line's units are canceled, planned or back-ordered, none twice",
    broken=select(
        order_lines.c.order_id,
        order_lines.c.line_no,
        order_lines.c.ordered,
        order_lines.c.canceled,
        _planned.label("planned"),
    )
    .outerjoin(
        _done,
        and_(_done.c.order_id == order_lines.c.order_id, _done.c.line_no == order_lines.c.line_no),
    )
    .where(
        or_(order_lines.c.canceled + _planned > order_lines.c.ordered, order_lines.c.canceled < 0)
    )
    .order_by(order_lines.c.order_id, order_lines.c.line_no),
    rows=("order_lines {order_id} {line_no}",),
    message="{order_id} line {line_no}: {ordered} ordered, {canceled} canceled, {planned} planned",
    repair="cancel a fulfillment of {order_id} that has the line, or correct what was canceled",
)

_STEPS_IN_ORDER = Rule(
    name="no step has more units than the step before",
    broken=select(_line.fulfillment_id, _line.line_no)
    .where(
        or_(
            _line.planned < _line.picked,
            _line.picked < _line.packed,
            _line.packed < _line.shipped,
            _line.shipped < _line.delivered + _line.resent + _line.refunded,
            _line.delivered < 0,
            _line.resent < 0,
            _line.refunded < 0,
        )
    )
    .order_by(_line.fulfillment_id, _line.line_no),
    rows=("fulfillment_lines {fulfillment_id} {line_no}",),
    message="line {line_no} of {fulfillment_id} has more in a step than in the step before",
    repair="set the quantities to what the movements of {fulfillment_id} say",
)


def _behind(stage: Stage) -> list[Stage]:
    return list(STEPS[STEPS.index(stage) + 1 :])


_STAGE_DONE = Rule(
    name="a fulfillment has done what its stage says",
    broken=select(_line.fulfillment_id, _line.line_no, fulfillments.c.stage)
    .join(fulfillments, fulfillments.c.fulfillment_id == _line.fulfillment_id)
    .where(
        or_(
            *(
                and_(fulfillments.c.stage.in_(_behind(stage)), done != _line.planned)
                for stage, done in (
                    (Stage.PICKING, _line.picked),
                    (Stage.PACKING, _line.packed),
                    (Stage.AWAITING_PICKUP, _line.shipped),
                    (Stage.IN_TRANSIT, _line.delivered + _line.resent + _line.refunded),
                )
            )
        )
    )
    .order_by(_line.fulfillment_id, _line.line_no),
    rows=("fulfillment_lines {fulfillment_id} {line_no}", "fulfillments {fulfillment_id}"),
    message="{fulfillment_id} is {stage}, yet line {line_no} has not all its units that far",
    repair="compare with the movements of {fulfillment_id}: record units, or set the stage back",
)

_ALLOWED = Rule(
    name="what is planned is what was ordered, or a substitute that the customer allows",
    broken=select(_line.fulfillment_id, _line.line_no, _line.sku, order_lines.c.sku.label("wanted"))
    .join(fulfillments, fulfillments.c.fulfillment_id == _line.fulfillment_id)
    .join(
        order_lines,
        and_(
            order_lines.c.order_id == fulfillments.c.order_id,
            order_lines.c.line_no == _line.line_no,
        ),
    )
    .where(_line.planned > 0, _line.sku != order_lines.c.sku)
    .where(
        ~exists().where(
            line_substitutes.c.order_id == fulfillments.c.order_id,
            line_substitutes.c.line_no == _line.line_no,
            line_substitutes.c.sku == _line.sku,
        )
    )
    .order_by(_line.fulfillment_id, _line.line_no, _line.sku),
    rows=("fulfillment_lines {fulfillment_id} {line_no} {sku}",),
    message="line {line_no} of {fulfillment_id} plans {sku}, and {wanted} was ordered",
    repair="cancel {fulfillment_id}, or ask the customer, and record that {sku} is allowed",
)

_UNITS = Rule(
    name="a line has as many units as were ordered",
    broken=differing(
        ("order_id", "line_no"),
        [counted(order_lines.c.order_id, order_lines.c.line_no, units=order_lines.c.ordered)],
        [
            counted(_unit.order_id, _unit.line_no, units=func.count()).group_by(
                _unit.order_id, _unit.line_no
            )
        ],
    ),
    rows=("order_lines {order_id} {line_no}", "order_units {order_id} {line_no}"),
    message="line {line_no} of {order_id} has {left} units ordered and {right} units with amounts",
    repair="write the units of {order_id} again from its content",
)

_AMOUNTS = Rule(
    name="the units of an order cost what the order costs",
    broken=differing(
        ("order_id",),
        [counted(orders.c.order_id, units=orders.c.amount_minor)],
        [counted(_unit.order_id, units=_unit.amount_minor)],
    ),
    rows=("orders {order_id}", "order_units {order_id}"),
    message="{order_id} costs {left}, its units {right} (minor units)",
    repair="write the units of {order_id} again from its content",
)

_ASSIGNED = Rule(
    name="a fulfillment has as many units as it plans",
    broken=differing(
        ("fulfillment_id", "line_no"),
        [
            counted(_line.fulfillment_id, _line.line_no, units=_line.planned)
            .join(fulfillments, fulfillments.c.fulfillment_id == _line.fulfillment_id)
            .where(fulfillments.c.stage != Stage.CANCELED)
        ],
        [
            counted(_unit.fulfillment_id, _unit.line_no, units=func.count())
            .where(_unit.fulfillment_id.is_not(None))
            .group_by(_unit.fulfillment_id, _unit.line_no)
        ],
    ),
    rows=("fulfillment_lines {fulfillment_id} {line_no}", "order_units of {fulfillment_id}"),
    message="{fulfillment_id} plans {left} units of line {line_no} and has {right} assigned",
    repair="assign or free units of {fulfillment_id}, so that captures add up",
)

_SETTLED = Rule(
    name="a settled order has no fulfillment under way",
    broken=select(orders.c.order_id, fulfillments.c.fulfillment_id, fulfillments.c.stage)
    .join(fulfillments, fulfillments.c.order_id == orders.c.order_id)
    .where(orders.c.stage == OrderStage.SETTLED, fulfillments.c.stage.not_in(list(CLOSED)))
    .order_by(fulfillments.c.fulfillment_id),
    rows=("orders {order_id}", "fulfillments {fulfillment_id}"),
    message="{order_id} is settled, and its {fulfillment_id} is {stage}",
    repair="finish or cancel {fulfillment_id}",
)

_TASKS = Rule(
    name="an open task is of its fulfillment's stage",
    broken=select(
        tasks.c.task_id, tasks.c.kind, fulfillments.c.fulfillment_id, fulfillments.c.stage
    )
    .join(fulfillments, fulfillments.c.fulfillment_id == tasks.c.fulfillment_id)
    .where(tasks.c.state == TaskState.OPEN)
    .where(
        or_(
            *(
                and_(tasks.c.kind == kind, fulfillments.c.stage != stage)
                for kind, stage in STAGE_OF_ANY_TASK.items()
            )
        )
    )
    .order_by(tasks.c.task_id),
    rows=("tasks {task_id}", "fulfillments {fulfillment_id}"),
    message="{task_id} asks to {kind} for {fulfillment_id}, which is {stage}",
    repair="close {task_id} as not needed",
)

RULES = (
    _QUANTITIES,
    _STEPS_IN_ORDER,
    _STAGE_DONE,
    _ALLOWED,
    _UNITS,
    _AMOUNTS,
    _ASSIGNED,
    _SETTLED,
    _TASKS,
)
