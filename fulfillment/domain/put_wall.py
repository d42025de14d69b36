"""The put wall of a picked batch: which slot an item belongs in, and whether a scan is right."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from fulfillment.domain.base import Value
from fulfillment.domain.scans import (
    Accepted,
    Expected,
    Scan,
    ScanKind,
    in_force,
    last_in_force,
    refuse,
    refuse_scan,
    refuse_unless,
    units_of,
)
from fulfillment.domain.sorting import SortItem, sort_plan

SORTED = "close the session: every item is in its slot"


class WallItem(SortItem):
    """Picked units of an order line on the cart, and the slot of their fulfillment."""

    fulfillment_id: str
    order_id: str
    slot: str


class Put(Value):
    """So many units of an order line that belong in one place of the put wall."""

    put_no: int
    """Counted from 1 in the sequence in which the wall is filled."""
    fulfillment_id: str
    order_id: str
    line_no: int
    sku: str
    name: str
    quantity: int
    slot: str
    """The fulfillment's slot; its part for a group, as `S001-food`, where it has several."""


def plan_puts(items: Iterable[WallItem]) -> tuple[Put, ...]:
    """Return how a wall is filled: like items of all orders side by side, groups apart.

    Heavy and sturdy goods come first and fragile ones last, as packing wants them. No two
    segregation groups share a place of the wall; every unit comes exactly once.
    """
    given = list(items)
    groups: dict[str, set[str]] = defaultdict(set)
    for item in given:
        groups[item.fulfillment_id].add(item.segregation_group)
    clusters = sort_plan(given)
    turn = [item for cluster in clusters for item in cluster.items if isinstance(item, WallItem)]
    return tuple(
        Put(
            put_no=number,
            fulfillment_id=item.fulfillment_id,
            order_id=item.order_id,
            line_no=item.line_no,
            sku=item.sku,
            name=item.name,
            quantity=item.quantity,
            slot=_place(item, len(groups[item.fulfillment_id])),
        )
        for number, item in enumerate(turn, 1)
    )


def _place(item: WallItem, groups: int) -> str:
    return item.slot if groups == 1 else f"{item.slot}-{item.segregation_group}"


class PutWall(Value):
    """A wall being filled: its puts in their sequence, and the scans that were accepted."""

    puts: tuple[Put, ...]
    scans: tuple[Accepted, ...] = ()
    withdrawn: frozenset[str] = frozenset()
    """Fulfillments that were canceled meanwhile: their puts keep their numbers, and are not due."""

    def next_scan(self) -> Expected | None:
        """Return the slot that the item in hand belongs in, or the item to take; None at the end.

        Any item of the batch may be taken next; the one returned is the next of the clusters.
        """
        in_hand = self._in_hand()
        if in_hand is not None:
            put = self._put(in_hand.pick_no)
            return _about(put, ScanKind.SLOT, put.slot, in_hand.units)
        left = self._left()
        return next(
            (_about(p, ScanKind.ITEM, p.sku, left[p.put_no]) for p in self.puts if left[p.put_no]),
            None,
        )

    def progress(self) -> tuple[int, int]:
        """Return how many units are in their slots, and how many there are."""
        whole = sum(put.quantity for put in self.puts if self._is_due(put))
        in_hand = self._in_hand()
        return whole - sum(self._left().values()) - (in_hand.units if in_hand else 0), whole

    def accept(self, scan: Scan, scan_no: int) -> Accepted:
        """Return what a scan does.

        Raises:
            ConfirmationRefused: another scan is expected; nothing changes.

        """
        if scan.kind is ScanKind.UNDO:
            last = last_in_force(self.scans)
            if not self._is_due(self._put(last.pick_no)):
                remedy = "its order is canceled; put it back as its put-back task says"
                refuse("undo", "a scan for an order under way", f"scan {last.scan_no}", remedy)
            back = {"scan_no": scan_no, "kind": ScanKind.UNDO, "undoes": last.scan_no}
            return last.model_copy(update=back)
        expected = self.next_scan()
        if expected is None:
            refuse(f"scan of {scan.kind.value}", "no more scans", scan.code, SORTED)
        if scan.kind is ScanKind.ITEM and expected.kind is ScanKind.ITEM:
            return self._take(scan, scan_no)
        if scan.kind is ScanKind.QUANTITY:
            refuse_scan(scan, expected)
        refuse_unless(scan.kind, scan, expected)
        return Accepted(scan_no=scan_no, kind=scan.kind, pick_no=expected.pick_no)

    def _take(self, scan: Scan, scan_no: int) -> Accepted:
        """Return which put an item in hand is for: the first open one of its article."""
        sku, left = scan.goods.sku if scan.goods else scan.code, self._left()
        units = units_of(scan)
        opens = [put for put in self.puts if put.sku == sku and left[put.put_no]]
        if not opens:
            wanted = ", ".join(dict.fromkeys(p.sku for p in self.puts if left[p.put_no]))
            remedy = "lay it aside for the supervisor, and take another item from the cart"
            refuse("scan of item", f"one of {wanted}", sku, remedy)
        put = opens[0]
        if units > left[put.put_no]:
            remedy = f"take {left[put.put_no]} and scan again; the others are another order's"
            wanted = f"at most {left[put.put_no]}"
            refuse(f"quantity of {sku}", wanted, str(units), remedy)
        return Accepted(scan_no=scan_no, kind=ScanKind.ITEM, pick_no=put.put_no, units=units)

    def _in_hand(self) -> Accepted | None:
        standing = in_force(self.scans)
        if not standing or standing[-1].kind is not ScanKind.ITEM:
            return None
        return standing[-1] if self._is_due(self._put(standing[-1].pick_no)) else None

    def _left(self) -> Counter[int]:
        """Return how many units of each put are still on the cart."""
        due = {put.put_no: put.quantity for put in self.puts if self._is_due(put)}
        left = Counter(due)
        for scan in in_force(self.scans):
            if scan.pick_no in due:
                left[scan.pick_no] -= scan.units
        return left

    def _is_due(self, put: Put) -> bool:
        return put.fulfillment_id not in self.withdrawn

    def _put(self, put_no: int) -> Put:
        return next(put for put in self.puts if put.put_no == put_no)


def check_sorted_all(wall: PutWall) -> None:
    """Check that a wall may be closed.

    Raises:
        ConfirmationRefused: an item is not in its slot.

    """
    expected = wall.next_scan()
    if expected is not None:
        done, of = wall.progress()
        refuse("close", "every item in its slot", f"{done} of {of} units", str(expected))


def _about(put: Put, kind: ScanKind, code: str, quantity: int) -> Expected:
    return Expected(
        kind=kind,
        code=code,
        sku=put.sku,
        quantity=quantity,
        slot=put.slot,
        pick_no=put.put_no,
        order_id=put.order_id,
    )
