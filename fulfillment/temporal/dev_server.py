"""Runs a Temporal dev server of one's own: started, restarted on the same data, really stopped."""

import asyncio
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from temporalio.service import RPCError

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.temporal.cli_binary import find_cli
from fulfillment.temporal.client import connect
from fulfillment.temporal.file_lock import try_lock
from fulfillment.temporal.search_attributes import ALL, type_name
from fulfillment.temporal.setup_errors import (
    DataFolderInUse,
    DevServerFailed,
    NamespaceMissing,
    PortTaken,
    ServerUnreachable,
)

HOST = "127.0.0.1"
READY_SECONDS = 60.0
STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05
_ATTEMPT_SECONDS = 1.0
_LOG_LINES = 15
_PORT_TRIES = 3


def dev_server_command(
    cli: Path,
    *,
    port: int,
    ui_port: int | None = None,
    data_dir: Path | None = None,
    codec_url: str | None = None,
) -> list[str]:
    """Spell out how the dev server is started.

    Args:
        cli: the Temporal CLI.
        port: where it listens for gRPC, on this machine only.
        ui_port: where its UI listens; None for no UI.
        data_dir: where its database lies; None keeps everything in memory.
        codec_url: where its UI has encrypted payloads decrypted.

    Returns:
        The arguments, the CLI first.

    """
    command = [str(cli), "server", "start-dev", "--ip", HOST, "--port", str(port)]
    command += ["--headless"] if ui_port is None else ["--ui-port", str(ui_port)]
    if codec_url is not None and ui_port is not None:
        command += ["--ui-codec-endpoint", codec_url]
    if data_dir is not None:
        command += ["--db-filename", str(data_dir / "temporal.sqlite")]
        command += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"]
    for key in ALL:
        command += ["--search-attribute", f"{key.name}={type_name(key)}"]
    # Nothing that runs on a developer's machine asks the outside for newer versions.
    command += ["--dynamic-config-value", "frontend.enableServerVersionCheck=false"]
    return [*command, "--log-level", "warn"]


@dataclass(frozen=True)
class DevServer:
    """A dev server that was started here and answers; as a context it is stopped at the end."""

    process: "subprocess.Popen[bytes]"
    address: str
    ui_url: str | None
    log: Path

    @property
    def pid(self) -> int:
        """Return the process id of the server."""
        return self.process.pid

    async def stop(self, *, limit_seconds: float = STOP_SECONDS) -> None:
        """Stop the server and return when it is gone, so that its files may be used again.

        Args:
            limit_seconds: how long it may take to end by itself before it is killed.

        """
        await _stop(self.process, limit_seconds)

    async def kill(self) -> None:
        """Kill the server by SIGKILL, as a power cut would; return when it is gone."""
        self.process.kill()
        await asyncio.to_thread(self.process.wait)

    async def __aenter__(self) -> Self:
        """Return the server, which runs already."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop the server."""
        await self.stop()


@dataclass(frozen=True)
class _Plan:
    cli: Path
    data_dir: Path | None
    ui: bool
    port: int | None
    ui_port: int | None
    log: Path
    ready_seconds: float
    codec_url: str | None


async def start_dev_server(  # noqa: PLR0913 - each is one wish of the caller's, all but one optional
    data_dir: Path | None,
    *,
    ui: bool = True,
    port: int | None = None,
    ui_port: int | None = None,
    log: Path | None = None,
    cli: Path | None = None,
    ready_seconds: float = READY_SECONDS,
    codec_url: str | None = None,
) -> DevServer:
    """Start a dev server and wait until it answers.

    The same folder and port again continue the workflows that were there.

    Args:
        data_dir: the folder of its database; None keeps everything in memory.
        ui: whether Temporal's UI is served too.
        port: the gRPC port; a free one where none is given.
        ui_port: the UI's port; a free one where none is given.
        log: where its output goes; into the data folder where none is given.
        cli: the Temporal CLI; found or made where none is given.
        ready_seconds: how long it may take to answer.
        codec_url: where its UI has encrypted payloads decrypted.

    Returns:
        The server, ready; the caller stops it.

    Raises:
        DataFolderInUse: another server works on the folder.
        PortTaken: a given port is in use.
        DevServerFailed: it ended or did not answer in time.
        CliUnusable: TEMPORAL_CLI_PATH names something else.
        CliMissing: there is no Temporal CLI and no way to one.

    """
    binary = cli or (await find_cli()).path
    with _claimed(data_dir) as claim:
        _require_free(port, ui_port if ui else None)
        file = log or _log_file(data_dir)
        plan = _Plan(binary, data_dir, ui, port, ui_port, file, ready_seconds, codec_url)
        return await _start(plan, claim)


def free_port() -> int:
    """Choose a TCP port that is free on this machine now.

    Returns:
        The port; nothing keeps it from being taken before it is used.

    """
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


async def _start(plan: _Plan, claim: IO[str] | None) -> DevServer:
    for _ in range(_PORT_TRIES - 1):
        try:
            return await _start_once(plan, claim)
        except DevServerFailed as error:
            # Between choosing a free port and the server's binding it, another may have come.
            if "address already in use" not in str(error):
                raise
    return await _start_once(plan, claim)


async def _start_once(plan: _Plan, claim: IO[str] | None) -> DevServer:
    port = plan.port or free_port()
    ui_port = (plan.ui_port or free_port()) if plan.ui else None
    command = dev_server_command(
        plan.cli, port=port, ui_port=ui_port, data_dir=plan.data_dir, codec_url=plan.codec_url
    )
    ui_url = None if ui_port is None else f"http://{HOST}:{ui_port}"
    server = DevServer(_launch(command, plan.log, claim), f"{HOST}:{port}", ui_url, plan.log)
    try:
        await _until_ready(server, plan.ready_seconds)
    except BaseException:
        await server.stop()
        raise
    return server


def _launch(command: list[str], log: Path, claim: IO[str] | None) -> "subprocess.Popen[bytes]":
    # In a session of its own, so that Ctrl-C stops the workers first and the server last.
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - the arguments are made here
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[claim.fileno()] if claim else (),
        )
    if claim:
        claim.truncate(0)
        claim.write(f"{process.pid}\n")
        claim.flush()
    return process


async def _until_ready(server: DevServer, limit_seconds: float) -> None:
    clock = asyncio.get_running_loop().time
    deadline = clock() + limit_seconds
    while clock() < deadline:
        if server.process.poll() is not None:
            raise _failed(server, f"it ended with code {server.process.returncode}")
        try:
            # An empty environment: what names or unlocks another server is not meant for this.
            await connect(
                address=server.address,
                namespace="default",
                timeout_seconds=_ATTEMPT_SECONDS,
                environ={},
            )
        except (ServerUnreachable, NamespaceMissing, RPCError):
            await asyncio.sleep(_POLL_SECONDS)
        else:
            return
    raise _failed(server, f"no answer within {limit_seconds:g} s")


async def _stop(process: "subprocess.Popen[bytes]", limit_seconds: float) -> None:
    process.terminate()
    try:
        await asyncio.to_thread(process.wait, limit_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        await asyncio.to_thread(process.wait)


@contextmanager
def _claimed(data_dir: Path | None) -> Iterator[IO[str] | None]:
    if data_dir is None:
        yield None
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / "temporal.lock"
    claim = try_lock(path)
    if claim is None:
        raise _in_use(data_dir, path.read_text(encoding="utf-8").strip())
    # The server inherits the open file, so the claim lives exactly as long as the server does.
    with claim:
        yield claim


def _require_free(*ports: int | None) -> None:
    for port in ports:
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                raise _taken(port, error) from error


def _log_file(data_dir: Path | None) -> Path:
    if data_dir is not None:
        return data_dir / "temporal.log"
    handle, name = tempfile.mkstemp(prefix="temporal-", suffix=".log")
    os.close(handle)
    return Path(name)


def _failed(server: DevServer, came: str) -> FulfillmentError:
    lines = server.log.read_text(encoding="utf-8", errors="replace").splitlines()
    tail = "\n  ".join(lines[-_LOG_LINES:])
    return DevServerFailed.of(
        Problem(
            path="Temporal dev server",
            expected=f"an answer at {server.address}",
            came=f"{came}; the end of {server.log}:\n  {tail}",
        )
    )


def _in_use(data_dir: Path, pid: str) -> FulfillmentError:
    return DataFolderInUse.of(
        Problem(
            path="Temporal dev server",
            expected=f"the folder {data_dir} to be free",
            came=f"process {pid or 'unknown'} works on it",
            remedy=f"stop that one first (`kill {pid}`), or use another folder",
        )
    )


def _taken(port: int, error: OSError) -> FulfillmentError:
    return PortTaken.of(
        Problem(
            path="Temporal dev server",
            expected=f"port {port} to be free",
            came=error.strerror or str(error),
            remedy="stop what uses it, give another port, or give none to have a free one chosen",
        )
    )
