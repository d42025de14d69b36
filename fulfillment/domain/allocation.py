"""Which warehouse ships which quantities."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from fulfillment.domain.base import Value
from fulfillment.domain.decisions import Alternative, Decision
from fulfillment.domain.inventory import StockLevel
from fulfillment.domain.orders import LineQuantity

EXACT_WAREHOUSES = 8
"""Sets of up to so many of the nearest warehouses are searched exactly."""

SHOWN_ALTERNATIVES = 3

Stock = dict[tuple[str, str], int]


class Candidate(Value):
    """A warehouse that could ship, and how far it is from the customer."""

    warehouse_id: str
    distance_km: int


class Share(Value):
    """What one warehouse ships of an order."""

    warehouse_id: str
    lines: tuple[LineQuantity, ...]


class Allocation(Value):
    """Who ships what, what nobody has, and why so."""

    shares: tuple[Share, ...]
    missing: tuple[LineQuantity, ...]
    decision: Decision


def shortage(lines: Sequence[LineQuantity]) -> str:
    """Return what is missing, as people read it."""
    return ", ".join(f"{line.quantity} x {line.sku}" for line in lines)


def allocate_order(
    wanted: Sequence[LineQuantity],
    levels: Sequence[StockLevel],
    candidates: Sequence[Candidate],
) -> Allocation:
    """Give the order to the nearest warehouse that has all of it, else to the fewest that do.

    Where stock does not cover the order, the set that covers most ships, and the rest is missing.
    Among equally good sets the one with the smallest total distance wins, then the first by name.
    No unit is lost or invented: shares and missing add up to what was wanted, per line.
    """
    stock = {(level.warehouse_id, level.sku): max(0, level.available) for level in levels}
    ranked = _rank(wanted, stock, candidates)
    chosen = ranked[0] if ranked and _covered(wanted, stock, ranked[0]) else ()
    shares, missing = _draw(wanted, stock, chosen)
    decision = _decide(wanted, stock, chosen, ranked)
    return Allocation(shares=shares, missing=missing, decision=decision)


def _rank(
    wanted: Sequence[LineQuantity], stock: Stock, candidates: Sequence[Candidate]
) -> list[tuple[Candidate, ...]]:
    nearest = sorted(candidates, key=lambda c: (c.distance_km, c.warehouse_id))
    nearest = nearest[:EXACT_WAREHOUSES]
    groups = (g for size in range(1, len(nearest) + 1) for g in combinations(nearest, size))
    return sorted(
        groups,
        key=lambda group: (
            -_covered(wanted, stock, group),
            len(group),
            sum(c.distance_km for c in group),
            _names(group),
        ),
    )


def _covered(wanted: Sequence[LineQuantity], stock: Stock, group: Sequence[Candidate]) -> int:
    need: Counter[str] = Counter()
    for line in wanted:
        need[line.sku] += line.quantity
    return sum(
        min(quantity, sum(stock.get((c.warehouse_id, sku), 0) for c in group))
        for sku, quantity in need.items()
    )


def _draw(
    wanted: Sequence[LineQuantity], stock: Stock, group: Sequence[Candidate]
) -> tuple[tuple[Share, ...], tuple[LineQuantity, ...]]:
    left = dict(stock)
    drawn: dict[str, list[LineQuantity]] = {c.warehouse_id: [] for c in group}
    missing: list[LineQuantity] = []
    for line in wanted:
        need = line.quantity
        for name in _whole_line_first(line, left, list(drawn)):
            take = min(need, left.get((name, line.sku), 0))
            if take:
                drawn[name].append(line.model_copy(update={"quantity": take}))
                left[name, line.sku] -= take
                need -= take
        if need:
            missing.append(line.model_copy(update={"quantity": need}))
    shares = (
        Share(warehouse_id=name, lines=tuple(lines)) for name, lines in drawn.items() if lines
    )
    return tuple(shares), tuple(missing)


def _whole_line_first(line: LineQuantity, left: Stock, names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: left.get((name, line.sku), 0) < line.quantity)


def _decide(
    wanted: Sequence[LineQuantity],
    stock: Stock,
    chosen: Sequence[Candidate],
    ranked: Sequence[tuple[Candidate, ...]],
) -> Decision:
    total = sum(line.quantity for line in wanted)
    covered = _covered(wanted, stock, chosen)
    return Decision(
        subject="sourcing",
        chosen=_names(chosen) or "no warehouse",
        because=f"covers {covered} of {total} units from {len(chosen)} warehouse(s) at "
        f"{sum(c.distance_km for c in chosen)} km",
        alternatives=tuple(
            Alternative(
                choice=_names(group),
                because=f"covers {_covered(wanted, stock, group)} of {total} units from "
                f"{len(group)} warehouse(s) at {sum(c.distance_km for c in group)} km",
            )
            for group in [g for g in ranked if g != tuple(chosen)][:SHOWN_ALTERNATIVES]
        ),
    )


def _names(group: Sequence[Candidate]) -> str:
    return " + ".join(c.warehouse_id for c in group)
