"""A Temporal server as a cluster runs it, on PostgreSQL, as a plain process with its UI.

It is configured by the same variables as the server's container image is in docker-compose.yml: the
server's own embedded template reads them.
"""

import asyncio
import itertools
import json
import os
import re
import secrets
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from temporalio.service import RPCError

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.temporal.child_process import ChildProcess, EndedEarly
from fulfillment.temporal.client import connect
from fulfillment.temporal.dev_server import HOST
from fulfillment.temporal.namespaces import SYSTEM
from fulfillment.temporal.server_binaries import ServerPrograms
from fulfillment.temporal.setup_errors import (
    NamespaceMissing,
    SchemaFailed,
    ServerFailed,
    ServerUnreachable,
)

PLUGIN = "postgres12"
SHARDS = 4
"""History shards: fixed when the database is set up, and never to be changed."""

FRONTEND, UI = "FRONTEND_GRPC_PORT", "UI_PORT"
PORTS = (
    FRONTEND,
    "FRONTEND_HTTP_PORT",
    "FRONTEND_MEMBERSHIP_PORT",
    "HISTORY_GRPC_PORT",
    "HISTORY_MEMBERSHIP_PORT",
    "MATCHING_GRPC_PORT",
    "MATCHING_MEMBERSHIP_PORT",
    "WORKER_GRPC_PORT",
    "WORKER_MEMBERSHIP_PORT",
    UI,
)
"""Every port of a server's services, by the variable that sets it, and of the UI."""

LOWEST_PORT, HIGHEST_PORT = 20_000, 32_000

READY_SECONDS = 90.0
STOP_SECONDS = 20.0
_ATTEMPT_SECONDS = 1.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class SqlAccess:
    """How Temporal reaches PostgreSQL over TCP."""

    host: str
    port: int
    user: str
    password: str


def choose_ports() -> dict[str, int]:
    """Choose free ports for all services, below those that the system gives away by itself.

    The server's tables hold a port of its membership in a signed 16-bit column.

    Returns:
        The port by the name of its variable; nothing keeps them from being taken before use.

    """
    first = LOWEST_PORT + secrets.randbelow(HIGHEST_PORT - LOWEST_PORT)
    candidates = itertools.chain(range(first, HIGHEST_PORT), range(LOWEST_PORT, first))
    return dict(zip(PORTS, filter(_is_free, candidates), strict=False))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def server_environment(
    database: SqlAccess, ports: Mapping[str, int], dynamic_config: Path
) -> dict[str, str]:
    """Return the variables that configure all services of one server.

    Args:
        database: with the databases `temporal` and `temporal_visibility`.
        ports: as `choose_ports` returns them.
        dynamic_config: the file with what can be changed while it runs.

    """
    listening = {name: str(port) for name, port in ports.items() if name != UI}
    return {
        "DB": PLUGIN,
        "DB_PORT": str(database.port),
        "POSTGRES_SEEDS": database.host,
        "POSTGRES_USER": database.user,
        "POSTGRES_PWD": database.password,
        "NUM_HISTORY_SHARDS": str(SHARDS),
        "BIND_ON_IP": HOST,
        "TEMPORAL_BROADCAST_ADDRESS": HOST,
        "DYNAMIC_CONFIG_FILE_PATH": str(dynamic_config.absolute()),
        "LOG_LEVEL": "warn",
        **listening,
    }


async def set_up_schema(
    programs: ServerPrograms, database: SqlAccess, script: Path, folder: Path, *, lists: bool
) -> None:
    """Make Temporal's tables, or update them, by the script that docker-compose.yml runs.

    Args:
        programs: the schema tool and the schema.
        database: with the databases `temporal` and `temporal_visibility`.
        script: the script.
        folder: for what the tool says.
        lists: whether PostgreSQL has `btree_gin`, with which lists are indexed by namespace.

    Raises:
        SchemaFailed: the tool ended with an error.

    """
    schema = programs.schema if lists else await asyncio.to_thread(_plainer, programs, folder)
    environ = {
        "PATH": os.defpath,
        "SQL_TOOL": str(programs.sql_tool),
        "SQL_PLUGIN": PLUGIN,
        "SQL_HOST": database.host,
        "SQL_PORT": str(database.port),
        "SQL_USER": database.user,
        "SQL_PASSWORD": database.password,
        "SCHEMA_DIR": str(schema),
    }
    tool = await ChildProcess.start(["/bin/sh", str(script)], environ, folder / "schema.log")
    if await tool.process.wait():
        came = str(tool.ended_early())
        raise SchemaFailed.of(Problem(path="schema", expected="Temporal's tables", came=came))


def _plainer(programs: ServerPrograms, folder: Path) -> Path:
    """Copy the schema without what needs `btree_gin`: indexes on lists leave the namespace out."""
    copy = folder / "schema"
    shutil.copytree(programs.schema, copy, dirs_exist_ok=True)
    for path in (copy / "visibility" / "versioned").rglob("*.sql"):
        path.write_text(without_btree_gin(path.read_text(encoding="utf-8")), encoding="utf-8")
    return copy


def without_btree_gin(sql: str) -> str:
    """Return SQL of the visibility schema for a PostgreSQL that lacks the extension."""
    created = re.sub(r"CREATE EXTENSION btree_gin", "NULL", sql)
    return re.sub(r"USING GIN \(namespace_id, ", "USING GIN (", created)


class ClusterServer:
    """One server with all services, and the UI; it is started again on the same ports."""

    def __init__(
        self,
        programs: ServerPrograms,
        database: SqlAccess,
        *,
        dynamic_config: Path,
        folder: Path,
    ) -> None:
        """Keep what is to be started, and choose its ports.

        Args:
            programs: the server and the UI.
            database: its databases, whose schema is set up.
            dynamic_config: the file with what can be changed while it runs.
            folder: for its logs and the UI's configuration.

        """
        self.programs, self._folder = programs, folder
        self._ports = choose_ports()
        self._environ = server_environment(database, self._ports, dynamic_config)
        self._server: ChildProcess | None = None
        self._ui: ChildProcess | None = None

    @property
    def address(self) -> str:
        """Return `host:port` of its frontend."""
        return f"{HOST}:{self._ports[FRONTEND]}"

    @property
    def ui_url(self) -> str:
        """Return where the UI is."""
        return f"http://{HOST}:{self._ports[UI]}"

    @property
    def pid(self) -> int | None:
        """Return the server's process id, if it runs."""
        return self._server.pid if self._server else None

    async def start(self, *, ready_seconds: float = READY_SECONDS) -> int:
        """Start the server, and return its process id once it answers.

        Raises:
            ServerFailed: it ended by itself, or did not answer in time.

        """
        command = [str(self.programs.server), "--allow-no-auth", "start"]
        environ = {"PATH": os.defpath, **self._environ}
        self._server = await ChildProcess.start(command, environ, self._folder / "temporal.log")
        try:
            await self._until_ready(self._server, ready_seconds)
        except EndedEarly as error:
            raise self._failed(str(error)) from None
        return self._server.pid

    async def start_ui(self) -> None:
        """Start the UI; it finds the server whenever that is there."""
        folder = self._folder / "ui"
        folder.mkdir(parents=True, exist_ok=True)
        config = {
            "temporalGrpcAddress": self.address,
            "host": HOST,
            "port": self._ports[UI],
            "enableUi": True,
            "defaultNamespace": "default",
            "disableNewsFetch": True,
            "cors": {"allowOrigins": [self.ui_url]},
        }
        # JSON is YAML.
        (folder / "cluster.yaml").write_text(json.dumps(config, indent=2), encoding="utf-8")
        command = [str(self.programs.ui), "--root", str(folder), "--config", "."]
        command += ["--env", "cluster", "start"]
        log = self._folder / "ui.log"
        self._ui = await ChildProcess.start(command, {"PATH": os.defpath}, log)

    async def kill(self) -> None:
        """Kill the server by SIGKILL, as a power cut would; the UI stays."""
        server, self._server = self._server, None
        if server:
            await server.kill()

    async def stop(self) -> None:
        """Stop the UI and the server."""
        running = [child for child in (self._ui, self._server) if child]
        self._ui = self._server = None
        await asyncio.gather(*(child.stop(STOP_SECONDS) for child in running))

    async def _until_ready(self, server: ChildProcess, limit_seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + limit_seconds
        while clock() < deadline:
            if server.code is not None:
                raise server.ended_early()
            if await answers(self.address):
                return
            await asyncio.sleep(_POLL_SECONDS)
        raise server.ended_early(limit_seconds)

    def _failed(self, came: str) -> FulfillmentError:
        expected = f"an answer at {self.address}"
        return ServerFailed.of(Problem(path="Temporal server", expected=expected, came=came))


async def answers(address: str) -> bool:
    """Return whether a server answers at an address."""
    try:
        await connect(
            address=address, namespace=SYSTEM, timeout_seconds=_ATTEMPT_SECONDS, environ={}
        )
    except (ServerUnreachable, NamespaceMissing, RPCError):
        return False
    return True
