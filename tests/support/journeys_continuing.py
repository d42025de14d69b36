"""A journey whose histories get long: order and fulfillment continue as new on it."""

from typing import Any

from temporalio.client import WorkflowHandle

from driving import Drive
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind
from fulfillment.operations.fulfillment_access import fulfillment_handle
from journey import long_lived, task_shown
from plant import Plant, eventually

LONG_LIVED: dict[str, Any] = {"continue_after_events": 90}


@long_lived
async def continued(_: Plant, drive: Drive) -> None:
    """Wait for goods, and then for a picker, for longer than a history may get."""
    await drive.submit(("RARE45", 1))
    await drive.at(OrderStage.BACK_ORDERED)
    await _until_continued(drive.handle, "hold_released")
    await drive.receive("BER-A1-05", "RARE45", 1)
    await drive.task(TaskKind.PICK)
    await task_shown(drive)
    await _until_continued(fulfillment_handle(drive.engine, drive.share()), "packing_done")
    await drive.up_to(Stage.IN_TRANSIT)
    await drive.deliver()
    await drive.ended()


async def _until_continued(handle: WorkflowHandle[Any, Any], signal: str) -> None:
    """Send what is refused, one after the other, until the workflow has continued as new."""
    first = (await handle.describe()).run_id

    async def has_continued() -> bool:
        before = len(await handle.query("timeline"))
        await handle.signal(signal)

        async def refused() -> bool:
            return len(await handle.query("timeline")) > before

        await eventually(refused)
        return (await handle.describe()).run_id != first

    await eventually(has_continued)
