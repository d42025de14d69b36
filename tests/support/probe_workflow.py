"""A workflow that reports what the sandbox gave it."""

from datetime import date

from pydantic import BaseModel
from temporalio import workflow

from fulfillment.temporal import search_attributes

RUNS: list[str] = []


class Question(BaseModel):
    """What the workflow is asked."""

    due: date


class Answer(BaseModel):
    """What the workflow saw."""

    due: date
    runs_seen: int
    product_module: int


@workflow.defn(name="ProbeWorkflow")
class ProbeWorkflow:
    """Answers with its input, how many runs its module has seen, and which module is shared."""

    @workflow.run
    async def run(self, question: Question) -> Answer:
        """Return what the sandbox shows."""
        RUNS.append(workflow.info().workflow_id)
        return Answer(due=question.due, runs_seen=len(RUNS), product_module=id(search_attributes))
