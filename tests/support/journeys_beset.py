"""A journey on which much goes wrong, one thing after the other; one order instead of four.

It has no history of its own: each of its turns is recorded alone, see `journeys`.
"""

from driving import Drive
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind
from fulfillment.operations import orders
from journey import DECLINED, House, Journey
from journeys_against import want_otherwise
from journeys_through import ask_for_other_means, pack_otherwise
from plant import Plant, eventually


async def beset(_: Plant, drive: Drive) -> None:
    """Declined twice, paid otherwise, wanted otherwise, packed otherwise, and delivered."""
    await drive.submit(("LAMP", 1), payment=DECLINED)
    await _held(drive, 1)
    await orders.release_hold(drive.engine, drive.order_id, "Bea", "the customer called")
    await _held(drive, 2)
    await ask_for_other_means(drive)
    await drive.up_to(Stage.PICKING)
    await want_otherwise(drive)
    await drive.up_to(Stage.PACKING)
    await pack_otherwise(drive)
    await drive.carry(since=TaskKind.HAND_OVER)
    await drive.ended()


async def _held(drive: Drive, times: int) -> None:
    """Wait until the order is on hold so many times."""

    async def look() -> bool:
        async with drive.engine.database.reading() as tx:
            return len(await tx.holds.of_order(drive.order_id)) == times

    await eventually(look)
    await drive.at(OrderStage.ON_HOLD)


BESET = Journey(beset.__name__, beset, House.SUPPLIED)
