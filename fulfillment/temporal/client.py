"""Connects to the Temporal server that the environment or the caller names."""

import asyncio
import ipaddress
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client, GrpcCompression, Plugin
from temporalio.envconfig import ClientConfigProfile
from temporalio.service import RPCError, RPCStatusCode

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.temporal.setup_errors import (
    ConfigurationInvalid,
    NamespaceMissing,
    ServerUnreachable,
)

DEFAULT_ADDRESS = "localhost:7233"
_RETRY_PAUSE_SECONDS = 0.25


async def connect(
    *,
    address: str | None = None,
    namespace: str | None = None,
    plugins: Sequence[Plugin] = (),
    timeout_seconds: float = 10.0,
    environ: Mapping[str, str] | None = None,
) -> Client:
    """Connect to Temporal, as the arguments, TEMPORAL_* variables and temporal.toml say.

    Args:
        address: ``host:port``; wins over the environment.
        namespace: the namespace; wins over the environment.
        plugins: usually the one FulfillmentPlugin.
        timeout_seconds: how long the server may take to answer, retries included.
        environ: the variables to read; the process's own by default.

    Returns:
        A client whose server has answered and knows the namespace.

    Raises:
        ConfigurationInvalid: the variables or the toml can't be read.
        ServerUnreachable: no answer in time.
        NamespaceMissing: the server does not know the namespace.

    """
    config = connect_arguments(address=address, namespace=namespace, environ=environ)
    client = await _connect_within(timeout_seconds, {**config, "plugins": plugins})
    await _require_namespace(client)
    return client


async def reach(*, address: str | None = None, timeout_seconds: float = 10.0) -> Client:
    """Connect as `connect` does, whether the server knows the namespace or not, without plugins.

    Raises:
        ConfigurationInvalid: the variables or the toml can't be read.
        ServerUnreachable: no answer in time.

    """
    return await _connect_within(timeout_seconds, connect_arguments(address=address))


def existing_server(environ: Mapping[str, str] | None = None) -> str | None:
    """Tell which server the environment names; where it names one, none is started.

    Args:
        environ: the variables to read; the process's own by default.

    Returns:
        The address from TEMPORAL_ADDRESS or the profile in temporal.toml, or None.

    Raises:
        ConfigurationInvalid: the variables or the toml can't be read.

    """
    return _profile(environ).address or None


def connect_arguments(
    *,
    address: str | None = None,
    namespace: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Work out what ``Client.connect`` is called with.

    Args:
        address: ``host:port``; wins over the environment.
        namespace: the namespace; wins over the environment.
        environ: the variables to read; the process's own by default.

    Returns:
        Keyword arguments, ``target_host`` and ``namespace`` always among them.

    Raises:
        ConfigurationInvalid: the variables or the toml can't be read.

    """
    arguments: dict[str, Any] = dict(_profile(environ).to_client_connect_config())
    arguments["target_host"] = address or arguments.get("target_host") or DEFAULT_ADDRESS
    arguments["namespace"] = namespace or arguments.get("namespace") or "default"
    if is_loopback(arguments["target_host"]):
        arguments["grpc_compression"] = GrpcCompression.NONE
    return arguments


def is_loopback(address: str) -> bool:
    """Tell whether an address stays on this machine, where compressing only costs.

    Args:
        address: ``host:port``.

    Returns:
        True for localhost, 127.0.0.0/8 and ::1.

    """
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _profile(environ: Mapping[str, str] | None) -> ClientConfigProfile:
    variables = dict(os.environ if environ is None else environ)
    try:
        return ClientConfigProfile.load(override_env_vars=variables)
    # The bridge's ConfigError is not exported, and derives from RuntimeError or Exception.
    except Exception as error:
        problem = Problem(
            path="Temporal client configuration",
            expected="readable TEMPORAL_* variables and temporal.toml",
            came=str(error).strip(),
            remedy="check TEMPORAL_PROFILE and TEMPORAL_CONFIG_FILE",
        )
        raise ConfigurationInvalid.of(problem) from error


async def _connect_within(seconds: float, arguments: dict[str, Any]) -> Client:
    clock = asyncio.get_running_loop().time
    deadline = clock() + seconds
    while True:
        remaining = max(deadline - clock(), 0.1)
        try:
            async with asyncio.timeout(remaining):
                return await Client.connect(
                    **arguments, connect_timeout=timedelta(seconds=remaining)
                )
        except (RuntimeError, RPCError, TimeoutError) as error:
            if clock() + _RETRY_PAUSE_SECONDS >= deadline:
                raise _unreachable(arguments, seconds, error) from error
        await asyncio.sleep(_RETRY_PAUSE_SECONDS)


async def _require_namespace(client: Client) -> None:
    request = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        await client.workflow_service.describe_namespace(request)
    except RPCError as error:
        # Only a plain "no" is one: a key may be good for work and yet not for asking this.
        if error.status is RPCStatusCode.NOT_FOUND:
            raise _namespace_missing(client) from error


def _unreachable(
    arguments: Mapping[str, Any], seconds: float, error: Exception
) -> FulfillmentError:
    address = arguments["target_host"]
    return ServerUnreachable.of(
        Problem(
            path="Temporal",
            expected=f"a server answering at {address} within {seconds:g} s",
            came=str(error).strip() or "no answer",
            remedy="start one (`make up`), or set TEMPORAL_ADDRESS to one that runs",
        )
    )


def _namespace_missing(client: Client) -> FulfillmentError:
    address = client.service_client.config.target_host
    create = f"temporal operator namespace create --address {address} -n {client.namespace}"
    return NamespaceMissing.of(
        Problem(
            path="Temporal",
            expected=f"namespace {client.namespace!r} on {address}",
            came="the server does not know it",
            remedy=f"create it (`{create}`), or set TEMPORAL_NAMESPACE",
        )
    )
