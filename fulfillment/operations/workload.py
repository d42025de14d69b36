"""How much work is open: counts for who watches, never a row of it."""

from datetime import timedelta

from fulfillment.domain.workload import Workload
from fulfillment.operations.engine import Engine
from fulfillment.temporal.search_attributes import BLOCKED_ON

WORKFLOWS = ("OrderWorkflow", "FulfillmentWorkflow")
ASK_SECONDS = 5


async def workload(engine: Engine) -> Workload:
    """Return what is open now: from the database, and what is blocked from Temporal's visibility.

    Raises:
        StoreBusy: the database does not answer.
        RPCError: Temporal does not answer.

    """
    async with engine.database.reading() as tx:
        found = await tx.workload.workload(engine.clock.now())
    return found.model_copy(update={"blocked": await _blocked(engine)})


async def _blocked(engine: Engine) -> dict[str, int]:
    return {name: await _count(engine, name) for name in WORKFLOWS}


async def _count(engine: Engine, workflow_type: str) -> int:
    query = (
        f"WorkflowType = '{workflow_type}' AND ExecutionStatus = 'Running'"
        f" AND TaskQueue = '{engine.task_queue}' AND {BLOCKED_ON.name} IS NOT NULL"
        f" AND {BLOCKED_ON.name} != ''"
    )
    limit = timedelta(seconds=ASK_SECONDS)
    return (await engine.client.count_workflows(query, rpc_timeout=limit)).count
