"""The units of a return: where each is, what was found, and the stage they put the return at."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.returns import Condition, Disposition, ReturnReason, ReturnStage


class UnitState(StrEnum):
    """Where a unit of a return is."""

    ANNOUNCED = "announced"
    RECEIVED = "received"
    INSPECTED = "inspected"
    RELEASED = "released"
    """It did not come; it may be announced again."""


class ShippedUnit(Value):
    """A unit that has left: which article came for which line, what it cost, since when."""

    line_no: int
    unit_no: int
    sku: str
    amount_minor: int
    """With its shares of discount, tax and shipping, as stored at acceptance."""
    fulfillment_id: str
    warehouse_id: str
    delivered_at: Instant | None = None
    """None while it is on its way."""


class ReturnUnit(Value):
    """A unit of a return: where it is, and what was found and decided."""

    line_no: int
    unit_no: int
    sku: str
    fulfillment_id: str
    reason: ReturnReason
    fee_percent: int = 0
    """The restocking fee that was agreed when it was announced."""
    lot: str = ""
    state: UnitState = UnitState.ANNOUNCED
    condition: Condition | None = None
    disposition: Disposition | None = None
    loss_percent: int = 0
    """Of its value that is lost by use, which the customer bears."""
    accepted: bool = False
    """Whether the customer gets for it what the return is for."""
    refund_no: int | None = None
    """The refund of the return that it is part of."""
    shipping_kept_minor: int = 0
    """Its share of the shipping cost that this refund has kept."""
    from_carrier: bool = False
    """Whether it came back without having been delivered."""
    came_as: str | None = None
    """The article that came for it, where another one had been sent by mistake."""

    @property
    def goods_sku(self) -> str:
        """Return which article came, or is expected, whatever was ordered."""
        return self.came_as or self.sku


class ReturnLine(Value):
    """What of an order's line a return has, in units."""

    line_no: int
    sku: str
    reason: ReturnReason
    announced: int
    received: int
    inspected: int


def lines_of(units: Iterable[ReturnUnit]) -> tuple[ReturnLine, ...]:
    """Return a return's units counted by line, article and reason; released ones are not."""
    counts: dict[tuple[int, str, ReturnReason], Counter[UnitState]] = {}
    for unit in units:
        if unit.state is not UnitState.RELEASED:
            key = unit.line_no, unit.sku, unit.reason
            counts.setdefault(key, Counter())[unit.state] += 1
    return tuple(
        ReturnLine(
            line_no=line_no,
            sku=sku,
            reason=reason,
            announced=states.total(),
            received=states[UnitState.RECEIVED] + states[UnitState.INSPECTED],
            inspected=states[UnitState.INSPECTED],
        )
        for (line_no, sku, reason), states in sorted(counts.items())
    )


def stage_of(lines: Iterable[ReturnLine]) -> ReturnStage:
    """Return where an approved return stands by its units: inspected first, then waited for."""
    known = list(lines)
    if any(line.received > line.inspected for line in known):
        return ReturnStage.INSPECTING
    if any(line.announced > line.received for line in known):
        return ReturnStage.AWAITING_GOODS
    return ReturnStage.RESOLVED
