"""What is given back for what comes back: minor units that add up, however it is split.

A unit's amount, as stored at acceptance, holds its share of the shipping cost. A refund gives the
units' amounts back, less what is kept: a restocking fee and a loss of value of each unit, the
shipping shares of what is merely unwanted, and the return label where the customer pays it. Once
the whole order is back, the shipping shares that earlier refunds have kept follow.
"""

from collections.abc import Sequence

from fulfillment.domain.base import Value
from fulfillment.domain.money import allocate
from fulfillment.domain.orders import Order
from fulfillment.domain.refunds import UnitNumber
from fulfillment.domain.returns import OUR_FAULT, ReturnReason


class UnitDue(Value):
    """A unit to be given back, and what of it is kept."""

    line_no: int
    unit_no: int
    amount_minor: int
    shipping_minor: int
    """Its share of the shipping cost, part of its amount."""
    elsewhere_minor: int = 0
    """What was paid in the shop besides, for an exchange that it came in."""
    is_ordered: bool = True
    """Whether it is of the order, or sent again for a unit of it; not so after an exchange."""
    reason: ReturnReason
    fee_percent: int = 0
    loss_percent: int = 0

    @property
    def number(self) -> UnitNumber:
        """Return which unit of the order it is."""
        return self.line_no, self.unit_no

    @property
    def fee_minor(self) -> int:
        """Return what is kept of its price: fee and loss, rounded down for the customer."""
        return (self.amount_minor - self.shipping_minor) * self._percent_kept // 100

    @property
    def elsewhere_back_minor(self) -> int:
        """Return what of it is to be given back in the shop, less the same share."""
        return self.elsewhere_minor - self.elsewhere_minor * self._percent_kept // 100

    @property
    def _percent_kept(self) -> int:
        return min(100, self.fee_percent + self.loss_percent)


class Refunded(Value):
    """What the returns of an order, and of what replaces its goods, have given back so far."""

    units: int = 0
    shipping_kept_minor: int = 0
    """Shipping shares of these units that were kept and have not followed yet."""


class RefundDue(Value):
    """One refund: these units' amounts, plus what follows now, less what is kept."""

    units: tuple[UnitNumber, ...] = ()
    goods_minor: int = 0
    """The units' amounts, their shipping shares included."""
    extra_minor: int = 0
    """Shipping shares that earlier refunds have kept."""
    unit_fees_minor: int = 0
    shipping_kept: tuple[int, ...] = ()
    """Of each unit, in their order: the shipping share that is kept."""
    label_minor: int = 0
    """What of the return label's cost is kept."""
    exchange_minor: int = 0
    """What is set against the price of an exchange."""
    elsewhere_minor: int = 0
    """What was paid in the shop, to be given back there besides."""

    @property
    def fee_minor(self) -> int:
        """Return all that is kept."""
        kept = self.unit_fees_minor + sum(self.shipping_kept)
        return kept + self.label_minor + self.exchange_minor

    @property
    def amount_minor(self) -> int:
        """Return what the customer gets."""
        return self.goods_minor + self.extra_minor - self.fee_minor


def shipping_shares(order: Order) -> dict[int, list[int]]:
    """Return which part of each unit's amount is its share of the shipping cost, in minor units.

    The same split as `unit_amounts` makes; all shares together are the order's shipping cost.
    """
    own = {
        line.line_no: allocate(line.goods_minor - line.discount_minor, [1] * line.quantity)
        for line in order.lines
    }
    flat = [amount for amounts in own.values() for amount in amounts]
    shares = iter(allocate(order.shipping_minor, flat))
    return {line_no: [next(shares) for _ in amounts] for line_no, amounts in own.items()}


def refund_of(
    due: Sequence[UnitDue],
    earlier: Refunded,
    order_units: int,
    *,
    shipping_back_on_whole: bool = True,
    label_left_minor: int = 0,
) -> RefundDue:
    """Return what is given back for units, after what was given back before.

    Args:
        due: units that are given back now.
        earlier: what the order's returns have given back so far.
        order_units: how many units of the order the customer has got in all.
        shipping_back_on_whole: whether the shipping cost follows once all of them are back.
        label_left_minor: what of the return label's cost is still to be kept.

    Returns:
        A refund of zero or more; over all refunds of an order never more than its units cost.

    """
    back = earlier.units + sum(unit.is_ordered for unit in due)
    whole = shipping_back_on_whole and back >= order_units
    kept = tuple(0 if whole or unit.reason in OUR_FAULT else unit.shipping_minor for unit in due)
    extra = earlier.shipping_kept_minor if whole and due else 0
    goods = sum(unit.amount_minor for unit in due)
    fees = sum(unit.fee_minor for unit in due)
    return RefundDue(
        units=tuple(unit.number for unit in due),
        goods_minor=goods,
        extra_minor=extra,
        unit_fees_minor=fees,
        shipping_kept=kept,
        label_minor=min(label_left_minor, goods + extra - fees - sum(kept)),
        elsewhere_minor=sum(unit.elsewhere_back_minor for unit in due),
    )


def with_exchange(refund: RefundDue, price_minor: int, paid_minor: int) -> RefundDue | None:
    """Return a refund with an exchange set against it; None if it does not cover the exchange.

    Args:
        refund: what would be given back without the exchange.
        price_minor: what the exchange costs.
        paid_minor: what of that was paid in the shop.

    """
    paid = paid_minor + refund.elsewhere_minor
    against = max(0, price_minor - paid)
    if against > refund.amount_minor:
        return None
    left = max(0, paid - price_minor)
    return refund.model_copy(update={"exchange_minor": against, "elsewhere_minor": left})
