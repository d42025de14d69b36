"""Returns over days and weeks, with the product's own patience, on a server that skips time."""

import os
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

import plant as plants
from driving import SIGNALS, Drive
from fulfillment import bootstrap
from fulfillment.domain.lifecycle import STAGE_OF_TASK, Stage
from fulfillment.domain.returns import (
    ReturnItem,
    ReturnReason,
    ReturnRequest,
    ReturnStage,
    rma_number,
)
from fulfillment.domain.tracking import TrackingStatus
from fulfillment.messages.returns import StartReturn
from fulfillment.temporal.identifiers import order_workflow_id, return_workflow_id
from fulfillment.temporal.registration import wire_type
from fulfillment.temporal.search_attributes import ALL
from plant import Plant, eventually
from return_driver import Back
from time_skipping_server import STARTUP_LIMIT, time_skipping_server
from workflows.order import OrderWorkflow
from workflows.returns import ReturnWorkflow

NO_SERVER = "no time-skipping server: neither a download nor Java with Maven"
CI = "FULFILLMENT_CI"
DEAR = 2 * (1990 + 378)
"""From here on a person must approve."""

FOR_EVER = 3650
"""Goods arrive by the clock on the wall, which does not skip."""


class Calendar:
    """A shop in which days pass in seconds."""

    def __init__(self, environment: WorkflowEnvironment, shop: Plant) -> None:
        """Keep both."""
        self.environment, self.shop = environment, shop

    async def delivered(self, order_id: str) -> Drive:
        """Have an order arrive, by signals: here updates do not let time go on."""
        drive = Drive(self.shop.engine, order_id)
        await self.environment.client.start_workflow(
            OrderWorkflow.run,
            plants.order(order_id),
            id=order_workflow_id(order_id),
            task_queue=self.shop.settings.task_queue,
        )
        for kind in STAGE_OF_TASK:
            await drive.task(kind)
            await drive.signal(SIGNALS[kind])

        async def left() -> bool:
            return [share.stage for share in await drive.of_order()] == [Stage.IN_TRANSIT]

        await eventually(left)
        for label in await drive.labels():
            await drive.tell(label.tracking_number, TrackingStatus.DELIVERED)
        await drive.ended()
        return drive

    async def start(self, request: ReturnRequest) -> Back:
        """Start a return plainly."""
        name = rma_number(request.order_id, "long")
        await self.environment.client.start_workflow(
            ReturnWorkflow.run,
            StartReturn(return_id=name, request=request),
            id=return_workflow_id(name),
            task_queue=self.shop.settings.task_queue,
        )
        return Back(self.shop, request.order_id, name)

    async def signal(self, back: Back, name: str) -> None:
        """Say something to a return from the Temporal UI."""
        handle = self.environment.client.get_workflow_handle(return_workflow_id(back.return_id))
        await handle.signal(name)

    async def nudges(self, back: Back) -> Counter[str]:
        """Count how often people were pressed for a return."""
        audit = await self.shop.read(lambda tx: tx.journal.actions(back.order_id))
        mine = [entry for entry in audit if entry.detail.startswith(back.return_id)]
        return Counter(e.action for e in mine if e.action in {"reminder", "escalation"})


@pytest.fixture(scope="module")
async def calendar(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Calendar]:
    """Open a shop on a server that skips time."""
    path = await time_skipping_server()
    if path is None:
        if os.environ.get(CI):
            pytest.fail(NO_SERVER)
        pytest.skip(NO_SERVER)
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(path),
        test_server_startup_timeout=STARTUP_LIMIT,
        plugins=[bootstrap.plugin()],
    ) as environment:
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=environment.client.namespace,
                search_attributes={key.name: wire_type(key) for key in ALL},
            )
        )
        folder = tmp_path_factory.mktemp("returns")
        async with plants.plant(
            environment.client, folder, return_approval_over_minor=DEAR, return_window_days=FOR_EVER
        ) as shop:
            yield Calendar(environment, shop)


def wanted(drive: Drive, quantity: int = 1) -> ReturnRequest:
    """Return the wish to send mugs back."""
    item = ReturnItem(line_no=1, quantity=quantity, reason=ReturnReason.UNWANTED)
    return ReturnRequest(order_id=drive.order_id, items=(item,), by="ada")


async def told(back: Back) -> list[str]:
    """Return what the customer was told of the return."""
    notices = await back.shop.read(lambda tx: tx.journal.notices(back.order_id))
    return [notice.kind for notice in notices if notice.kind.startswith("return_")]


@pytest.mark.timeout(120)
async def test_goods_that_never_come(calendar: Calendar) -> None:
    """After a week the customer is reminded, after four it lapses, and the label is given back."""
    back = await calendar.start(wanted(await calendar.delivered("long.never")))
    await back.told("return_approved")
    await calendar.environment.sleep(timedelta(days=8))
    await back.told("return_reminder")
    assert ReturnStage.AWAITING_GOODS is (await back.view()).record.stage
    await calendar.environment.sleep(timedelta(days=21))
    view = await back.at(ReturnStage.LAPSED)
    assert [True] == [parcel.voided for parcel in view.parcels]
    await back.told("return_lapsed")
    assert ["return_approved", "return_reminder", "return_lapsed"] == await told(back)
    free = await calendar.shop.read(lambda tx: tx.returns.shipped_units(back.order_id))
    assert 3 == len(free)


async def test_goods_that_nobody_inspects(calendar: Calendar) -> None:
    """The floor is reminded, the supervisor told each time, and the goods wait."""
    back = await calendar.start(wanted(await calendar.delivered("long.inspection")))
    await back.told("return_approved")
    await calendar.signal(back, "goods_received")
    await back.at(ReturnStage.INSPECTING)
    await calendar.environment.sleep(timedelta(days=5))
    assert {"reminder": 1, "escalation": 2} == await calendar.nudges(back)
    task = await calendar.shop.read(lambda tx: tx.tasks.get(f"{back.return_id}-inspect-1"))
    assert (1, 2) == (task.reminders, task.escalations)
    await calendar.signal(back, "goods_inspected")
    await back.at(ReturnStage.RESOLVED)


async def test_an_approval_that_nobody_gives(calendar: Calendar) -> None:
    """After four days the policy approves it: what is in the parcel is seen in any case."""
    back = await calendar.start(wanted(await calendar.delivered("long.approval"), 2))
    await back.told("return_requested")
    await calendar.environment.sleep(timedelta(days=5))
    await back.told("return_approved")
    assert {"reminder": 1, "escalation": 1} == await calendar.nudges(back)
    decided = await calendar.shop.read(lambda tx: tx.journal.actions(back.order_id))
    assert "engine" in {entry.by for entry in decided if entry.action == "approve_return"}
    await calendar.signal(back, "cancel_return")
    await back.at(ReturnStage.CANCELED)


async def test_what_its_carrier_has_does_not_lapse(calendar: Calendar) -> None:
    """It is late: the supervisor asks the carrier; lost, and is told at once; then it comes.

    The reminder counts from the approval, which took four days here.
    """
    back = await calendar.start(wanted(await calendar.delivered("long.way"), 2))
    await back.told("return_requested")
    await calendar.environment.sleep(timedelta(days=5))
    await back.told("return_approved")
    number = await back.labeled()
    drive = Drive(calendar.shop.engine, back.order_id)
    await calendar.environment.sleep(timedelta(days=4))
    assert "return_reminder" not in await told(back)
    before = await calendar.nudges(back)
    await drive.tell(number, TrackingStatus.IN_TRANSIT)
    await calendar.environment.sleep(timedelta(days=30))
    assert ReturnStage.AWAITING_GOODS is (await back.view()).record.stage
    assert "return_reminder" not in await told(back)
    assert {"escalation": 1} == await calendar.nudges(back) - before
    await calendar.signal(back, "goods_received")
    await back.at(ReturnStage.INSPECTING)
    await calendar.signal(back, "goods_inspected")
    await back.at(ReturnStage.RESOLVED)


async def test_the_books_hold(calendar: Calendar) -> None:
    """After all that time everything adds up."""
    assert [] == await calendar.shop.read(lambda tx: tx.books.findings())
