"""Other settings under running orders."""

from datetime import timedelta
from pathlib import Path

from temporalio.client import Client

import plant as plants
from driving import Drive
from fulfillment.domain.lifecycle import Nudge, Patience, TaskKind

SHORT = Patience(
    remind_after=timedelta(seconds=0.3),
    escalate_after=timedelta(seconds=0.3),
    then_after=timedelta(hours=1),
)


async def test_an_order_keeps_its_own(client: Client, tmp_path: Path) -> None:
    """After a restart with less patience, only new orders are pressed; old ones go on as begun."""
    queue = "changed-settings"
    async with plants.plant(client, tmp_path, task_queue=queue) as shop:
        old = Drive(shop.engine, "settings.old")
        await old.submit()
        await old.task(TaskKind.PICK)
    async with plants.plant(client, tmp_path, task_queue=queue, pick=SHORT, sort=SHORT) as shop:
        old, new = Drive(shop.engine, "settings.old"), Drive(shop.engine, "settings.new")
        await new.submit()
        await new.acted(Nudge.ESCALATION.value)
        await old.confirm(TaskKind.PICK)
        await new.confirm(TaskKind.PICK)
        await new.acted(Nudge.ESCALATION.value, 2)
        audit = await shop.read(lambda tx: tx.journal.actions(old.order_id))
        await old.carry(since=TaskKind.SORT)
        await new.carry(since=TaskKind.SORT)
        assert [entry.action for entry in audit] == ["pick_done"]
        assert (await old.ended()).outcome.summary == "completed"
        assert (await new.ended()).outcome.summary == "completed"
