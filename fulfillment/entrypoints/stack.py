"""The whole engine on one machine: a Temporal server and workers, each a process of its own."""

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import fulfillment
from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.settings import Settings, variables
from fulfillment.temporal.child_process import ChildProcess, EndedEarly
from fulfillment.temporal.cli_binary import PATH_VARIABLE
from fulfillment.temporal.dev_server import HOST, DevServer, start_dev_server

WORKER_FILE = Path(fulfillment.__file__).parents[1] / "worker.py"
READY_SECONDS = 60.0
_SERVES = re.compile(r"serves on (?P<url>http://[\w.:\[\]]+)")
_LOG_LINES = 15
_MARGIN_SECONDS = 10.0


class WorkerFailed(FulfillmentError):
    """A worker process ended by itself, or was not ready in time; shows its log's end."""

    code = "worker_failed"


class HttpFailed(FulfillmentError):
    """`fulfillment serve` ended by itself, or was not ready in time; shows its log's end."""

    code = "http_failed"


class Stack:
    """A server and workers that were started here; as a context it stops them all at the end.

    Everything lies in the settings' data folder, so that a server or a worker that is stopped, or
    killed, and started again goes on where it was.
    """

    python: tuple[str, ...] = (sys.executable,)
    """What its programs are run by."""

    def __init__(
        self,
        settings: Settings,
        *,
        address: str | None = None,
        port: int | None = None,
        ui_port: int | None = None,
        codec_url: str | None = None,
    ) -> None:
        """Keep what is to be started.

        Args:
            settings: what the workers get, and where all data lies.
            address: a server that runs already; it is used, and neither started nor stopped.
            port: where a server of one's own listens; a free port by default.
            ui_port: where its UI listens; a free port by default.
            codec_url: where its UI has encrypted payloads decrypted.

        """
        self._codec_url = codec_url
        self.settings = settings
        self._existing = address
        self._port, self._ui_port = port, ui_port
        self._server: DevServer | None = None
        self._workers: dict[int, ChildProcess] = {}
        self._http: ChildProcess | None = None

    @property
    def address(self) -> str:
        """Return `host:port` of the server; ValueError where none was started yet."""
        if self._existing:
            return self._existing
        if self._port is None:
            message = "the server has no address before start_server()"
            raise ValueError(message)
        return f"{HOST}:{self._port}"

    @property
    def ui_url(self) -> str | None:
        """Return where the UI of a server of one's own is; None for an existing one."""
        return f"http://{HOST}:{self._ui_port}" if self._ui_port and not self._existing else None

    @property
    def worker_pids(self) -> list[int]:
        """Return the workers that were started and not stopped, the oldest first."""
        return list(self._workers)

    @property
    def http_pid(self) -> int | None:
        """Return the process that serves over HTTP, if one does."""
        return self._http.pid if self._http else None

    @property
    def worker_log(self) -> Path:
        """Return where all workers write to."""
        return self.settings.data_dir / "worker.log"

    async def start_server(self) -> str:
        """Start the server where none is given, and return its address; the same one each time.

        Raises:
            TemporalSetupError: there is no Temporal CLI, or the server does not start.

        """
        if self._existing or self._server:
            return self.address
        self._server = await start_dev_server(
            self.settings.data_dir,
            port=self._port,
            ui_port=self._ui_port,
            codec_url=self._codec_url,
        )
        self._port = _port_of(self._server.address)
        self._ui_port = _port_of(self._server.ui_url or "")
        return self.address

    async def stop_server(self) -> None:
        """Stop a server of one's own; its data stay, and start_server() goes on with them."""
        server, self._server = self._server, None
        if server:
            await server.stop()

    async def kill_server(self) -> int:
        """Kill the server by SIGKILL, as a power cut would, and return its pid; its data stay.

        Raises:
            ValueError: none was started here.

        """
        server, self._server = self._server, None
        if server is None:
            message = "expected a server that was started here, came none"
            raise ValueError(message)
        await server.kill()
        return server.pid

    async def start_worker(self, *, ready_seconds: float = READY_SECONDS) -> int:
        """Start a worker process, and return its pid once it polls.

        Raises:
            WorkerFailed: it ended by itself, or did not poll in time.

        """
        worker = await self._begin_worker(_worker_file())
        self._workers[worker.pid] = worker
        announced = f"worker {worker.pid} polls "
        try:
            await worker.until(lambda line: announced in line, ready_seconds)
        except EndedEarly as error:
            await self.kill_worker(worker.pid)
            raise self._failed(error) from None
        except BaseException:
            await self.kill_worker(worker.pid)
            raise
        return worker.pid

    async def _begin_worker(self, worker_file: Path) -> ChildProcess:
        command = (*self.python, str(worker_file))
        return await ChildProcess.start(command, self.environment(), self.worker_log)

    async def start_http(self, *, ready_seconds: float = READY_SECONDS) -> str:
        """Start `fulfillment serve` on a free port, and return its URL once it listens.

        Raises:
            HttpFailed: it ended by itself, or did not listen in time.

        """
        command = (*self.python, "-m", "fulfillment.entrypoints.cli", "serve", "--port", "0")
        log = self.settings.data_dir / "http.log"
        self._http = await ChildProcess.start(command, self.environment(), log)
        try:
            line = await self._http.until(lambda line: bool(_SERVES.search(line)), ready_seconds)
        except EndedEarly as error:
            problem = Problem(path="http", expected="a process that serves", came=str(error))
            raise HttpFailed.of(problem) from None
        found = _SERVES.search(line)
        return found["url"] if found else ""

    async def stop_http(self) -> None:
        """Stop serving over HTTP, where it is served."""
        http, self._http = self._http, None
        if http:
            await http.stop(self._limit_seconds())

    async def kill_worker(self, pid: int) -> None:
        """Kill a worker by SIGKILL, as a power cut would; return when it is gone."""
        await self._workers.pop(pid).kill()

    async def stop_worker(self, pid: int) -> int:
        """Stop a worker by SIGTERM and return its exit code; killed when it takes too long."""
        return await self._workers.pop(pid).stop(self._limit_seconds())

    async def worker_ended(self, pid: int) -> int:
        """Wait until a worker has ended by itself, or was killed by others; return its code."""
        code = await self._workers[pid].process.wait()
        self._workers.pop(pid, None)
        return code

    async def stop(self) -> None:
        """Stop all that asks and works at once, and then the server."""
        await self.stop_http()
        await asyncio.gather(*(self.stop_worker(pid) for pid in self.worker_pids))
        await self.stop_server()

    async def __aenter__(self) -> Self:
        """Return the stack, in which nothing runs yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop everything."""
        await self.stop()

    def environment(self) -> dict[str, str]:
        """Return what a child process needs to find this server and these settings."""
        ours = set(variables())
        inherited = {name: value for name, value in os.environ.items() if name not in ours}
        if not self._existing:
            inherited = _without_temporal(inherited)
        return {**inherited, **self.settings.environment(), "TEMPORAL_ADDRESS": self.address}

    def log_tail(self, lines: int = _LOG_LINES) -> str:
        """Return the end of what the workers have written."""
        return "\n".join(self._log_lines()[-lines:])

    def _log_lines(self) -> list[str]:
        return self.worker_log.read_text(encoding="utf-8", errors="replace").splitlines()

    def _limit_seconds(self) -> float:
        return self.settings.graceful_shutdown.total_seconds() + _MARGIN_SECONDS

    def _failed(self, error: EndedEarly) -> FulfillmentError:
        return WorkerFailed.of(
            Problem(
                path="worker",
                expected=f"a process that polls {self.settings.task_queue} on {self.address}",
                came=str(error),
            )
        )


def _worker_file() -> Path:
    if not WORKER_FILE.is_file():
        message = f"expected the worker at {WORKER_FILE}; start it from the product's own tree"
        raise WorkerFailed(message)
    return WORKER_FILE


def _port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def _without_temporal(environ: Mapping[str, str]) -> dict[str, str]:
    # What names or unlocks another server is not meant for a server of one's own.
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith("TEMPORAL_") or name == PATH_VARIABLE
    }
    return {**kept, "TEMPORAL_NAMESPACE": "default", "TEMPORAL_CONFIG_FILE": os.devnull}
