"""Deliveries and counts, on a real database."""

import pytest
from pydantic import ValidationError

from fulfillment.domain.errors import InvalidReceipt, NotFound
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.operations.adjustments import Adjustment, adjust_stock
from fulfillment.operations.order_access import get_order
from fulfillment.operations.orders import submit_order
from fulfillment.operations.stock import Receipt, receive_stock, show_stock
from plant import BERLIN, Plant, eventually, new_id, order


def receipt(**changes: object) -> Receipt:
    """Return a delivery of ten mugs into a bin in Berlin."""
    known = {
        "receipt_id": new_id("R"),
        "warehouse_id": BERLIN,
        "bin_id": "BER-A0-01",
        "sku": "MUG",
        "quantity": 10,
        "by": "ann",
    }
    return Receipt.model_validate({**known, **changes})


def adjustment(**changes: object) -> Adjustment:
    """Return a count of a rare thing's bin in Berlin."""
    known = {
        "adjustment_id": new_id("C"),
        "bin_id": "BER-A0-05",
        "sku": "RARE30",
        "reason": "counted",
        "by": "ann",
    }
    return Adjustment.model_validate({**known, **changes})


async def on_hand(shop: Plant, sku: str, warehouse_id: str = BERLIN) -> int:
    """Return what a warehouse has of an article."""
    shelves = await show_stock(shop.engine, skus=[sku], warehouse_id=warehouse_id)
    return sum(shelf.level.on_hand for shelf in shelves)


async def test_a_delivery_is_booked_once(shop: Plant) -> None:
    """The same receipt again books nothing and says the same."""
    came = receipt(sku="RARE20")
    first = await receive_stock(shop.engine, came)
    assert (first.quantity, first.on_hand) == (10, 10)
    assert await receive_stock(shop.engine, came) == first
    assert await on_hand(shop, "RARE20") == 10


async def test_a_receipt_id_stands_for_one_delivery(shop: Plant) -> None:
    """Another delivery under the same id is refused, and nothing is booked."""
    came = receipt(sku="RARE21")
    await receive_stock(shop.engine, came)
    with pytest.raises(InvalidReceipt, match=f"the content that receipt {came.receipt_id}"):
        await receive_stock(shop.engine, came.model_copy(update={"quantity": 11}))
    assert await on_hand(shop, "RARE21") == 10


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"sku": "NOPE"}, ["sku"]),
        ({"bin_id": "NOPE"}, ["bin_id"]),
        ({"sku": "NOPE", "bin_id": "NOPE"}, ["sku", "bin_id"]),
        ({"warehouse_id": "NOPE"}, ["warehouse_id"]),
        ({"bin_id": "RTM-A0-02"}, ["bin_id"]),
    ],
)
async def test_what_is_not_on_record_can_not_be_received(
    shop: Plant, changes: dict[str, object], paths: list[str]
) -> None:
    """Each wrong name is told by its field."""
    with pytest.raises(InvalidReceipt) as refusal:
        await receive_stock(shop.engine, receipt(**changes))
    assert [problem.path for problem in refusal.value.problems] == paths


async def test_goods_that_arrive_wake_who_waits_for_them(shop: Plant) -> None:
    """The back-ordered order is named, looks again and is fulfilled."""
    placed = order(new_id("waits"), ("RARE22", 2))
    await submit_order(shop.engine, placed)

    async def is_at(stage: OrderStage) -> bool:
        return (await get_order(shop.engine, placed.order_id)).stage is stage

    await eventually(lambda: is_at(OrderStage.BACK_ORDERED))
    received = await receive_stock(shop.engine, receipt(sku="RARE22", quantity=2))
    assert received.woken == (placed.order_id,)
    await eventually(lambda: is_at(OrderStage.FULFILLING))


async def test_a_count_corrects_the_books(shop: Plant) -> None:
    """What was counted, and then a difference, are booked once each and audited."""
    counted = adjustment(counted=7)
    found = await adjust_stock(shop.engine, counted)
    assert (found.change, found.in_bin) == (7, 7)
    assert await adjust_stock(shop.engine, counted) == found
    lost = await adjust_stock(shop.engine, adjustment(delta=-3))
    assert (lost.change, lost.in_bin) == (-3, 4)
    assert await on_hand(shop, "RARE30") == 4


async def test_a_count_that_agrees_books_nothing(shop: Plant) -> None:
    """It is on record that somebody counted."""
    agreed = await adjust_stock(shop.engine, adjustment(sku="RARE31", counted=0))
    assert (agreed.change, agreed.in_bin) == (0, 0)


async def test_a_count_never_goes_below_what_is_claimed(shop: Plant) -> None:
    """What orders were promised must be released first; the books stay as they were."""
    await adjust_stock(shop.engine, adjustment(sku="RARE32", counted=3))
    placed = order(new_id("claims"), ("RARE32", 2))
    await submit_order(shop.engine, placed)

    async def claimed() -> bool:
        [shelf] = await show_stock(shop.engine, skus=["RARE32"])
        return shelf.level.claimed == 2

    await eventually(claimed)
    with pytest.raises(InvalidReceipt, match="claim"):
        await adjust_stock(shop.engine, adjustment(sku="RARE32", counted=1))
    assert await on_hand(shop, "RARE32") == 3


async def test_nothing_is_taken_where_nothing_is(shop: Plant) -> None:
    """A bin never holds less than nothing."""
    with pytest.raises(InvalidReceipt):
        await adjust_stock(shop.engine, adjustment(sku="RARE33", delta=-1))


@pytest.mark.parametrize("both", [{}, {"counted": 1, "delta": 1}])
def test_a_count_is_a_number_or_a_difference(both: dict[str, object]) -> None:
    """Neither both nor none."""
    with pytest.raises(ValidationError, match="either counted"):
        adjustment(**both)


async def test_only_what_is_on_record_is_shown(shop: Plant) -> None:
    """An unknown article or warehouse is no empty list."""
    with pytest.raises(NotFound, match="NOPE"):
        await show_stock(shop.engine, skus=["NOPE"])
    with pytest.raises(NotFound, match="NOPE"):
        await show_stock(shop.engine, warehouse_id="NOPE")
