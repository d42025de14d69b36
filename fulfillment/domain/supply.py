"""How missing goods are arranged for: purchased from a supplier, or produced from components."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from fulfillment.domain.base import Identifier, StrictValue, Value
from fulfillment.domain.errors import ConfirmationRefused, Problem
from fulfillment.domain.notices import Letter

Units = Annotated[int, Field(gt=0, le=1_000_000)]


class SupplyMethod(StrEnum):
    """How an article comes to be there."""

    PURCHASE = "purchase"
    PRODUCTION = "production"


class SupplyMode(StrEnum):
    """Whether what orders miss is arranged for by itself."""

    NONE = "none"
    AUTOMATIC = "automatic"


class SupplyState(StrEnum):
    """Where a supply order stands."""

    PLANNED = "planned"
    """A production that waits for its components; nothing has been taken yet."""
    ORDERED = "ordered"
    """The supplier has the purchase order."""
    PRODUCING = "producing"
    """The components have been issued."""
    RECEIVED = "received"
    FAILED = "failed"
    CANCELED = "canceled"


UNDER_WAY = (SupplyState.PLANNED, SupplyState.ORDERED, SupplyState.PRODUCING)


class ComponentsGo(StrEnum):
    """What becomes of the components of units that are not produced."""

    BACK = "back"
    """To the bins they came from, to be claimed again."""
    SCRAP = "scrap"


class Supplier(StrictValue):
    """Who sells articles to us, and where purchase orders are sent."""

    supplier_id: Identifier
    name: Annotated[str, Field(min_length=1, max_length=120)]
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]


class Component(StrictValue):
    """So many units of an article that go into one unit of another."""

    sku: Identifier
    quantity: Annotated[int, Field(gt=0, le=10_000)]


class SupplySource(StrictValue):
    """How an article is arranged for, and the bin that it is put into."""

    sku: Identifier
    method: SupplyMethod
    supplier_id: Identifier | None = None
    warehouse_id: Identifier
    bin_id: Identifier
    lead_time_days: Annotated[int, Field(ge=0, le=1000)]
    lot_size: Annotated[int, Field(gt=0, le=100_000)] = 1
    """It is ordered in multiples of so many."""
    components: tuple[Component, ...] = ()
    """The bill of materials of one unit; for production only."""

    @model_validator(mode="after")
    def _fits_the_method(self) -> Self:
        purchased = self.method is SupplyMethod.PURCHASE
        if purchased != (self.supplier_id is not None):
            message = "a supplier_id for purchase, and none for production"
            raise ValueError(message)
        if purchased == bool(self.components):
            message = "components for production, and none for purchase"
            raise ValueError(message)
        skus = [component.sku for component in self.components]
        if self.sku in skus or len(set(skus)) < len(skus):
            message = f"components that differ from each other and from {self.sku}"
            raise ValueError(message)
        return self


def to_order(missing: int, outstanding: int, lot_size: int) -> int:
    """Return how many units more are to be ordered, in whole lots, so that none is missing."""
    short = max(0, missing - outstanding)
    return -(-short // lot_size) * lot_size


def cycle_in(parts: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return articles that are made of each other, in a circle; empty if none is made of itself.

    Args:
        parts: the components of each article that is produced, by SKU.

    """
    done: set[str] = set()

    def circle(path: tuple[str, ...]) -> tuple[str, ...]:
        sku = path[-1]
        if sku in path[:-1]:
            return path[path.index(sku) :]
        if sku not in done:
            for part in parts.get(sku, ()):
                found = circle((*path, part))
                if found:
                    return found
            done.add(sku)
        return ()

    return next(filter(None, (circle((sku,)) for sku in parts)), ())


def needed_components(source: SupplySource, units: int) -> dict[str, int]:
    """Return what goes into so many units, by SKU."""
    return {one.sku: one.quantity * units for one in source.components}


def left_components(
    needed: Mapping[str, int], issued: Mapping[str, int], ordered: int, received: int
) -> dict[str, int]:
    """Return what of the issued components is in no finished unit, by SKU."""
    used = {sku: units * received // ordered for sku, units in needed.items()}
    left = {sku: issued.get(sku, 0) - used[sku] for sku in needed}
    return {sku: units for sku, units in left.items() if units > 0}


def expected_at(at: datetime, lead_time_days: int, day: timedelta) -> datetime:
    """Return when goods should be there; a day lasts `day`, which a time scale may shorten."""
    return at + lead_time_days * day


class SupplyReport(Value):
    """What was said of a delivery or completion: empty means all that is outstanding."""

    receipt_id: Identifier | None = None
    """The delivery note's number; the same again is the same delivery."""
    quantity: Units | None = None
    bin_id: Identifier | None = None
    """Where the goods lie; the source's own bin, if not given."""
    lot: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9._-]*$")] = ""
    by: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]*$")] = "unknown"


class SupplyEnd(Value):
    """Why a supply order ends before all of it has come, and what becomes of components."""

    reason: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = "no reason given"
    components: ComponentsGo = ComponentsGo.BACK
    by: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]*$")] = "unknown"


def check_report(state: SupplyState, outstanding: int, quantity: int | None) -> None:
    """Check that a delivery or completion fits a supply order.

    Raises:
        ConfirmationRefused: nothing is outstanding, more came than that, or its components have
            not been issued yet.

    """
    if state is SupplyState.PLANNED:
        _refuse("stage", "a supply order that is ordered or producing", state.value)
    if state not in UNDER_WAY or not outstanding:
        _refuse("stage", "a supply order of which units are outstanding", state.value)
    if quantity is not None and quantity > outstanding:
        _refuse("quantity", f"at most the {outstanding} units outstanding", str(quantity))


def check_end(state: SupplyState) -> None:
    """Check that a supply order can still be failed or canceled.

    Raises:
        ConfirmationRefused: it has ended.

    """
    if state not in UNDER_WAY:
        _refuse("stage", "a supply order under way", state.value)


def _refuse(path: str, expected: str, came: str) -> None:
    remedy = "see `fulfillment supply show`; book a surplus with `fulfillment stock receive`"
    raise ConfirmationRefused.of(Problem(path=path, expected=expected, came=came, remedy=remedy))


def purchase_letter(supply_id: str, name: str, lines: Sequence[str], *, again: bool) -> Letter:
    """Return a purchase order as a supplier reads it; `again` if it replaces one sent before."""
    change = " (replaces the one sent before)" if again else ""
    body = "\n".join(lines)
    return Letter(
        subject=f"Purchase order {supply_id}{change}",
        body=f"Dear {name},\n\nplease deliver{change}:\n\n{body}\n\nPurchase order {supply_id}\n",
    )
