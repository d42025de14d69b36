"""Waits of days and weeks, with the product's own patience, on a server that skips time."""

import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

import plant as plants
from driving import SIGNALS, Drive
from fulfillment import bootstrap
from fulfillment.carriers.all_carriers import AllCarriers
from fulfillment.carriers.contract import ContractCarrier, load_tariffs
from fulfillment.domain.circuits import CircuitRules
from fulfillment.domain.errors import CarrierUnavailable
from fulfillment.domain.lifecycle import STAGE_OF_TASK, Nudge, OrderStage, Stage, TaskKind
from fulfillment.domain.shipping import (
    BoughtLabel,
    LabelPurchase,
    LabelReference,
    Rates,
    Shipment,
)
from fulfillment.domain.tracking import TrackingEvent, TrackingStatus
from fulfillment.ports import QUOTED_WITHIN, Ports
from fulfillment.records import TaskState
from fulfillment.settings import Settings
from fulfillment.temporal.identifiers import fulfillment_workflow_id, order_workflow_id
from fulfillment.temporal.registration import wire_type
from fulfillment.temporal.search_attributes import ALL
from journey import DECLINED
from plant import Plant, eventually
from time_skipping_server import STARTUP_LIMIT, time_skipping_server
from workflows.order import OrderWorkflow

PATIENT = ("pick", "sort", "pack", "hand_over", "tracking", "hold", "back_order")
NO_SERVER = "no time-skipping server: neither a download nor Java with Maven"
CI = "FULFILLMENT_CI"


class Striking(ContractCarrier):
    """Carriers that do not answer while they are on strike."""

    on_strike = False
    polled = False
    """Whether they must be asked what became of a parcel."""
    said: tuple[TrackingEvent, ...] = ()
    asked = 0

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Return rates, unless on strike."""
        if self.on_strike:
            message = "no answer"
            raise CarrierUnavailable(message)
        return await super().quote_rates(shipment, within)

    async def buy_label(self, key: str, purchase: LabelPurchase) -> BoughtLabel:
        """Sell a label, and say whether its parcel must be asked after."""
        bought = await super().buy_label(key, purchase)
        return bought.model_copy(update={"polled": self.polled})

    async def track(self, label: LabelReference) -> tuple[TrackingEvent, ...]:
        """Return what there is to be said, unless on strike."""
        self.asked += 1
        if self.on_strike:
            message = "no answer"
            raise CarrierUnavailable(message)
        return tuple(event for event in self.said if event.tracking_number == label.tracking_number)


@dataclass(frozen=True)
class Calendar:
    """A shop in which days pass in seconds."""

    environment: WorkflowEnvironment
    shop: Plant
    carriers: "Striking"

    async def submit(self, order_id: str, *lines: tuple[str, int], **changes: Any) -> Drive:
        """Start an order plainly: here updates do not let time go on."""
        await self.environment.client.start_workflow(
            OrderWorkflow.run,
            plants.order(order_id, *lines, **changes),
            id=order_workflow_id(order_id),
            task_queue=self.shop.settings.task_queue,
        )
        return Drive(self.shop.engine, order_id)

    async def pass_by(self, span: timedelta) -> None:
        """Let time pass."""
        await self.environment.sleep(span)

    async def nudges(self, drive: Drive) -> Counter[str]:
        """Count how often people were pressed."""
        audit = await self.shop.read(lambda tx: tx.journal.actions(drive.order_id))
        return Counter(entry.action for entry in audit if entry.action in set(Nudge))


@pytest.fixture(scope="module")
async def calendar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Calendar]:
    """Open a shop on a server that skips time."""
    path = await time_skipping_server()
    if path is None:
        if os.environ.get(CI):
            pytest.fail(NO_SERVER)
        pytest.skip(NO_SERVER)
    carriers = Striking(load_tariffs())
    async with (
        await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=str(path),
            test_server_startup_timeout=STARTUP_LIMIT,
            plugins=[bootstrap.plugin()],
        ) as environment,
        _opened(environment, tmp_path_factory, carriers) as shop,
    ):
        yield Calendar(environment, shop, carriers)


@asynccontextmanager
async def _opened(
    environment: WorkflowEnvironment,
    tmp_path_factory: pytest.TempPathFactory,
    carriers: Striking,
) -> AsyncIterator[Plant]:
    # The breaker goes by the clock on the wall, which does not skip.
    rules = CircuitRules(open_for=timedelta(milliseconds=1))

    def change(ports: Ports) -> Ports:
        return replace(ports, carrier=AllCarriers([carriers], ports.clock, rules))

    patience = {name: getattr(Settings(), name) for name in PATIENT}
    folder = tmp_path_factory.mktemp("calendar")
    await environment.client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            namespace=environment.client.namespace,
            search_attributes={key.name: wire_type(key) for key in ALL},
        )
    )
    async with plants.plant(environment.client, folder, change=change, **patience) as shop:
        yield shop


async def confirm(drive: Drive, *kinds: TaskKind) -> None:
    """Confirm steps by signals."""
    for kind in kinds:
        await drive.task(kind)
        await drive.signal(SIGNALS[kind])


async def at(drive: Drive, stage: Stage) -> None:
    """Wait until the order's fulfillment is at a stage."""

    async def look() -> bool:
        return [share.stage for share in await drive.of_order()] == [stage]

    await eventually(look)


async def deliver(drive: Drive) -> None:
    """Tell that every parcel has arrived."""
    for label in await drive.labels():
        await drive.tell(label.tracking_number, TrackingStatus.DELIVERED)


async def carry(drive: Drive) -> str:
    """Carry an order from its picking to its end; return its outcome."""
    await confirm(drive, *STAGE_OF_TASK)
    await at(drive, Stage.IN_TRANSIT)
    await deliver(drive)
    return (await drive.ended()).outcome.summary


@pytest.mark.timeout(120)
async def test_three_days_until_the_pick(calendar: Calendar) -> None:
    """People are reminded, the supervisor is told, the task goes back to the pool, every day."""
    drive = await calendar.submit("long.pick")
    await drive.task(TaskKind.PICK)
    await calendar.pass_by(timedelta(days=3))
    nudged = await calendar.nudges(drive)
    # 2 + 2 + 4 hours are one round; in three days there are nine of them.
    assert set(nudged) == {"reminder", "escalation", "reassignment"}
    assert {count // 3 for count in nudged.values()} <= {2, 3}
    assert await carry(drive) == "completed"


async def test_a_hold_that_nobody_answers(calendar: Calendar) -> None:
    """An order on hold is rejected after its seven days, with one reminder and one escalation."""
    drive = await calendar.submit("long.hold", payment=DECLINED)
    await drive.at(OrderStage.ON_HOLD)
    await calendar.pass_by(timedelta(days=8))
    ended = await drive.ended()
    assert ended.outcome.summary == "rejected: payment: declined by the bank"
    assert await calendar.nudges(drive) == {"reminder": 1, "escalation": 1}
    lived = await drive.handle.describe()
    assert lived.close_time is not None
    assert lived.close_time - lived.start_time >= timedelta(days=7)


async def test_a_customer_who_does_not_answer(calendar: Calendar) -> None:
    """Asked about an order on hold, reminded after two days; after five more it is rejected."""
    drive = await calendar.submit("long.question", payment=DECLINED)
    await drive.at(OrderStage.ON_HOLD)
    await calendar.pass_by(timedelta(hours=12))
    await drive.handle.signal("customer_asked", {"question": "another card?", "by": "eve"})
    await _told(drive, "question")
    await calendar.pass_by(timedelta(days=8))
    assert (await drive.ended()).outcome.summary == "rejected: payment: declined by the bank"
    assert await calendar.nudges(drive) == {}
    told = await calendar.shop.read(lambda tx: tx.journal.notices(drive.order_id))
    asked = ["question", "question_reminder"]
    assert ["acknowledged", "on_hold", *asked, "rejected"] == [one.kind for one in told]
    [hold] = await calendar.shop.read(lambda tx: tx.holds.of_order(drive.order_id))
    assert ("another card?", None, "engine") == (hold.question, hold.answer, hold.closed_by)


async def test_a_customer_who_answers_after_the_reminder(calendar: Calendar) -> None:
    """Staff has its whole time again from the answer on, is told at once, and reminded a day on."""
    drive = await calendar.submit("long.answer", payment=DECLINED)
    await drive.at(OrderStage.ON_HOLD)
    await drive.handle.signal("customer_asked")
    await _told(drive, "question")
    await calendar.pass_by(timedelta(days=3))
    await drive.handle.signal("question_answered", {"answer": "yes, tomorrow", "by": "ada"})
    await drive.acted("answer_question")
    await calendar.pass_by(timedelta(days=6))
    assert await calendar.nudges(drive) == {"reminder": 2, "escalation": 1}
    await drive.handle.signal("paid_otherwise", {"reference": "tok_visa", "by": "ada"})
    assert await carry(drive) == "completed"


async def test_goods_that_come_after_a_month(calendar: Calendar) -> None:
    """An order waits thirty days for its goods, is never given up, and ships when they come."""
    drive = await calendar.submit("long.goods", ("RARE1", 1))
    await drive.at(OrderStage.BACK_ORDERED)
    await calendar.pass_by(timedelta(days=30))
    # After 3 days the floor is told, after 7, 14, 21 and 28 the supervisor.
    assert await calendar.nudges(drive) == {"reminder": 1, "escalation": 4}
    await drive.receive("BER-A0-05", "RARE1", 1)
    assert await carry(drive) == "completed"


async def test_a_customer_who_does_not_choose(calendar: Calendar) -> None:
    """Reminded after two days, and after five more what is missing waits, as by default."""
    drive = await calendar.submit("long.choice", ("RARE2", 1))
    await drive.at(OrderStage.BACK_ORDERED)
    await calendar.pass_by(timedelta(days=8))
    [chosen] = await drive.acted("choose_back_order")
    assert ("engine", "line 1: wait") == (chosen.by, chosen.detail)
    told = await calendar.shop.read(lambda tx: tx.journal.notices(drive.order_id))
    assert ["acknowledged", "back_ordered", "back_order_reminder"] == [one.kind for one in told]
    await drive.receive("BER-A0-06", "RARE2", 1)
    assert await carry(drive) == "completed"


async def test_a_carrier_who_does_not_come(calendar: Calendar) -> None:
    """A pickup that was missed is booked again for a later day, as often as it takes."""
    drive = await calendar.submit("long.pickup")
    await confirm(drive, TaskKind.PICK, TaskKind.SORT, TaskKind.PACK)
    await drive.task(TaskKind.HAND_OVER)
    [first] = await drive.of_order()
    await calendar.pass_by(timedelta(days=6))
    [later] = await drive.of_order()
    assert first.pickup_until is not None
    assert later.pickup_from is not None
    assert later.pickup_from - first.pickup_until > timedelta(days=3)
    assert (await calendar.nudges(drive))["escalation"] >= 3
    await confirm(drive, TaskKind.HAND_OVER)
    await at(drive, Stage.IN_TRANSIT)
    await deliver(drive)
    assert (await drive.ended()).outcome.summary == "completed"


async def test_an_hour_without_any_carrier(calendar: Calendar) -> None:
    """The supervisor is told once; the order goes on by itself when they are back."""
    calendar.carriers.on_strike = True
    drive = await calendar.submit("long.strike")
    await confirm(drive, TaskKind.PICK, TaskKind.SORT, TaskKind.PACK)
    await at(drive, Stage.LABELING)
    await calendar.pass_by(timedelta(hours=1))
    await at(drive, Stage.LABELING)
    [told] = await drive.acted(Nudge.ESCALATION)
    assert told.detail == "blocked: contract: expected an answer, came carrier_unavailable"
    calendar.carriers.on_strike = False
    await calendar.pass_by(timedelta(hours=1))
    await confirm(drive, TaskKind.HAND_OVER)
    await at(drive, Stage.IN_TRANSIT)
    await deliver(drive)
    assert (await drive.ended()).outcome.summary == "completed"


async def test_a_carrier_who_says_nothing(calendar: Calendar) -> None:
    """A parcel without news is looked into after three days and again after five."""
    drive = await calendar.submit("long.silence")
    await confirm(drive, *STAGE_OF_TASK)
    await at(drive, Stage.IN_TRANSIT)
    await _told(drive)
    before = await calendar.nudges(drive)
    await calendar.pass_by(timedelta(days=6))
    assert await calendar.nudges(drive) - before == {"reminder": 1, "escalation": 1}
    asked = await drive.task(TaskKind.DELIVERY_EXCEPTION)
    assert ["silence"] == [parcel["cause"] for parcel in asked.plan["parcels"]]
    # Who does not decide is reminded after two days, and the supervisor is told after two more.
    await calendar.pass_by(timedelta(days=4))
    assert await calendar.nudges(drive) - before == {"reminder": 2, "escalation": 2}
    await deliver(drive)
    assert (await drive.ended()).outcome.summary == "completed"
    task = await calendar.shop.read(lambda tx: tx.tasks.get(asked.task_id))
    assert (TaskState.CLOSED, 1, 1) == (task.state, task.reminders, task.escalations)


async def test_a_carrier_who_must_be_asked(calendar: Calendar) -> None:
    """Every six hours at first, then after 12, then daily; an outage costs nothing but time.

    What they say ends the order as their own word would.
    """
    calendar.carriers.polled = True
    drive = await calendar.submit("long.asked")
    await confirm(drive, *STAGE_OF_TASK)
    calendar.carriers.polled = False
    await at(drive, Stage.IN_TRANSIT)
    await _told(drive)
    asked = calendar.carriers.asked
    await calendar.pass_by(timedelta(hours=7))
    assert asked + 1 == calendar.carriers.asked
    calendar.carriers.on_strike = True
    await calendar.pass_by(timedelta(hours=12))
    calendar.carriers.on_strike = False
    await calendar.pass_by(timedelta(hours=48))
    assert asked + 4 == calendar.carriers.asked
    calendar.carriers.said = tuple(
        TrackingEvent(
            event_id=f"asked-{label.tracking_number}",
            tracking_number=label.tracking_number,
            status=TrackingStatus.DELIVERED,
            at=calendar.shop.ports.clock.now(),
        )
        for label in await drive.labels()
    )
    await calendar.pass_by(timedelta(days=1))
    assert (await drive.ended()).outcome.summary == "completed"


async def _told(drive: Drive, kind: str = "shipped") -> None:
    async def look() -> bool:
        async with drive.engine.database.reading() as tx:
            told = await tx.journal.notices(drive.order_id)
        return kind in {notice.kind for notice in told}

    await eventually(look)


async def test_the_books_hold(calendar: Calendar) -> None:
    """After all that time everything adds up, and no workflow is left."""
    assert await calendar.shop.read(lambda tx: tx.books.findings()) == []
    running = [
        (await calendar.environment.client.get_workflow_handle(name).describe()).close_time
        for name in (order_workflow_id("long.pick"), fulfillment_workflow_id("long.pick-1"))
    ]
    assert None not in running
