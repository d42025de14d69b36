"""What the floor's report is made of, on both databases."""

from datetime import timedelta

from fulfillment.domain.floor_report import Role
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.persistence.database import SqlDatabase
from fulfillment.records import ActionRecord, TaskState
from order_journey import Journey
from record_samples import NOW, SIZE, order, put_on_record, stock_up

DAY = timedelta(days=1)


async def test_an_order_s_work_is_found_once(database: SqlDatabase) -> None:
    """Its tasks by role, what was refused, how full its carton is, and when it left."""
    await stock_up(database)
    await put_on_record(database, order("O-9"))
    journey = Journey(database)
    await journey.to("hand_over")
    share = journey.fulfillment.fulfillment_id
    async with database.writing() as record:
        for kind in (TaskKind.PACK, TaskKind.HAND_OVER):
            task = journey._task(kind)
            await record.tasks.open(task)
            await record.tasks.close(task.task_id, TaskState.DONE, "ben", NOW)
    refused = ActionRecord(
        at=NOW, by="ben", action="confirm_pack", order_id="O-1", fulfillment_id=share, refused=True
    )
    short = refused.model_copy(update={"action": "short_pick", "refused": False})
    other = refused.model_copy(update={"action": "cancel"})
    async with database.writing() as record:
        for action in (refused, short, other):
            await record.journal.add_action(action)
        found = await record.floor_report.records(NOW, NOW + DAY)
        before = await record.floor_report.records(NOW - DAY, NOW)
    expected = [Role.PACKER, Role.PICKER, Role.SHIPPER]
    assert expected == sorted(work.role for work in found.work)
    [packed] = [work for work in found.work if work.role is Role.PACKER]
    units = sum(line.planned for line in journey.fulfillment.lines)
    assert (units * SIZE.volume_mm3, SIZE.volume_mm3) == (packed.goods_mm3, packed.inside_mm3)
    assert [(Role.PACKER, False), (Role.PICKER, True)] == [
        (slip.role, slip.short_pick) for slip in found.slips
    ]
    left = {(d.warehouse_id, d.left_at is not None) for d in found.departures}
    assert left == {("BER", True), ("", False)}
    assert (before.work, before.slips) == ((), ())
