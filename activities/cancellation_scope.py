"""What is canceled of an order: which fulfillments stop, and which units are gone for good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fulfillment.domain.errors import NotFound, Problem
from fulfillment.domain.lifecycle import STEPS, Stage
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.unit_choice import Holding, choose_units
from fulfillment.messages import CancelRequest, StopWork
from fulfillment.records import FulfillmentRecord
from fulfillment.stores import UnitOfWork

Asked = StopWork | CancelRequest


@dataclass(frozen=True)
class Scope:
    """What is canceled: units of fulfillments, which are stopped as a whole, and missing ones."""

    shares: tuple[FulfillmentRecord, ...]
    units: Mapping[str, tuple[LineQuantity, ...]]
    """By fulfillment, which of its units are canceled; the others are reserved anew."""
    missing: tuple[LineQuantity, ...]
    whole: bool

    @property
    def canceled(self) -> tuple[LineQuantity, ...]:
        """Return all units that are canceled."""
        return (*self.missing, *(line for lines in self.units.values() for line in lines))


async def scope_of(tx: UnitOfWork, order_id: str, asked: Asked) -> Scope:
    """Return what is canceled of an order.

    Raises:
        NotFound: the order has no such fulfillment.
        Refused: a line that has not so many units.
        TooLate: too many units have left.

    """
    shares = await tx.fulfillments.of_order(order_id)
    if asked.fulfillment_id is not None:
        require_own(order_id, asked.fulfillment_id, [one.fulfillment_id for one in shares])
    live = [share for share in shares if share.stage is not Stage.CANCELED]
    missing = tuple(
        LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.back_ordered)
        for line in await tx.orders.progress(order_id)
        if line.back_ordered
    )
    if asked.lines:
        return _part(live, missing, asked)
    mine = tuple(s for s in live if asked.fulfillment_id in {None, s.fulfillment_id})
    if asked.fulfillment_id is not None:
        missing = ()
    units = {share.fulfillment_id: planned_lines(share) for share in mine}
    return Scope(mine, units, missing, whole=asked.fulfillment_id is None)


def require_own(order_id: str, fulfillment_id: str, own: Sequence[str]) -> None:
    """Check that a fulfillment is one of an order's own.

    Raises:
        NotFound: it is another order's, or nobody's.

    """
    if fulfillment_id not in own:
        raise NotFound.of(
            Problem(
                path="fulfillment_id",
                expected=f"one that order {order_id} has: {', '.join(own) or 'it has none yet'}",
                came=fulfillment_id,
                remedy=f"see `fulfillment orders show {order_id}`; nothing was canceled",
            )
        )


def _part(
    live: Sequence[FulfillmentRecord], missing: Sequence[LineQuantity], asked: Asked
) -> Scope:
    holdings = [Holding(**line.model_dump()) for line in missing]
    holdings += [
        Holding(**line.model_dump(), fulfillment_id=share.fulfillment_id, stage=share.stage)
        for share in live
        if share.stage in STEPS
        for line in planned_lines(share)
    ]
    chosen = choose_units(asked.lines, holdings)
    units: dict[str, tuple[LineQuantity, ...]] = {}
    for one in chosen:
        if one.fulfillment_id is not None:
            units[one.fulfillment_id] = (*units.get(one.fulfillment_id, ()), one.line)
    return Scope(
        shares=tuple(share for share in live if share.fulfillment_id in units),
        units=units,
        missing=tuple(one.line for one in chosen if one.fulfillment_id is None),
        whole=False,
    )


def planned_lines(share: FulfillmentRecord) -> tuple[LineQuantity, ...]:
    """Return what a fulfillment has, by line and SKU."""
    return tuple(
        LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.planned)
        for line in share.lines
        if line.planned
    )
