"""The line of those who wait for goods: who gets what of what has come in, and who comes first.

Each waiter stands in line by a moment that is fixed when it joins: when its promise is due, made
earlier by a head start for the urgent. So the line does not change by waiting, and who has waited
longer than `LONGEST_AHEAD` is passed over by nobody who joins later: that is its aging.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.inventory import StockLevel
from fulfillment.domain.orders import Urgency

PROMISE_COUNTS = timedelta(days=14)
"""A promise that is due later than so long after joining counts as due then."""

HEAD_START = {
    Urgency.EXPRESS: timedelta(days=2),
    Urgency.STANDARD: timedelta(days=1),
    Urgency.ECONOMY: timedelta(0),
}
"""How much earlier than its promise each urgency stands in line."""

LONGEST_AHEAD = PROMISE_COUNTS + max(HEAD_START.values())
"""Who joins so long after another one never comes before it."""


class WaiterKind(StrEnum):
    """Who can wait for goods."""

    ORDER = "order"
    SUPPLY = "supply"
    """A production that waits for its components."""


class Waiter(Value):
    """Somebody who waits for goods."""

    kind: WaiterKind
    waiter_id: str


class QueueEntry(Value):
    """A line of a waiter, and one article that it would take: its own, or another one instead.

    The entries of a line share its units. What is set aside of an article, nobody else may claim.
    """

    waiter: Waiter
    line_no: int
    sku: str
    rank: int = 0
    """0 for what was ordered; then what is taken instead, the most preferred first."""
    units: int
    """What the line misses, of all its articles together."""
    set_aside: int = 0
    promise_at: Instant
    urgency: Urgency = Urgency.STANDARD
    since: Instant
    set_aside_at: Instant | None = None

    @property
    def stands_at(self) -> datetime:
        """Return the moment by which it stands in line; a promise that has passed is due now."""
        due = min(max(self.promise_at, self.since), self.since + PROMISE_COUNTS)
        return due - HEAD_START[self.urgency]

    @property
    def place(self) -> tuple[datetime, datetime, str, str, int, int]:
        """Return what the line is sorted by: lower comes first, and no two are equal."""
        who = self.waiter
        return (self.stands_at, self.since, who.kind, who.waiter_id, self.line_no, self.rank)

    @property
    def line(self) -> tuple[str, str, int]:
        """Return what its entries have in common."""
        return (self.waiter.kind, self.waiter.waiter_id, self.line_no)


@dataclass(frozen=True)
class Places:
    """Who can take goods of one warehouse only, and what is free there."""

    of: Mapping[Waiter, str] = field(default_factory=dict)
    free: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Units by warehouse and SKU, as in all warehouses together: what is set aside is in it."""

    def pools(self, entry: QueueEntry) -> tuple[tuple[str, str], ...]:
        """Return what an entry's units come out of: of all warehouses, and of its only one."""
        everywhere = (EVERYWHERE, entry.sku)
        place = self.of.get(entry.waiter)
        return (everywhere,) if place is None else (everywhere, (place, entry.sku))


EVERYWHERE = ""


def share_out(
    free: Mapping[str, int],
    entries: Iterable[QueueEntry],
    at: datetime,
    places: Places | None = None,
) -> list[QueueEntry]:
    """Return the entries of these articles in line, with what is set aside for each now.

    What is set aside stays so, unless the goods have gone: then the last in line give back. What is
    left goes to the first in line; an article goes to those who ordered it, before it goes to those
    who would take it instead.

    Args:
        free: units that nobody has claimed, by SKU; what is set aside is among them. Entries of
            other articles only tell what their lines have already.
        entries: all entries of the lines that wait for one of these.
        at: when.
        places: who gets no more than is free in its own warehouse; nobody, if not given.

    """
    line = _Line(free, sorted(entries, key=lambda entry: entry.place), places or Places())
    line.take_back()
    line.give()
    return [
        _changed(entry, units, at)
        for entry, units in zip(line.entries, line.given, strict=True)
        if entry.sku in free
    ]


class _Line:
    """The line while it is shared out: what each has, and what is left where."""

    def __init__(
        self, free: Mapping[str, int], entries: Sequence[QueueEntry], places: Places
    ) -> None:
        self.entries, self.places = entries, places
        self.given = [entry.set_aside for entry in entries]
        self.shared = [number for number, entry in enumerate(entries) if entry.sku in free]
        self.left = Counter({(EVERYWHERE, sku): max(0, units) for sku, units in free.items()})
        self.left.update({pool: max(0, units) for pool, units in places.free.items()})
        for number in self.shared:
            self._add(number, -self.given[number])

    def take_back(self) -> None:
        for number in reversed(self.shared):
            lacking = max(-self.left[pool] for pool in self.places.pools(self.entries[number]))
            back = min(self.given[number], max(0, lacking))
            self.given[number] -= back
            self._add(number, back)

    def give(self) -> None:
        have: Counter[tuple[str, str, int]] = Counter()
        for entry, units in zip(self.entries, self.given, strict=True):
            have[entry.line] += units
        own = [number for number in self.shared if self.entries[number].rank == 0]
        instead = [number for number in self.shared if self.entries[number].rank]
        for number in (*own, *instead):
            entry = self.entries[number]
            left = min(self.left[pool] for pool in self.places.pools(entry))
            more = max(0, min(entry.units - have[entry.line], left))
            self.given[number] += more
            have[entry.line] += more
            self._add(number, -more)

    def _add(self, number: int, units: int) -> None:
        for pool in self.places.pools(self.entries[number]):
            self.left[pool] += units


def _changed(entry: QueueEntry, units: int, at: datetime) -> QueueEntry:
    since = entry.set_aside_at if units <= entry.set_aside else at
    return entry.model_copy(
        update={"set_aside": units, "set_aside_at": since if units else None},
    )


def less_set_aside(levels: Sequence[StockLevel], units: Mapping[str, int]) -> list[StockLevel]:
    """Return the levels without what is set aside for others, by SKU; the fullest gives first.

    Only the sum over all warehouses means something: which one gives, is decided by the claim.
    """
    left = Counter(units)
    lessened: dict[tuple[str, str], StockLevel] = {}
    for level in sorted(levels, key=lambda one: -one.available):
        taken = min(level.available, left[level.sku])
        left[level.sku] -= taken
        more = {"claimed": level.claimed + taken}
        lessened[level.warehouse_id, level.sku] = level.model_copy(update=more)
    return [lessened[level.warehouse_id, level.sku] for level in levels]
