"""Settings of workers: their part of Temporal's task queue, and their version."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from fulfillment.settings.spans import Span
from fulfillment.temporal.identifiers import TASK_QUEUE


class WorkerSettings(BaseModel):
    """How much a worker takes on, and as which version of a deployment."""

    connect_timeout: Span = timedelta(seconds=10)
    """How long Temporal may take to answer when a program starts."""
    task_queue: Annotated[str, Field(min_length=1, max_length=200)] = TASK_QUEUE
    max_cached_workflows: Annotated[int, Field(ge=0)] = 500
    """Workflows that a worker keeps in memory; the others are replayed when they go on."""
    max_concurrent_activities: Annotated[int, Field(gt=0)] = 20
    max_concurrent_workflow_tasks: Annotated[int, Field(ge=2)] = 20
    task_pollers: Annotated[int, Field(ge=2, le=100)] = 2
    """Long polls of each kind a worker keeps open; more only cost where the server answers fast."""
    graceful_shutdown: Span = timedelta(seconds=20)
    """How long activities under way may go on when a worker is told to stop."""
    deployment_name: Annotated[str, Field(pattern=r"^[^.]*$", max_length=200)] = ""
    """The Worker Deployment that a worker is part of, in Temporal's terms; none without it.

    With it goes `build_id`; a version takes orders only once it was made the current one
    (docs/operations.md).
    """
    build_id: Annotated[str, Field(max_length=200)] = ""
    """Which version of that deployment a worker is, such as a commit."""
    versioning: Literal["pinned", "auto_upgrade"] = "pinned"
    """Whether an order stays with the version that it began with, or goes on with the current."""
