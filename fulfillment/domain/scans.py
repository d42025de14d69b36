"""What people scan on a walk and at the put wall, and what was accepted of it."""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, NoReturn

from pydantic import Field

from fulfillment.domain.barcodes import Goods
from fulfillment.domain.base import Value
from fulfillment.domain.errors import ConfirmationRefused, Problem

MOST_UNITS = 1_000_000
Units = Annotated[int, Field(gt=0, le=MOST_UNITS)]


class ScanKind(StrEnum):
    """What a scan says."""

    BIN = "bin"
    """I stand at this bin."""
    ITEM = "item"
    """I hold this item, or so many of it."""
    QUANTITY = "quantity"
    """I have taken so many here in all."""
    TOTE = "tote"
    """They lie in this tote."""
    SLOT = "slot"
    """They lie in this slot of the put wall."""
    SHORT = "short"
    """No more of it is here."""
    UNDO = "undo"
    """My last scan was a mistake."""


class Scan(Value):
    """A scan as it was read: what kind, what the code says, and how many."""

    kind: ScanKind
    code: str = ""
    quantity: Units | None = None
    goods: Goods | None = None
    """What the code of an item stands for."""
    on: date | None = None
    """The day of the scan; goods that expire before it are refused."""


class Expected(Value):
    """The scan that is expected next, and what it is for."""

    kind: ScanKind
    code: str
    """The bin, SKU, tote or slot to be scanned."""
    bin_id: str = ""
    sku: str = ""
    lot: str = ""
    quantity: int = 0
    """Units that are still to be taken, put or put back."""
    tote: str = ""
    slot: str = ""
    pick_no: int = 0
    order_id: str = ""
    put_back: str = ""
    """The put-back that it is for, if any."""

    def __str__(self) -> str:
        """Return what to do, in a sentence."""
        goods = f"{self.quantity} of {self.sku}" + (f", lot {self.lot}" if self.lot else "")
        match self.kind:
            case ScanKind.BIN:
                load = f" with {goods} to put back" if self.put_back else ""
                return f"go to bin {self.code}{load} and scan it"
            case ScanKind.ITEM if self.slot:
                return f"take {self.sku} from the cart and scan it"
            case ScanKind.ITEM:
                way = "put {} back into" if self.put_back else "take {} from"
                return f"{way.format(goods)} bin {self.bin_id}, and scan the item"
            case _:
                return f"put {goods} into {self.kind.value} {self.code} and scan it"


class Accepted(Value):
    """A scan that was accepted, and what it did; the state of a session follows from these."""

    scan_no: int
    kind: ScanKind
    bin_id: str = ""
    pick_no: int = 0
    """The pick or put that it is about."""
    units: int = 0
    """Units taken, put, or put back."""
    put_back: str = ""
    """The put-back that it is about, if any."""
    undoes: int = 0
    """The number of the scan that is undone."""
    missing: int = 0
    """Units that no bin has; their order looks for them elsewhere."""


def in_force(scans: Iterable[Accepted]) -> list[Accepted]:
    """Return the scans that no later one has undone, in their order, without the undoing ones."""
    given = sorted(scans, key=lambda scan: scan.scan_no)
    undone = {scan.undoes for scan in given if scan.kind is ScanKind.UNDO}
    return [s for s in given if s.kind is not ScanKind.UNDO and s.scan_no not in undone]


def last_in_force(scans: Sequence[Accepted]) -> Accepted:
    """Return the scan that an undo takes back.

    Raises:
        ConfirmationRefused: there is none.

    """
    standing = in_force(scans)
    if not standing:
        refuse("undo", "a scan to take back", "none so far", "go on with the next scan")
    return standing[-1]


def refuse_unless(kind: ScanKind, scan: Scan, expected: Expected) -> None:
    """Check that a scan of that kind says what is expected.

    Raises:
        ConfirmationRefused: another kind, or another code.

    """
    if expected.kind is not kind or scan.code != expected.code:
        refuse_scan(scan, expected)


def refuse_scan(scan: Scan, expected: Expected, remedy: str = "") -> NoReturn:
    """Raise the refusal of a scan where another one is expected."""
    wanted = f"{expected.kind.value} {expected.code}"
    came = " ".join(filter(None, (scan.kind.value, scan.code, str(scan.quantity or ""))))
    refuse(f"scan of {scan.kind.value}", wanted, came, remedy or str(expected))


def refuse(path: str, expected: str, came: str, remedy: str) -> NoReturn:
    """Raise a refusal with its one problem."""
    problem = Problem(path=path, expected=expected, came=came, remedy=remedy)
    raise ConfirmationRefused.of(problem)


def check_goods(scan: Scan, expected: Expected) -> None:
    """Check that the item in hand is the one expected: article, lot, not expired, not too many.

    Raises:
        ConfirmationRefused: one of these is not so.

    """
    goods = scan.goods or Goods(sku=scan.code)
    back = "put it back, and " + str(expected)
    if expected.kind is not ScanKind.ITEM or goods.sku != expected.sku:
        refuse_scan(scan, expected, back if expected.kind is ScanKind.ITEM else "")
    if expected.lot and goods.lot != expected.lot:
        refuse(f"lot of {goods.sku}", expected.lot, goods.lot or "none scanned", back)
    if goods.expires and scan.on and goods.expires < scan.on:
        remedy = "put it aside for the supervisor, and report a short pick if no other is there"
        wanted = f"goods good on {scan.on}"
        refuse(f"expiry of {goods.sku}", wanted, str(goods.expires), remedy)
    units = units_of(scan)
    if units > expected.quantity:
        remedy = "put the rest back, and scan again"
        refuse(f"quantity of {goods.sku}", f"at most {expected.quantity}", f"{units}", remedy)


def units_of(scan: Scan) -> int:
    """Return how many units an item scan stands for: keyed in, told by the code, or one."""
    told = scan.goods.units if scan.goods else None
    return scan.quantity or told or 1
