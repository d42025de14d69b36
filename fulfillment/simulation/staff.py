"""The people of a warehouse: they pick, sort, pack and hand over what the task list says."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from fulfillment.domain.confirmations import (
    HandoverConfirmation,
    PackConfirmation,
    PickConfirmation,
    ShortPick,
    SortConfirmation,
)
from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.picking import Picked, PickItem
from fulfillment.messages import Accepted
from fulfillment.operations.answers import answered
from fulfillment.operations.floor import (
    confirm_handover,
    confirm_pack,
    confirm_pick,
    confirm_sort,
    handle,
    list_tasks,
    report_short_pick,
    show_task,
)
from fulfillment.records import TaskRecord, TaskState
from fulfillment.simulation.assortment import ARTICLES
from fulfillment.simulation.robots import RETRY_SECONDS, Robot, Surroundings
from fulfillment.simulation.scenario import Act

STAFF = {
    "BER": ("Anna", "Bruno", "Clara", "David"),
    "RTM": ("Eva", "Femke", "Gijs", "Hanna"),
}
SIGNALS = {
    TaskKind.PICK: "picking_done",
    TaskKind.SORT: "sorting_done",
    TaskKind.PACK: "packing_done",
    TaskKind.HAND_OVER: "handed_over",
}
SHORT_PICK = "short pick"
TRIES = 3
"""How often a person confirms a step that is refused without having been meant to be."""


class Floor(Robot):
    """The staff of one warehouse; each person does one step at a time."""

    def __init__(
        self, surroundings: Surroundings, warehouse_id: str, people: tuple[str, ...]
    ) -> None:
        """Begin a shift."""
        super().__init__(surroundings)
        self.name = f"floor {warehouse_id}"
        self.warehouse_id = warehouse_id
        self._free = list(people)

    async def look(self) -> None:
        """Give each open task to a free person."""
        engine = self.around.engine
        for task in await list_tasks(engine, warehouse_id=self.warehouse_id, limit=1_000):
            if self._free and not self._left_alone(task):
                person = self._free[0]
                if self.run_once(task.task_id, partial(self._work, task, person)):
                    self._free.remove(person)

    def _left_alone(self, task: TaskRecord) -> bool:
        return task.kind is TaskKind.PICK and self.around.told(task.order_id, Act.CANCEL)

    async def _work(self, task: TaskRecord, person: str) -> None:
        try:
            await self.take_time(self.around.pace.work)
            if self.around.told(task.order_id, Act.SIGNALS):
                await self.insist(partial(self._signal, task))
                self.note(person, task.kind.value, task.order_id, "by a bare signal")
            else:
                await self._confirm(task, person)
        finally:
            self._free.append(person)

    async def _signal(self, task: TaskRecord) -> None:
        # As from the Temporal UI: a signal's name, and nothing else.
        async with answered(f"fulfillment {task.fulfillment_id}"):
            await handle(self.around.engine, task.fulfillment_id).signal(SIGNALS[task.kind])

    async def _confirm(self, task: TaskRecord, person: str) -> None:
        if task.kind is TaskKind.PICK and self.around.told(task.order_id, Act.WRONG_PICK):
            await self._pick_wrong_item(task, person)
        if self._is_to_be_short(task):
            task = await self._pick_short(task, person)
        for _ in range(TRIES):
            if await self._tell(task, person, self._confirmation(task, person)):
                return
            task = await self.insist(partial(show_task, self.around.engine, task.task_id))
            if task.state is not TaskState.OPEN:
                return

    def _is_to_be_short(self, task: TaskRecord) -> bool:
        """Return whether less is to be found than planned: once an order, at its first bin."""
        told = task.kind is TaskKind.PICK and self.around.told(task.order_id, Act.SHORT_PICK)
        return told and not self.around.diary.has(SHORT_PICK, task.order_id)

    async def _tell(
        self, task: TaskRecord, person: str, ask: Callable[[], Awaitable[Accepted]]
    ) -> bool:
        """Say that a step is done; return whether that was accepted."""
        try:
            answer = await self.insist(ask)
        except FulfillmentError as refusal:
            # A first answer that was lost makes the second one "done already": nobody's mistake.
            now = await self.insist(partial(show_task, self.around.engine, task.task_id))
            wrong = now.state is TaskState.OPEN
            self.note(person, task.kind.value, task.order_id, str(refusal), refused=wrong)
            return False
        self.note(person, task.kind.value, task.order_id, answer.message)
        return True

    def _confirmation(self, task: TaskRecord, person: str) -> Callable[[], Awaitable[Accepted]]:
        engine, share, plan = self.around.engine, task.fulfillment_id, task.plan
        match task.kind:
            case TaskKind.PICK:
                picked = tuple(
                    Picked(sku=item.sku, quantity=item.quantity, bin_id=item.bin_id)
                    for item in planned_items(task)
                )
                return partial(
                    confirm_pick, engine, share, PickConfirmation(by=person, picked=picked)
                )
            case TaskKind.SORT:
                slot = SortConfirmation(by=person, slot=plan["slot"])
                return partial(confirm_sort, engine, share, slot)
            case TaskKind.PACK:
                cartons = tuple(carton["carton_id"] for carton in plan["plan"]["cartons"])
                packed = PackConfirmation(by=person, cartons=cartons)
                return partial(confirm_pack, engine, share, packed)
            case TaskKind.HAND_OVER:
                numbers = tuple(parcel["tracking_number"] for parcel in plan["parcels"])
                handed = HandoverConfirmation(
                    by=person, carrier=plan["carrier_id"], tracking_numbers=numbers
                )
                return partial(confirm_handover, engine, share, handed)

    async def _pick_wrong_item(self, task: TaskRecord, person: str) -> None:
        """Scan an item that is not on the list, and hear what was expected."""
        planned = {item.sku for item in planned_items(task)}
        other = next(article.sku for article in ARTICLES if article.sku not in planned)
        wrong = PickConfirmation(by=person, picked=(Picked(sku=other, quantity=1),))
        ask = partial(confirm_pick, self.around.engine, task.fulfillment_id, wrong)
        if await self._tell(task, person, ask):
            self.note(person, "wrong pick accepted", task.order_id, other)

    async def _pick_short(self, task: TaskRecord, person: str) -> TaskRecord:
        """Find one of what the bin should hold; return the task with what is left to pick."""
        item = max(planned_items(task), key=lambda planned: planned.quantity)
        if item.quantity == 1:
            return task
        short = ShortPick(by=person, sku=item.sku, bin_id=item.bin_id, found=1)
        ask = partial(report_short_pick, self.around.engine, task.fulfillment_id, short)
        for last in (False, False, True):
            try:
                answer = await self.insist(ask)
            except ConfirmationRefused as refusal:
                # What the task list shows already, the workflow may know only a moment later.
                self.note(person, SHORT_PICK, task.order_id, str(refusal), refused=last)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.note(person, SHORT_PICK, task.order_id, answer.message)
                break
        return await self.insist(partial(show_task, self.around.engine, task.task_id))


def planned_items(task: TaskRecord) -> list[PickItem]:
    """Return what a pick task says is to be picked."""
    return [PickItem.model_validate(item) for item in task.plan["items"]]
