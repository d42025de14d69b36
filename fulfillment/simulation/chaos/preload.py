"""Loads, when it is imported, what else each worker would have to: code, kernels and workflows."""

import asyncio

from temporalio import workflow

from fulfillment.bootstrap import make_worker
from fulfillment.planners.cartons import plan_something
from fulfillment.temporal.sandbox import share_models
from workflows.registry import WORKFLOWS

__all__ = ["make_worker"]


async def _import_workflows() -> None:
    """Prepare each workflow as a worker does; its modules serve all sandboxes of a process."""
    runner = share_models(None)
    for each in WORKFLOWS:
        runner.prepare_workflow(workflow._Definition.must_from_class(each))  # noqa: SLF001


plan_something()
asyncio.run(_import_workflows())
