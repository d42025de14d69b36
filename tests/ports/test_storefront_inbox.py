"""Storefronts' deliveries are carried out once that can be done, on each database."""

import json
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from fulfillment.operations.deliveries import Delivery
from fulfillment.operations.engine import Engine
from fulfillment.operations.storefront_inbox import (
    LONGEST_WAIT,
    CarriedOut,
    carry_out_due,
    keep_delivery,
    list_waiting,
    retry_waiting,
)
from fulfillment.persistence.database import SqlDatabase
from fulfillment.ports import Documents
from fulfillment.storefronts.mapping import Merchant
from record_samples import NOW
from storefront_payloads import shopify_order

ENDED = {"financial_status": "refunded"}


class Moving:
    """A clock that is set."""

    at = NOW

    def now(self) -> datetime:
        """Return the time it is set to."""
        return self.at


class Away:
    """A Temporal server that does not answer."""

    async def execute_update_with_start_workflow(self, *_: Any, **__: Any) -> None:
        """Fail."""
        message = "down"
        raise RPCError(message, RPCStatusCode.UNAVAILABLE, b"")


@pytest.fixture
def clock() -> Moving:
    """Return a clock."""
    return Moving()


@pytest.fixture
def engine(database: SqlDatabase, clock: Moving) -> Engine:
    """Return an engine without a Temporal server."""
    client, documents = cast("Client", Away()), cast("Documents", None)
    return Engine(client, database, clock, "orders", documents)


def delivery(number: int, **fields: Any) -> Delivery:
    """Return an order that Shopify delivers."""
    body = json.dumps(shopify_order(id=number, **fields)).encode()
    topic = "orders/updated"
    return Delivery(storefront="shopify", delivery_id=str(number), topic=topic, body=body)


async def test_what_can_not_be_done_yet_waits_longer_each_time(
    engine: Engine, clock: Moving
) -> None:
    """One that waits keeps no other waiting; what was done is not kept, nor done again."""
    merchant = Merchant()
    live, ended = delivery(1), delivery(2, **ENDED)
    for each in (live, ended):
        await keep_delivery(engine, each, merchant)
    assert CarriedOut() == await carry_out_due(engine, merchant)
    clock.at += timedelta(minutes=1)
    assert CarriedOut(due=2, done=1) == await carry_out_due(engine, merchant)
    await keep_delivery(engine, ended, merchant)
    waits = []
    for _ in range(9):
        [left] = await list_waiting(engine)
        assert ("shopify-1", "unavailable") == (left.order_id, left.error)
        waits.append(left.next_attempt_at - clock.at)
        clock.at = left.next_attempt_at
        assert CarriedOut(due=1) == await carry_out_due(engine, merchant)
    assert [timedelta(minutes=1), timedelta(minutes=2)] == waits[:2]
    assert LONGEST_WAIT == waits[-1]
    assert CarriedOut(due=1) == await retry_waiting(engine, merchant)
    async with engine.database.reading() as tx:
        heard = await tx.storefronts.find("shopify-2")
    assert heard is not None
    assert "refunded" == heard.ended
