"""What the floor works by, as files to look at: pick lists, and pictures of packed cartons."""

import asyncio
from pathlib import Path

from fulfillment.domain.drawing import to_svg
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.labels.pictures import to_png
from fulfillment.operations.engine import Engine
from fulfillment.operations.floor import list_tasks
from fulfillment.operations.pick_batches import BatchView, list_batches, show_batch
from fulfillment.operations.pictures import draw_carton
from fulfillment.records import PickRecord

MANY = 10_000


async def write_papers(engine: Engine, folder: Path) -> int:
    """Write the pick list of each batch and a picture of each carton; return how many files."""
    files = {**await _pick_lists(engine), **await _pictures(engine)}
    await asyncio.to_thread(_write, folder, files)
    return len(files)


async def _pick_lists(engine: Engine) -> dict[str, bytes]:
    batches = await list_batches(engine, stages=tuple(BatchStage), limit=MANY)
    views = [await show_batch(engine, batch.batch_id) for batch in batches]
    return {f"pick-list-{view.batch.batch_id}.txt": pick_list(view).encode() for view in views}


async def _pictures(engine: Engine) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for task in await list_tasks(engine, kind=TaskKind.PACK, state=None, limit=MANY):
        for number, _ in enumerate(task.plan["plan"]["cartons"], 1):
            drawing = await draw_carton(engine, task.task_id, number)
            name = f"carton-{task.fulfillment_id}-{number}"
            files[f"{name}.svg"] = to_svg(drawing).encode()
            files[f"{name}.png"] = await asyncio.to_thread(to_png, drawing)
    return files


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def pick_list(view: BatchView) -> str:
    """Return a batch's walk as a picker reads it, stop by stop."""
    batch = view.batch
    what = f"{len(batch.members)} orders, {len(view.picks)} picks, {batch.distance_mm / 1000:.0f} m"
    slots = {member.fulfillment_id: member.slot for member in batch.members}
    stops = [
        _stop(number, pick, slots[pick.fulfillment_id]) for number, pick in enumerate(view.picks, 1)
    ]
    backs = [
        f"     put back {one.quantity} x {one.sku} into {one.bin_id}: "
        f"{one.fulfillment_id} was canceled"
        for one in view.put_backs
    ]
    return "\n".join([f"Batch {batch.batch_id}: {what}", "", *stops, *backs]) + "\n"


def _stop(number: int, pick: PickRecord, slot: str) -> str:
    short = f"  ({pick.short} not there)" if pick.short else ""
    return (
        f"{number:>3}  {pick.bin_id:<12} {pick.quantity:>3} x {pick.sku:<16} "
        f"tote {pick.tote:<5} slot {slot:<5} {pick.fulfillment_id}{short}"
    )
