"""Canceled at every stage, stock, money and floor are back where they belong, and all is told."""


import pytest

import plant as plants
from floor_driver import Placed, Share, place, refusal_of
from fulfillment.domain.confirmations import PutBackConfirmation
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind
from fulfillment.messages import CancelRequest
from fulfillment.operations import floor, order_changes
from fulfillment.operations.verify import verify

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
    assert [("LAMP", 3, "BER-A2-05")] == [
        (row["sku"], row["quantity"], row["bin_id"]) for row in task.plan["rows"]
    ]
    assert before == (await levels(shop))["LAMP"]
    assert OrderStage.FULFILLING is (await order.record()).stage
    assert "canceled already" in str(await refusal_of(order.cancel("another reason")))
    await put_back(share)
    assert "canceled" == await order.ended()
    assert before + 3 == (await levels(shop))["LAMP"]
    await clean(order, share)
    assert ["acknowledged", "canceled"] == await order.told()
