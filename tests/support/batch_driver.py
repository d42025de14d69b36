"""Carries orders through pick batches as floor planning, pickers and sorters do, for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

import plant as plants
from floor_driver import ANN, Placed, Share, place
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import Patience, Stage
from fulfillment.operations import pick_batches
from fulfillment.records import PickRecord, Taken

EAGER: dict[str, Any] = {"picking": "batch", "batch_fewest": 1}
"""Nobody waits for company."""

HURRIED: dict[str, Any] = {
    **EAGER,
    "pick": Patience(
        remind_after=timedelta(seconds=2),
        escalate_after=timedelta(hours=1),
        then_after=timedelta(hours=1),
    ),
}
"""Whoever picks is reminded soon."""


async def released(shop: plants.Plant, name: str, *lines: tuple[str, int]) -> tuple[Placed, Share]:
    """Hand an order in and wait until it is released to the floor."""
    order = await place(shop, name, *lines)

    async def look() -> Share | None:
        found = await shop.read(lambda tx: tx.fulfillments.of_order(order.order_id))
        return Share(shop, found[0].fulfillment_id) if found and found[0].released_at else None

    return order, await plants.eventually(look)


async def batched(shop: plants.Plant, *shares: Share) -> str:
    """Plan the floor, and return the batch that the shares are in, once they know it."""
    planned = await pick_batches.plan_floor(shop.engine, plants.BERLIN)
    names = {share.fulfillment_id for share in shares}
    [mine] = [b for b in planned.batches if names <= {name for name, _ in b.members}]
    for share in shares:
        await share.at(Stage.PICKING)
    return mine.batch_id


async def packed_and_away(order: Placed, share: Share) -> str:
    """Do what is left behind the put wall, and say how the order ended."""
    await share.at(Stage.PACKING)
    return await order.finish()


async def scan(shop: plants.Plant, batch_id: str, pick: PickRecord) -> None:
    """Take a pick's units into the cart, as a scan does."""
    taken = Taken(
        line_no=pick.line_no,
        sku=pick.sku,
        bin_id=pick.bin_id,
        lot=pick.lot,
        quantity=pick.quantity,
    )
    movement = Movement(
        sku=pick.sku,
        quantity=pick.quantity,
        source=Account(kind=AccountKind.BIN, ref=pick.bin_id),
        target=Account(kind=AccountKind.CART, ref=pick.fulfillment_id),
    )
    async with shop.database.writing() as tx:
        await tx.batches.lock(batch_id)
        await tx.stock.consume(pick.fulfillment_id, [taken])
        key, now = f"scan/{batch_id}/{pick.pick_no}", datetime.now(UTC)
        await tx.stock.move(key, [movement], by=ANN, reason="scan", at=now)
        share = await tx.fulfillments.get(pick.fulfillment_id)
        lines = tuple(
            line.model_copy(update={"picked": line.picked + pick.quantity})
            if (line.line_no, line.sku) == (pick.line_no, pick.sku)
            else line
            for line in share.lines
        )
        await tx.fulfillments.save(share.model_copy(update={"lines": lines}))
        done = pick.model_copy(update={"picked": pick.quantity})
        picks = await tx.batches.picks(batch_id)
        await tx.batches.save_picks(
            batch_id, [done if one.pick_no == pick.pick_no else one for one in picks]
        )
