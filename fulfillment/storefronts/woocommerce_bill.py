"""What a WooCommerce order costs as it stands now: lines less refunds, fees, shipping, taxes."""

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fulfillment.domain.errors import InvalidOrder, Problem
from fulfillment.storefronts.amounts import Bill, Credit, SoldLine, minor_units, sku_of
from fulfillment.storefronts.mapping import Merchant, Part, wishes, wrong

_REFUNDED_LINE = "_refunded_item_id"


@dataclass(frozen=True)
class _Refunded:
    """What refunds took off a line: units, their price without tax, their tax."""

    quantity: int = 0
    net_minor: int = 0
    tax_minor: int = 0


def bill_of(order: Part, merchant: Merchant) -> Bill:
    """Return what the order costs now.

    WooCommerce keeps each line without tax, and its tax beside it; where the shop's prices include
    tax, the two together are what the customer saw, so they are the price here too.

    Raises:
        InvalidOrder: a line or an amount can't be read; names each field.

    """
    currency, gross = order.text("currency"), order.flag("prices_include_tax")
    refunded = _refunded(order, currency)
    lines = _lines(order, currency, refunded, merchant, gross=gross)
    fees = _net_and_tax(order, "fee_lines", currency)
    shipping = _net_and_tax(order, "shipping_lines", currency)
    charged = [net + tax for net, tax in (*shipping, *fees)]
    back = refunded_minor(order.parts("refunds"), currency)
    discounts = sum(amount for amount in charged if amount < 0)
    of_lines = sum(taken.net_minor + taken.tax_minor for taken in refunded.values())
    return Bill(
        currency=currency,
        lines=lines,
        charges_minor=sum(amount for amount in charged if amount > 0),
        credits=(Credit(back - of_lines - discounts, _charges_back(order, currency)),),
        gross=gross,
        tax_gap_minor=_tax_gap(order, currency, shipping, fees),
        total_minor=_amount(order, "total", currency) - back,
        total_path="total",
    )


def _amount(part: Part, name: str, currency: str, *, signed: bool = False) -> int:
    return minor_units(part.raw(name), currency, part.at(name), signed=signed)


def _tax(part: Part, name: str, currency: str, *, signed: bool = False) -> int:
    """Return a tax; orders of shops without taxes may have none, or an empty text."""
    empty = not part.has(name) or part.raw(name) == ""
    return 0 if empty else _amount(part, name, currency, signed=signed)


def _net_and_tax(order: Part, name: str, currency: str) -> list[tuple[int, int]]:
    """Return shipping lines or fees; a fee below zero is a discount of the whole order."""
    signed = name == "fee_lines"
    return [
        (
            _amount(line, "total", currency, signed=signed),
            _tax(line, "total_tax", currency, signed=signed),
        )
        for line in order.parts(name)
    ]


def _charges_back(order: Part, currency: str) -> int:
    """Return what full refunds say was given back of shipping and fees."""
    return sum(
        abs(amount)
        for refund in order.parts("refunds")
        for name in ("shipping_lines", "fee_lines")
        for line in refund.parts(name)
        for amount in (
            _amount(line, "total", currency, signed=True),
            _tax(line, "total_tax", currency, signed=True),
        )
    )


def _tax_gap(
    order: Part,
    currency: str,
    shipping: list[tuple[int, int]],
    fees: list[tuple[int, int]],
) -> int:
    """Return the order's own sum of taxes less its parts': each of them is rounded by itself."""
    if not order.has("total_tax"):
        return 0
    lines = sum(_tax(line, "total_tax", currency) for line in order.parts("line_items"))
    found = lines + sum(tax for _, tax in (*shipping, *fees))
    return _amount(order, "total_tax", currency) - found


def _lines(
    order: Part,
    currency: str,
    refunded: Mapping[str, _Refunded],
    merchant: Merchant,
    *,
    gross: bool,
) -> tuple[SoldLine, ...]:
    lines: list[SoldLine] = []
    problems: list[Problem] = []
    for number, line in enumerate(order.parts("line_items"), 1):
        taken = refunded.get(line.identity("id"), _Refunded())
        try:
            lines.append(_sold(line, number, taken, currency, merchant, gross=gross))
        except InvalidOrder as refusal:
            problems.extend(refusal.problems)
    if problems:
        raise InvalidOrder.of(*problems)
    if not lines:
        raise wrong(order, "line_items", "at least one line")
    return tuple(lines)


def _sold(  # noqa: PLR0913 - the line, and all that decides what it stands for
    line: Part, number: int, taken: _Refunded, currency: str, merchant: Merchant, *, gross: bool
) -> SoldLine:
    quantity = line.count("quantity")
    kept = quantity - taken.quantity
    if quantity <= 0 or kept < 0:
        expected = f"at least one, and the {taken.quantity} refunded"
        raise wrong(line, "quantity", expected)
    listed, net, tax = _amounts(line, taken, currency, gross=gross)
    shipped = kept if merchant.ships((*_keys(line), line.text("sku"))) else 0
    return SoldLine(
        path=line.path,
        line_id=line.identity("id"),
        line_no=number,
        sku=sku_of(line, _keys(line), merchant) if shipped else "",
        kept=kept,
        shipped=shipped,
        unit_minor=-(-listed // quantity),
        net_minor=net,
        tax_minor=tax,
        properties=_properties(line),
    )


def _amounts(line: Part, taken: _Refunded, currency: str, *, gross: bool) -> tuple[int, int, int]:
    """Return the line before discounts, after discounts and refunds, and its tax on top."""
    listed, net = (_amount(line, name, currency) for name in ("subtotal", "total"))
    listed_tax, tax = (_tax(line, name, currency) for name in ("subtotal_tax", "total_tax"))
    tax -= taken.tax_minor
    net -= taken.net_minor
    if net < 0 or tax < 0:
        raise wrong(line, "total", "at least what was refunded of it")
    return (listed + listed_tax, net + tax, 0) if gross else (listed, net, tax)


def _keys(line: Part) -> tuple[str, ...]:
    product, variation = line.identity("product_id"), line.identity("variation_id")
    return (f"{product}:{variation or 0}", product) if product else ()


def _properties(line: Part) -> dict[str, str]:
    """Return the customer's wishes; a variation's attributes are the article itself.

    These have a key `pa_…`, or stand in the line's name, as in "Shirt - Color: Black, Size: M".
    """
    entries = [
        entry for entry in line.parts("meta_data") if isinstance(entry.raw("value"), str | int)
    ]
    own = [entry for entry in entries if not entry.text("key").startswith("pa_")]
    name = html.unescape(line.text("name")).casefold() if _is_variation(line) else ""
    return {
        key: value
        for key, value in wishes(own, ("display_key", "key")).items()
        if f"{key}: {value}".casefold() not in name
    }


def _is_variation(line: Part) -> bool:
    return line.identity("variation_id") not in ("", "0")


def _refunded(order: Part, currency: str) -> dict[str, _Refunded]:
    found: dict[str, _Refunded] = {}
    for refund in order.parts("refunds"):
        if not refund.has("line_items"):
            remedy = f"put the answer of GET orders/{order.raw('id')}/refunds in its place"
            expected = "the full refund: the sum alone does not say which goods it is of"
            raise wrong(refund, "line_items", expected, remedy)
        for entry in refund.parts("line_items"):
            line_id = _refunded_line(entry)
            taken = found.get(line_id, _Refunded())
            found[line_id] = _Refunded(
                taken.quantity + abs(entry.count("quantity")),
                taken.net_minor + abs(_amount(entry, "total", currency, signed=True)),
                taken.tax_minor + abs(_tax(entry, "total_tax", currency, signed=True)),
            )
    return found


def _refunded_line(entry: Part) -> str:
    for meta in entry.parts("meta_data"):
        if meta.text("key") == _REFUNDED_LINE:
            return meta.identity("value")
    raise wrong(entry, "meta_data", f"{_REFUNDED_LINE}, the id of the line it is of")


def refunded_minor(refunds: Iterable[Part], currency: str) -> int:
    """Return what was paid back in all: `amount` in full refunds, `total` (below zero) in short."""
    return sum(
        abs(_amount(refund, name, currency, signed=True))
        for refund in refunds
        for name in ["amount" if refund.has("amount") else "total"]
    )
