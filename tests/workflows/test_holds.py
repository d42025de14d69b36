"""Orders that a person must look at before they go on."""

import asyncio

import plant as plants
from floor_driver import Placed, place, refusal_of
from fulfillment.domain.addresses import Address
from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.operations import orders
from histories import details

UNUSABLE = {
    "name": "Ada Lovelace",
    "street": ["Reeperbahn 1"],
    "city": "Hamburg",
    "postal_code": "999",
    "country": "DE",
}
AMBIGUOUS = {**UNUSABLE, "street": ["Reeperbahn"], "postal_code": "20359"}
USABLE = Address(
    name="Ada Lovelace",
    street=("Reeperbahn 1",),
    city="Hamburg",
    postal_code="20359",
    country="DE",
)


async def test_an_unusable_address_is_corrected_and_the_order_goes_on(shop: plants.Plant) -> None:
    """It is verified again with the corrected one, which is on record and on the label."""
    order = await place(shop, "address", ship_to=UNUSABLE)
    held = await order.at(OrderStage.ON_HOLD)
    assert held.blocked_on.startswith("address: ")
    assert OrderStage.ON_HOLD == (await order.record()).stage
    assert (0, 0, 0) == await order.money()
    assert "**on_hold**, waiting for address" in await details(order.handle)
    await orders.correct_address(shop.engine, order.order_id, USABLE, "eve")

    assert "completed" == await order.finish()
    record = await order.record()
    assert USABLE == record.order.ship_to
    assert ["acknowledged", "on_hold", "shipped", "delivered"] == await order.told()
    assert "eve" == (await order.noted("address corrected")).by
    assert ("correct_address", "eve") in [(a.action, a.by) for a in await order.actions()]


async def test_a_correction_that_is_no_better_holds_the_order_again(shop: plants.Plant) -> None:
    """Each hold asks the customer; the second correction may be the right one."""
    order = await place(shop, "again", ship_to=UNUSABLE)
    await order.at(OrderStage.ON_HOLD)
    worse = USABLE.model_copy(update={"postal_code": "1"})
    await orders.correct_address(shop.engine, order.order_id, worse, "eve")
    await plants.eventually(lambda: _told_twice(order))
    await order.at(OrderStage.ON_HOLD)
    await orders.correct_address(shop.engine, order.order_id, USABLE, "eve")
    await order.share()


async def test_a_person_may_let_an_order_go_on_in_spite_of_what_was_found(
    shop: plants.Plant,
) -> None:
    """By update or by a bare signal; who did it is on record."""
    by_update = await place(shop, "spite", ("MUG", 1), ship_to=AMBIGUOUS)
    by_signal = await place(shop, "spite", ("OLD", 1))
    doubted = await by_update.at(OrderStage.ON_HOLD)
    assert "address: street: Reeperbahn has no house number" == doubted.blocked_on
    await orders.release_hold(shop.engine, by_update.order_id, "eve", "known customer")
    await by_update.share()

    held = await by_signal.at(OrderStage.ON_HOLD)
    assert "availability: OLD is discontinued" == held.blocked_on
    await by_signal.handle.signal("hold_released")
    await by_signal.at(OrderStage.BACK_ORDERED)
    await by_signal.cancel()
    assert "unknown" == (await by_signal.noted("hold released")).by


async def test_only_an_order_on_hold_is_corrected_or_released(shop: plants.Plant) -> None:
    """Elsewhere it is refused, by update with the reason and no event."""
    order = await place(shop, "nohold")
    await order.share()
    for asked in (
        orders.release_hold(shop.engine, order.order_id, "eve"),
        orders.correct_address(shop.engine, order.order_id, USABLE, "eve"),
    ):
        refusal = await refusal_of(asked)
        assert ConfirmationRefused is type(refusal)
        assert "expected on_hold, came fulfilling" in str(refusal)


async def test_two_answers_to_one_hold(shop: plants.Plant) -> None:
    """The first one counts, the other is told so."""
    order = await place(shop, "both", ship_to=UNUSABLE)
    await order.at(OrderStage.ON_HOLD)
    answers = await asyncio.gather(
        orders.correct_address(shop.engine, order.order_id, USABLE, "eve"),
        orders.correct_address(shop.engine, order.order_id, USABLE, "kim"),
        return_exceptions=True,
    )
    assert 1 == sum(isinstance(answer, ConfirmationRefused) for answer in answers)
    await order.share()


async def _told_twice(order: Placed) -> bool:
    return (await order.told()).count("on_hold") == 2
