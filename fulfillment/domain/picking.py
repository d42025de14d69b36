"""What to pick where, and whether what a person says was picked is right."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Value
from fulfillment.domain.errors import ConfirmationRefused, Problem, StockViolation
from fulfillment.domain.inventory import BinStock
from fulfillment.domain.orders import LineQuantity


class PickItem(Value):
    """One stop's work: so many units of an order line from a bin, with the customer's wishes."""

    line_no: int
    sku: str
    name: str
    lot: str = ""
    bin_id: str
    quantity: int
    properties: dict[str, str] = Field(default_factory=dict)


class Picked(Value):
    """What a person says was taken: a bin may be left out where the line lies in one only."""

    sku: str
    quantity: Annotated[int, Field(gt=0)]
    bin_id: str | None = None


def bind_bins(
    lines: Sequence[LineQuantity], stock: Sequence[BinStock]
) -> list[tuple[int, BinStock]]:
    """Bind each line's units to bins: first expired first out, then bins that empty soonest.

    Args:
        lines: what is wanted.
        stock: what may be taken; expired goods are not among it.

    Returns:
        `(line number, bin stock with the quantity to take)`, lines in order.

    Raises:
        StockViolation: the bins hold less than what was claimed.

    """
    left = {(b.bin_id, b.sku, b.lot): b.quantity for b in stock}
    bound: list[tuple[int, BinStock]] = []
    for line in lines:
        need = line.quantity
        fitting = [b for b in stock if b.sku == line.sku]
        for place in sorted(fitting, key=first_out):
            take = min(need, left[place.bin_id, place.sku, place.lot])
            if take > 0:
                left[place.bin_id, place.sku, place.lot] -= take
                bound.append((line.line_no, place.model_copy(update={"quantity": take})))
                need -= take
        if need > 0:
            raise StockViolation.of(
                Problem(
                    path=f"line {line.line_no}",
                    expected=f"{line.quantity} of {line.sku} in the bins, not expired",
                    came=f"{line.quantity - need}",
                    remedy="take out what is expired with `fulfillment stock expire`, count the "
                    "bins and book the difference with `fulfillment stock adjust`",
                )
            )
    return bound


def first_out(place: BinStock) -> tuple[date, int, str, str]:
    """Return by what goods are taken in turn: the first to expire, then from the emptiest bin."""
    return place.expires_on or date.max, place.quantity, place.bin_id, place.lot


def check_picked(plan: Sequence[PickItem], picked: Sequence[Picked]) -> None:
    """Check that what was picked is the plan: items, quantities and, where given, bins.

    Nothing named means "done as planned".

    Raises:
        ConfirmationRefused: with a problem for each wrong item, quantity or bin.

    """
    if not picked:
        return
    problems = [*_wrong_items(plan, picked), *_wrong_bins(plan, picked)]
    if not problems:
        problems = _wrong_quantities(plan, picked)
    if problems:
        raise ConfirmationRefused.of(*problems)


def _wrong_items(plan: Sequence[PickItem], picked: Sequence[Picked]) -> list[Problem]:
    planned = list(dict.fromkeys(item.sku for item in plan))
    return [
        Problem(
            path=f"item {row.sku}",
            expected=f"one of {', '.join(planned)}",
            came=row.sku,
            remedy="put it back and scan the item on the pick list",
        )
        for row in picked
        if row.sku not in planned
    ]


def _wrong_bins(plan: Sequence[PickItem], picked: Sequence[Picked]) -> list[Problem]:
    places = {(item.sku, item.bin_id) for item in plan}
    return [
        Problem(
            path=f"bin of {row.sku}",
            expected=" or ".join(item.bin_id for item in plan if item.sku == row.sku),
            came=row.bin_id,
            remedy="take it from the bin on the pick list",
        )
        for row in picked
        if row.bin_id and (row.sku, row.bin_id) not in places and row.sku in {s for s, _ in places}
    ]


def _wrong_quantities(plan: Sequence[PickItem], picked: Sequence[Picked]) -> list[Problem]:
    want = _sum_by_sku((item.sku, item.quantity) for item in plan)
    have = _sum_by_sku((row.sku, row.quantity) for row in picked)
    problems = _differences(want, have)
    for row in picked:
        if row.bin_id and not problems:
            here = sum(i.quantity for i in plan if (i.sku, i.bin_id) == (row.sku, row.bin_id))
            if row.quantity > here:
                problems.append(_quantity_problem(f"{row.sku} in {row.bin_id}", here, row.quantity))
    return problems


def _differences(want: Mapping[str, int], have: Mapping[str, int]) -> list[Problem]:
    return [
        _quantity_problem(sku, quantity, have.get(sku, 0))
        for sku, quantity in want.items()
        if have.get(sku, 0) != quantity
    ]


def _quantity_problem(what: str, expected: int, came: int) -> Problem:
    return Problem(
        path=f"quantity of {what}",
        expected=str(expected),
        came=str(came),
        remedy="pick the planned quantity, or report a short pick if it is not there",
    )


def _sum_by_sku(rows: Iterable[tuple[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for sku, quantity in rows:
        total[sku] += quantity
    return dict(total)


class Shortage(Value):
    """A bin held less than the plan said."""

    sku: str
    bin_id: str
    found: Annotated[int, Field(ge=0)]


def shorten(
    plan: Sequence[PickItem], shortage: Shortage
) -> tuple[list[PickItem], list[LineQuantity]]:
    """Return the plan with only what was found in the bin, and what is missing by line and article.

    Raises:
        ConfirmationRefused: the item is not planned from that bin, or not short at all.

    """
    there = [i for i in plan if (i.sku, i.bin_id) == (shortage.sku, shortage.bin_id)]
    planned = sum(item.quantity for item in there)
    if not 0 <= shortage.found < planned:
        places = ", ".join(f"{i.quantity} of {i.sku} in {i.bin_id}" for i in plan)
        raise ConfirmationRefused.of(
            Problem(
                path=f"short pick of {shortage.sku} in {shortage.bin_id}",
                expected=f"fewer than planned there; planned are {places or 'no picks'}",
                came=f"{shortage.found} found, {planned} planned",
                remedy="name the item, its bin and how many are really there",
            )
        )
    left, kept = shortage.found, []
    missing: Counter[tuple[int, str]] = Counter()
    for item in plan:
        if item not in there:
            kept.append(item)
            continue
        take = min(left, item.quantity)
        left -= take
        if take:
            kept.append(item.model_copy(update={"quantity": take}))
        if take < item.quantity:
            missing[item.line_no, item.sku] += item.quantity - take
    return kept, [
        LineQuantity(line_no=line_no, sku=sku, quantity=quantity)
        for (line_no, sku), quantity in missing.items()
    ]
