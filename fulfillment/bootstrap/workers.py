"""What carries workflows and activities out, and what replays them."""

import os
import socket
from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    PollerBehaviorSimpleMaximum,
    Replayer,
    Worker,
    WorkerDeploymentConfig,
)

import fulfillment
from activities.registry import activities
from fulfillment.bootstrap.connecting import plugin
from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.operations.replays import ReplayScope
from fulfillment.ports import Ports
from fulfillment.settings import Settings, SettingsInvalid
from fulfillment.temporal.supply_starter import TemporalSupplyStarter
from fulfillment.temporal.waker import TemporalWaker
from workflows.registry import WORKFLOWS

DEPLOYMENT_VARIABLES = "FULFILLMENT_DEPLOYMENT_NAME and FULFILLMENT_BUILD_ID"
STICKY = timedelta(seconds=5)
"""How long an order waits for the worker that has it in memory, before another one takes it on."""


def make_worker(
    client: Client,
    ports: Ports,
    settings: Settings,
    **overrides: Any,  # noqa: ANN401 - each is an option of the SDK's Worker
) -> Worker:
    """Return a worker for every workflow and activity of this product.

    An error of the domain fails a workflow; any other is a bug, and its task is tried again until
    it is mended.
    """
    polls = PollerBehaviorSimpleMaximum(maximum=settings.task_pollers)
    deployment = _deployment(settings)
    ports = replace(
        ports,
        waker=TemporalWaker(client, settings.task_queue),
        supply=TemporalSupplyStarter(client, settings.task_queue),
    )
    options: dict[str, Any] = {
        "task_queue": settings.task_queue,
        "workflows": WORKFLOWS,
        "activities": activities(ports),
        "workflow_failure_exception_types": [FulfillmentError],
        "identity": f"worker {os.getpid()}@{socket.gethostname()}",
        # Or the SDK reads, and perhaps compiles, each module that is loaded, to make one of them.
        "build_id": None if deployment else f"fulfillment-engine-{fulfillment.__version__}",
        "graceful_shutdown_timeout": settings.graceful_shutdown,
        "sticky_queue_schedule_to_start_timeout": STICKY,
        "max_cached_workflows": settings.max_cached_workflows,
        "max_concurrent_activities": settings.max_concurrent_activities,
        "max_concurrent_workflow_tasks": settings.max_concurrent_workflow_tasks,
        "workflow_task_poller_behavior": polls,
        "activity_task_poller_behavior": polls,
        # Half of them for what no worker has in memory: after a crash that is all there is.
        "nonsticky_to_sticky_poll_ratio": 0.5,
        "deployment_config": deployment,
    }
    return Worker(client, **{**options, **overrides})


def make_replayer(settings: Settings | None = None) -> Replayer:
    """Return what replays histories as the product's workers do."""
    return Replayer(
        workflows=WORKFLOWS,
        plugins=[plugin(settings)],
        workflow_failure_exception_types=[FulfillmentError],
    )


def replay_scope(settings: Settings, limit: int) -> ReplayScope:
    """Return which running workflows a worker of these settings may be given, so many a kind.

    Raises:
        SettingsInvalid: half a deployment version is set.

    """
    deployment = _deployment(settings)
    stays = deployment is not None and settings.versioning == "pinned"
    return ReplayScope(
        kinds=[workflow.__name__ for workflow in WORKFLOWS],
        task_queue=settings.task_queue,
        limit=limit,
        version=f"{settings.deployment_name}:{settings.build_id}" if stays else "",
    )


def _deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    if bool(settings.deployment_name) is not bool(settings.build_id):
        problem = Problem(
            path=DEPLOYMENT_VARIABLES,
            expected="both of a worker, or neither",
            came=settings.deployment_name or settings.build_id,
            remedy="set the other one too (docs/operations.md)",
        )
        raise SettingsInvalid.of(problem)
    if not settings.deployment_name:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.deployment_name, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior[settings.versioning.upper()],
    )
