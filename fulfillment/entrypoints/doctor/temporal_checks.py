"""Checks of the Temporal server: its version, namespace, attributes, workers."""

import re

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    GetSystemInfoRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from fulfillment.entrypoints.doctor.findings import Answer, Site, ok, warning, wrong
from fulfillment.settings import Settings
from fulfillment.temporal.registration import (
    missing_attributes,
    registered_types,
    registration_commands,
)
from fulfillment.temporal.search_attributes import ALL
from fulfillment.temporal.setup_errors import SearchAttributeConflict

OLDEST = (1, 28)
"""The server's first version in which an update can start its workflow for good."""

_QUEUES = {
    "workflows": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    "activities": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}


async def server(site: Site) -> Answer:
    """Look whether the server is new enough."""
    address = site.temporal.service_client.config.target_host
    info = await site.temporal.workflow_service.get_system_info(GetSystemInfoRequest())
    found = f"{address} answers, version {info.server_version or 'not told'}"
    match = re.match(r"(\d+)\.(\d+)", info.server_version)
    if match and (int(match[1]), int(match[2])) < OLDEST:
        return wrong(found, f"upgrade the server to {'.'.join(map(str, OLDEST))} or later")
    return ok(found)


async def namespace(site: Site) -> Answer:
    """Look whether the namespace is there, and keeps what has ended for long enough."""
    name = site.temporal.namespace
    try:
        described = await site.temporal.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=name)
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        create = f"temporal operator namespace create -n {name} --retention 30d"
        return wrong(f"no namespace {name}", f"`{create}`, or set TEMPORAL_NAMESPACE")
    kept = described.config.workflow_execution_retention_ttl.ToTimedelta()
    longest, stage = longest_wait(site.settings)
    found = f"{name} keeps ended workflows for {kept.days} days"
    if kept.days < longest:
        remedy = (
            f"`temporal operator namespace update -n {name} --retention {longest}d`: the longest "
            f"wait ({stage}) is {longest} days, and what was decided is asked for as long"
        )
        return warning(found, remedy)
    return ok(found)


def longest_wait(settings: Settings) -> tuple[int, str]:
    """Return how many days the longest wait may last until its policy, and which one it is."""
    policies = settings.policies()
    waits = [
        (getattr(policies, name).span.days, name)
        for name in ("pick", "sort", "pack", "hand_over", "tracking", "hold", "back_order")
    ]
    return max(waits)


async def search_attributes(site: Site) -> Answer:
    """Look whether the attributes are registered, each with its type."""
    try:
        missing = missing_attributes(await registered_types(site.temporal))
    except SearchAttributeConflict as error:
        told = [f"{p.path} is of type {p.came}, expected {p.expected}" for p in error.problems]
        return wrong("; ".join(told), "; ".join(p.remedy for p in error.problems))
    if missing:
        names = {key.name for key in missing}
        commands = [
            command
            for key, command in zip(
                ALL, registration_commands(site.temporal.namespace), strict=True
            )
            if key.name in names
        ]
        found = f"missing: {', '.join(sorted(names))}"
        return wrong(found, f"start a worker, which registers them, or `{' && '.join(commands)}`")
    return ok(f"all {len(ALL)} are registered with their types")


async def workers(site: Site) -> Answer:
    """Look whether workers poll for workflows and for activities, all of one version."""
    queue = site.settings.task_queue
    polls = {kind: await pollers(site.temporal, queue, number) for kind, number in _QUEUES.items()}
    idle = [kind for kind, found in polls.items() if not found]
    if idle:
        remedy = f"start `python worker.py` with FULFILLMENT_TASK_QUEUE={queue} (or `make up`)"
        return wrong(f"nobody polls {queue} for {' and '.join(idle)}", remedy)
    both = [poller for found in polls.values() for poller in found]
    names = {poller.identity for poller in both}
    versions = sorted({version_of(poller) for poller in both})
    found = f"{len(names)} on {queue}, version {', '.join(versions)}"
    if len(versions) > 1:
        return warning(found, "finish the roll-out: stop the workers of the older version")
    return ok(found)


async def pollers(client: Client, queue: str, kind: "TaskQueueType.ValueType") -> list[PollerInfo]:
    """Return who polled a task queue lately."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    return list((await client.workflow_service.describe_task_queue(request)).pollers)


def version_of(poller: PollerInfo) -> str:
    """Return a worker's version as it tells it: its build id, or none."""
    build = poller.deployment_options.build_id or poller.worker_version_capabilities.build_id
    return build[:12] or "not told"
