"""Starts the workflows of purchases and productions, or tells them that more is missing."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from fulfillment.messages.supply import SupplyRequest
from fulfillment.temporal.identifiers import supply_workflow_id


class TemporalSupplyStarter:
    """Starts a supply order's workflow, or signals it where it runs, in one call."""

    def __init__(self, client: Client, task_queue: str) -> None:
        """Keep whom to ask."""
        self._client = client
        self._task_queue = task_queue

    async def start(self, supply_id: str) -> None:
        """Have a supply order's workflow look at what is missing; it is started if need be."""
        await self._client.start_workflow(
            "SupplyWorkflow",
            SupplyRequest(supply_id=supply_id),
            id=supply_workflow_id(supply_id),
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"Supply order {supply_id}",
            start_signal="needed",
        )
