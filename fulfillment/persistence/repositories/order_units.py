"""Which unit of an order line belongs to which fulfillment; its amount goes with it."""

from collections.abc import Mapping, Sequence

from sqlalchemy import CursorResult, Select, Update, bindparam, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fulfillment.domain.errors import Inconsistent, Problem
from fulfillment.domain.orders import LineQuantity
from fulfillment.persistence.tables import capture_units, order_lines, order_units, refunded_units

_UNITS = order_units.c
_OF_LINE = (_UNITS.order_id == bindparam("of_order"), _UNITS.line_no == bindparam("of_line"))
_CANCELED = (
    select(order_lines.c.canceled)
    .where(order_lines.c.order_id == bindparam("of_order"))
    .where(order_lines.c.line_no == bindparam("of_line"))
    .with_for_update()
)
_UNASSIGNED = select(func.count()).where(*_OF_LINE, _UNITS.fulfillment_id.is_(None))
_REFUNDED, _CAPTURED = (
    select(money.c.key)
    .where(money.c.order_id == _UNITS.order_id)
    .where(money.c.line_no == _UNITS.line_no)
    .where(money.c.unit_no == _UNITS.unit_no)
    .exists()
    for money in (refunded_units, capture_units)
)
_LOWEST_FREE = (
    select(_UNITS.unit_no)
    .where(*_OF_LINE, _UNITS.fulfillment_id.is_(None))
    .order_by(case((_REFUNDED, 2), (_CAPTURED, 1), else_=0), _UNITS.unit_no)
    .limit(bindparam("units", type_=_UNITS.unit_no.type))
)
_ASSIGN = (
    update(order_units)
    .where(*_OF_LINE, _UNITS.unit_no.in_(_LOWEST_FREE))
    .values(fulfillment_id=bindparam("to"))
)
_AMOUNT = select(func.sum(_UNITS.amount_minor)).where(
    _UNITS.fulfillment_id == bindparam("fulfillment_id")
)

_NUMBERS = (
    select(_UNITS.line_no, _UNITS.unit_no)
    .where(_UNITS.fulfillment_id == bindparam("fulfillment_id"))
    .order_by(_UNITS.line_no, _UNITS.unit_no)
)


async def assign_units(
    connection: AsyncConnection, order_id: str, fulfillment_id: str, lines: Sequence[LineQuantity]
) -> None:
    """Give the fulfillment the lowest free units of each line; canceled ones are not free.

    Those whose money was taken when they were canceled, and perhaps given back, stay the canceled
    ones.

    Raises:
        Inconsistent: fewer are free.

    """
    for line in lines:
        one = {"of_order": order_id, "of_line": line.line_no}
        free = await _free(connection, one)
        if free < line.quantity:
            raise _too_few(line, of=f"order {order_id}", came=free)
        given = {**one, "units": line.quantity, "to": fulfillment_id}
        await connection.execute(_ASSIGN, given)


async def _free(connection: AsyncConnection, line: Mapping[str, object]) -> int:
    """Return the line's units that are neither assigned nor canceled; locks the line."""
    taken = await connection.scalar(_CANCELED, line)
    return int(await connection.scalar(_UNASSIGNED, line) or 0) - int(taken or 0)


async def free_units(
    connection: AsyncConnection, fulfillment_id: str, lines: Sequence[LineQuantity] | None
) -> None:
    """Take the highest units of these lines, or all, from the fulfillment.

    Raises:
        Inconsistent: the fulfillment has fewer.

    """
    if lines is None:
        own = update(order_units).where(_UNITS.fulfillment_id == fulfillment_id)
        await connection.execute(own.values(fulfillment_id=None))
        return
    for line in lines:
        highest = (
            select(_UNITS.order_id, _UNITS.unit_no)
            .where(_UNITS.fulfillment_id == fulfillment_id, _UNITS.line_no == line.line_no)
            .order_by(_UNITS.unit_no.desc())
            .limit(line.quantity)
        )
        units = (await connection.execute(highest)).mappings().all()
        if len(units) < line.quantity:
            raise _too_few(line, of=f"fulfillment {fulfillment_id}", came=len(units))
        numbers = select(_UNITS.unit_no).where(
            _UNITS.fulfillment_id == fulfillment_id,
            _UNITS.line_no == line.line_no,
            _UNITS.unit_no >= units[-1]["unit_no"],
        )
        await _give(connection, units[0]["order_id"], line.line_no, numbers, None)


async def _give(
    connection: AsyncConnection,
    order_id: str,
    line_no: int,
    units: Select[int],
    fulfillment_id: str | None,
) -> CursorResult[object]:
    of_line: Update = update(order_units).where(
        _UNITS.order_id == order_id, _UNITS.line_no == line_no
    )
    chosen = of_line.where(_UNITS.unit_no.in_(units))
    return await connection.execute(chosen.values(fulfillment_id=fulfillment_id))


async def units_amount_minor(connection: AsyncConnection, fulfillment_id: str) -> int:
    """Return what the fulfillment's units cost together."""
    amount = await connection.scalar(_AMOUNT, {"fulfillment_id": fulfillment_id})
    return int(amount or 0)


async def unit_numbers(connection: AsyncConnection, fulfillment_id: str) -> dict[int, list[int]]:
    """Return which units the fulfillment has, by line: their numbers from 1, lowest first."""
    numbers: dict[int, list[int]] = {}
    for line_no, unit_no in await connection.execute(_NUMBERS, {"fulfillment_id": fulfillment_id}):
        numbers.setdefault(line_no, []).append(unit_no)
    return numbers


def _too_few(line: LineQuantity, *, of: str, came: int) -> Inconsistent:
    problem = Problem(
        path=f"line {line.line_no} of {of}",
        expected=f"{line.quantity} units of {line.sku}",
        came=str(came),
    )
    return Inconsistent(str(problem), [problem])
