"""What a storefront has said of an order, and what follows from its saying something else.

Storefronts promise neither that they deliver in order, nor that they deliver once. So what is older
than what was heard already does nothing, and of what is newer only the differences count.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.orders import Order, OrderLine
from fulfillment.domain.unit_choice import LineUnits


class SeenLine(Value):
    """A line of the storefront's order as it was seen last."""

    line_id: str
    """The storefront's own id; "" where the order came from elsewhere."""
    line_no: int
    """Ours."""
    sku: str
    """"" where nothing of it is ours to ship."""
    kept: int
    """Units still ordered, after edits and refunds."""
    to_ship: int
    """Of these, the units that the storefront says are still to be shipped from here."""
    wishes: str = ""
    """The hash of what the customer wants done to it; "" where it is not known."""


class Seen(Value):
    """What matters of a storefront's order once it is on record; hashes instead of what is told."""

    lines: tuple[SeenLine, ...]
    ship_to: str = ""
    """The address's hash; "" where it is not known, and is not compared."""
    wishes: str = ""
    """The hash of what the customer wants done with the whole order; as above."""
    paid: bool = False
    unclear_minor: int = 0
    """Refunds that don't say of which goods they are."""


class StorefrontOrder(Value):
    """The newest that was heard of an order from its storefront; also of one that never came."""

    order_id: str
    storefront: str
    updated_at: Instant | None = None
    """When the storefront says that it changed; None where it does not say."""
    ended: str = ""
    """Why nothing of it is to be shipped, such as `cancelled`; "" if it is."""
    paid: bool = False
    """Whether the shop has collected what was authorized only when the order came."""
    seen: Seen | None = None
    ended_by: str = ""
    """The last delivery that had it canceled here; "" if none."""


class Standing(StrEnum):
    """What a payload is, by what was heard before."""

    LIVE = "live"
    ENDED = "ended"
    REOPENED = "reopened"
    """It had ended, and is to be shipped again."""
    OUTDATED = "outdated"
    """Something newer was heard already."""


def standing_of(before: StorefrontOrder | None, now: StorefrontOrder) -> Standing:
    """Return what a payload is; of two of one moment the one that ends the order counts."""
    if before is not None and _is_older(now, before):
        return Standing.OUTDATED
    if now.ended:
        return Standing.ENDED
    return Standing.REOPENED if before is not None and before.ended else Standing.LIVE


def _is_older(now: StorefrontOrder, before: StorefrontOrder) -> bool:
    revives = bool(before.ended) and not now.ended
    if now.updated_at is None:
        return revives
    if before.updated_at is None:
        return False
    return now.updated_at < before.updated_at or (revives and now.updated_at == before.updated_at)


def moment_of(
    before: StorefrontOrder | None, now: StorefrontOrder, received_at: Instant
) -> Instant | None:
    """Return from which moment on news is newer than what was just heard.

    An end that bears no date, as deletions don't, counts from when it was first received, so that
    what was said before it stays late, and what is said after it is heard.
    """
    known = before.updated_at if before else None
    if now.updated_at is not None or not now.ended:
        return now.updated_at or known
    if before is not None and before.ended == now.ended and known is not None:
        return known
    return max(known or received_at, received_at)


class Changes(Value):
    """What differs from what was seen last."""

    less: tuple[LineUnits, ...] = ()
    """So many units of our lines are not wanted any more, and not yet taken off here."""
    more: tuple[str, ...] = ()
    """SKUs that were added, or put in the place of others."""
    elsewhere: bool = False
    """Whether it goes to another address."""
    wishes: bool = False
    paid: bool = False
    """Whether the shop has collected since what was authorized only."""
    unclear_minor: int = 0
    """Refunded since, without saying for which goods."""


def changes_since(before: Seen, now: Seen, left: Mapping[int, int]) -> Changes:
    """Return what has changed.

    A unit counts as taken off where both what is ordered and what is to be shipped became less:
    what is only marked as fulfilled is no refund, and what was refunded after it was shipped is
    nothing that could be taken out.

    Args:
        before: what was seen last.
        now: what is seen now.
        left: the units that each of our lines still has here, by its number.

    """
    found = {line.line_id: line for line in now.lines}
    less = []
    for line in before.lines:
        after = found.get(line.line_id)
        units = _units_less(line, after, left.get(line.line_no, 0))
        if units:
            less.append(LineUnits(line_no=line.line_no, quantity=units))
    return Changes(
        less=tuple(less),
        more=_more(before, now),
        elsewhere=_differ(before.ship_to, now.ship_to),
        wishes=_differ(before.wishes, now.wishes) or any(_other_wishes(before, found)),
        paid=now.paid and not before.paid,
        unclear_minor=max(0, now.unclear_minor - before.unclear_minor),
    )


def still_due(changes: Changes, then: Seen, newest: Seen | None) -> Changes:
    """Return what is still to be done of changes of which newer news came meanwhile.

    Units add up, and are taken off by each news that took them off; of addresses only the newest
    counts.
    """
    moved_on = newest is not None and _differ(then.ship_to, newest.ship_to)
    return changes.model_copy(update={"elsewhere": changes.elsewhere and not moved_on})


def _units_less(line: SeenLine, after: SeenLine | None, left: int) -> int:
    kept, to_ship = (after.kept, after.to_ship) if after else (0, 0)
    return max(0, min(line.kept - kept, line.to_ship - to_ship, left - to_ship))


def _more(before: Seen, now: Seen) -> tuple[str, ...]:
    known = {line.line_id: line for line in before.lines}
    return tuple(
        line.sku for line in now.lines if line.to_ship and _is_more(known.get(line.line_id), line)
    )


def _is_more(line: SeenLine | None, after: SeenLine) -> bool:
    if line is None:
        return True
    swapped = bool(line.sku) and line.sku != after.sku
    return swapped or (after.kept > line.kept and after.to_ship > line.to_ship)


def _other_wishes(before: Seen, found: Mapping[str, SeenLine]) -> Iterator[bool]:
    for line in before.lines:
        after = found.get(line.line_id)
        yield after is not None and _differ(line.wishes, after.wishes)


def _differ(before: str, now: str) -> bool:
    return bool(before and now) and before != now


def seen_next(before: Seen, now: Seen) -> Seen:
    """Return what is kept of what is seen now: lines keep the numbers that they have here."""
    numbers = {line.line_id: line.line_no for line in before.lines}
    lines = [
        line.model_copy(update={"line_no": numbers.get(line.line_id, 0)}) for line in now.lines
    ]
    return now.model_copy(update={"lines": tuple(lines)})


def seen_of_order(order: Order, now: Seen, *, paid: bool) -> Seen:
    """Return what an order on record was seen as, of which nobody has kept that.

    Its lines are found in what is seen now by number and SKU, else by SKU, else by number where no
    other line has that SKU. Address and wishes are not compared: what is on record may have been
    corrected here.
    """
    skus = {line.sku for line in order.lines}
    numbered = {line.line_no: line for line in now.lines if line.sku not in skus}
    return Seen(lines=tuple(_as_seen(line, numbered, now.lines) for line in order.lines), paid=paid)


def _as_seen(
    line: OrderLine, numbered: Mapping[int, SeenLine], among: Sequence[SeenLine]
) -> SeenLine:
    of_sku = [each for each in among if each.sku == line.sku]
    same = [each for each in of_sku if each.line_no == line.line_no] or of_sku
    found = same[0] if same else numbered.get(line.line_no)
    return SeenLine(
        line_id=found.line_id if found else f"line {line.line_no}",
        line_no=line.line_no,
        sku=line.sku,
        kept=line.quantity,
        to_ship=line.quantity,
    )
