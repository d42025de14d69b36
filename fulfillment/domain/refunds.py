"""What is given back for which units of an order, and when it can't be."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from fulfillment.domain.base import Currency, Instant, Value
from fulfillment.domain.money import Money
from fulfillment.domain.orders import CAPTURED_BY_US

UnitNumber = tuple[int, int]
"""A unit of an order: its line's number, and its own in the line, each from 1."""

GIVEN_BACK_BY_US = CAPTURED_BY_US
"""What our gateway took, it can give back; what others took, they give back."""


class RefundState(StrEnum):
    """How far a refund has come."""

    ASKED = "asked"
    """Its units are taken for it; the gateway may or may not have acted."""
    MADE = "made"
    DECLINED = "declined"
    """Nothing was given back, and its units are free again."""
    OWED = "owed"
    """Paid in the shop or on delivery: to be given back there."""


class UnitRefund(Value):
    """What a unit costs, as stored at acceptance, in minor units."""

    line_no: int
    unit_no: int
    amount_minor: int


class Refund(Value):
    """A refund of an order by its effect's key: units + extra - fee, in minor units.

    For units of a replacement it is a refund of the order that has paid for them.
    """

    key: str
    order_id: str
    units: tuple[UnitRefund, ...]
    extra_minor: int = 0
    """Given back beyond the units' amounts."""
    fee_minor: int = 0
    """Kept."""
    currency: Currency
    reason: str
    state: RefundState = RefundState.ASKED
    at: Instant
    replacing_id: str | None = None
    """The order that was sent in the place of goods, if its units are what is given back for."""
    replacing: tuple[UnitRefund, ...] = ()
    """Its units, each with what it adds to those that it stands for."""

    @property
    def added_minor(self) -> int:
        """Return what is given back beyond the units' amounts, less what is kept."""
        replacing = sum(unit.amount_minor for unit in self.replacing)
        return replacing + self.extra_minor - self.fee_minor

    @property
    def amount_minor(self) -> int:
        """Return what the payer gets back."""
        return sum(unit.amount_minor for unit in self.units) + self.added_minor

    @property
    def amount(self) -> Money:
        """Return what the payer gets back, with its currency."""
        return Money(amount_minor=self.amount_minor, currency=self.currency)

    def asks_the_same(self, other: "Refund") -> bool:
        """Return whether two refunds ask for the same, whatever has become of them."""
        then = {"state": self.state, "at": self.at}
        return self == other.model_copy(update=then)


class RefundPart(Value):
    """What of a refund is given back by one of the gateway's references, under a key of its own."""

    key: str
    reference: str
    amount_minor: int


def parts_of(
    refund: Refund, captured_by: Mapping[UnitNumber, str], left: Mapping[str, int]
) -> list[RefundPart]:
    """Return a refund by the references that took its units' amounts.

    What is added goes with the first one, what is kept is taken from the first ones; what is more
    than a reference has left goes by those that have something left. Together the parts are the
    refund's amount, and none is more than its reference has left, if all have enough. Parts of
    nothing are left out.

    Args:
        refund: of units that were all captured, unless they cost nothing.
        captured_by: each captured unit's reference.
        left: what each reference captured and is not given back, in minor units.

    """
    given = _within(_wanted(refund, captured_by, left), left)
    return [
        RefundPart(
            key=refund.key if number == 1 else f"{refund.key}/{number}",
            reference=reference,
            amount_minor=amount,
        )
        for number, (reference, amount) in enumerate(given.items(), 1)
        if amount
    ]


def _wanted(
    refund: Refund, captured_by: Mapping[UnitNumber, str], left: Mapping[str, int]
) -> dict[str, int]:
    """Return what each reference would give back, if it had enough: its units' first."""
    wanted: dict[str, int] = {}
    for unit in refund.units:
        if unit.amount_minor:
            reference = captured_by[_number(unit)]
            wanted[reference] = wanted.get(reference, 0) + unit.amount_minor
    wanted |= {reference: 0 for reference in left if reference not in wanted}
    change = refund.added_minor
    for reference, amount in wanted.items():
        wanted[reference] = max(0, amount + change)
        change += amount - wanted[reference]
    return wanted


def _within(wanted: Mapping[str, int], left: Mapping[str, int]) -> dict[str, int]:
    """Return the amounts, each within what its reference has left; the rest where there is room."""
    room = {reference: max(0, left.get(reference, 0)) for reference in wanted}
    given = {reference: min(amount, room[reference]) for reference, amount in wanted.items()}
    rest = sum(wanted.values()) - sum(given.values())
    for reference, amount in given.items():
        more = min(rest, room[reference] - amount)
        given[reference] = amount + more
        rest -= more
    if rest:
        # The books have too little left: the gateway has the last word.
        given[next(iter(given))] += rest
    return given


def not_captured(refund: Refund, captured_by: Mapping[UnitNumber, str]) -> str | None:
    """Return which units of a refund were never captured, in words, or None.

    For what costs nothing there is nothing to capture.
    """
    free = {_number(unit) for unit in refund.units if not unit.amount_minor}
    return _not_among(refund, {*captured_by, *free}, "not captured")


def not_collected(refund: Refund, collected: Collection[UnitNumber]) -> str | None:
    """Return which units of a refund nobody has paid on delivery, in words, or None."""
    return _not_among(refund, collected, "not delivered, so nothing was collected")


def _not_among(refund: Refund, taken: Collection[UnitNumber], words: str) -> str | None:
    free = [f"{u.line_no}/{u.unit_no}" for u in refund.units if _number(u) not in taken]
    return f"{words}: unit {', '.join(free)} (line/unit)" if free else None


def why_not(
    refund: Refund,
    refunded: Mapping[UnitNumber, str],
    left_minor: int,
    replacing_refunded: Collection[UnitNumber] = (),
) -> str | None:
    """Return why a refund can't be made, or None if it can.

    Args:
        refund: what is asked for.
        refunded: the units that were refunded before, by the key of their refund.
        left_minor: what was taken and is neither given back nor asked back.
        replacing_refunded: the units of the replacement that were refunded before.

    """
    again = [f"{u.line_no}/{u.unit_no}" for u in refund.units if _number(u) in refunded]
    replacing = (u for u in refund.replacing if _number(u) in replacing_refunded)
    again = again or [f"{u.line_no}/{u.unit_no} of {refund.replacing_id}" for u in replacing]
    if again:
        return f"refunded before: unit {', '.join(again)} (line/unit)"
    if refund.amount_minor < 0:
        return f"the fee of {refund.fee_minor} is more than what would be given back"
    if refund.amount_minor > left_minor:
        left = Money(amount_minor=left_minor, currency=refund.currency)
        return f"of what was captured {left} is left to give back, and {refund.amount} was asked"
    return None


def missing_units(asked: Sequence[UnitNumber], known: Sequence[UnitRefund]) -> list[str]:
    """Return the units that were asked for and are none of the order's, as `line/unit`."""
    numbers = {_number(unit) for unit in known}
    return [
        f"{line_no}/{unit_no}" for line_no, unit_no in asked if (line_no, unit_no) not in numbers
    ]


def _number(unit: UnitRefund) -> UnitNumber:
    return unit.line_no, unit.unit_no
