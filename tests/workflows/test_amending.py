"""An order amended under way: units less, or other wishes; what is too late says what to do."""

from datetime import date

import plant as plants
from floor_driver import Placed, place, refusal_of
from fulfillment.domain.amendments import Wishes
from fulfillment.domain.errors import TooLate
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.orders import Gift, Urgency
from fulfillment.domain.unit_choice import LineUnits
from fulfillment.messages import AmendAnswer, AmendOrder
from fulfillment.operations import order_changes, orders
from fulfillment.operations.verify import verify

SOON = date(2027, 1, 15)


async def amend(order: Placed, wish: AmendOrder) -> AmendAnswer:
    """Amend an order."""
    return await order_changes.amend(order.engine, order.order_id, wish)


async def test_other_wishes_are_seen_to_until_the_parcels_are_labeled(shop: plants.Plant) -> None:
    """On record without what the card says; the order as handed in is still the same one."""
    order = await place(shop, "amended")
    share = await order.share()
    await share.to(Stage.PACKING)
    gift = Gift(message="For Ada")
    wishes = Wishes(urgency=Urgency.EXPRESS, deliver_by=SOON, gift=gift)
    answer = await amend(order, AmendOrder(by="ada", wishes=wishes))
    assert ("urgency: express", "deliver_by: 2027-01-15", "gift: changed") == answer.done
    record = (await order.record()).order
    assert (Urgency.EXPRESS, SOON, gift) == (record.urgency, record.deliver_by, record.gift)
    [amendment] = await shop.read(lambda tx: tx.changes.amendments(order.order_id))
    assert "For Ada" not in str(amendment)
    await share.to(Stage.AWAITING_PICKUP)
    late = await refusal_of(amend(order, AmendOrder(by="ada", wishes=wishes)))
    assert TooLate is type(late)
    assert "its parcels are labeled" in str(late)
    assert "completed" == await order.finish()
    again = plants.order(order.order_id)
    assert order.order_id == (await orders.submit_order(shop.engine, again)).order_id
    assert [] == [f for f in await verify(order.engine) if order.order_id in str(f)]


async def test_fewer_units_are_a_cancellation_of_the_others(shop: plants.Plant) -> None:
    """What was authorized for them is never captured."""
    order = await place(shop, "fewer", ("MUG", 3))
    await order.share()
    less = (LineUnits(line_no=1, quantity=2),)
    answer = await amend(order, AmendOrder(by="ada", less=less))
    assert "canceled 2 x MUG" in answer.done
    assert "completed, 2 canceled" == await (await _again(order)).ended()
    authorized, captured, voided = await order.money()
    assert (authorized, answer.void_minor) == (captured + voided, voided)


async def _again(order: Placed) -> Placed:
    await (await order.share(2)).finish()
    return order


async def test_units_less_and_other_wishes_are_done_both_or_neither(shop: plants.Plant) -> None:
    """What is refused of one leaves the other as it was, and both are done in one transaction."""
    order = await place(shop, "both", ("MUG", 3))
    share = await order.share()
    await share.to(Stage.PACKING)
    wishes = Wishes(urgency=Urgency.EXPRESS)
    too_many = AmendOrder(by="ada", less=(LineUnits(line_no=1, quantity=4),), wishes=wishes)
    assert "at most the 3 units" in str(await refusal_of(amend(order, too_many)))
    assert Urgency.STANDARD is (await order.record()).order.urgency
    await share.to(Stage.AWAITING_PICKUP)
    one = AmendOrder(by="ada", less=(LineUnits(line_no=1, quantity=1),), wishes=wishes)
    assert "its parcels are labeled" in str(await refusal_of(amend(order, one)))
    assert [0] == await _canceled(order)

    order = await place(shop, "both", ("MUG", 3))
    await order.share()
    answer = await amend(order, one)
    assert ("urgency: express", "canceled 1 x MUG") == answer.done[:2]
    assert Urgency.EXPRESS is (await order.record()).order.urgency
    assert [1] == await _canceled(order)


async def _canceled(order: Placed) -> list[int]:
    progress = await order.shop.read(lambda tx: tx.orders.progress(order.order_id))
    return [line.canceled for line in progress]
