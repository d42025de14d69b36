"""Where goods go back to that were taken for nothing: into the bins that they came from."""

from collections import deque
from collections.abc import Sequence

from fulfillment.domain.base import Value
from fulfillment.domain.errors import Inconsistent, Problem
from fulfillment.domain.inventory import Movement


class PutBackLine(Value):
    """Units that a person puts back: from where they are by the ledger, into their bin."""

    sku: str
    lot: str = ""
    quantity: int
    source: str
    """A ledger account, as `carton:A-1-p1`."""
    bin_id: str


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
