"""Whether every supply order under way has its workflow; and how it gets one again."""

from datetime import datetime

from temporalio.common import WorkflowIDConflictPolicy

from fulfillment.domain.repairs import Repair, RepairKind
from fulfillment.domain.supply import UNDER_WAY
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.messages.supply import SupplyRequest
from fulfillment.operations.answers import answered
from fulfillment.operations.engine import Engine
from fulfillment.operations.running_checks import carried_on
from fulfillment.operations.supply import show_supply, supply_handle
from fulfillment.records import BookFinding
from fulfillment.temporal.identifiers import supply_workflow_id
from workflows.supply import SupplyWorkflow

_MOST = 10_000


async def supply_findings(engine: Engine, before: datetime) -> list[BookFinding]:
    """Return the supply orders under way since before then that nobody carries on."""
    async with engine.database.reading() as tx:
        under_way = await tx.supply.page(states=UNDER_WAY, limit=_MOST)
    findings = []
    for one in under_way:
        if one.state_since <= before:
            handle = supply_handle(engine, one.supply_id)
            findings += await carried_on(handle, _orphan(one))
    return findings


async def resume_supply(engine: Engine, supply_id: str) -> SupplyRecord:
    """Have a supply order go on whose workflow is gone; return it.

    Raises:
        NotFound: no such supply order.

    """
    supply = await show_supply(engine, supply_id)
    async with answered(supply_workflow_id(supply_id)):
        await engine.client.start_workflow(
            SupplyWorkflow.run,
            SupplyRequest(supply_id=supply_id),
            id=supply_workflow_id(supply_id),
            task_queue=engine.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"Supply order {supply_id}",
            start_signal="needed",
        )
    return supply


def _orphan(supply: SupplyRecord) -> BookFinding:
    name = supply.supply_id
    return BookFinding(
        rule="every supply order under way has its workflow",
        rows=(f"supply_orders {name}",),
        message=f"supply order {name} is {supply.state.value}, and no workflow of it runs",
        repair=f"fulfillment supply resume {name}",
        safe_repair=Repair(kind=RepairKind.RESUME_SUPPLY, subject=name),
    )
