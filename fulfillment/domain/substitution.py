"""What of the wanted articles is to be had, and what the customer takes in their place."""

from collections import Counter
from collections.abc import Mapping, Sequence

from fulfillment.domain.base import Value
from fulfillment.domain.decisions import Decision
from fulfillment.domain.inventory import StockLevel
from fulfillment.domain.orders import LineQuantity


class Substitution(Value):
    """Units of an order line that are reserved of another article, which the customer allows."""

    line_no: int
    sku: str
    """What was ordered."""
    substitute: str
    quantity: int

    @property
    def shown(self) -> str:
        """Return the substitution without words, for letters in any language."""
        return f"{self.sku} → {self.quantity} x {self.substitute}"

    def __str__(self) -> str:
        """Return the substitution as people read it."""
        return f"{self.quantity} x {self.substitute} in place of {self.sku}"


class Supply(Value):
    """What can be reserved, line by line, and what nobody has; `lines` name the real article."""

    lines: tuple[LineQuantity, ...]
    missing: tuple[LineQuantity, ...]
    substitutions: tuple[Substitution, ...] = ()


def supply_lines(
    wanted: Sequence[LineQuantity],
    levels: Sequence[StockLevel],
    substitutes: Mapping[int, Sequence[str]],
) -> Supply:
    """Return what all warehouses together have of the wanted lines, earlier lines first.

    Every line gets of its own article what there is before anything is substituted. What is still
    missing of a line is taken of its substitutes, in the customer's order of preference. Lines,
    substitutions among them, and missing add up to what was wanted.

    Args:
        wanted: lines with the article that was ordered.
        levels: what each warehouse has.
        substitutes: the SKUs that the customer allows, by line number; none forbids it.

    """
    left: Counter[str] = Counter()
    for level in levels:
        left[level.sku] += max(0, level.available)
    own, missing = _draw(wanted, left)
    taken: list[Substitution] = []
    for line in missing:
        need = line.quantity
        for sku in substitutes.get(line.line_no, ()):
            units = min(need, left[sku])
            if units:
                taken.append(_substitution(line, sku, units))
                left[sku] -= units
                need -= units
    return Supply(
        lines=(*own, *(_line(one.line_no, one.substitute, one.quantity) for one in taken)),
        missing=tuple(_without(missing, taken)),
        substitutions=tuple(taken),
    )


def decide_substitutions(
    taken: Sequence[Substitution], missing: Sequence[LineQuantity]
) -> Decision | None:
    """Return why articles were substituted; None where none was."""
    if not taken:
        return None
    rest = sum(line.quantity for line in missing)
    return Decision(
        subject="substitution",
        chosen=", ".join(map(str, taken)),
        because="no warehouse has what was ordered, and the customer allows it"
        + (f"; {rest} more are back-ordered" if rest else ""),
    )


def _draw(
    wanted: Sequence[LineQuantity], left: Counter[str]
) -> tuple[list[LineQuantity], list[LineQuantity]]:
    own, missing = [], []
    for line in wanted:
        units = min(line.quantity, left[line.sku])
        left[line.sku] -= units
        if units:
            own.append(_line(line.line_no, line.sku, units))
        if units < line.quantity:
            missing.append(_line(line.line_no, line.sku, line.quantity - units))
    return own, missing


def _without(missing: Sequence[LineQuantity], taken: Sequence[Substitution]) -> list[LineQuantity]:
    less: Counter[int] = Counter()
    for one in taken:
        less[one.line_no] += one.quantity
    rest = [_line(m.line_no, m.sku, m.quantity - less[m.line_no]) for m in missing]
    return [line for line in rest if line.quantity]


def _line(line_no: int, sku: str, quantity: int) -> LineQuantity:
    return LineQuantity(line_no=line_no, sku=sku, quantity=quantity)


def _substitution(line: LineQuantity, substitute: str, quantity: int) -> Substitution:
    return Substitution(
        line_no=line.line_no, sku=line.sku, substitute=substitute, quantity=quantity
    )
