"""Workflows that were terminated are started again, and go on where they were."""

import asyncio
from collections import Counter
from functools import partial
from pathlib import Path

from temporalio.client import Client

import plant as plants
from activities.picking import PickingActivities
from floor_driver import Placed, Share, place, refusal_of
from fulfillment import bootstrap
from fulfillment.domain.addresses import Address
from fulfillment.domain.confirmations import PutBackConfirmation, ShortPick
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind
from fulfillment.domain.tracking import TrackingStatus
from fulfillment.domain.unit_choice import LineUnits
from fulfillment.messages import CancelRequest, RecordShortPick
from fulfillment.operations import floor, order_changes, orders

USABLE = Address(
    name="Ada Lovelace",
    street=("Reeperbahn 1",),
    city="Hamburg",
    postal_code="20359",
    country="DE",
)


async def once(order: Placed) -> None:
    """Check that no effect, mail or payment was done twice."""
    keys = Counter(effect.key for effect in await order.effects())
    assert [] == [key for key, times in keys.items() if times > 1]
    told = Counter((notice.kind, notice.fulfillment_id) for notice in await order.notices())
    assert [] == [kind for kind, times in told.items() if times > 1]
    assert [] == [operation.key for operation in await order.gateway() if operation.tries > 1]
    done = Counter(
        (a.action, a.fulfillment_id) for a in await order.actions() if a.action.endswith("_done")
    )
    assert [] == [step for step, times in done.items() if times > 1]


async def broken(order: Placed, share: Share) -> None:
    """Terminate a fulfillment and wait until its order shows it."""
    await share.handle.terminate("test")
    expected = f"broken: {share.fulfillment_id}"

    async def shown() -> bool:
        return (await order.status()).blocked_on == expected

    await plants.eventually(shown)


async def test_a_terminated_fulfillment_goes_on_after_resume(shop: plants.Plant) -> None:
    """What people had confirmed is not asked again; what was said meanwhile is not lost.

    At each stage, hence five times.
    """
    order = await place(shop, "broken")
    share = await order.share()
    for stage in (Stage.PICKING, Stage.SORTING, Stage.PACKING, Stage.AWAITING_PICKUP):
        await share.to(stage)
        await broken(order, share)
        again = await orders.resume_order(shop.engine, order.order_id)
        assert not again.restarted
        await share.back_at(stage)
    numbers = (await share.to(Stage.IN_TRANSIT)).tracking_numbers
    await broken(order, share)
    await share.carrier_says(TrackingStatus.DELIVERED, numbers[0])
    again = await orders.resume_order(shop.engine, order.order_id)
    assert not again.restarted
    assert "completed" == await order.ended()
    await once(order)


async def test_a_terminated_order_goes_on_after_resume(shop: plants.Plant) -> None:
    """It takes up its fulfillment where that was, three times; the books are the same."""
    order = await place(shop, "gone")
    share = await order.share()
    for stage in (Stage.PACKING, Stage.AWAITING_PICKUP, Stage.IN_TRANSIT):
        await share.to(stage)
        await order.handle.terminate("test")
        await share.handle.terminate("test")
        again = await orders.resume_order(shop.engine, order.order_id)
        assert again.restarted
        await share.back_at(stage)
    assert "completed" == await order.finish()
    await once(order)


async def test_a_terminated_order_whose_goods_lie_in_their_bins_is_canceled(
    shop: plants.Plant,
) -> None:
    """Temporal asks its fulfillment to stop; the resumed order says so and gives the money back."""
    order = await place(shop, "stopped")
    share = await order.share()
    await order.handle.terminate("test")

    async def stopped() -> bool:
        return (await share.record()).stage is Stage.CANCELED

    await plants.eventually(stopped)
    await orders.resume_order(shop.engine, order.order_id)
    assert "canceled" == await order.ended()
    authorized, captured, voided = await order.money()
    assert (authorized, 0) == (voided, captured)
    assert ["acknowledged", "canceled"] == await order.told()


async def test_a_fulfillment_that_outlived_its_order_ends_with_the_next_one(
    shop: plants.Plant,
) -> None:
    """Finished without its order, its result is found by the order that is started again."""
    order = await place(shop, "outlived")
    share = await order.share()
    await share.to(Stage.IN_TRANSIT)
    await order.handle.terminate("test")
    await share.deliver()
    await share.handle.result()
    await orders.resume_order(shop.engine, order.order_id)
    assert "completed" == await order.ended()
    await once(order)


async def test_an_order_canceled_before_it_comes_to_its_payment_again_gives_it_back(
    client: Client, tmp_path: Path
) -> None:
    """What the run before had held at the bank, though this one never asked."""
    async with plants.plant(client, tmp_path, work=False) as shop:
        work = partial(bootstrap.make_worker, client, shop.ports, shop.settings)
        async with work():
            order = await place(shop, "early", ("RARE6", 1))
            await order.at(OrderStage.BACK_ORDERED)
            await order.handle.terminate("test")
        await orders.resume_order(shop.engine, order.order_id)
        await order.handle.signal("cancel_order")
        async with work():
            assert "canceled" == await order.ended()
        authorized, captured, voided = await order.money()
        assert (authorized, 0) == (voided, captured)
        assert authorized > 0


async def test_a_hold_that_was_answered_stays_answered(shop: plants.Plant) -> None:
    """Neither the corrected address nor the released payment is asked for again."""
    unusable = USABLE.model_copy(update={"postal_code": "999"}).model_dump(mode="json")
    card = {"method": "to_authorize", "reference": "tok_decline_once"}
    order = await place(shop, "answered", ship_to=unusable, payment=card)
    await order.at(OrderStage.ON_HOLD)
    await orders.correct_address(shop.engine, order.order_id, USABLE, "eve")
    await plants.eventually(lambda: _held_for_payment(order))
    await orders.release_hold(shop.engine, order.order_id, "eve")
    share = await order.share()
    await order.handle.terminate("test")
    await share.handle.terminate("test")
    await orders.resume_order(shop.engine, order.order_id)
    await share.back_at(Stage.PICKING)
    assert Stage.SORTING is (await share.pick()).stage
    assert OrderStage.FULFILLING is (await order.status()).stage
    assert 2 == (await order.told()).count("on_hold")


async def test_what_a_short_pick_changed_stays_changed(shop: plants.Plant) -> None:
    """Shorter pick list, second fulfillment and a second short pick survive both terminations."""
    rows = [("BER-A3-01", "RARE35", 3), ("RTM-A3-01", "RARE35", 5), ("BER-A3-02", "RARE34", 2)]
    await shop.stock(plants.new_id("short"), rows)
    order = await place(shop, "shortened", ("RARE35", 3), ("RARE34", 2))
    share = await order.share()
    await share.short("RARE35", "BER-A3-01", 2)
    await (await order.share(2)).to(Stage.PACKING)
    await broken(order, share)
    await orders.resume_order(shop.engine, order.order_id)
    await share.back_at(Stage.PICKING)
    await share.short("RARE35", "BER-A3-01", 1)
    await (await order.share(3)).to(Stage.PACKING)
    picked = [{"sku": "RARE35", "quantity": 1}, {"sku": "RARE34", "quantity": 2}]
    await share.pick(picked=picked)
    await share.to(Stage.PACKING)

    await order.handle.terminate("test")
    for number in (1, 2, 3):
        await Share(shop, f"{order.order_id}-{number}").handle.terminate("test")
    await orders.resume_order(shop.engine, order.order_id)
    for number in (1, 2, 3):
        await Share(shop, f"{order.order_id}-{number}").back_at(Stage.PACKING)
    assert "completed" == await order.finish(shares=3)
    await once(order)


async def test_the_carton_that_the_packer_chose_stays_chosen(shop: plants.Plant) -> None:
    """The workflow that is started again goes by the changed plan, with its weights."""
    order = await place(shop, "chosen")
    share = await order.share()
    await share.to(Stage.PACKING)
    await share.change_cartons("L")
    await broken(order, share)
    await orders.resume_order(shop.engine, order.order_id)
    await share.back_at(Stage.PACKING)
    assert "cartons: expected L, came S" in str(await refusal_of(share.pack(cartons=("S",))))
    assert "came 1 g" in str(await refusal_of(share.pack(weights_g=(1,))))
    await share.pack(cartons=("L",), weights_g=(await share.sheet()).weights_g)
    await share.at(Stage.AWAITING_PICKUP)
    await once(order)


async def test_a_short_pick_that_told_nobody_is_looked_for_after_resume(
    shop: plants.Plant,
) -> None:
    """The fulfillment broke between the record of its short pick and its word to the order."""
    await shop.stock(plants.new_id("untold"), [("BER-A3-03", "RARE33", 2)])
    order = await place(shop, "untold", ("RARE33", 2))
    share = await order.share()
    short = ShortPick(by="ann", sku="RARE33", bin_id="BER-A3-03", found=1)
    request = RecordShortPick(
        key=f"{share.fulfillment_id}/record_short_pick/untold/1",
        fulfillment_id=share.fulfillment_id,
        short=short,
    )
    await PickingActivities(shop.ports).record_short_pick(request)
    await broken(order, share)
    await orders.resume_order(shop.engine, order.order_id)
    assert "stock: 1 x RARE33" == (await order.at(OrderStage.BACK_ORDERED)).blocked_on


async def test_people_and_timers_may_say_other_things_than_before(shop: plants.Plant) -> None:
    """Assignments, refusals and cancellations after a restart are new ones."""
    order = await place(shop, "other")
    share = await order.share()
    await floor.assign_task(shop.engine, share.fulfillment_id, "bob", "eve")
    await share.handle.signal("packing_done", {"by": "early"})
    await share.noted("pack by signal")
    await share.pick(by="bob")
    await share.to(Stage.PACKING)
    for reason in ("first", "second"):
        await share.handle.cancel()
        await share.noted("too late")
        await broken(order, share)
        await orders.resume_order(shop.engine, order.order_id)
        await share.back_at(Stage.PACKING)
        await floor.assign_task(shop.engine, share.fulfillment_id, reason, "eve")
        await share.handle.signal("picking_done", {"by": reason})
        await share.noted("pick by signal")
        await share.handle.cancel()
        await share.noted("too late")
    assert "second" == (await share.task(TaskKind.PACK)).assignee
    assert Stage.LABELING is (await share.pack(by="second")).stage


async def test_what_is_canceled_on_its_way_is_refunded_before_and_after_a_restart(
    shop: plants.Plant,
) -> None:
    """The second refund is another one, though the order that was started again has made none."""
    await shop.stock(plants.new_id("twice"), [("RTM-A3-04", "RARE32", 1)])
    order = await place(shop, "twice", ("LAMP", 1), ("RARE32", 1))
    shares = [await order.share(1), await order.share(2)]
    for share in shares:
        await share.to(Stage.IN_TRANSIT)
        await share.noted("customer told: shipped")
    captured = (await order.payment()).captured_minor
    for share in shares:
        request = CancelRequest(fulfillment_id=share.fulfillment_id, by="ada")
        answer = await order_changes.cancel(shop.engine, order.order_id, request)
        assert any(line.startswith("refunded ") for line in answer.done)
        if share is shares[0]:
            await order.handle.terminate("test")
            await asyncio.gather(*(each.handle.terminate("test") for each in shares))
            await orders.resume_order(shop.engine, order.order_id)
            await shares[1].back_at(Stage.IN_TRANSIT)
    for share in shares:
        await share.back_at(Stage.CANCELED)
        put_back = PutBackConfirmation(by="bob")
        await floor.confirm_put_back(shop.engine, share.fulfillment_id, put_back)
    assert "canceled" == await order.ended()
    assert captured == (await order.payment()).refunded_minor
    await once(order)


async def test_what_happens_once_more_after_a_restart_is_told_once_more(
    shop: plants.Plant,
) -> None:
    """Another part is canceled, and the order goes to another address again."""
    order = await place(shop, "toldtwice", ("LAMP", 3))
    for number, street in enumerate(("Kaiserstr. 1", "Kaiserstr. 2"), 1):
        share = await order.share(number)
        units = CancelRequest(lines=(LineUnits(line_no=1, quantity=1),), by="ada")
        await order_changes.cancel(shop.engine, order.order_id, units)
        share = await order.share(number + 1)
        there = USABLE.model_copy(update={"street": (street,)})
        await order_changes.change_address(shop.engine, order.order_id, there, "ada")
        await order.handle.terminate("test")
        await share.handle.terminate("test")
        await orders.resume_order(shop.engine, order.order_id)
        await share.back_at(Stage.PICKING)
    told = await order.told()
    assert (2, 2) == (told.count("partly_canceled"), told.count("address_changed"))
    assert "escalation" not in [action.action for action in await order.actions()]


async def _held_for_payment(order: Placed) -> bool:
    return (await order.status()).blocked_on.startswith("payment")
