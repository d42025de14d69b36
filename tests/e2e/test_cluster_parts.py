"""What `make cluster` and Compose set up once: databases, namespace, and the way out without Go."""

import os
import subprocess
import sys
import uuid
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from fulfillment.domain.lifecycle import OrderStage
from fulfillment.operations.order_access import order_handle
from fulfillment.operations.order_views import snapshots
from fulfillment.operations.orders import submit_order
from fulfillment.settings import SettingsInvalid
from fulfillment.simulation.cluster import _make_databases
from fulfillment.simulation.postgresql_server import wheel_binaries
from fulfillment.temporal.dev_server import DevServer
from fulfillment.temporal.namespaces import register_namespace
from fulfillment.temporal.registration import register_search_attributes
from plant import eventually, new_id, order, plant


async def test_each_user_has_its_own_databases(tmp_path: Path) -> None:
    """With a password over TCP; nobody reaches what is another's."""
    with ExitStack() as held:
        made = await _make_databases(held, tmp_path, wheel_binaries())
        temporal, engine = made.temporal_password, made.engine_password
        allowed = [
            ("temporal", temporal, "temporal"),
            ("temporal", temporal, "temporal_visibility"),
            ("fulfillment", engine, "fulfillment"),
        ]
        for user, password, database in allowed:
            assert await answers(made.port, user, password, database)
        refused = [
            ("temporal", temporal, "fulfillment"),
            ("fulfillment", engine, "temporal"),
            ("fulfillment", temporal, "fulfillment"),
        ]
        for user, password, database in refused:
            assert not await answers(made.port, user, password, database)


async def answers(port: int, user: str, password: str, database: str) -> bool:
    """Tell whether a user gets into a database and may make tables there."""
    try:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=port, user=user, password=password, database=database
        )
    except (asyncpg.InvalidPasswordError, asyncpg.InsufficientPrivilegeError):
        return False
    try:
        await connection.execute("CREATE TABLE probe (number int); DROP TABLE probe")
    finally:
        await connection.close()
    return True


async def test_a_namespace_is_registered_once(server: DevServer) -> None:
    """Again it changes nothing, and with another retention only that; attributes can follow."""
    name = f"shop-{uuid.uuid4()}"
    said = [
        await register_namespace(
            timedelta(days=days), address=server.address, namespace=name, environ={}
        )
        for days in (30, 30, 3)
    ]
    assert [line.removeprefix(f"namespace {name} ") for line in said] == [
        "registered, with a retention of 30 days",
        "is registered already, with a retention of 30 days",
        "changed, with a retention of 3 days",
    ]
    client = await Client.connect(server.address, namespace=name)
    found = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=name)
    )
    assert found.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=3)
    assert len(await register_search_attributes(client)) == 5


async def test_an_order_stays_with_the_version_that_it_began_with(
    client: Client, tmp_path: Path
) -> None:
    """A version takes orders once it is the current one."""
    versioned: dict[str, Any] = {"deployment_name": f"shop-{uuid.uuid4()}", "build_id": "v1"}
    async with plant(client, tmp_path, **versioned) as shop:
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=client.namespace, **versioned, ignore_missing_task_queues=True
        )

        async def made_current() -> bool:
            try:
                await client.workflow_service.set_worker_deployment_current_version(request)
            except RPCError:
                return False
            return True

        await eventually(made_current)
        placed = order(new_id("versioned"))
        await submit_order(shop.engine, placed)

        async def fulfilling() -> bool:
            found = await snapshots(shop.engine, [placed.order_id])
            return bool(found) and found[0].stage is OrderStage.FULFILLING

        await eventually(fulfilling)
        handle = order_handle(shop.engine, placed.order_id)
        info = (await handle.describe()).raw_description.workflow_execution_info.versioning_info
        assert info.deployment_version.build_id == versioned["build_id"]
        await handle.terminate()


async def test_half_a_version_is_refused(client: Client, tmp_path: Path) -> None:
    """Orders would otherwise begin without one, unseen."""
    with pytest.raises(SettingsInvalid, match="FULFILLMENT_BUILD_ID: expected both"):
        async with plant(client, tmp_path, deployment_name="shop"):
            pass


def test_without_go_the_cluster_says_what_else_there_is(tmp_path: Path) -> None:
    """In one message, with the exit code of what could not be run."""
    environ = {
        **{n: v for n, v in os.environ.items() if not n.startswith(("FULFILLMENT_", "TEMPORAL_"))},
        "PATH": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    command = [sys.executable, "-m", "fulfillment.simulation.cluster", "--data", str(tmp_path)]
    ended = subprocess.run(
        command, env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "no `go` on PATH; install Go" in ended.stdout
    assert "docker compose up" in ended.stdout
