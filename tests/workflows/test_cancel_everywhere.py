"""Canceled at every stage, stock, money and floor are back where they belong, and all is told."""

import asyncio
from datetime import timedelta

import pytest

import plant as plants
from floor_driver import Placed, Share, place, refusal_of
from fulfillment.domain.confirmations import PutBackConfirmation
from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, TooLate
from fulfillment.domain.lifecycle import LineProgress, OrderStage, Stage, TaskKind
from fulfillment.domain.put_backs import NotBack
from fulfillment.domain.tracking import TrackingStatus
from fulfillment.domain.unit_choice import LineUnits
from fulfillment.messages import CancelAnswer, CancelRequest
from fulfillment.operations import floor, order_changes, orders
from fulfillment.operations.verify import verify
from fulfillment.records import LabelRecord

TAKEN = (Stage.SORTING, Stage.PACKING, Stage.AWAITING_PICKUP)


async def levels(shop: plants.Plant) -> dict[str, int]:
    """Return what lies on all shelves, by SKU."""
    found = await shop.read(lambda tx: tx.stock.levels({"MUG", "BOOK", "LAMP"}))
    sums: dict[str, int] = {}
    for level in found:
        sums[level.sku] = sums.get(level.sku, 0) + level.available
    return sums


async def put_back(share: Share, by: str = "bob") -> None:
    """Put back what the task says, and confirm it."""
    confirmation = PutBackConfirmation(by=by)
    await floor.confirm_put_back(share.engine, share.fulfillment_id, confirmation)


async def clean(order: Placed, share: Share) -> None:
    """Check that nothing of the order is claimed, taken, live, or still to be done."""
    name = share.fulfillment_id
    assert [] == await order.shop.read(lambda tx: tx.stock.claims(name))
    assert [] == await order.shop.read(lambda tx: tx.changes.put_backs(name))
    assert [] == await order.shop.read(lambda tx: tx.parcels.labels(name))
    assert [] == await floor.list_tasks(order.engine, fulfillment_id=name)
    authorized, captured, voided = await order.money()
    assert (authorized, 0) == (voided, captured)
    rows = {order.order_id, name}
    findings = [f for f in await verify(order.engine) if any(r in str(f) for r in rows)]
    assert [] == findings


@pytest.mark.parametrize("stage", TAKEN)
async def test_canceled_with_the_goods_out_of_their_bins(shop: plants.Plant, stage: Stage) -> None:
    """A person puts them back; until then they can't be promised, and the order has not ended."""
    order = await place(shop, "taken", ("LAMP", 3))
    share = await order.share()
    before = (await levels(shop))["LAMP"]
    await share.to(stage)
    plan = await order_changes.preview_cancellation(shop.engine, order.order_id, CancelRequest())
    answer = await order.cancel()
    assert plan.treatments == answer.treatments
    assert (await order.payment()).authorized_minor == answer.void_minor
    assert "voided the authorization" in answer.done
    task = await share.task(TaskKind.PUT_BACK)
    rows = task.plan["rows"]
    assert {("LAMP", "BER-A2-05")} == {(row["sku"], row["bin_id"]) for row in rows}
    assert 3 == sum(row["quantity"] for row in rows)
    assert before == (await levels(shop))["LAMP"]
    assert OrderStage.FULFILLING is (await order.record()).stage
    await share.at(Stage.CANCELED)
    meanwhile = await verify(order.engine, grace=timedelta(0))
    assert [] == [finding for finding in meanwhile if order.order_id in str(finding)]
    assert "canceled already" in str(await refusal_of(order.cancel("another reason")))
    await put_back(share)
    assert "canceled" == await order.ended()
    assert before + 3 == (await levels(shop))["LAMP"]
    await clean(order, share)
    assert ["acknowledged", "canceled"] == await order.told()


async def test_canceled_on_its_way_the_parcels_are_brought_back_and_refunded(
    shop: plants.Plant,
) -> None:
    """The carrier turns them; what was captured is refunded at once."""
    order = await place(shop, "turned", ("LAMP", 2))
    share = await order.share()
    await share.to(Stage.IN_TRANSIT)
    await share.noted("customer told: shipped")
    before = (await levels(shop))["LAMP"]
    captured = (await order.payment()).captured_minor
    plan = await order_changes.preview_cancellation(shop.engine, order.order_id, CancelRequest())
    assert captured == plan.refund_minor
    answer = await order.cancel()
    assert captured == answer.refund_minor
    assert any(line.startswith("parcel in transit") for line in answer.done)
    assert captured == (await order.payment()).refunded_minor
    assert (await share.task(TaskKind.PUT_BACK)).plan["comes_back"]
    assert before == (await levels(shop))["LAMP"]
    await put_back(share)
    assert "canceled" == await order.ended()
    assert before + 2 == (await levels(shop))["LAMP"]
    assert ["acknowledged", "shipped", "canceled"] == await order.told()
    findings = [f for f in await verify(order.engine) if order.order_id in str(f)]
    assert [] == findings


async def test_out_for_delivery_it_is_a_return(shop: plants.Plant) -> None:
    """Nothing is changed; the refusal names the command, and so does the preview.

    Nor is a part canceled of what has left, nor more units than there are.
    """
    order = await place(shop, "tooclose", ("MUG", 2))
    share = await order.share()
    status = await share.to(Stage.IN_TRANSIT)
    assert "have left the warehouse" in str(await refusal_of(cancel_units(order, 1, 1)))
    assert "at most the 2 units" in str(await refusal_of(cancel_units(order, 1, 3)))
    await share.carrier_says(TrackingStatus.OUT_FOR_DELIVERY, status.tracking_numbers[0])
    refusal = await refusal_of(order.cancel())
    assert TooLate is type(refusal)
    assert f"fulfillment returns request {order.order_id}" in str(refusal)
    plan = await order_changes.preview_cancellation(shop.engine, order.order_id, CancelRequest())
    assert "out for delivery" in (plan.too_late or "")
    assert "completed" == await order.finish()
    after = await order_changes.preview_cancellation(shop.engine, order.order_id, CancelRequest())
    assert "make a return" in (after.too_late or "")


async def cancel_units(order: Placed, line_no: int, quantity: int) -> CancelAnswer:
    """Cancel so many units of a line."""
    request = CancelRequest(lines=(LineUnits(line_no=line_no, quantity=quantity),), by="ada")
    return await order_changes.cancel(order.engine, order.order_id, request)


async def test_a_part_of_a_line_is_canceled_and_the_rest_ships(shop: plants.Plant) -> None:
    """The fulfillment is called off, and the rest of its units is reserved anew at once.

    At each stage before they leave, hence three times.
    """
    order = await place(shop, "part", ("LAMP", 4), ("MUG", 1))
    given_up_minor = 0
    stages = (Stage.PICKING, Stage.PACKING, Stage.AWAITING_PICKUP)
    for number, stage in enumerate(stages, start=1):
        share = await order.share(number)
        await share.to(stage)
        answer = await cancel_units(order, 1, 1)
        assert "canceled 1 x LAMP" in answer.done
        amounts = {p.line_no: (p.ordered, p.canceled) for p in await _progress(order)}
        assert {1: (4, number), 2: (1, 0)} == amounts
        given_up_minor += answer.void_minor
        if stage is not Stage.PICKING:
            await put_back(share)
    await (await order.share(4)).finish()
    assert "completed, 3 canceled" == await order.ended()
    told = ["acknowledged", *["partly_canceled"] * 3, "shipped", "delivered"]
    assert told == await order.told()
    authorized, captured, voided = await order.money()
    assert (authorized, given_up_minor) == (captured + voided, voided)


async def _progress(order: Placed) -> list[LineProgress]:
    return await order.shop.read(lambda tx: tx.orders.progress(order.order_id))


async def test_one_fulfillment_of_two_is_canceled(shop: plants.Plant) -> None:
    """The other goes on; twice is once; the order is honest about it."""
    await shop.stock(plants.new_id("one"), [("RTM-A3-05", "RARE20", 1)])
    order = await place(shop, "oneoftwo", ("LAMP", 1), ("RARE20", 1))
    shares = [await order.share(1), await order.share(2)]
    for share in shares:
        await share.to(Stage.PACKING)
    name = shares[0].fulfillment_id
    request = CancelRequest(fulfillment_id=name, by="ada")
    first = await order_changes.cancel(shop.engine, order.order_id, request)
    assert any(f"slot of {name}: put back" in line for line in first.done)
    assert first == await order_changes.cancel(shop.engine, order.order_id, request)
    await put_back(shares[0])
    await shares[1].finish()
    assert "completed, 1 canceled" == await order.ended()


async def test_a_confirmation_that_races_with_the_cancellation_has_one_winner(
    shop: plants.Plant,
) -> None:
    """The order is canceled either way; who confirmed too late is told to put the goods back."""
    await asyncio.gather(*(_race(shop, stage) for stage in TAKEN))


async def _race(shop: plants.Plant, stage: Stage) -> None:
    order = await place(shop, "racing")
    share = await order.share()
    await share.to(stage)
    step = {
        Stage.SORTING: share.sort,
        Stage.PACKING: share.pack,
        Stage.AWAITING_PICKUP: share.hand_over,
    }[stage]
    canceled, confirmed = await asyncio.gather(order.cancel(), step(), return_exceptions=True)
    assert isinstance(canceled, CancelAnswer)
    if isinstance(confirmed, FulfillmentError):
        assert "canceled" in str(confirmed)
    await plants.eventually(lambda: _is_open(share))
    await put_back(share)
    assert "canceled" == await order.ended()
    payment = await order.payment()
    assert payment.captured_minor == payment.refunded_minor
    assert payment.authorized_minor == payment.captured_minor + payment.voided_minor


async def _is_open(share: Share) -> bool:
    tasks = await floor.list_tasks(
        share.engine, kind=TaskKind.PUT_BACK, fulfillment_id=share.fulfillment_id
    )
    return bool(tasks)


async def test_a_put_back_is_confirmed_by_a_bare_signal_and_only_when_there_is_one(
    shop: plants.Plant,
) -> None:
    """Too early it is refused; the task can be given to somebody, who alone confirms it."""
    order = await place(shop, "signaled")
    share = await order.share()
    await share.to(Stage.PACKING)
    early = await refusal_of(put_back(share))
    assert ConfirmationRefused is type(early)
    await order.cancel()
    await plants.eventually(lambda: _is_open(share))
    await floor.assign_task(shop.engine, share.fulfillment_id, "eve", "zoe")
    assert "expected eve" in str(await refusal_of(put_back(share, by="bob")))
    await share.handle.signal("put_back_done")
    assert "canceled" == await order.ended()
    assert "unknown" == (await share.task(TaskKind.PUT_BACK)).closed_by


async def test_temporal_s_cancel_on_the_order_takes_packed_goods_apart(shop: plants.Plant) -> None:
    """It means the same as a request, and ends as Canceled once the goods are back."""
    order = await place(shop, "uilate")
    share = await order.share()
    await share.to(Stage.PACKING)
    await order.handle.cancel()
    await plants.eventually(lambda: _is_open(share))
    await put_back(share)
    await plants.eventually(lambda: _settled(order))
    assert ["acknowledged", "canceled"] == await order.told()


async def _settled(order: Placed) -> bool:
    return (await order.record()).stage is OrderStage.SETTLED


async def test_a_fulfillment_that_broke_while_it_was_taken_apart_goes_on(
    shop: plants.Plant,
) -> None:
    """Started again, it finds in the books that it is canceled, and what is to be put back."""
    order = await place(shop, "brokenapart")
    share = await order.share()
    await share.to(Stage.AWAITING_PICKUP)
    await order.cancel()
    await share.noted("labels given back")
    await share.handle.terminate("test")
    await plants.eventually(lambda: _shows_broken(order))
    await orders.resume_order(shop.engine, order.order_id)
    await share.back_at(Stage.CANCELED)
    await put_back(share)
    assert "canceled" == await order.ended()
    await clean(order, share)


async def _shows_broken(order: Placed) -> bool:
    return (await order.status()).blocked_on.startswith("broken")


async def _intercepted(shop: plants.Plant, name: str) -> tuple[Placed, Share]:
    order = await place(shop, name, ("LAMP", 2))
    share = await order.share()
    await share.to(Stage.IN_TRANSIT)
    await share.noted("customer told: shipped")
    await order.cancel()
    await share.task(TaskKind.PUT_BACK)
    return order, share


async def _arrives(share: Share, order: Placed) -> None:
    for number in {label.tracking_number for label in await _labels(share)}:
        await share.carrier_says(TrackingStatus.DELIVERED, number)
    [task] = await floor.list_tasks(
        share.engine, kind=TaskKind.LATE_ARRIVAL, fulfillment_id=share.fulfillment_id
    )
    assert (2, order.order_id) == (task.plan["units"], task.order_id)
    with_customer = await order.shop.read(
        lambda tx: tx.stock.contents(f"customer:{order.order_id}")
    )
    assert [("LAMP", 2)] == [(sku, units) for sku, _, units in with_customer]


async def _labels(share: Share) -> list[LabelRecord]:
    return await share.shop.read(lambda tx: tx.parcels.labels(share.fulfillment_id))


async def test_intercepted_parcels_that_do_not_come_back(shop: plants.Plant) -> None:
    """Delivered all the same they are a late arrival; lost ones are written off; both end."""
    before = (await levels(shop))["LAMP"]
    (one, arrives), (other, lost) = await asyncio.gather(
        _intercepted(shop, "arrives"), _intercepted(shop, "lost")
    )
    await _arrives(arrives, one)
    assert "canceled" == await one.ended()

    too_many = PutBackConfirmation(by="bob", not_back=(NotBack(sku="LAMP", quantity=3),))
    refusal = await refusal_of(floor.confirm_put_back(shop.engine, lost.fulfillment_id, too_many))
    assert "at most the 2" in str(refusal)
    none = PutBackConfirmation(by="bob", not_back=(NotBack(sku="LAMP", quantity=2),))
    await floor.confirm_put_back(shop.engine, lost.fulfillment_id, none)
    assert "canceled" == await other.ended()
    await _arrives(lost, other)

    assert before - 4 == (await levels(shop))["LAMP"]
    ids = (one.order_id, other.order_id)
    assert [] == [f for f in await verify(shop.engine) if any(name in str(f) for name in ids)]
