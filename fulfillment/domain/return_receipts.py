"""What arrives of a return, and what a person finds when it is unpacked."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from fulfillment.domain.base import Identifier, StrictValue, Value
from fulfillment.domain.catalog import Article
from fulfillment.domain.confirmations import UNKNOWN, Person, Remark
from fulfillment.domain.errors import ConfirmationRefused, Problem
from fulfillment.domain.inventory import Account, AccountKind
from fulfillment.domain.orders import Quantity
from fulfillment.domain.return_units import ReturnLine, ReturnUnit, ShippedUnit, UnitState, lines_of
from fulfillment.domain.returns import (
    SELLABLE,
    Condition,
    Disposition,
    LineNumber,
    Percent,
    ReturnReason,
)
from fulfillment.domain.shelf_life import ships_until

Lot = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9._-]*$")]


class ReceivedGoods(StrictValue):
    """So many units of an article, as scanned; the lot where it is printed on them."""

    sku: Identifier
    quantity: Quantity
    lot: Lot = ""


class ReturnReceipt(StrictValue):
    """What was in a parcel that came back; `receipt_id` makes it once."""

    receipt_id: Identifier
    items: Annotated[tuple[ReceivedGoods, ...], Field(min_length=1, max_length=500)]
    by: Person = UNKNOWN
    note: Remark = ""


class Matched(Value):
    """What a receipt holds: units of the return, further units of its order, and strays."""

    expected: tuple[ReturnUnit, ...]
    """With the lot that was scanned, and with the article, where it came for another one."""
    further: tuple[tuple[ShippedUnit, str], ...]
    """Units of the order that nobody had announced, each with its lot."""
    strays: tuple[ReceivedGoods, ...]
    """Goods that the order never had, or not so many of."""


def match_receipt(
    receipt: ReturnReceipt, announced: Sequence[ReturnUnit], free: Sequence[ShippedUnit]
) -> Matched:
    """Return whose the goods are: of the return first, of its order then, of nobody at last.

    Where the wrong article was sent, it is what comes back: it stands for a unit that is announced
    as wrong and does not come itself.

    Args:
        receipt: what came.
        announced: units of the return that have not come yet.
        free: units of its order that have left and that no return has.

    """
    waited = sorted(announced, key=lambda unit: (unit.line_no, unit.unit_no))
    others = sorted(free, key=lambda unit: (unit.line_no, unit.unit_no))
    expected: list[ReturnUnit] = []
    further: list[tuple[ShippedUnit, str]] = []
    rest: list[ReceivedGoods] = []
    for goods in receipt.items:
        mine = [unit for unit in waited if unit.sku == goods.sku][: goods.quantity]
        waited = [unit for unit in waited if unit not in mine]
        expected += [unit.model_copy(update={"lot": goods.lot}) for unit in mine]
        rest += _less(goods, len(mine))
    strays: list[ReceivedGoods] = []
    wrong = [unit for unit in waited if unit.reason is ReturnReason.WRONG]
    for goods in rest:
        stood_for, wrong = wrong[: goods.quantity], wrong[goods.quantity :]
        came = {"lot": goods.lot, "came_as": goods.sku}
        expected += [unit.model_copy(update=came) for unit in stood_for]
        left = goods.quantity - len(stood_for)
        more = [unit for unit in others if unit.sku == goods.sku][:left]
        others = [unit for unit in others if unit not in more]
        further += [(unit, goods.lot) for unit in more]
        strays += _less(goods, len(stood_for) + len(more))
    return Matched(expected=tuple(expected), further=tuple(further), strays=tuple(strays))


def _less(goods: ReceivedGoods, taken: int) -> list[ReceivedGoods]:
    """Return what is left of goods, if anything is."""
    left = goods.quantity - taken
    return [goods.model_copy(update={"quantity": left})] if left else []


class InspectedUnits(StrictValue):
    """How units of a line were found, and where they go."""

    line_no: LineNumber
    quantity: Quantity
    condition: Condition
    disposition: Disposition
    bin_id: Identifier | None = None
    """For what is restocked."""
    loss_percent: Percent = 0
    """Of its price, for what it has lost by use; the customer bears it."""
    refund: bool | None = None
    """Whether the customer gets what the return is for; None: as the customer wishes."""

    @model_validator(mode="after")
    def _place_fits(self) -> Self:
        if (self.disposition is Disposition.RESTOCK) != (self.bin_id is not None):
            message = "a bin_id for what is restocked, and for nothing else"
            raise ValueError(message)
        return self


class ReturnInspection(StrictValue):
    """What a person found, for some of the units that have come or for all."""

    units: Annotated[tuple[InspectedUnits, ...], Field(min_length=1, max_length=500)]
    by: Person = UNKNOWN
    note: Remark = ""


def check_inspection(lines: Iterable[ReturnLine], inspection: ReturnInspection) -> None:
    """Check an inspection against what has come, by line.

    Raises:
        ConfirmationRefused: fewer units of a line wait, or what is not sellable shall lie in a bin.

    """
    waiting: Counter[int] = Counter()
    for line in lines:
        waiting[line.line_no] += line.received - line.inspected
    found: Counter[int] = Counter()
    for units in inspection.units:
        found[units.line_no] += units.quantity
    problems = [
        _too_many(line_no, quantity, waiting[line_no])
        for line_no, quantity in found.items()
        if quantity > waiting[line_no]
    ]
    problems += _unsellable(inspection)
    if problems:
        raise ConfirmationRefused.of(*problems)


def inspected_units(
    units: Sequence[ReturnUnit], inspection: ReturnInspection
) -> list[tuple[ReturnUnit, InspectedUnits]]:
    """Return which units an inspection is of: the lowest of each line that wait for it.

    Raises:
        ConfirmationRefused: as `check_inspection`.

    """
    check_inspection(lines_of(units), inspection)
    waiting = sorted(
        (unit for unit in units if unit.state is UnitState.RECEIVED),
        key=lambda unit: (unit.line_no, unit.unit_no),
    )
    chosen: list[tuple[ReturnUnit, InspectedUnits]] = []
    for found in inspection.units:
        taken = [unit for unit in waiting if unit.line_no == found.line_no][: found.quantity]
        waiting = [unit for unit in waiting if unit not in taken]
        chosen += [(unit, found) for unit in taken]
    return chosen


def _unsellable(inspection: ReturnInspection) -> Iterator[Problem]:
    for found in inspection.units:
        if found.disposition is Disposition.RESTOCK and found.condition not in SELLABLE:
            yield Problem(
                path=f"line {found.line_no}",
                expected=f"restock of what is {' or '.join(sorted(SELLABLE))}",
                came=found.condition.value,
                remedy="refurbish, quarantine or scrap it, or send it to its supplier",
            )


def _too_many(line_no: int, came: int, waiting: int) -> Problem:
    return Problem(
        path=f"line {line_no}",
        expected=f"at most the {waiting} units that have come and wait for inspection",
        came=str(came),
        remedy="record the receipt first, or correct the number",
    )


def expiry_problem(
    unit: ReturnUnit, article: Article, expires_on: date | None, today: date
) -> Problem | None:
    """Return why a unit may not lie in a bin again: what expires must be dated, and good still."""
    if expires_on is None:
        if article.min_shelf_life_days is None:
            return None
        return Problem(
            path=f"line {unit.line_no}",
            expected=f"a lot with its expiry date, since {unit.goods_sku} expires",
            came=f"lot {unit.lot!r}, whose date nobody knows",
            remedy="quarantine or scrap it",
        )
    until = ships_until(expires_on, article.min_shelf_life_days)
    if today <= until:
        return None
    return Problem(
        path=f"line {unit.line_no}",
        expected=f"goods that may still ship on {today}",
        came=f"lot {unit.lot} of {unit.goods_sku}, which could ship until {until}",
        remedy="quarantine or scrap it",
    )


_ACCOUNTS = {
    Disposition.REFURBISH: AccountKind.REFURBISH,
    Disposition.QUARANTINE: AccountKind.QUARANTINE,
    Disposition.SCRAP: AccountKind.SCRAP,
}


def place_of(disposition: Disposition, warehouse_id: str, bin_id: str | None) -> Account:
    """Return the account of the ledger that goods of a disposition go to."""
    if disposition is Disposition.RESTOCK:
        return Account(kind=AccountKind.BIN, ref=bin_id or "")
    if disposition is Disposition.SUPPLIER:
        return Account(kind=AccountKind.SUPPLIER)
    return Account(kind=_ACCOUNTS[disposition], ref=warehouse_id)
