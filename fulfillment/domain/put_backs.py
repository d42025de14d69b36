"""Where goods go back to that were taken for nothing: into the bins that they came from."""

from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Value
from fulfillment.domain.errors import ConfirmationRefused, Inconsistent, Problem
from fulfillment.domain.inventory import AccountKind, Movement


class PutBackOutcome(StrEnum):
    """What became of units that were to be put back."""

    BACK = "back"
    LOST = "lost"
    DAMAGED = "damaged"
    ARRIVED = "arrived"
    """With the customer, although their parcel was to come back."""


class NotBack(Value):
    """Units that could not be put back, and why: lost or damaged."""

    sku: str
    quantity: Annotated[int, Field(gt=0)]
    because: PutBackOutcome = PutBackOutcome.LOST


class PutBackLine(Value):
    """Units that a person puts back: from where they are by the ledger, into their bin."""

    put_back_id: str = ""
    outcome: PutBackOutcome | None = None
    """None until it is done."""
    sku: str
    lot: str = ""
    quantity: int
    source: str
    """A ledger account, as `carton:A-1-p1`."""
    bin_id: str

    @property
    def left_with_carrier(self) -> bool:
        """Return whether these units had been handed over."""
        return self.source.startswith(f"{AccountKind.CARRIER.value}:")


def split(
    lines: Sequence[PutBackLine], not_back: Sequence[NotBack]
) -> list[tuple[PutBackLine, PutBackOutcome]]:
    """Return what becomes of each line, cut where only a part of it is back.

    What had left with the carrier is missing first, since the way back is long.

    Raises:
        ConfirmationRefused: more of an article is missing than was to be put back.

    """
    left = sorted(lines, key=lambda line: not line.left_with_carrier)
    done: list[tuple[PutBackLine, PutBackOutcome]] = []
    for one in not_back:
        gone = _cut(left, one.sku, one.quantity)
        found = sum(line.quantity for line in gone)
        if found < one.quantity or one.because is PutBackOutcome.ARRIVED:
            raise ConfirmationRefused.of(
                Problem(
                    path=f"not_back of {one.sku}",
                    expected=f"at most the {found} that are to be put back, lost or damaged",
                    came=f"{one.quantity} {one.because.value}",
                    remedy="see the task; what a carrier delivers is booked by its tracking",
                )
            )
        done += [(line, one.because) for line in gone]
    return done + [(line, PutBackOutcome.BACK) for line in left]


def in_parcel(
    contents: Sequence[tuple[int, str, int]], lines: Sequence[PutBackLine]
) -> list[PutBackLine]:
    """Return which units of these lines were in a parcel, by its line numbers, SKUs and units."""
    left = list(lines)
    return [line for _, sku, units in contents for line in _cut(left, sku, units)]


def _cut(left: list[PutBackLine], sku: str, units: int) -> list[PutBackLine]:
    """Take at most so many units of an article off the lines, and return them."""
    cut: list[PutBackLine] = []
    for number, line in enumerate(left):
        part = min(line.quantity, units) if line.sku == sku else 0
        if part:
            units -= part
            cut.append(line.model_copy(update={"quantity": part}))
            left[number] = line.model_copy(update={"quantity": line.quantity - part})
    left[:] = [line for line in left if line.quantity]
    return cut


def plan_put_backs(
    contents: Sequence[tuple[str, str, str, int]], taken: Sequence[Movement]
) -> tuple[PutBackLine, ...]:
    """Return how goods go back into the bins that they were taken from.

    Args:
        contents: account, SKU, lot and units of what is to be put back.
        taken: how they left their bins; those taken last go back first.

    Raises:
        Inconsistent: more of a SKU and lot is there than was taken from any bin.

    """
    places: dict[tuple[str, str], deque[tuple[str, int]]] = {}
    for move in reversed(taken):
        places.setdefault((move.sku, move.lot), deque()).append((move.source.ref, move.quantity))
    return tuple(
        PutBackLine(sku=sku, lot=lot, quantity=back, source=account, bin_id=bin_id)
        for account, sku, lot, units in contents
        for bin_id, back in _draw(places.get((sku, lot), deque()), units, f"{sku} in {account}")
    )


def _draw(places: deque[tuple[str, int]], units: int, what: str) -> list[tuple[str, int]]:
    """Take so many units off the places, the first one first."""
    drawn = []
    while units:
        if not places:
            problem = Problem(path=what, expected="units that left a bin", came=f"{units} more")
            raise Inconsistent.of(problem)
        bin_id, there = places.popleft()
        back = min(there, units)
        drawn.append((bin_id, back))
        units -= back
        if there > back:
            places.appendleft((bin_id, there - back))
    return drawn
