"""A rule of the books, and the comparison that most of them are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, literal, select, union_all

from fulfillment.domain.repairs import Repair, RepairKind
from fulfillment.records import BookFinding


@dataclass(frozen=True)
class Rule:
    """A rule: its name, the SELECT of what breaks it, and what to say of each row found.

    `rows`, `message` and `repair` are formats over the columns that were selected.
    """

    name: str
    broken: Select[Any]
    rows: tuple[str, ...]
    message: str
    repair: str
    safe_repair: tuple[RepairKind, str] | None = None
    """What can be done without asking anybody, and the column that names its subject."""

    def finding(self, row: RowMapping) -> BookFinding:
        """Return what to say of a row that breaks the rule."""
        return BookFinding(
            rule=self.name,
            rows=tuple(name.format(**row) for name in self.rows),
            message=self.message.format(**row),
            repair=self.repair.format(**row),
            safe_repair=self._safe_repair(row),
        )

    def _safe_repair(self, row: RowMapping) -> Repair | None:
        if self.safe_repair is None:
            return None
        kind, column = self.safe_repair
        return Repair(kind=kind, subject=row[column])


def counted(*keys: ColumnElement[Any], units: ColumnElement[Any]) -> Select[Any]:
    """Return a SELECT of keys and how many units each has, for `differing`."""
    return select(*keys, units.label("units"))


def differing(
    keys: Sequence[str], left: Sequence[Select[Any]], right: Sequence[Select[Any]]
) -> Select[Any]:
    """Return the keys whose units add up to something else on the left than on the right.

    The SELECTs give the keys in order, then `units`; the result has the keys, `left` and `right`.
    Works without a full outer join, which not every SQLite has.
    """
    sides = [_side(one, keys, "left") for one in left] + [
        _side(one, keys, "right") for one in right
    ]
    both = union_all(*sides).subquery("both")
    sums = func.sum(both.c["left"]), func.sum(both.c["right"])
    names = [both.c[key] for key in keys]
    return (
        select(*names, sums[0].label("left"), sums[1].label("right"))
        .group_by(*names)
        .having(sums[0] != sums[1])
        .order_by(*names)
    )


def _side(counts: Select[Any], keys: Sequence[str], side: str) -> Select[Any]:
    rows = counts.subquery()
    columns = list(rows.c)
    named = [column.label(key) for key, column in zip(keys, columns, strict=False)]
    nothing = literal(0)
    units = (columns[-1], nothing) if side == "left" else (nothing, columns[-1])
    return select(*named, units[0].label("left"), units[1].label("right"))
