"""What a Shopify order costs as it stands now: lines after edits and refunds, charges, taxes."""

from collections.abc import Iterable
from dataclasses import dataclass

from fulfillment.domain.errors import InvalidOrder, Problem
from fulfillment.domain.money import allocate
from fulfillment.storefronts.amounts import Bill, Credit, SoldLine, minor_units, sku_of
from fulfillment.storefronts.mapping import Merchant, Part, wishes, wrong

_UPGRADE = "ask for it by API version 2020-10 or later"


@dataclass(frozen=True)
class Prices:
    """Reads amounts in the currency that the customer pays in.

    Shopify gives an amount twice, as `price` in the shop's currency and as `price_set` in both;
    only in the customer's do lines and total add up, since each is converted on its own.
    """

    currency: str
    shop_currency: str

    def of(self, part: Part, name: str, *, signed: bool = False) -> int:
        """Return the amount of a field that must be there, in minor units."""
        both = part.part(f"{name}_set")
        money = both and (both.part("presentment_money") or self._shop_money(both))
        if both is not None and money is not None:
            if money.text("currency_code") != self.currency:
                raise wrong(money, "currency_code", f"{self.currency}, what the customer pays in")
            return minor_units(
                money.raw("amount"), self.currency, money.at("amount"), signed=signed
            )
        if self.currency != self.shop_currency:
            expected = f"the amount in {self.currency}, what the customer pays in"
            raise wrong(part, f"{name}_set", expected)
        return minor_units(_as_text(part.raw(name)), self.currency, part.at(name), signed=signed)

    def optional(self, part: Part, name: str, *, signed: bool = False) -> int:
        """Return the amount of a field, zero where it is absent or a plain zero."""
        if part.has(f"{name}_set"):
            return self.of(part, name, signed=signed)
        plain = _as_text(part.raw(name))
        if plain is None:
            return 0
        amount = minor_units(plain, self.shop_currency, part.at(name), signed=signed)
        return self.of(part, name, signed=signed) if amount else 0

    def _shop_money(self, both: Part) -> Part | None:
        return both.part("shop_money") if self.currency == self.shop_currency else None


def _as_text(value: object) -> object:
    """Return a JSON number's digits: refunds give some amounts so; nothing is calculated in it."""
    return str(value) if type(value) in (int, float) else value


@dataclass(frozen=True)
class _Refunded:
    """What refunds and edits took off a line."""

    quantity: int = 0
    net_minor: int = 0
    tax_minor: int = 0


def bill_of(order: Part, merchant: Merchant) -> Bill:
    """Return what the order costs now, in the currency that the customer pays in.

    Raises:
        InvalidOrder: a line or an amount can't be read; names each field.

    """
    shop_currency = order.text("currency")
    prices = Prices(order.text("presentment_currency") or shop_currency, shop_currency)
    gross = order.flag("taxes_included")
    lines = _lines(order, prices, merchant, gross=gross)
    shipping, shipping_tax = _shipping(order, prices, gross=gross)
    name = _total_name(order)
    return Bill(
        currency=prices.currency,
        lines=lines,
        charges_minor=shipping + shipping_tax + _surcharges(order, prices),
        credits=_credits(order, prices, gross=gross),
        gross=gross,
        tax_gap_minor=0
        if gross
        else _tax(order, prices) - shipping_tax - sum(line.tax_minor for line in lines),
        total_minor=prices.of(order, name),
        total_path=name,
    )


def _total_name(order: Part) -> str:
    if order.has("current_total_price") or order.has("current_total_price_set"):
        return "current_total_price"
    if order.parts("refunds"):
        raise wrong(order, "current_total_price", "the total after refunds and edits", _UPGRADE)
    return "total_price"


def _tax(order: Part, prices: Prices) -> int:
    current = order.has("current_total_tax") or order.has("current_total_tax_set")
    return prices.optional(order, "current_total_tax" if current else "total_tax")


def _lines(order: Part, prices: Prices, merchant: Merchant, *, gross: bool) -> tuple[SoldLine, ...]:
    refunded = _refunded(order, prices)
    lines: list[SoldLine] = []
    problems: list[Problem] = []
    for number, line in enumerate(order.parts("line_items"), 1):
        if _is_tip(line):
            continue
        try:
            taken = refunded.get(line.identity("id"), _Refunded())
            lines.append(_sold(line, number, taken, prices, merchant, gross=gross))
        except InvalidOrder as refusal:
            problems.extend(refusal.problems)
    if problems:
        raise InvalidOrder.of(*problems)
    if not lines:
        raise wrong(order, "line_items", "at least one line")
    return tuple(lines)


def _is_tip(line: Part) -> bool:
    return any(line.has(name) for name in ("tip", "tip_payment_gateway", "tip_payment_method"))


def _sold(  # noqa: PLR0913 - the line, and all that decides what it stands for
    line: Part, number: int, taken: _Refunded, prices: Prices, merchant: Merchant, *, gross: bool
) -> SoldLine:
    quantity = line.count("quantity")
    kept = line.count("current_quantity") if line.has("current_quantity") else None
    kept = quantity - taken.quantity if kept is None else kept
    if not 0 <= kept <= quantity:
        raise wrong(line, "current_quantity", f"0 to {quantity}, the line's quantity")
    unit = prices.of(line, "price")
    net = unit * quantity - _discount(line, prices)
    tax = 0 if gross else _sum(line.parts("tax_lines"), "price", prices)
    shipped = _to_ship(line, kept, merchant)
    return SoldLine(
        path=line.path,
        line_id=line.identity("id"),
        line_no=number,
        sku=sku_of(line, _keys(line), merchant) if shipped else "",
        kept=kept,
        shipped=shipped,
        unit_minor=unit,
        net_minor=_left(line, net, taken.net_minor, (quantity, kept, taken.quantity)),
        tax_minor=0
        if gross
        else _left(line, tax, taken.tax_minor, (quantity, kept, taken.quantity)),
        properties=wishes(line.parts("properties"), ("name",)),
    )


def _keys(line: Part) -> tuple[str, ...]:
    return (line.identity("variant_id"), line.identity("product_id"))


def _discount(line: Part, prices: Prices) -> int:
    """Return the line's discounts: as allocated; older payloads know only its own."""
    if line.raw("discount_allocations"):
        return _sum(line.parts("discount_allocations"), "amount", prices)
    return prices.optional(line, "total_discount")


def _left(line: Part, amount: int, refunded: int, units: tuple[int, int, int]) -> int:
    """Return what is left of a line's amount for the units kept.

    What the refund says if it is of just the units that are gone, else their share of the units.
    """
    quantity, kept, refunded_units = units
    if not kept:
        return 0
    if amount < 0:
        raise wrong(line, "discount_allocations", "discounts of at most what the goods cost")
    gone = quantity - kept
    if not gone:
        return amount
    if gone == refunded_units and 0 < refunded <= amount:
        return amount - refunded
    return sum(allocate(amount, [1] * quantity)[:kept])


def _to_ship(line: Part, kept: int, merchant: Merchant) -> int:
    """Return how many units are still to ship from here."""
    if line.raw("requires_shipping") is False or line.text("fulfillment_status") == "fulfilled":
        return 0
    if not merchant.ships((*_keys(line), line.text("sku"))):
        return 0
    if line.has("fulfillable_quantity"):
        return max(0, min(kept, line.count("fulfillable_quantity")))
    if line.text("fulfillment_status") == "partial":
        raise wrong(line, "fulfillable_quantity", "how many units are still to ship", _UPGRADE)
    return kept


def _sum(parts: Iterable[Part], name: str, prices: Prices) -> int:
    return sum(prices.of(part, name) for part in parts)


def _refunded(order: Part, prices: Prices) -> dict[str, _Refunded]:
    found: dict[str, _Refunded] = {}
    for refund in order.parts("refunds"):
        for entry in refund.parts("refund_line_items"):
            line_id = entry.identity("line_item_id")
            taken = found.get(line_id, _Refunded())
            found[line_id] = _Refunded(
                taken.quantity + entry.count("quantity"),
                taken.net_minor + prices.optional(entry, "subtotal"),
                taken.tax_minor + prices.optional(entry, "total_tax"),
            )
    return found


def _shipping(order: Part, prices: Prices, *, gross: bool) -> tuple[int, int]:
    price = tax = 0
    for line in order.parts("shipping_lines"):
        if line.flag("is_removed"):
            continue
        names = ("current_discounted_price", "discounted_price")
        name = next((n for n in names if line.has(n) or line.has(f"{n}_set")), "")
        discount = 0 if name else _sum(line.parts("discount_allocations"), "amount", prices)
        price += prices.of(line, name or "price") - discount
        tax += 0 if gross else _sum(line.parts("tax_lines"), "price", prices)
    if price < 0:
        raise wrong(order, "shipping_lines", "discounts of at most what shipping costs")
    return price, tax


def _surcharges(order: Part, prices: Prices) -> int:
    """Return tips, duties and additional fees; duties that are in the prices are none."""
    names = ["current_total_additional_fees"]
    if not order.flag("duties_included"):
        current = order.has("current_total_duties_set")
        names.append("current_total_duties" if current else "original_total_duties")
    return _tip(order, prices) + sum(prices.optional(order, name) for name in names)


def _tip(order: Part, prices: Prices) -> int:
    """Return the tip: from its lines where the order's own field is in the shop's currency only."""
    tips = [line for line in order.parts("line_items") if _is_tip(line)]
    plain = prices.currency != prices.shop_currency and not order.has("total_tip_received_set")
    if not (plain and tips):
        return prices.optional(order, "total_tip_received")
    return sum(prices.of(line, "price") * line.count("quantity") for line in tips)


def _credits(order: Part, prices: Prices, *, gross: bool) -> tuple[Credit, ...]:
    """Return what may be off the whole order: nothing, refunds of other things, old discounts.

    An adjustment's amount is without its tax (Shopify's REST resource Refund); where prices include
    taxes it may be written with it: what adds up is taken.
    """
    found = _given_back(order, prices, taxed=not gross)
    if gross:
        found += _given_back(order, prices, taxed=True)
    lines = order.parts("line_items")
    if not any(line.has("discount_allocations") for line in lines):
        discounts = sum(_discount(line, prices) for line in lines)
        found.append(Credit(prices.optional(order, "total_discounts") - discounts))
    return (Credit(), *(credit for credit in found if credit.amount_minor > 0))


def _given_back(order: Part, prices: Prices, *, taxed: bool) -> list[Credit]:
    """Return what was given back of no line, of shipping, and both; with its tax or without."""
    adjusted = shipping = of_charges = 0
    for refund in order.parts("refunds"):
        for entry in refund.parts("refund_shipping_lines"):
            shipping += prices.optional(entry, "subtotal_amount")
            shipping += prices.optional(entry, "tax_amount") if taxed else 0
        for entry in refund.parts("order_adjustments"):
            amount = -prices.optional(entry, "amount", signed=True)
            amount -= prices.optional(entry, "tax_amount", signed=True) if taxed else 0
            adjusted += amount
            of_charges += amount if entry.text("kind") == "shipping_refund" else 0
    return [
        Credit(adjusted, of_charges),
        Credit(shipping, shipping),
        Credit(adjusted + shipping, of_charges + shipping),
    ]
