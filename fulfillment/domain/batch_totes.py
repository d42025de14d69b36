"""Whether fulfillments fit on a cart together, and which tote takes what."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from fulfillment.domain.batch_models import Cart, Released, ReleasedLine


class Load(NamedTuple):
    """What one tote is to hold: goods of one fulfillment and segregation group."""

    fulfillment_id: str
    units: tuple[tuple[int, str, int], ...]
    """Line number, article and quantity: a line that was substituted in part has two articles."""
    fitting: tuple[int, ...]
    """Positions of the cart's totes that hold it, the smallest first."""


def loads_of(one: Released, cart: Cart) -> list[Load] | None:
    """Return the loads of a fulfillment, as few as its goods fill; None if a cart is too small.

    A group that no tote holds as a whole is divided, line by line.
    """
    groups: dict[str, list[ReleasedLine]] = defaultdict(list)
    for line in one.lines:
        groups[line.segregation_group].append(line)
    loads: list[Load] = []
    for name in sorted(groups):
        for content in _divided(groups[name], cart):
            fitting = tuple(_fitting(content, cart))
            if not fitting:
                return None
            units = tuple((line.line_no, line.sku, line.quantity) for line in content)
            loads.append(Load(one.fulfillment_id, units, fitting))
    return loads if stowed(loads) is not None else None


def stowed(loads: Sequence[Load]) -> dict[int, int] | None:
    """Return which load goes into which tote, both by position; None if they don't all fit.

    Those that fit into the fewest totes choose first. Exact where each tote holds all that a
    smaller one does; else it may see too little room, never too much.
    """
    taken: dict[int, int] = {}
    used: set[int] = set()
    for position in sorted(range(len(loads)), key=lambda p: len(loads[p].fitting)):
        tote = next((tote for tote in loads[position].fitting if tote not in used), None)
        if tote is None:
            return None
        taken[position] = tote
        used.add(tote)
    return taken


def _divided(lines: Sequence[ReleasedLine], cart: Cart) -> Iterator[list[ReleasedLine]]:
    """Yield contents that a tote holds each; a unit that none holds is a content of its own."""
    content: list[ReleasedLine] = []
    for line in lines:
        left = line.quantity
        while left:
            more = _most(content, line, left, cart)
            if more:
                content.append(line.model_copy(update={"quantity": more}))
                left -= more
            elif content:
                yield content
                content = []
            else:
                yield [line.model_copy(update={"quantity": 1})]
                left -= 1
    if content:
        yield content


def _most(content: Sequence[ReleasedLine], line: ReleasedLine, left: int, cart: Cart) -> int:
    """Return how many units of the line some tote holds beside its content."""
    units, volume_mm3, weight_g = _sums(content)
    return max(
        min(
            left,
            tote.units - units,
            (tote.volume_mm3 - volume_mm3) // line.volume_mm3 if line.volume_mm3 else left,
            (tote.weight_g - weight_g) // line.weight_g if line.weight_g else left,
        )
        if volume_mm3 <= tote.volume_mm3 and weight_g <= tote.weight_g
        else 0
        for tote in cart.totes
    )


def _fitting(content: Sequence[ReleasedLine], cart: Cart) -> Iterator[int]:
    units, volume_mm3, weight_g = _sums(content)
    sizes = [(tote.volume_mm3, tote.weight_g, tote.units) for tote in cart.totes]
    for position in sorted(range(len(sizes)), key=lambda p: (sizes[p], p)):
        most_mm3, most_g, most_units = sizes[position]
        if volume_mm3 <= most_mm3 and weight_g <= most_g and units <= most_units:
            yield position


def _sums(content: Iterable[ReleasedLine]) -> tuple[int, int, int]:
    rows = [(li.quantity, li.quantity * li.volume_mm3, li.quantity * li.weight_g) for li in content]
    return (sum(r[0] for r in rows), sum(r[1] for r in rows), sum(r[2] for r in rows))
