"""Shopify's own sample payloads, from the folder of public data."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fulfillment.domain.orders import PaymentMethod
from fulfillment.storefronts.shopify import order_of
from storefront_payloads import (
    refusal_of,
)


@pytest.fixture(scope="module")
def folder() -> Path:
    """Return the folder of public payloads, or skip."""
    root = os.environ.get("FULFILLMENT_DATA")
    if not root:
        pytest.skip("FULFILLMENT_DATA does not name the folder of the public data")
    path = Path(root) / "orders"
    if not (path / "shopify_order.json").is_file():
        pytest.skip(f"FULFILLMENT_DATA has no shopify_order.json in {path}")
    return path


def sample(folder: Path, name: str) -> Any:
    """Return a payload without its envelope."""
    [content] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8")).values()
    return content


def test_shopifys_sample_is_refused_for_the_line_that_its_total_lacks(folder: Path) -> None:
    """Three players at 199.00 and 11.94 tax are no 409.94."""
    held = {"transactions": [sample(folder, "shopify_transaction")]}
    message = refusal_of(order_of, sample(folder, "shopify_order") | held)
    assert "total_price: expected 608.94 USD" in message
    assert "came 409.94 USD, a difference of -199.00 USD" in message


def test_shopifys_sample_adds_up_with_two_lines(folder: Path) -> None:
    """Its tax stands on the order alone, and is spread."""
    payload = sample(folder, "shopify_order")
    transactions = [sample(folder, "shopify_transaction")]
    more = {"line_items": payload["line_items"][:2], "transactions": transactions}
    order = order_of(payload | more)
    assert order.amount_minor == 40994
    assert [(line.sku, line.tax_minor) for line in order.lines] == [
        ("IPOD2008GREEN", 597),
        ("IPOD2008RED", 597),
    ]
    assert order.lines[0].properties == {"Custom Engraving": "Happy Birthday"}
    assert order.payment.method is PaymentMethod.AUTHORIZED
    assert order.payment.reference == "authorization-key"


def test_shopifys_sample_does_not_say_by_what_it_is_captured(folder: Path) -> None:
    """A caller that asked for the transactions puts them in; else it is to be paid first."""
    payload = sample(folder, "shopify_order")
    payload |= {"line_items": payload["line_items"][:2]}
    assert "financial_status: expected paid, or authorized with" in refusal_of(order_of, payload)


def test_shopifys_sample_refund_takes_its_units_off(folder: Path) -> None:
    """Of three lines the refund leaves the red one."""
    more = {
        "refunds": [sample(folder, "shopify_refund")],
        "financial_status": "partially_refunded",
        "current_total_price": "202.98",
        "current_total_tax": "3.98",
    }
    order = order_of(sample(folder, "shopify_order") | more)
    assert [(line.line_no, line.sku) for line in order.lines] == [(2, "IPOD2008RED")]
    assert (order.lines[0].tax_minor, order.amount_minor) == (398, 20298)
