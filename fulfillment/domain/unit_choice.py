"""Which units are canceled where only a part of a line is: those that it costs least to stop."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Value
from fulfillment.domain.errors import Problem, Refused, TooLate
from fulfillment.domain.lifecycle import STEPS, Stage
from fulfillment.domain.orders import LineQuantity

LAST_DIVISIBLE = Stage.AWAITING_PICKUP
"""Until here a part of what a fulfillment has can be taken out of it; then its parcels are gone."""


class LineUnits(Value):
    """So many units of an order line, at least one."""

    line_no: int
    quantity: Annotated[int, Field(gt=0)]


class Holding(Value):
    """Units of a line that a fulfillment has, or that nobody has reserved (no fulfillment)."""

    line_no: int
    sku: str
    quantity: int
    fulfillment_id: str | None = None
    stage: Stage | None = None


class Chosen(Value):
    """Units to be canceled, of one holding."""

    fulfillment_id: str | None
    line: LineQuantity


def choose_units(wishes: Sequence[LineUnits], holdings: Sequence[Holding]) -> tuple[Chosen, ...]:
    """Return which units are canceled: what nobody has reserved first, then what is least far.

    Of fulfillments at the same stage the first by id comes first.

    Raises:
        Refused: a line that is not there, wished for twice, or has fewer units than that.
        TooLate: too many of its units have left the warehouse.

    """
    numbers = [wish.line_no for wish in wishes]
    if len(set(numbers)) < len(numbers):
        raise Refused.of(Problem(path="lines", expected="each line once", came=f"{numbers}"))
    return tuple(chosen for wish in wishes for chosen in _of_line(wish, holdings))


def _of_line(wish: LineUnits, holdings: Sequence[Holding]) -> list[Chosen]:
    mine = sorted((one for one in holdings if one.line_no == wish.line_no), key=_cost)
    total = sum(one.quantity for one in mine)
    if wish.quantity > total:
        raise Refused.of(
            Problem(
                path=f"line {wish.line_no}",
                expected=f"at most the {total} units that it still has",
                came=str(wish.quantity),
                remedy="see the order's lines with `fulfillment orders show`",
            )
        )
    chosen, left = [], wish.quantity
    for one in filter(_is_divisible, mine):
        units = min(left, one.quantity)
        if units:
            line = LineQuantity(line_no=one.line_no, sku=one.sku, quantity=units)
            chosen.append(Chosen(fulfillment_id=one.fulfillment_id, line=line))
            left -= units
    if left:
        message = (
            f"{left} unit(s) of line {wish.line_no} have left the warehouse; cancel the whole "
            "fulfillment if its parcels can still be intercepted, else make a return"
        )
        raise TooLate(message)
    return chosen


def _cost(one: Holding) -> tuple[int, str]:
    far = -1 if one.stage is None else STEPS.index(one.stage)
    return far, one.fulfillment_id or ""


def _is_divisible(one: Holding) -> bool:
    return one.stage is None or STEPS.index(one.stage) <= STEPS.index(LAST_DIVISIBLE)
