"""What was paid for the units of an order that is sent in the place of another's goods.

Such an order costs nothing itself: its customer has paid for what it replaces. Each of its units
stands for a unit of the order that was paid, or, after an exchange, for an amount of it.
"""

from collections.abc import Iterable, Mapping, Sequence

from fulfillment.domain.base import Value
from fulfillment.domain.money import allocate
from fulfillment.domain.orders import Order
from fulfillment.domain.refunds import Refund, UnitNumber, UnitRefund
from fulfillment.domain.replacements import ReplacementLine, UnitWorth
from fulfillment.domain.return_refunds import shipping_shares


class PaidUnit(Value):
    """A unit of an order, and what was paid for it by which order, in minor units."""

    order_id: str
    line_no: int
    unit_no: int
    paid_by: str
    """The order whose payment it is of: its own, unless it is sent in the place of goods."""
    paid_line_no: int | None = None
    paid_unit_no: int | None = None
    """The unit that it stands for; None where it stands for an amount, as after an exchange."""
    amount_minor: int
    shipping_minor: int = 0
    """Its share of the shipping cost, part of its amount."""
    elsewhere_minor: int = 0
    """What was paid in the shop besides, for an exchange that cost more than came back."""

    @property
    def number(self) -> UnitNumber:
        """Return which unit of its order it is."""
        return self.line_no, self.unit_no

    @property
    def paid_unit(self) -> UnitNumber | None:
        """Return which unit of the paying order it stands for."""
        if self.paid_line_no is None or self.paid_unit_no is None:
            return None
        return self.paid_line_no, self.paid_unit_no


def own_units(order: Order, amounts: Mapping[UnitNumber, int]) -> list[PaidUnit]:
    """Return the units of an order that pays for itself.

    Args:
        order: the order.
        amounts: what each unit costs, as stored at acceptance.

    """
    shares = shipping_shares(order)
    return [
        PaidUnit(
            order_id=order.order_id,
            line_no=line_no,
            unit_no=unit_no,
            paid_by=order.order_id,
            paid_line_no=line_no,
            paid_unit_no=unit_no,
            amount_minor=amount_minor,
            shipping_minor=shares[line_no][unit_no - 1],
        )
        for (line_no, unit_no), amount_minor in amounts.items()
    ]


def replacing_units(
    order_id: str, lines: Sequence[ReplacementLine], replaced: Iterable[PaidUnit]
) -> list[PaidUnit]:
    """Return what the units of a replacement stand for; what stands for nothing is left out.

    Args:
        order_id: the replacement's.
        lines: what it sends, in its lines' sequence.
        replaced: the units of the order whose goods it replaces, at least one.

    """
    known = {unit.number: unit for unit in replaced}
    payer = next(iter(known.values())).paid_by
    found: list[PaidUnit] = []
    for line_no, line in enumerate(lines, 1):
        for unit_no, number in enumerate(line.units, 1):
            own = {"order_id": order_id, "line_no": line_no, "unit_no": unit_no}
            found.append(known[line.line_no or 0, number].model_copy(update=own))
        found += [
            PaidUnit(
                order_id=order_id,
                line_no=line_no,
                unit_no=unit_no,
                paid_by=payer,
                amount_minor=worth.amount_minor,
                elsewhere_minor=worth.elsewhere_minor,
            )
            for unit_no, worth in enumerate(line.worth, 1)
        ]
    return found


def exchange_worth(prices: Sequence[int], against_minor: int) -> list[UnitWorth]:
    """Return what each unit of an exchange is worth: what came back for it, and what was paid.

    Args:
        prices: of each unit.
        against_minor: what of them in all was set against the goods that came back.

    """
    shares = allocate(against_minor, prices)
    return [
        UnitWorth(amount_minor=share, elsewhere_minor=price - share)
        for price, share in zip(prices, shares, strict=True)
    ]


def at_the_payer(refund: Refund, paid: Mapping[UnitNumber, PaidUnit]) -> Refund:
    """Return a refund of a replacement's units as one of the order that has paid for them.

    Each unit takes the one it stands for; what stands for an amount brings it.

    Args:
        refund: of units of the replacement.
        paid: what each of its units stands for; of others the refund stays as it is.

    """
    mine = [paid[number] for unit in refund.units if (number := _number(unit)) in paid]
    payer = next(iter(paid.values())).paid_by if paid else refund.order_id
    if payer == refund.order_id:
        return refund
    stood_for = [
        UnitRefund(line_no=paid_unit[0], unit_no=paid_unit[1], amount_minor=unit.amount_minor)
        for unit in mine
        if (paid_unit := unit.paid_unit) is not None
    ]
    replacing = tuple(
        UnitRefund(
            line_no=unit.line_no,
            unit_no=unit.unit_no,
            amount_minor=unit.amount_minor if unit.paid_unit is None else 0,
        )
        for unit in mine
    )
    return refund.model_copy(
        update={
            "order_id": payer,
            "units": tuple(sorted(stood_for, key=_number)),
            "replacing_id": refund.order_id,
            "replacing": replacing,
        }
    )


def _number(unit: UnitRefund) -> UnitNumber:
    return unit.line_no, unit.unit_no
