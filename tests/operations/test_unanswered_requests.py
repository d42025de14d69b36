"""What the gateway was asked, and nobody knows the outcome of, is found by verify --gateway."""

from dataclasses import replace

import plant as plants
from floor_driver import place
from fulfillment.domain.authorizations import GatewayRequest
from fulfillment.operations.money import gateway_findings, order_money


async def test_a_renewal_without_an_outcome_is_found_until_it_has_one(shop: plants.Plant) -> None:
    """By its key and its amount; once it is answered, nothing is found."""
    order = await place(shop, "unanswered")
    await order.share()
    engine = replace(shop.engine, payments=shop.ports.payments)
    key = f"order/{order.order_id}/renew_authorization/-/1"
    reference = (await order_money(engine, order.order_id)).reference or ""
    asked = GatewayRequest(key=key, order_id=order.order_id, reference=reference, amount_minor=4711)
    async with shop.database.writing() as tx:
        assert asked == await tx.payments.ask(asked)
        assert asked == await tx.payments.ask(asked.model_copy(update={"amount_minor": 1}))
    found = [f.message for f in await gateway_findings(engine) if order.order_id in f.message]
    assert [f"{order.order_id}: what became of {key} (4711) is not on record"] == [
        message.rpartition(" (")[0] for message in found
    ]
    async with shop.database.writing() as tx:
        await tx.payments.answered(key)
    assert [] == [f for f in await gateway_findings(engine) if order.order_id in f.message]
    await order.cancel()
