"""How an order is paid, and what is taken when."""

import asyncio
from functools import partial

import plant as plants
from floor_driver import Placed, place
from fulfillment.domain.lifecycle import OrderStage, OutcomeKind
from fulfillment.messages.holds import PayOtherwise
from fulfillment.operations import holds, orders
from journey import WRONG_ADDRESS

AMOUNT_MINOR = 3 * 1990 + 3 * 378 + 490


WAYS: list[tuple[str, tuple[int, int, int], list[str]]] = [
    ("to_authorize", (AMOUNT_MINOR, AMOUNT_MINOR, 0), ["authorize", "capture"]),
    ("authorized", (AMOUNT_MINOR, AMOUNT_MINOR, 0), ["capture"]),
    ("paid", (AMOUNT_MINOR, AMOUNT_MINOR, 0), []),
    ("on_delivery", (0, 0, 0), []),
]
"""Method, what is authorized, captured and voided in the end, what the gateway was asked."""


async def test_only_what_is_still_to_be_taken_is_taken(shop: plants.Plant) -> None:
    """Each payment method is authorized or captured only where that is left to do."""

    async def pay(method: str, money: tuple[int, int, int], asked: list[str]) -> None:
        payment = {"method": method, "reference": f"auth-{method}"}
        order = await place(shop, method, payment=payment)
        assert "completed" == await order.finish()
        assert money == await order.money()
        assert asked == [operation.request.kind.value for operation in await order.gateway()]

    await asyncio.gather(*(pay(*way) for way in WAYS))


async def test_what_the_shop_had_authorized_is_given_back_with_its_order(
    shop: plants.Plant,
) -> None:
    """Also where the order never came to be verified."""
    payment = {"method": "authorized", "reference": "auth-unverified"}
    order = await place(shop, "unverified", payment=payment, ship_to=WRONG_ADDRESS)
    await order.at(OrderStage.ON_HOLD)
    await order.cancel("moved away", "eve")
    assert "canceled" == await order.ended()
    assert (AMOUNT_MINOR, 0, AMOUNT_MINOR) == await order.money()
    assert ["void"] == [operation.request.kind.value for operation in await order.gateway()]


async def test_a_declined_card_holds_the_order_until_it_is_tried_again(shop: plants.Plant) -> None:
    """After a person released it, the card is asked again, and the order goes on."""
    card = {"method": "to_authorize", "reference": "tok_decline_once"}
    order = await place(shop, "declined", payment=card)
    held = await order.at(OrderStage.ON_HOLD)
    assert "payment: declined by the bank" == held.blocked_on
    assert (0, 0, 0) == await order.money()
    await orders.release_hold(shop.engine, order.order_id, "eve", "customer called")

    assert "completed" == await order.finish()
    assert (AMOUNT_MINOR, AMOUNT_MINOR, 0) == await order.money()
    asked = [(o.request.kind.value, o.answer is None) for o in await order.gateway()]
    assert [("authorize", True), ("authorize", False), ("capture", False)] == asked
    assert ["acknowledged", "on_hold", "shipped", "delivered"] == await order.told()


async def test_an_address_corrected_during_a_payment_hold_is_verified(shop: plants.Plant) -> None:
    """Nothing is authorized for an address that was made unusable meanwhile."""
    card = {"method": "to_authorize", "reference": "tok_decline_once"}
    order = await place(shop, "moved", payment=card)
    held = await order.at(OrderStage.ON_HOLD)
    worse = plants.order("X").ship_to.model_copy(update={"postal_code": "1"})
    await orders.correct_address(shop.engine, order.order_id, worse, "eve")

    async def held_again() -> bool:
        status = await order.status()
        return status.stage is OrderStage.ON_HOLD and status.blocked_on != held.blocked_on

    await plants.eventually(held_again)
    assert (await order.status()).blocked_on.startswith("address: postal_code")
    assert (0, 0, 0) == await order.money()


async def test_an_unclear_answer_of_the_gateway_takes_nothing_twice(shop: plants.Plant) -> None:
    """Where the gateway acted and did not answer, asking again with the key finds it done."""
    card = {"method": "to_authorize", "reference": "tok_timeout_after"}
    order = await place(shop, "unclear", payment=card)
    assert "completed" == await order.finish()

    assert (AMOUNT_MINOR, AMOUNT_MINOR, 0) == await order.money()
    assert [("authorize", AMOUNT_MINOR), ("capture", AMOUNT_MINOR)] == [
        (o.request.kind.value, o.moved_minor) for o in await order.gateway()
    ]


async def test_what_costs_nothing_is_shipped_without_asking_anybody(shop: plants.Plant) -> None:
    """An order of zero goes through without the gateway."""
    lines = [{"sku": "MUG", "quantity": 1, "unit_price_minor": 0}]
    order = await place(shop, "free", lines=lines, shipping_minor=0)
    assert "completed" == await order.finish()
    assert [] == await order.gateway()


async def test_a_card_that_stays_declined_is_asked_as_often_as_it_is_released(
    shop: plants.Plant,
) -> None:
    """Each release is one more try; a cancellation then ends it, with nothing to give back."""
    card = {"method": "to_authorize", "reference": "tok_declined"}
    order = await place(shop, "refused", payment=card)
    for tries in (1, 2):
        await plants.eventually(partial(_held, order, tries))
        await orders.release_hold(shop.engine, order.order_id, "eve")
    await plants.eventually(partial(_held, order, 3))
    answer = await order.cancel()

    assert () == answer.done
    assert OutcomeKind.CANCELED == (await order.handle.result()).outcome.kind
    assert (0, 0, 0) == await order.money()


async def test_an_authorization_that_the_gateway_does_not_know_ships_nothing(
    shop: plants.Plant,
) -> None:
    """The order is on hold: it is paid by another one, or given up, which voids nothing."""
    elsewhere = {"method": "authorized", "reference": "shopify_payments/450789469"}
    kept, left = [await place(shop, name, payment=elsewhere) for name in ("kept", "left")]
    for order in (kept, left):
        held = await order.at(OrderStage.ON_HOLD)
        assert held.blocked_on.startswith("payment: the payment gateway knows no such")
    other = PayOtherwise(reference="auth-another", by="eve")
    await holds.pay_otherwise(shop.engine, kept.order_id, other)
    answer = await left.cancel("moved away", "ada")

    assert "completed" == await kept.finish()
    assert (AMOUNT_MINOR, AMOUNT_MINOR, 0) == await kept.money()
    assert "auth-another" == (await kept.payment()).reference
    assert "canceled" == await left.ended()
    [done] = [told for told in answer.done if "voided" in told]
    assert done.startswith("nothing was to be voided: the payment gateway knows no such")
    assert (AMOUNT_MINOR, 0, AMOUNT_MINOR) == await left.money()
    assert [] == await left.gateway()


async def _held(order: Placed, times: int) -> bool:
    on_hold = (await order.status()).stage is OrderStage.ON_HOLD
    return on_hold and times == (await order.told()).count("on_hold")
