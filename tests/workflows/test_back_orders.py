"""What is not in stock, is somewhere else, or is not where the books say."""

from collections.abc import Iterator
from itertools import count

import pytest

import plant as plants
from floor_driver import place, refusal_of
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind
from fulfillment.operations import order_views, stock

_numbers = count(1)


@pytest.fixture
def rare() -> Iterator[str]:
    """Give an article of one's own, of which there is nothing in stock."""
    yield f"RARE{next(_numbers)}"  # noqa: PT022 - nothing to clean up


async def receive(shop: plants.Plant, sku: str, quantity: int) -> tuple[str, ...]:
    """Have goods arrive, and say who was told."""
    receipt = stock.Receipt(
        receipt_id=plants.new_id("receipt"),
        warehouse_id=plants.BERLIN,
        bin_id="BER-A2-09",
        sku=sku,
        quantity=quantity,
    )
    return (await stock.receive_stock(shop.engine, receipt)).woken


async def test_a_back_order_ships_what_is_there_and_wakes_when_goods_arrive(
    shop: plants.Plant, rare: str
) -> None:
    """The customer is told once; the rest comes in a fulfillment of its own; settled once."""
    order = await place(shop, "back", ("MUG", 1), (rare, 2))
    status = await order.at(OrderStage.BACK_ORDERED)
    assert (f"stock: 2 x {rare}", [(rare, 2)]) == (
        status.blocked_on,
        [(line.sku, line.quantity) for line in status.missing],
    )
    first = await order.share()
    await first.finish()
    assert OrderStage.BACK_ORDERED == (await order.status()).stage
    assert (order.order_id,) == await receive(shop, rare, 1)
    await (await order.share(2)).to(Stage.SORTING)
    assert [1] == [line.quantity for line in (await order.status()).missing]
    await receive(shop, rare, 5)

    assert "completed" == await order.finish(shares=3)
    authorized, captured, voided = await order.money()
    assert (authorized, 0) == (captured, voided)
    told = await order.told()
    assert (1, 3, 3) == tuple(told.count(kind) for kind in ("back_ordered", "shipped", "delivered"))
    captures = [o.moved_minor for o in await order.gateway() if o.request.kind == "capture"]
    assert (3, captured) == (len(captures), sum(captures))


async def test_ship_complete_waits_until_everything_is_there(shop: plants.Plant, rare: str) -> None:
    """What is there is claimed, but nobody is sent to pick it before the rest has come."""
    order = await place(shop, "complete", ("MUG", 1), (rare, 1), ship_complete=True)
    status = await order.at(OrderStage.BACK_ORDERED)
    assert () == status.fulfillment_ids
    held = await shop.read(lambda tx: tx.stock.claims(f"{order.order_id}-1"))
    assert [("MUG", 1)] == [(claim.sku, claim.quantity) for claim in held]
    await receive(shop, rare, 1)
    shares = [await order.share(1), await order.share(2)]
    assert [Stage.PICKING] * 2 == [(await share.status()).stage for share in shares]


async def test_an_order_from_two_warehouses_settles_once(shop: plants.Plant) -> None:
    """Each warehouse has its own fulfillment, parcel and capture; the order ends when both have."""
    await shop.stock(plants.new_id("split"), [("RTM-A3-03", "RARE39", 1)])
    order = await place(shop, "split", ("LAMP", 1), ("RARE39", 1))
    one, other = await order.share(1), await order.share(2)
    warehouses = sorted([(await s.status()).warehouse_id for s in (one, other)])
    assert [plants.BERLIN, plants.ROTTERDAM] == warehouses
    await one.finish()
    assert OrderStage.FULFILLING == (await order.status()).stage
    await other.finish()
    assert "completed" == await order.ended()
    kinds = [o.request.kind.value for o in await order.gateway()]
    assert ["authorize", "capture", "capture"] == kinds
    authorized, captured, voided = await order.money()
    assert (authorized, 0) == (captured, voided)
    [sourcing, *_] = await order_views.why(shop.engine, order.order_id)
    assert "BER + RTM" == sourcing.chosen


async def test_a_short_pick_is_found_in_the_other_warehouse(shop: plants.Plant, rare: str) -> None:
    """The pick list gets shorter, the bin is corrected, the rest comes from elsewhere."""
    rows = [("BER-A0-07", rare, 3), ("RTM-A0-07", rare, 2)]
    await shop.stock(rare, rows)
    order = await place(shop, "short", (rare, 3))
    share = await order.share()
    answer = await share.short(rare, "BER-A0-07", 1)
    assert (Stage.PICKING, "2 missing; looking elsewhere") == (answer.stage, answer.message)
    shown = (await share.task(TaskKind.PICK)).plan["items"]
    assert [(rare, 1)] == [(item["sku"], item["quantity"]) for item in shown]
    refusal = await refusal_of(share.short(rare, "BER-A0-07", 2))
    assert "expected fewer than planned there" in str(refusal)
    too_many = await refusal_of(share.pick(picked=[{"sku": rare, "quantity": 3}]))
    assert "expected 1, came 3" in str(too_many)

    other = await order.share(2)
    assert plants.ROTTERDAM == (await other.status()).warehouse_id
    for picked in (share, other):
        assert Stage.SORTING is (await picked.pick()).stage
    in_bin = await shop.read(lambda tx: tx.stock.balance("bin:BER-A0-07", rare))
    assert 0 == in_bin


async def test_a_short_pick_that_nobody_can_fill_is_back_ordered(
    shop: plants.Plant, rare: str
) -> None:
    """What was found ships and is paid; the rest waits, and is picked when it arrives."""
    await shop.stock(rare, [("BER-A0-08", rare, 2)])
    order = await place(shop, "less", (rare, 2))
    share = await order.share()
    await share.short(rare, "BER-A0-08", 1)
    await order.at(OrderStage.BACK_ORDERED)
    await share.finish()
    await share.handle.result()
    half = await order.payment()
    assert 0 < half.captured_minor < half.authorized_minor
    await receive(shop, rare, 1)
    await order.share(2)


async def test_nothing_found_cancels_the_fulfillment_and_the_order_goes_on(
    shop: plants.Plant, rare: str
) -> None:
    """The empty-handed fulfillment ends; the order waits for goods, and then ships."""
    await shop.stock(rare, [("BER-A0-09", rare, 1)])
    order = await place(shop, "nothing", (rare, 1))
    share = await order.share()
    await share.short(rare, "BER-A0-09", 0)
    assert Stage.CANCELED is (await share.handle.result()).stage
    await order.at(OrderStage.BACK_ORDERED)
    assert "canceled" in str(await refusal_of(share.pick()))
    await receive(shop, rare, 1)
    await (await order.share(2)).finish()
    assert "completed" == await order.ended()
    assert ["acknowledged", "back_ordered", "shipped", "delivered"] == await order.told()


async def test_two_short_picks_of_one_fulfillment(shop: plants.Plant, rare: str) -> None:
    """Each is recorded by itself."""
    await shop.stock(rare, [("BER-A1-09", rare, 4), ("RTM-A1-09", rare, 9)])
    order = await place(shop, "shorter", (rare, 4))
    share = await order.share()
    await share.short(rare, "BER-A1-09", 3)
    await order.share(2)
    await share.short(rare, "BER-A1-09", 1)
    await order.share(3)
    assert 2 == [a.action for a in await order.actions()].count("short_pick")


async def test_the_last_unit_goes_to_one_order(shop: plants.Plant, rare: str) -> None:
    """Who comes second is back-ordered, and gets it when the first gives it back."""
    await shop.stock(rare, [("BER-A1-08", rare, 1)])
    first = await place(shop, "last", (rare, 1))
    await first.share()
    second = await place(shop, "last", (rare, 1))
    await second.at(OrderStage.BACK_ORDERED)
    await first.cancel()
    assert "canceled" == await first.ended()
    share = await second.share()
    assert [(rare, 1)] == [(line.sku, line.planned) for line in (await share.record()).lines]
