"""A walk along the bins of a pick batch: what is next, and whether a scan is right."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fulfillment.domain.base import Value
from fulfillment.domain.pick_batches import BatchPick
from fulfillment.domain.scans import (
    Accepted,
    Expected,
    Scan,
    ScanKind,
    check_goods,
    in_force,
    last_in_force,
    refuse,
    refuse_scan,
    refuse_unless,
    units_of,
)

FINISHED = "close the session: every pick is done, short or put back"


class Tally(NamedTuple):
    """What the scans have come to for each pick, by its number."""

    taken: Counter[int]
    returned: Counter[int]
    placed: frozenset[int]
    short: frozenset[int]
    bin_id: str
    """Where the picker stands."""


class PickWalk(Value):
    """A walk: its picks in walking order, who was withdrawn, and the scans that were accepted.

    Nothing else is its state: the same three give the same next scan, on every device.
    """

    picks: tuple[BatchPick, ...]
    withdrawn: frozenset[str] = frozenset()
    """Fulfillments that were canceled in mid-walk."""
    scans: tuple[Accepted, ...] = ()

    def tally(self) -> Tally:
        """Return what the scans have come to."""
        standing = in_force(self.scans)
        bins = [scan.bin_id for scan in standing if scan.kind is ScanKind.BIN]
        return Tally(
            taken=_units(s for s in standing if not s.put_back),
            returned=_units(s for s in standing if s.put_back),
            placed=_numbers(standing, ScanKind.TOTE),
            short=_numbers(standing, ScanKind.SHORT),
            bin_id=bins[-1] if bins else "",
        )

    def next_scan(self) -> Expected | None:
        """Return the scan that is expected, or None if the walk is finished.

        Picks come in walking order, then the way back with what withdrawn members had taken.
        """
        tally = self.tally()
        for pick in self.picks:
            if pick.fulfillment_id not in self.withdrawn and _is_open(pick, tally):
                return _expected(pick, tally)
        for pick in self.picks:
            left = self._to_put_back(pick, tally)
            if left:
                return _expected_back(pick, left, tally)
        return None

    def put_backs(self) -> list[tuple[BatchPick, int]]:
        """Return what withdrawn members still have on the cart: the pick and how many units."""
        tally = self.tally()
        return [(p, left) for p in self.picks if (left := self._to_put_back(p, tally))]

    def progress(self) -> tuple[int, int]:
        """Return how many picks are done or short, and how many there are for live members."""
        tally = self.tally()
        live = [pick for pick in self.picks if pick.fulfillment_id not in self.withdrawn]
        return sum(not _is_open(pick, tally) for pick in live), len(live)

    def accept(self, scan: Scan, scan_no: int) -> Accepted:
        """Return what a scan does.

        Raises:
            ConfirmationRefused: another scan is expected; nothing changes.

        """
        if scan.kind is ScanKind.UNDO:
            return self._undo(scan_no)
        expected = self.next_scan()
        if expected is None:
            refuse(f"scan of {scan.kind.value}", "no more scans", scan.code, FINISHED)
        units = self._check(scan, expected)
        return Accepted(
            scan_no=scan_no,
            kind=scan.kind,
            bin_id=expected.bin_id,
            pick_no=0 if scan.kind is ScanKind.BIN else expected.pick_no,
            units=units,
            put_back=expected.put_back,
        )

    def _check(self, scan: Scan, expected: Expected) -> int:
        """Check a scan against the expected one, and return how many units it takes."""
        match scan.kind:
            case ScanKind.ITEM:
                check_goods(scan, expected)
                return units_of(scan)
            case ScanKind.QUANTITY:
                return self._check_total(scan, expected)
            case ScanKind.SHORT:
                if expected.kind is not ScanKind.ITEM or expected.put_back:
                    refuse_scan(scan, expected)
                return 0
            case _:
                refuse_unless(scan.kind, scan, expected)
                return 0

    def _check_total(self, scan: Scan, expected: Expected) -> int:
        """Check how many were taken in all, and return how many that is more than before."""
        tally = self.tally()
        of = tally.returned if expected.put_back else tally.taken
        before, total = of[expected.pick_no], scan.quantity or 0
        if expected.kind is not ScanKind.ITEM or not before:
            refuse_scan(scan, expected)
        whole = before + expected.quantity
        if not before < total <= whole:
            remedy = "key in how many were taken here in all; `undo` takes the last scan back"
            wanted = f"{before + 1} to {whole}" if before + 1 < whole else str(whole)
            refuse(f"quantity of {expected.sku}", wanted, str(total), remedy)
        return total - before

    def _undo(self, scan_no: int) -> Accepted:
        last = last_in_force(self.scans)
        self._check_undoable(last)
        return last.model_copy(
            update={"scan_no": scan_no, "kind": ScanKind.UNDO, "undoes": last.scan_no}
        )

    def _check_undoable(self, last: Accepted) -> None:
        if last.kind is ScanKind.SHORT:
            remedy = "have the bin counted: `fulfillment floor recount BIN SKU FOUND`"
            refuse("undo", "a scan that can be taken back", "a short pick", remedy)
        owners = {pick.pick_no: pick.fulfillment_id for pick in self.picks}
        if last.units and (last.put_back or owners.get(last.pick_no) in self.withdrawn):
            remedy = "go on with the next scan"
            refuse("undo", "a scan for an order that is live", "one for another", remedy)

    def _to_put_back(self, pick: BatchPick, tally: Tally) -> int:
        if pick.fulfillment_id not in self.withdrawn:
            return 0
        return tally.taken[pick.pick_no] - tally.returned[pick.pick_no]


def _units(scans: Iterable[Accepted]) -> Counter[int]:
    units: Counter[int] = Counter()
    for scan in scans:
        units[scan.pick_no] += scan.units
    return units


def _numbers(scans: Sequence[Accepted], kind: ScanKind) -> frozenset[int]:
    return frozenset(scan.pick_no for scan in scans if scan.kind is kind)


def _is_open(pick: BatchPick, tally: Tally) -> bool:
    number = pick.pick_no
    left = 0 if number in tally.short else pick.quantity - tally.taken[number]
    to_be_placed = bool(pick.tote) and tally.taken[number] > 0 and number not in tally.placed
    return left > 0 or to_be_placed


def _expected(pick: BatchPick, tally: Tally) -> Expected:
    taken = tally.taken[pick.pick_no]
    left = 0 if pick.pick_no in tally.short else pick.quantity - taken
    at_bin = tally.bin_id == pick.bin_id or not left
    if not at_bin:
        return _about(pick, ScanKind.BIN, pick.bin_id, left)
    if left:
        return _about(pick, ScanKind.ITEM, pick.sku, left)
    return _about(pick, ScanKind.TOTE, pick.tote, taken)


def _expected_back(pick: BatchPick, left: int, tally: Tally) -> Expected:
    at_bin = tally.bin_id == pick.bin_id
    kind, code = (ScanKind.ITEM, pick.sku) if at_bin else (ScanKind.BIN, pick.bin_id)
    return _about(pick, kind, code, left).model_copy(update={"put_back": True})


def _about(pick: BatchPick, kind: ScanKind, code: str, quantity: int) -> Expected:
    return Expected(
        kind=kind,
        code=code,
        bin_id=pick.bin_id,
        sku=pick.sku,
        lot=pick.lot,
        quantity=quantity,
        tote=pick.tote,
        pick_no=pick.pick_no,
        order_id=pick.order_id,
    )


def check_finished(walk: PickWalk) -> None:
    """Check that a walk may be closed.

    Raises:
        ConfirmationRefused: a scan is still expected.

    """
    expected = walk.next_scan()
    if expected is not None:
        done, of = walk.progress()
        came = f"{done} of {of} picks, with {len(walk.put_backs())} to put back"
        refuse("close", "a finished walk", came, str(expected))
