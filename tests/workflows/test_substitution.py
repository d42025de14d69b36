"""What is to be had nowhere comes as an article that the customer allows."""

import plant as plants
from floor_driver import Placed, Share, refusal_of, texts
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind
from fulfillment.domain.orders import parse_order
from fulfillment.operations import order_views, orders, stock

GONE, NOWHERE, INSTEAD, LATER, LATER_INSTEAD = (f"RARE{number}" for number in range(41, 46))


async def place(shop: plants.Plant, sku: str, quantity: int, *substitutes: str) -> Placed:
    """Hand an order in for an article, with what the customer takes instead, and a book."""
    data = plants.order_data(plants.new_id("instead"), (sku, quantity), ("BOOK", 1))
    data["lines"][0]["substitutes"] = list(substitutes)
    order = parse_order(data)
    await orders.submit_order(shop.engine, order)
    return Placed(shop, order.order_id)


async def planned(share: Share) -> list[tuple[int, str, int]]:
    """Return what of which line a share plans to ship."""
    return [(li.line_no, li.sku, li.planned) for li in (await share.record()).lines if li.planned]


async def test_a_short_pick_becomes_a_substitution(shop: plants.Plant) -> None:
    """The bin holds one of two; the other one ships as what the customer allows, at its price."""
    await shop.stock(plants.new_id("gone"), [("BER-A3-01", GONE, 2), ("BER-A3-01", INSTEAD, 5)])
    order = await place(shop, GONE, 2, NOWHERE, INSTEAD)
    first = await order.share()
    await first.short(GONE, "BER-A3-01", 1)
    other = await order.share(2)
    assert [(1, INSTEAD, 1)] == await planned(other)
    shown = (await other.task(TaskKind.PICK)).plan["items"]
    assert [(INSTEAD, 1)] == [(item["sku"], item["quantity"]) for item in shown]
    wrong = await refusal_of(other.pick(picked=[{"sku": GONE, "quantity": 1}]))
    assert f"expected one of {INSTEAD}" in str(wrong)

    assert "completed, 1 substituted" == await order.finish(shares=2)
    authorized, captured, voided = await order.money()
    assert (authorized, 0) == (captured, voided)
    told = await order.told()
    assert (1, 0) == (told.count("substituted"), told.count("back_ordered"))
    [parcel] = await shop.read(lambda tx: tx.parcels.of_fulfillment(other.fulfillment_id))
    assert ((1, INSTEAD, 1),) == parcel.contents
    decisions = await order_views.why(shop.engine, order.order_id)
    [substitution] = [one for one in decisions if one.subject == "substitution"]
    assert f"1 x {INSTEAD} in place of {GONE}" == substitution.chosen
    assert f"substitution: {substitution.chosen}" in "\n".join(texts(await order.timeline()))
    [line, _] = (await order_views.show_order(shop.engine, order.order_id)).progress
    assert (GONE, 2, 1) == (line.sku, line.delivered, line.substituted)


async def test_a_back_order_takes_a_substitute_when_one_arrives(shop: plants.Plant) -> None:
    """Both articles in one share, of one line: picked, packed and shipped each by itself."""
    await shop.stock(plants.new_id("later"), [("BER-A3-02", LATER_INSTEAD, 1)])
    order = await place(shop, LATER, 3, LATER_INSTEAD)
    status = await order.at(OrderStage.BACK_ORDERED)
    assert f"stock: 2 x {LATER}" == status.blocked_on
    first = await order.share()
    assert [(1, LATER_INSTEAD, 1), (2, "BOOK", 1)] == await planned(first)
    await first.finish()
    # Put there silently: the one delivery below wakes the order, and it finds both.
    await shop.stock(plants.new_id("later"), [("BER-A3-03", LATER, 1)])
    receipt = stock.Receipt(
        receipt_id=plants.new_id("receipt"),
        warehouse_id=plants.BERLIN,
        bin_id="BER-A3-02",
        sku=LATER_INSTEAD,
        quantity=9,
    )
    woken = (await stock.receive_stock(shop.engine, receipt)).woken
    assert (order.order_id,) == woken
    second = await order.share(2)
    assert [(1, LATER, 1), (1, LATER_INSTEAD, 1)] == await planned(second)
    await second.to(Stage.PACKING)
    cartons = (await second.task(TaskKind.PACK)).plan["plan"]["cartons"]
    names = [item["item_ref"] for carton in cartons for item in carton["placements"]]
    assert ["1/1", "1/2"] == sorted(names)
    assert "completed, 2 substituted" == await order.finish(shares=2)
    assert 2 == (await order.told()).count("substituted")
