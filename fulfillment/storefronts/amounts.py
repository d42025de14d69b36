"""What an order costs in the storefront, and what of it is ours, to the minor unit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fulfillment.domain.errors import InvalidOrder, Problem
from fulfillment.domain.money import EXPONENTS, Money, allocate
from fulfillment.storefronts.mapping import CORRECT, Merchant, Part, refusal, refused, wrong

_DECIMAL = re.compile(r"(-?)([0-9]{1,10})(?:\.([0-9]{1,12}))?")
_REPORT = "look in the storefront for what is missing here; it was not taken over"


def minor_units(value: object, currency: str, path: str, *, signed: bool = False) -> int:
    """Return a decimal text as minor units, exactly.

    Digits beyond the currency's exponent must be zeros: "10.00" is 10 JPY, "10.50" is none.

    Raises:
        InvalidOrder: no decimal text, below zero, or finer than the currency.

    """
    match = _DECIMAL.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise refused(path, 'an amount as a text, such as "12.90"', value)
    sign, whole, digits = match[1], match[2], match[3] or ""
    exponent = EXPONENTS.get(currency, 2)
    if digits[exponent:].strip("0"):
        raise refused(path, f"at most {exponent} decimals, as {currency} has", value)
    amount = int(whole + digits[:exponent].ljust(exponent, "0"))
    if sign and amount and not signed:
        raise refused(path, "an amount of zero or more", value)
    return -amount if sign else amount


@dataclass(frozen=True, kw_only=True)
class SoldLine:
    """A line of the storefront's order as it stands now, after edits and refunds."""

    path: str
    line_id: str = ""
    """The storefront's own."""
    line_no: int
    sku: str
    kept: int
    """Units still ordered."""
    shipped: int
    """Of these, the units that are ours to ship."""
    unit_minor: int
    net_minor: int
    """What the kept units cost, after discounts."""
    tax_minor: int
    """On top of that, for the kept units."""
    properties: dict[str, str] = field(default_factory=dict)

    @property
    def ours_minor(self) -> tuple[int, int]:
        """Return what the shipped units cost, and the tax on top of it."""
        if not self.shipped:
            return 0, 0
        if self.shipped == self.kept:
            return self.net_minor, self.tax_minor
        units = [1] * self.kept
        net = allocate(self.net_minor, units)[: self.shipped]
        return sum(net), sum(allocate(self.tax_minor, units)[: self.shipped])

    def as_order_line(self) -> dict[str, Any]:
        """Return the line of our order; what a unit price can't say exactly is in the discount."""
        net_minor, tax_minor = self.ours_minor
        unit_minor = max(self.unit_minor, -(-net_minor // self.shipped))
        return {
            "line_no": self.line_no,
            "sku": self.sku,
            "quantity": self.shipped,
            "unit_price_minor": unit_minor,
            "discount_minor": unit_minor * self.shipped - net_minor,
            "tax_minor": tax_minor,
            "properties": self.properties,
        }


@dataclass(frozen=True)
class Credit:
    """What is taken off an order without saying of which goods."""

    amount_minor: int = 0
    of_charges_minor: int = 0
    """How much of that was charged besides the goods, such as shipping."""


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What the storefront's fields say that the order costs now."""

    currency: str
    lines: tuple[SoldLine, ...]
    charges_minor: int
    """Shipping, fees, tips and duties with their tax."""
    credits: tuple[Credit, ...] = (Credit(),)
    """What is taken off the whole order; where the storefront leaves open whether its total counts
    it, each possibility. The first that adds up holds."""
    gross: bool = False
    """Whether the lines' prices include their tax, so that none comes on top."""
    tax_gap_minor: int = 0
    """The storefront's own sum of taxes less those found: its rounding, or tax without lines."""
    total_minor: int
    total_path: str


@dataclass(frozen=True, kw_only=True)
class Reckoning:
    """A bill that adds up to the storefront's total."""

    lines: tuple[SoldLine, ...]
    charges_minor: int
    credit: Credit
    total_path: str = "total"

    @property
    def shipped(self) -> tuple[SoldLine, ...]:
        """Return the lines that are ours to ship."""
        return tuple(line for line in self.lines if line.shipped)

    @property
    def left_out(self) -> tuple[SoldLine, ...]:
        """Return the lines of which something costs but is not ours to ship."""
        return tuple(li for li in self.lines if sum(li.ours_minor) != li.net_minor + li.tax_minor)

    @property
    def our_credit_minor(self) -> int:
        """Return how much of the credit is off what is ours.

        All lines bear it, by what they cost with tax, also what is left out of them. Charges are
        ours alone, and so is what was given back of them or beyond what all lines cost.
        """
        ours = sum(sum(line.ours_minor) for line in self.lines)
        cost = sum(line.net_minor + line.tax_minor for line in self.lines)
        credit, of_charges = self.credit.amount_minor, max(0, self.credit.of_charges_minor)
        of_lines = min(credit - min(of_charges, credit, self.charges_minor), cost)
        share = allocate(of_lines, [ours, cost - ours])[0] if cost else 0
        return share + credit - of_lines

    def amounts(self) -> dict[str, Any]:
        """Return our order's lines and amounts; `total_minor` makes the order check the sum.

        What was given back beyond what the goods cost was shipping, and is taken off that.

        Raises:
            InvalidOrder: more was given back than goods and charges cost.

        """
        lines = [line.as_order_line() for line in self.shipped]
        goods = sum(sum(line.ours_minor) for line in self.shipped)
        credit = self.our_credit_minor
        discount = min(credit, sum(line.ours_minor[0] for line in self.shipped))
        charges = self.charges_minor - (credit - discount)
        if charges < 0:
            remedy = "refund the goods by their lines, or cancel the order"
            expected = "refunds and discounts of at most what goods and charges cost before tax"
            raise refused(self.total_path, expected, f"{-charges} minor units more", remedy)
        return {
            "lines": lines,
            "shipping_minor": charges,
            "discount_minor": discount,
            "total_minor": goods + self.charges_minor - credit,
        }


def reckoned(bill: Bill) -> Reckoning:
    """Return the bill with the credit and the tax by which it adds up to its total.

    Raises:
        InvalidOrder: it does not add up; names the difference.

    """
    charged = sum(line.net_minor + line.tax_minor for line in bill.lines) + bill.charges_minor
    for gap in (0, bill.tax_gap_minor):
        lines = _respread(bill, gap)
        for credit in bill.credits:
            if lines is not None and charged + gap - credit.amount_minor == bill.total_minor:
                return Reckoning(
                    lines=lines,
                    charges_minor=bill.charges_minor,
                    credit=credit,
                    total_path=bill.total_path,
                )
    raise _difference(bill, charged + bill.tax_gap_minor - bill.credits[0].amount_minor)


def _respread(bill: Bill, gap_minor: int) -> tuple[SoldLine, ...] | None:
    """Return the lines with so much more (or less) tax, by largest remainder, if they bear it."""
    if not gap_minor:
        return bill.lines
    nets, taxes = zip(*((line.net_minor, line.tax_minor) for line in bill.lines), strict=True)
    parts = nets if bill.gross else taxes
    if sum(parts) + gap_minor < 0:
        return None
    spread = allocate(sum(parts) + gap_minor, parts if any(parts) else nets)
    return tuple(
        replace(line, net_minor=part) if bill.gross else replace(line, tax_minor=part)
        for line, part in zip(bill.lines, spread, strict=True)
    )


def _difference(bill: Bill, found_minor: int) -> InvalidOrder:
    total, found, difference = (
        Money(amount_minor=amount, currency=bill.currency)
        for amount in (bill.total_minor, found_minor, bill.total_minor - found_minor)
    )
    return refusal(
        Problem(
            path=bill.total_path,
            expected=f"{found}, what lines, taxes, charges, discounts and refunds add up to",
            came=f"{total}, a difference of {difference}",
            remedy=_REPORT,
        )
    )


def sku_of(line: Part, keys: Sequence[str], merchant: Merchant) -> str:
    """Return a line's SKU: as the merchant mapped it by one of the keys, or its own.

    Raises:
        InvalidOrder: it has none, and none is mapped.

    """
    sku = line.text("sku")
    found = merchant.sku_of((*keys, sku)) or sku
    if not found:
        known = next((key for key in keys if key), "")
        mapped = f", or one mapped for {known!r}" if known else ""
        remedy = f"give the article one in the storefront, or map it: skus = {{{known!r}: …}}"
        raise wrong(line, "sku", f"an SKU{mapped}", remedy if known else CORRECT)
    return found
