"""The people of a warehouse: they pick, sort, pack and hand over what the task list says."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from fulfillment.domain.confirmations import (
    Confirmation,
    HandoverConfirmation,
    PackConfirmation,
    PickConfirmation,
    PutBackConfirmation,
    ShortPick,
    SortConfirmation,
)
from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.packing import PackSheet
from fulfillment.domain.picking import Picked, PickItem
from fulfillment.messages import Accepted
from fulfillment.records import TaskRecord, TaskState
from fulfillment.simulation.assortment import ARTICLES
from fulfillment.simulation.robots import RETRY_SECONDS, Robot, Surroundings
from fulfillment.simulation.scanners import Scanning
from fulfillment.simulation.scenario import Act

STAFF = {
    "BER": ("Anna", "Bruno", "Clara", "David"),
    "RTM": ("Eva", "Femke", "Gijs", "Hanna"),
}
RELIEF = {"BER": "Karl", "RTM": "Lotte"}
"""Who takes a walk over that its picker did not end."""
SIGNALS = {
    TaskKind.PICK: "picking_done",
    TaskKind.SORT: "sorting_done",
    TaskKind.PACK: "packing_done",
    TaskKind.HAND_OVER: "handed_over",
    TaskKind.PUT_BACK: "put_back_done",
}
FURTHEST_FIRST = (TaskKind.HAND_OVER, TaskKind.PACK, TaskKind.SORT, TaskKind.PICK)
LABELED = (Act.CANCEL_PART, Act.READDRESS)
"""What customers do when their parcels are labeled; the diary has it by its name."""
SHORT_PICK = "short pick"
BACK_IN_SERVICE = "back in service"
"""What the diary says once the cyclists answer again."""
TRIES = 3
"""How often a person confirms a step that is refused without having been meant to be."""


class Floor(Robot):
    """The staff of one warehouse; each person does one step at a time."""

    def __init__(
        self,
        surroundings: Surroundings,
        warehouse_id: str,
        people: tuple[str, ...],
        *,
        by_manifest: bool = False,
    ) -> None:
        """Begin a shift; parcels that are fetched by manifest are left to the dock."""
        super().__init__(surroundings)
        self.name = f"floor {warehouse_id}"
        self.warehouse_id = warehouse_id
        others = range(2, surroundings.pace.staff_times + 1)
        self._free = [*people, *(f"{person} {number}" for number in others for person in people)]
        self._by_manifest = by_manifest

    async def look(self) -> None:
        """Give each open task to a free person; what has come furthest is ended first."""
        tasks = await self.around.way.list_tasks(warehouse_id=self.warehouse_id)
        for task in sorted(tasks, key=_steps_left):
            if self._free and not self._left_alone(task):
                person = self._free[0]
                if self.run_once(task.task_id, partial(self._work, task, person)):
                    self._free.remove(person)

    def _left_alone(self, task: TaskRecord) -> bool:
        if task.kind not in SIGNALS:
            return True
        if task.kind is TaskKind.HAND_OVER:
            return self._by_manifest or self._is_to_change(task.order_id)
        return task.kind is TaskKind.PICK and self._is_to_wait(task.order_id)

    def _is_to_change(self, order_id: str) -> bool:
        """Return whether its customer is about to change what is labeled already."""
        told, diary = self.around.told, self.around.diary
        return any(told(order_id, act) and not diary.has(act, order_id) for act in LABELED)

    def _is_to_wait(self, order_id: str) -> bool:
        early = not self.around.diary.has(BACK_IN_SERVICE, "-")
        told = self.around.told
        return told(order_id, Act.CANCEL) or (early and told(order_id, Act.AFTER_OUTAGE))

    async def _work(self, task: TaskRecord, person: str) -> None:
        try:
            await self.take_time(self.around.pace.work)
            if task.batch_id:
                await self._work_batch(task, task.batch_id, person)
            elif self.around.told(task.order_id, Act.SIGNALS):
                # As from the Temporal UI: a signal's name, and nothing else.
                name = SIGNALS[task.kind]
                await self.insist(partial(self.around.way.signal, task.fulfillment_id, name))
                self.note(person, task.kind.value, task.order_id, "by a bare signal")
            else:
                await self._confirm(task, person)
        finally:
            self._free.append(person)

    async def _work_batch(self, task: TaskRecord, batch_id: str, person: str) -> None:
        relief = RELIEF[self.warehouse_id]
        while await self._scan(task, batch_id, person):
            person = relief
            assign = partial(self.around.way.assign_batch, batch_id, relief, "supervisor")
            try:
                await self.insist(assign)
            except FulfillmentError as refusal:
                # Whoever scans next has it anyway.
                self.note("supervisor", "reassign", "-", str(refusal), refused=True)
            else:
                self.note("supervisor", "reassign", "-", f"batch {batch_id} to {relief}")

    async def _scan(self, task: TaskRecord, batch_id: str, person: str) -> bool:
        """Scan until the task is done; return whether somebody else has to go on."""

        async def refused(refusal: FulfillmentError, last: bool) -> bool:  # noqa: FBT001 - as called
            now = await self.insist(partial(self.around.way.show_task, task.task_id))
            still_open = now.state is TaskState.OPEN
            self.note(person, task.kind.value, "-", str(refusal), refused=last and still_open)
            return still_open

        async def scanning() -> bool:
            # Whoever it was given to meanwhile does it.
            now = await self.around.way.show_task(task.task_id)
            return await Scanning(self, batch_id, now.assignee or person).work()

        return bool(await self.ask_again(scanning, refused))

    async def _confirm(self, task: TaskRecord, person: str) -> None:
        if task.kind is TaskKind.PICK and self.around.told(task.order_id, Act.WRONG_PICK):
            await self._pick_wrong_item(task, person)
        if self._is_to_be_short(task):
            task = await self._pick_short(task, person)
        for _ in range(TRIES):
            if await self._tell(task, person, _as_planned(task, person)):
                return
            task = await self.insist(partial(self.around.way.show_task, task.task_id))
            if task.state is not TaskState.OPEN:
                return

    def _is_to_be_short(self, task: TaskRecord) -> bool:
        """Return whether less is to be found than planned: once an order, at its first bin."""
        told = task.kind is TaskKind.PICK and self.around.told(task.order_id, Act.SHORT_PICK)
        return told and not self.around.diary.has(SHORT_PICK, task.order_id)

    async def _tell(self, task: TaskRecord, person: str, confirmation: Confirmation) -> bool:
        """Say that a step is done; return whether that was accepted."""
        try:
            answer = await self.insist(self._asking(task, confirmation))
        except FulfillmentError as refusal:
            # A first answer that was lost makes the second one "done already": nobody's mistake.
            now = await self.insist(partial(self.around.way.show_task, task.task_id))
            wrong = now.state is TaskState.OPEN
            self.note(person, task.kind.value, task.order_id, str(refusal), refused=wrong)
            return False
        self.note(person, task.kind.value, task.order_id, answer.message)
        return True

    def _asking(
        self, task: TaskRecord, confirmation: Confirmation
    ) -> Callable[[], Awaitable[Accepted]]:
        return partial(self.around.way.confirm, task.fulfillment_id, confirmation)

    async def _pick_wrong_item(self, task: TaskRecord, person: str) -> None:
        """Scan an item that is not on the list, and hear what was expected."""
        planned = {item.sku for item in planned_items(task)}
        other = next(article.sku for article in ARTICLES if article.sku not in planned)
        wrong = PickConfirmation(by=person, picked=(Picked(sku=other, quantity=1),))
        if await self._tell(task, person, wrong):
            self.note(person, "wrong pick accepted", task.order_id, other)

    async def _pick_short(self, task: TaskRecord, person: str) -> TaskRecord:
        """Find one of what the bin should hold; return the task with what is left to pick."""
        item = max(planned_items(task), key=lambda planned: planned.quantity)
        if item.quantity == 1:
            return task
        short = ShortPick(by=person, sku=item.sku, bin_id=item.bin_id, found=1)
        for last in (False, False, True):
            try:
                answer = await self.insist(self._asking(task, short))
            except ConfirmationRefused as refusal:
                # What the task list shows already, the workflow may know only a moment later.
                self.note(person, SHORT_PICK, task.order_id, str(refusal), refused=last)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.note(person, SHORT_PICK, task.order_id, answer.message)
                break
        return await self.insist(partial(self.around.way.show_task, task.task_id))


def _steps_left(task: TaskRecord) -> int:
    """Return how many kinds of steps may follow this one."""
    return FURTHEST_FIRST.index(task.kind) if task.kind in FURTHEST_FIRST else 0


def planned_items(task: TaskRecord) -> list[PickItem]:
    """Return what a pick task says is to be picked."""
    return [PickItem.model_validate(item) for item in task.plan["items"]]


def _as_planned(task: TaskRecord, person: str) -> Confirmation:
    """Return that a task was done as its plan says."""
    plan = task.plan
    match task.kind:
        case TaskKind.PICK:
            picked = tuple(
                Picked(sku=item.sku, quantity=item.quantity, bin_id=item.bin_id)
                for item in planned_items(task)
            )
            return PickConfirmation(by=person, picked=picked)
        case TaskKind.SORT:
            return SortConfirmation(by=person, slot=plan["slot"])
        case TaskKind.PACK:
            sheet = PackSheet.model_validate(plan)
            weights_g = tuple(map(_on_the_scales, sheet.weights_g))
            return PackConfirmation(by=person, cartons=sheet.carton_ids, weights_g=weights_g)
        case TaskKind.HAND_OVER:
            return HandoverConfirmation(
                by=person,
                carrier=plan["carrier_id"],
                tracking_numbers=tuple(parcel["tracking_number"] for parcel in plan["parcels"]),
                ssccs=tuple(parcel["sscc"] for parcel in plan["parcels"]),
            )
        case TaskKind.PUT_BACK:
            return PutBackConfirmation(by=person)
        case _:
            raise AssertionError(task.kind)


def _on_the_scales(expected_g: int) -> int:
    """Return what a carton weighs that was packed as planned: tape and label come to it."""
    return expected_g + 4 + expected_g // 200
