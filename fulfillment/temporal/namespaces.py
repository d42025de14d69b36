"""Registers the namespace on a Temporal server of one's own, as often as one likes."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.temporal.client import connect, connect_arguments
from fulfillment.temporal.setup_errors import NamespaceMissing, NamespaceRefused

SYSTEM = "temporal-system"
"""The namespace that every server has; who connects to it needs no other."""

_POLL_SECONDS = 0.25

_REFUSALS = frozenset(
    {
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.UNIMPLEMENTED,
    }
)


async def register_namespace(
    retention: timedelta,
    *,
    address: str | None = None,
    namespace: str | None = None,
    timeout_seconds: float = 60.0,
    environ: Mapping[str, str] | None = None,
) -> str:
    """Register the namespace, or give an existing one this retention.

    Args:
        retention: how long the histories of ended workflows stay; at least a day.
        address: ``host:port``; wins over the environment.
        namespace: wins over the environment.
        timeout_seconds: how long the server may take to answer, retries included.
        environ: the variables to read; the process's own by default.

    Returns:
        What was done, for a person.

    Raises:
        ConfigurationInvalid: the variables or the toml can't be read.
        ServerUnreachable: no answer in time.
        NamespaceRefused: this client may not do it; says who may.

    """
    name = connect_arguments(address=address, namespace=namespace, environ=environ)["namespace"]
    try:
        client = await connect(
            address=address, namespace=SYSTEM, timeout_seconds=timeout_seconds, environ=environ
        )
        known = await _retention(client, name)
        if known is None:
            await _register(client, name, retention)
        elif known != retention:
            await _update(client, name, retention)
        await _until_known(client, name, timeout_seconds)
    except NamespaceMissing as error:
        raise _refused(name, "a server without a system namespace of its own") from error
    except RPCError as error:
        if error.status not in _REFUSALS:
            raise
        raise _refused(name, f"{error.status.name}: {error.message}") from error
    done = {None: "registered", retention: "is registered already"}.get(known, "changed")
    return f"namespace {name} {done}, with a retention of {retention.days} days"


async def _retention(client: Client, name: str) -> timedelta | None:
    try:
        found = await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=name)
        )
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return found.config.workflow_execution_retention_ttl.ToTimedelta()


async def _register(client: Client, name: str, retention: timedelta) -> None:
    request = RegisterNamespaceRequest(
        namespace=name, workflow_execution_retention_period=_duration(retention)
    )
    try:
        await client.workflow_service.register_namespace(request)
    except RPCError as error:
        # Another one that sets up at the same moment may have been faster.
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise


async def _update(client: Client, name: str, retention: timedelta) -> None:
    config = NamespaceConfig(workflow_execution_retention_ttl=_duration(retention))
    request = UpdateNamespaceRequest(namespace=name, config=config)
    await client.workflow_service.update_namespace(request)


async def _until_known(client: Client, name: str, limit_seconds: float) -> None:
    """Wait until all of the server knows a namespace: its parts look for new ones now and then."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + limit_seconds
    while True:
        try:
            await client.operator_service.list_search_attributes(
                ListSearchAttributesRequest(namespace=name)
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND or clock() > deadline:
                raise
            await asyncio.sleep(_POLL_SECONDS)
        else:
            return


def _duration(span: timedelta) -> Duration:
    duration = Duration()
    duration.FromTimedelta(span)
    return duration


def _refused(name: str, came: str) -> FulfillmentError:
    return NamespaceRefused.of(
        Problem(
            path=f"namespace {name}",
            expected="leave to register it",
            came=came,
            remedy="have an operator run `temporal operator namespace create -n"
            f" {name} --retention 30d`, or, on Temporal Cloud, create it in the UI or by `tcld"
            " namespace create`",
        )
    )
