"""Storefronts' news of one order that overtakes itself, on each database."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from temporalio.client import Client

from fulfillment.domain.errors import TooLate, Unavailable
from fulfillment.domain.lifecycle import Outcome, OutcomeKind
from fulfillment.domain.orders import Order
from fulfillment.messages import AmendOrder
from fulfillment.operations import deliveries, storefront_ends, storefront_orders
from fulfillment.operations.deliveries import Delivery, take_delivery
from fulfillment.operations.engine import Engine
from fulfillment.persistence.database import SqlDatabase
from fulfillment.ports import Documents
from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.recognize import heard_of, order_of
from record_samples import NOW, put_on_record, stock_up
from storefront_payloads import SHOPIFY_ADDRESS, shopify_line, shopify_order, woo_line, woo_order

MERCHANT = Merchant()
ORDER_ID = "shopify-450789469"
FEWER = shopify_line(sku="MUG", current_quantity=1, fulfillable_quantity=1)
ELSEWHERE = {"shipping_address": {**SHOPIFY_ADDRESS, "city": "Lexington"}}


class Moving:
    """A clock that is set."""

    at = NOW

    def now(self) -> datetime:
        """Return the time it is set to."""
        return self.at


class Temporal:
    """What is asked of an order's workflow, and whether anybody answers."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.away = self.late = False
        self.asked: list[tuple[str, object]] = []

    def ask(self, what: str, of: object) -> None:
        """Put on record that it was asked.

        Raises:
            Unavailable: nobody answers.
            TooLate: the order has left.

        """
        if self.away:
            message = "down"
            raise Unavailable(message)
        if self.late:
            message = "shipped"
            raise TooLate(message)
        self.asked.append((what, of))


@pytest.fixture
def temporal(monkeypatch: pytest.MonkeyPatch) -> Temporal:
    """Give what stands for the orders' workflows."""
    asked = Temporal()

    async def amend(_: Engine, __: str, wish: AmendOrder, **___: object) -> None:
        asked.ask("less", tuple((less.line_no, less.quantity) for less in wish.less))

    async def change_address(_: Engine, __: str, address: Any, *___: str, **____: object) -> None:
        asked.ask("address", address.city)

    async def cancel_order(_: Engine, __: str, reason: str, ___: str) -> None:
        asked.ask("cancel", reason)

    async def submit_order(engine: Engine, order: Order) -> None:
        asked.ask("submit", order.order_id)
        await put_on_record(engine.database, order)

    monkeypatch.setattr(deliveries, "submit_order", submit_order)
    monkeypatch.setattr(storefront_ends, "cancel_order", cancel_order)
    monkeypatch.setattr(storefront_orders, "amend", amend)
    monkeypatch.setattr(storefront_orders, "change_address", change_address)
    return asked


@pytest.fixture
def clock() -> Moving:
    """Return a clock."""
    return Moving()


@pytest.fixture
def engine(database: SqlDatabase, clock: Moving) -> Engine:
    """Return an engine whose workflows are asked through `temporal` alone."""
    return Engine(cast("Client", None), database, clock, "orders", cast("Documents", None))


def of_shopify(*lines: dict[str, Any], hour: int = 11, **fields: Any) -> dict[str, Any]:
    """Return an order of two mugs as it is at an hour, or less of them for as much less."""
    kept = lines or (shopify_line(sku="MUG"),)
    amounts = {"total": "15.80", "tax": "0.80"} if lines else {}
    return shopify_order(*kept, updated_at=f"2026-11-20T{hour}:00:00Z", **amounts, **fields)


async def recorded(engine: Engine, payload: Mapping[str, Any]) -> None:
    """Put an order on record, as its first delivery does."""
    order = order_of(payload)
    assert order is not None
    await stock_up(engine.database)
    await put_on_record(engine.database, order)
    heard = heard_of("shopify", payload, MERCHANT)
    await storefront_orders.remember(engine, order, "shopify", heard)


async def told(engine: Engine, number: int, payload: Mapping[str, Any], **fields: str) -> str:
    """Take a delivery; return what became of it, with the code of a refusal."""
    given = {"storefront": "shopify", "topic": "orders/updated"} | fields
    body = json.dumps(payload).encode()
    delivery = Delivery.model_validate(given | {"delivery_id": str(number), "body": body})
    try:
        taken = await take_delivery(engine, delivery, MERCHANT)
    except Unavailable:
        return "waits"
    return ": ".join(filter(None, (taken.outcome, taken.code)))


async def test_what_was_decided_is_done_though_newer_news_came(
    engine: Engine, temporal: Temporal
) -> None:
    """A unit that was refunded while Temporal was away is taken off by the retry, once."""
    await recorded(engine, of_shopify())
    temporal.away = True
    assert "waits" == await told(engine, 1, of_shopify(FEWER, hour=18))
    temporal.away = False
    assert "submitted" == await told(engine, 2, of_shopify(FEWER, hour=19))
    assert "changed" == await told(engine, 1, of_shopify(FEWER, hour=18))
    assert "outdated" == await told(engine, 3, of_shopify(FEWER, hour=18))
    assert [("less", ((1, 1),))] == temporal.asked


async def test_what_was_decided_and_is_too_late_is_told(engine: Engine, temporal: Temporal) -> None:
    """The order was shipped, and its books closed, before the retry; news of that is no excuse."""
    await recorded(engine, of_shopify())
    temporal.away = True
    fewer = of_shopify(FEWER, hour=18)
    assert "waits" == await told(engine, 1, fewer)
    temporal.away, temporal.late = False, True
    completed = Outcome(kind=OutcomeKind.COMPLETED, summary="completed")
    async with engine.database.writing() as tx:
        await tx.orders.set_outcome(ORDER_ID, completed, NOW)
    done = of_shopify(FEWER, hour=19, fulfillment_status="fulfilled")
    assert "noted" == await told(engine, 2, done)
    assert "refused: refunded_in_part" == await told(engine, 1, fewer)


@pytest.mark.parametrize(
    ("newest", "expected"), [("Lexington", ["Lexington"]), ("Frankfort", ["Frankfort"])]
)
async def test_of_addresses_only_the_newest_counts(
    engine: Engine, temporal: Temporal, newest: str, expected: list[str]
) -> None:
    """What was overtaken sends the order to its own address only if it is still the newest."""
    await recorded(engine, of_shopify())
    temporal.away = True
    assert "waits" == await told(engine, 1, of_shopify(hour=18, **ELSEWHERE))
    temporal.away = False
    there = {"shipping_address": {**SHOPIFY_ADDRESS, "city": newest}}
    await told(engine, 2, of_shopify(hour=19, **there))
    await told(engine, 1, of_shopify(hour=18, **ELSEWHERE))
    assert [("address", city) for city in expected] == temporal.asked


async def test_what_is_restored_after_its_deletion_is_heard(
    engine: Engine, temporal: Temporal, clock: Moving
) -> None:
    """A deletion bears no date: it counts from when it came, and what is said after it is newer."""
    await stock_up(engine.database)
    deleted = {"storefront": "woocommerce", "topic": "order.deleted"}
    restored = {"storefront": "woocommerce", "topic": "order.restored"}
    assert "canceled" == await told(engine, 1, {"id": 727}, **deleted)
    clock.at = NOW + timedelta(hours=1)
    assert "canceled" == await told(engine, 2, {"id": 727}, **deleted)
    for number, (at, expected) in enumerate(
        [
            (NOW - timedelta(seconds=1), "outdated"),
            (NOW + timedelta(seconds=1), "submitted"),
            (NOW + timedelta(days=1), "submitted"),
        ],
        3,
    ):
        order = woo_order(woo_line(sku="MUG"), date_modified_gmt=at.isoformat())
        assert expected == await told(engine, number, order, **restored)
    assert [("submit", "woo-727")] == temporal.asked
    assert "canceled" == await told(engine, 9, {"id": 727}, **deleted)
    later = woo_order(woo_line(sku="MUG"), date_modified_gmt=(NOW + timedelta(days=2)).isoformat())
    assert "refused: order_conflict" == await told(engine, 10, later, **restored)


async def test_an_order_that_is_reopened_while_it_is_canceled_is_told(
    engine: Engine, temporal: Temporal
) -> None:
    """Once: whatever became of the cancellation, a person has to look; so also by a repeat."""
    await recorded(engine, of_shopify())
    assert "canceled" == await told(engine, 1, of_shopify(hour=18, financial_status="voided"))
    again = of_shopify(hour=19)
    assert "refused: order_conflict" == await told(engine, 2, again)
    assert "refused: order_conflict" == await told(engine, 2, again)
    assert "submitted" == await told(engine, 3, of_shopify(hour=20))
    assert [("cancel", "voided in shopify")] == temporal.asked


async def test_a_cancellation_that_was_asked_for_is_carried_out(
    engine: Engine, temporal: Temporal
) -> None:
    """What a person was told of it is true then, though the order was reopened meanwhile."""
    await recorded(engine, of_shopify())
    voided = of_shopify(hour=18, financial_status="voided")
    temporal.away = True
    assert "waits" == await told(engine, 1, voided)
    temporal.away = False
    assert "refused: order_conflict" == await told(engine, 2, of_shopify(hour=19))
    assert "canceled" == await told(engine, 1, voided)
    assert "outdated" == await told(engine, 3, voided)
    assert [("cancel", "voided in shopify")] == temporal.asked


async def test_an_order_sent_again_as_its_deletion_ends_nothing(
    engine: Engine, temporal: Temporal
) -> None:
    """The signature covers the body alone, so that a topic can be put in another's place."""
    await recorded(engine, of_shopify())
    body = of_shopify(hour=19)
    assert "refused: invalid_order" == await told(engine, 1, body, topic="orders/delete")
    assert [] == temporal.asked
    assert "submitted" == await told(engine, 2, body)


async def test_a_cancellation_that_came_in_time_and_was_carried_out_too_late_is_told(
    engine: Engine, temporal: Temporal
) -> None:
    """What ends after it was shipped is routine; what ended before and was shipped is not."""
    await recorded(engine, of_shopify())
    refunded = of_shopify(hour=18, financial_status="refunded")
    temporal.away = True
    assert "waits" == await told(engine, 1, refunded)
    completed = Outcome(kind=OutcomeKind.COMPLETED, summary="completed")
    async with engine.database.writing() as tx:
        await tx.orders.set_outcome(ORDER_ID, completed, NOW)
    assert "refused: too_late" == await told(engine, 1, refunded)
    assert "noted" == await told(engine, 2, refunded)
