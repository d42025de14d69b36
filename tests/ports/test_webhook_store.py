"""Outward webhooks on record: endpoints, messages, deliveries; and refused deliveries to us."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from fulfillment.domain.errors import Inconsistent, NotFound
from fulfillment.domain.webhook_events import Message
from fulfillment.domain.webhooks import Delivery, DeliveryState, Endpoint
from fulfillment.persistence.database import SqlDatabase
from fulfillment.webhooks.stores import RefusedDelivery, Which
from record_samples import NOW, order, put_on_record

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
async def recorded(database: SqlDatabase) -> None:
    """Put an order on record."""
    await put_on_record(database, order())


def endpoint(name: str = "erp", **changes: object) -> Endpoint:
    """Return an endpoint."""
    made = Endpoint(
        endpoint_id=name,
        url="https://erp.example.com/hooks",
        event_types=("order.*",),
        secret=SecretStr("whsec_new"),
        created_at=NOW,
    )
    return made.model_copy(update=changes)


def message(number: int, order_id: str | None = "O-1") -> Message:
    """Return the message of that number; they come an hour apart."""
    return Message(
        message_id=f"msg_{number}",
        order_id=order_id,
        sequence=number if order_id else 0,
        type="order.on_hold",
        at=NOW + timedelta(hours=number),
        data={"sequence": number, "order": {"lines": [{"sku": "MÜG"}]}},
    )


async def test_an_endpoint_is_what_was_saved_last(database: SqlDatabase) -> None:
    """With both secrets, and every state it can be in."""
    async with database.writing() as record:
        assert await record.webhooks.endpoint("erp") is None
        await record.webhooks.add_endpoint(endpoint("wms"))
        await record.webhooks.add_endpoint(endpoint())
        rotated = endpoint().rotated(SecretStr("whsec_newer"), LATER).disabled("410")
        kept = rotated.model_copy(update={"failing_since": NOW, "paused_until": LATER})
        await record.webhooks.save_endpoint(kept)
    async with database.reading() as record:
        assert await record.webhooks.endpoint("erp") == kept
        assert await record.webhooks.endpoints() == [kept, endpoint("wms")]
    with pytest.raises(Inconsistent):
        async with database.writing() as record:
            await record.webhooks.add_endpoint(endpoint())


async def test_messages_are_numbered_and_found(database: SqlDatabase) -> None:
    """By id, order and time, page by page; an order's number is given once."""
    async with database.writing() as record:
        assert await record.webhooks.last_message("O-1") is None
        for number in (1, 2, 3):
            await record.webhooks.add_message(message(number))
        await record.webhooks.add_message(message(9, None))
    async with database.reading() as record:
        store = record.webhooks
        assert await store.last_message("O-1") == message(3)
        assert await store.message("msg_2") == message(2)
        assert (await store.knows("msg_2"), await store.knows("msg_7")) == (True, False)
        with pytest.raises(NotFound):
            await store.message("msg_7")
        first = await store.messages(Which(), limit=2)
        rest = await store.messages(Which(), after=first[-1].message_id)
        assert [*first, *rest] == [message(1), message(2), message(3), message(9, None)]
        of_order = await store.messages(Which(order_id="O-1", since=NOW + timedelta(hours=2)))
        assert of_order == [message(2), message(3)]
    again = message(3).model_copy(update={"message_id": "msg_other"})
    with pytest.raises(Inconsistent):
        async with database.writing() as record:
            await record.webhooks.add_message(again)


async def test_deliveries_are_due_in_the_order_of_their_messages(database: SqlDatabase) -> None:
    """Each endpoint has its own; what was delivered or given up is due no more."""
    async with database.writing() as record:
        store = record.webhooks
        for name in ("erp", "wms"):
            await store.add_endpoint(endpoint(name))
        for number in (1, 2, 3):
            await store.add_message(message(number))
        await store.queue("erp", ["msg_3", "msg_1"], NOW)
        await store.queue("erp", ["msg_2"], LATER)
        await store.queue("wms", ["msg_1"], LATER)
        due = await store.due("erp", NOW, 10)
        assert [d.message_id for d in due] == ["msg_1", "msg_3"]
        assert await store.due("erp", NOW, 1) == due[:1]
        assert await store.next_due("erp") == NOW
        done = {"state": DeliveryState.DELIVERED, "next_attempt_at": None, "status": 204}
        await store.save_delivery(due[0].model_copy(update={**done, "attempts": 2}))
        overdue = await store.overdue(LATER)
        assert [(d.endpoint_id, d.message_id) for d in overdue] == [("erp", "msg_3")]
        assert await store.give_up("erp", "gone") == 2
        assert (await store.next_due("erp"), await store.next_due("wms")) == (None, LATER)
        failed = Which(endpoint_id="erp", state=DeliveryState.FAILED)
        assert await store.messages(failed) == [message(2), message(3)]
        await store.queue("erp", ["msg_1"], LATER)
        fresh = Delivery(message_id="msg_1", endpoint_id="erp", next_attempt_at=LATER)
        assert (await store.deliveries(["msg_1"]))[0] == fresh
        assert [await store.remove_endpoint("erp") for _ in range(2)] == [True, False]
        await store.save_delivery(fresh)
        assert [d.endpoint_id for d in await store.deliveries(["msg_1", "msg_2"])] == ["wms"]


async def test_what_listens_to_nothing_is_not_overdue(database: SqlDatabase) -> None:
    """An endpoint that is disabled, or has asked for time, has its reason on record."""
    resting = [endpoint("off").disabled("410"), endpoint("busy", paused_until=LATER)]
    async with database.writing() as record:
        await record.webhooks.add_message(message(1))
        for one in resting:
            await record.webhooks.add_endpoint(one)
            await record.webhooks.queue(one.endpoint_id, ["msg_1"], NOW)
        assert await record.webhooks.overdue(LATER) == []
        [late] = await record.webhooks.overdue(LATER + timedelta(hours=1))
        assert late.endpoint_id == "busy"


async def test_a_delivery_that_failed_has_its_reason(database: SqlDatabase) -> None:
    """What is given up without one is refused."""
    async with database.writing() as record:
        await record.webhooks.add_endpoint(endpoint())
        await record.webhooks.add_message(message(1))
        await record.webhooks.queue("erp", ["msg_1"], NOW)
    with pytest.raises(Inconsistent, match="failed_has_reason"):
        async with database.writing() as record:
            await record.webhooks.give_up("erp", "")


async def test_a_gap_in_an_orders_messages_is_a_finding(database: SqlDatabase) -> None:
    """Somebody has deleted what the merchant was to be told."""
    rule = "an order's messages are numbered without gaps"
    async with database.writing() as record:
        await record.webhooks.add_message(message(1))
        found = [finding.rule for finding in await record.books.findings()]
        assert rule not in found
        await record.webhooks.add_message(message(3))
        found = [finding.rule for finding in await record.books.findings()]
        assert rule in found


async def test_refused_deliveries_are_kept_once(database: SqlDatabase) -> None:
    """The newest first; the same one again changes nothing."""
    kept = [
        RefusedDelivery(
            at=NOW,
            storefront="woocommerce",
            topic="order.updated",
            delivery_id=name,
            order_id=None,
            code="invalid_order",
            fields=("refunds[0].line_items",),
        )
        for name in ("a", "b", "a")
    ]
    async with database.writing() as record:
        for one in kept:
            await record.webhooks.add_refused(one)
        found = await record.webhooks.refused()
        assert [one.delivery_id for one in found] == ["b", "a"]
        assert found[1].fields == ("refunds[0].line_items",)
        assert await record.webhooks.refused(before=found[0].number) == found[1:]
