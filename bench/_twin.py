"""What the pipeline is compared with: a bare twin of an order, and eight empty activities.

The twin does what an ordinary order makes Temporal do (two workflows, their activities, updates,
timers, signals and search attributes) and nothing else: no database, no rules, no parties outside.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from temporalio import activity, workflow

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.base import Value
    from fulfillment.domain.lifecycle import OrderStage, Stage
    from fulfillment.temporal import search_attributes as attributes
    from workflows.options import RECORD

ORDER_STEPS = (
    "record_order",
    "notify_acknowledged",
    "verify_order",
    "authorize_payment",
    "reserve_stock",
    "settle_order",
)
SHARE_STEPS = (
    "plan_picking",
    "record_picking",
    "record_sorting",
    "record_packing",
    "buy_labels",
    "record_handover",
    "capture_payment",
    "notify_shipped",
    "record_delivery",
    "notify_delivered",
)
PATIENCE = timedelta(hours=2)


class Step(Value):
    """What an empty activity is asked for."""

    key: str
    subject: str


class Done(Value):
    """What an empty activity answers."""

    subject: str


def _nothing(step: str) -> Callable[..., Any]:
    @activity.defn(name=f"twin_{step}")
    async def nothing(request: Step) -> Done:
        return Done(subject=request.subject)

    return nothing


ACTIVITIES = [_nothing(step) for step in (*ORDER_STEPS, *SHARE_STEPS)]


async def _do(step: str, subject: str) -> None:
    await workflow.execute_activity(
        f"twin_{step}",
        Step(key=f"{workflow.info().workflow_id}/{step}//1", subject=subject),
        result_type=Done,
        summary=f"Nothing, as {step}",
        **RECORD,
    )


@workflow.defn(name="TwinOrder")
class TwinOrder:
    """An order's workflow without an order."""

    @workflow.init
    def __init__(self, order_id: str) -> None:
        """Begin with nothing on record."""
        self.order_id = order_id
        self.recorded = False

    @workflow.run
    async def run(self, order_id: str) -> str:
        """Do nothing, in the steps of an order."""
        await _do("record_order", order_id)
        self.recorded = True
        for step in ORDER_STEPS[1:-1]:
            await _do(step, order_id)
        child = await workflow.start_child_workflow(
            TwinShare.run, f"{order_id}-1", id=f"twin-share/{order_id}-1", static_summary="Nothing"
        )
        shown = attributes.ORDER_STAGE.value_set(OrderStage.FULFILLING.value)
        workflow.upsert_search_attributes([shown])
        await child
        await _do("settle_order", order_id)
        shown = attributes.ORDER_STAGE.value_set(OrderStage.SETTLED.value)
        workflow.upsert_search_attributes([shown])
        return order_id

    @workflow.update(name="acknowledged")
    async def acknowledged(self) -> Done:
        """Answer once the first step is done."""
        await workflow.wait_condition(lambda: self.recorded)
        return Done(subject=self.order_id)


@workflow.defn(name="TwinShare")
class TwinShare:
    """A fulfillment's workflow without goods."""

    @workflow.init
    def __init__(self, name: str) -> None:
        """Begin with nothing confirmed."""
        self.name = name
        self.stage = Stage.RELEASED
        self.confirmed = 0
        self.scans = 0

    @workflow.run
    async def run(self, name: str) -> str:
        """Do nothing, in the steps of a fulfillment."""
        await _do("plan_picking", name)
        for number, (stage, steps) in enumerate(_STAGES, 1):
            self.show(stage)
            await self._wait(partial(self._has_confirmed, number))
            for step in steps:
                await _do(step, name)
        self.show(Stage.IN_TRANSIT)
        await _do("capture_payment", name)
        await _do("notify_shipped", name)
        await self._wait(lambda: self.scans >= SCANS)
        await _do("record_delivery", name)
        self.show(Stage.DELIVERED)
        await _do("notify_delivered", name)
        return name

    def _has_confirmed(self, steps: int) -> bool:
        return self.confirmed >= steps

    async def _wait(self, arrived: Callable[[], bool]) -> None:
        await workflow.wait_condition(arrived, timeout=PATIENCE, timeout_summary="reminder")

    def show(self, stage: Stage) -> None:
        """Show the stage as a fulfillment does."""
        if stage is not Stage.PICKING:
            workflow.upsert_search_attributes([attributes.ORDER_STAGE.value_set(stage.value)])
        self.stage = stage

    @workflow.update(name="confirm")
    async def confirm(self, step: Step) -> Done:
        """Confirm a step, and answer when the next one waits."""
        await workflow.wait_condition(lambda: self.stage in _CONFIRMABLE)
        before = self.stage
        self.confirmed += 1
        await workflow.wait_condition(lambda: self.stage is not before)
        return Done(subject=step.subject)

    @confirm.validator
    def _check(self, step: Step) -> None:
        if step.subject != self.name:
            raise ValueError(step.subject)

    @workflow.signal(name="tracking_updated")
    async def tracking_updated(self, step: Step) -> None:  # noqa: ARG002 - as a carrier's
        """Note a scan."""
        self.scans += 1


SCANS = 3
_STAGES: tuple[tuple[Stage, tuple[str, ...]], ...] = (
    (Stage.PICKING, ("record_picking",)),
    (Stage.SORTING, ("record_sorting",)),
    (Stage.PACKING, ("record_packing", "buy_labels")),
    (Stage.AWAITING_PICKUP, ("record_handover",)),
)
_CONFIRMABLE = tuple(stage for stage, _ in _STAGES)


@workflow.defn(name="Eight")
class Eight:
    """Eight empty activities, one after another."""

    @workflow.run
    async def run(self, name: str) -> str:
        """Do nothing, eight times."""
        for step in SHARE_STEPS[:8]:
            await _do(step, name)
        return name


WORKFLOWS = [TwinOrder, TwinShare, Eight]
