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
    placed: frozenset[int]
    short: frozenset[int]
    bin_id: str
    """Where the picker stands."""


class PutBack(Value):
    """Units on the cart of a fulfillment that was withdrawn: they go back to their bin."""

    put_back_id: str
    fulfillment_id: str
    order_id: str
    bin_id: str
    sku: str
    lot: str = ""
    quantity: int
    tote: str


class PickWalk(Value):
    """A walk: its picks in walking order, who was withdrawn, and the scans that were accepted.

    Nothing else is its state: the same of these give the same next scan, on every device.
    """

    picks: tuple[BatchPick, ...]
    withdrawn: frozenset[str] = frozenset()
    """Fulfillments that were canceled in mid-walk."""
    put_backs: tuple[PutBack, ...] = ()
    """What of theirs is still on the cart."""
    scans: tuple[Accepted, ...] = ()

    def tally(self) -> Tally:
        """Return what the scans have come to."""
        standing = in_force(self.scans)
        bins = [scan.bin_id for scan in standing if scan.kind is ScanKind.BIN]
        return Tally(
            taken=_units(scan for scan in standing if not scan.put_back),
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
        return _expected_back(self.put_backs[0], tally) if self.put_backs else None

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
            case ScanKind.ITEM if expected.put_back:
                return _check_all_back(scan, expected)
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
        before, total = self.tally().taken[expected.pick_no], scan.quantity or 0
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


def _expected_back(back: PutBack, tally: Tally) -> Expected:
    at_bin = tally.bin_id == back.bin_id
    kind, code = (ScanKind.ITEM, back.sku) if at_bin else (ScanKind.BIN, back.bin_id)
    fields = back.model_dump(include={"bin_id", "sku", "lot", "quantity", "tote", "order_id"})
    return Expected(kind=kind, code=code, put_back=back.put_back_id, **fields)


def _check_all_back(scan: Scan, expected: Expected) -> int:
    """Check that the goods in hand are those that go back here; without a number, all of them."""
    whole = scan.quantity or expected.quantity
    check_goods(scan.model_copy(update={"quantity": whole}), expected)
    if whole != expected.quantity:
        remedy = f"take all {expected.quantity} from tote {expected.tote}, and scan again"
        refuse(f"quantity of {expected.sku}", str(expected.quantity), str(whole), remedy)
    return whole


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
        came = f"{done} of {of} picks, with {len(walk.put_backs)} to put back"
        refuse("close", "a finished walk", came, str(expected))
