"""Builds Temporal's programs with Go, from the pinned module that this package carries."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from fulfillment.temporal.cli_version import CLI_VERSION, SERVER_VERSION, UI_VERSION

_PROGRESS_SECONDS = 10.0
_ANSWER_LINES = 3
_SERVER = "go.temporal.io/server"


class BuildFailed(Exception):
    """Go could not do what it was asked; the message is the end of what it said."""


@dataclass(frozen=True)
class GoProgram:
    """A program of the pinned module: what a person calls it, its file, and where it comes from."""

    title: str
    name: str
    version: str
    package: str
    link_flags: str = "-s -w"


CLI = GoProgram(
    title="the Temporal CLI",
    name="temporal",
    version=CLI_VERSION,
    package="github.com/temporalio/cli/cmd/temporal",
    link_flags=f"-s -w -X github.com/temporalio/cli/internal/temporalcli.Version={CLI_VERSION}",
)
SERVER = GoProgram(
    "the Temporal server", "temporal-server", SERVER_VERSION, f"{_SERVER}/cmd/server"
)
SQL_TOOL = GoProgram(
    "Temporal's schema tool", "temporal-sql-tool", SERVER_VERSION, f"{_SERVER}/cmd/tools/sql"
)
UI = GoProgram(
    "the Temporal UI",
    "temporal-ui",
    UI_VERSION,
    "github.com/temporalio/ui-server/v2/cmd/server",
)


def build_command(program: GoProgram, go: str, target: Path) -> list[str]:
    """Spell out the build.

    Args:
        program: what is built.
        go: the Go command.
        target: where the binary goes.

    Returns:
        The arguments, to be run in a copy of the module's folder.

    """
    flags = f"-ldflags={program.link_flags}"
    return [go, "build", "-trimpath", flags, "-o", str(target), program.package]


async def build(
    program: GoProgram,
    folder: Path,
    *,
    go: str,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
) -> Path:
    """Build a program; minutes the first time, seconds when Go has its parts cached.

    Args:
        program: what is built.
        folder: an empty folder of the caller's.
        go: the Go command.
        environ: what Go runs with.
        tell: takes the lines that say how it goes.

    Returns:
        The binary that lies in the folder now.

    Raises:
        BuildFailed: Go ended with an error.

    """
    target = folder / program.name
    doing = f"building {program.title} {program.version} with Go"
    await _go(build_command(program, go, target), folder, environ, lambda s: tell(f"{doing} … {s}"))
    return target


async def copy_sources(
    inner: Path, folder: Path, target: Path, *, go: str, environ: Mapping[str, str]
) -> Path:
    """Copy a folder of the server's sources, as the pinned module has them.

    Args:
        inner: the folder in those sources.
        folder: an empty folder of the caller's.
        target: where it is copied to.
        go: the Go command.
        environ: what Go runs with.

    Returns:
        The target.

    Raises:
        BuildFailed: Go ended with an error.

    """
    command = [go, "list", "-m", "-f", "{{.Dir}}", _SERVER]
    sources = Path((await _go(command, folder, environ, lambda _: None)).strip()) / inner
    await asyncio.to_thread(_copy_writable, sources, target)
    return target


def _copy_writable(source: Path, target: Path) -> None:
    shutil.copytree(source, target)
    # Go's cache is read-only, and the copy shall be removable.
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


async def _go(
    command: list[str], folder: Path, environ: Mapping[str, str], tell: Callable[[str], None]
) -> str:
    module = folder / "module"
    _copy_module(module)
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=module,
        # A limit of cores is meant for the servers of a test run: a build would take twice as long.
        env={name: value for name, value in environ.items() if name != "GOMAXPROCS"}
        | {"GOWORK": "off"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = await _watched(process, tell)
    if process.returncode != 0:
        raise BuildFailed(" / ".join(said.strip().splitlines()[-_ANSWER_LINES:]) or "no word")
    return said


def _copy_module(folder: Path) -> None:
    source = resources.files("fulfillment.temporal") / "go_module"
    with resources.as_file(source) as files:
        shutil.copytree(files, folder, dirs_exist_ok=True)
    # Where the installed files are read-only, an ambient GOFLAGS=-mod=mod could not work.
    for path in folder.iterdir():
        path.chmod(0o644)


async def _watched(process: asyncio.subprocess.Process, tell: Callable[[str], None]) -> str:
    ended = asyncio.ensure_future(process.communicate())
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        while not (await asyncio.wait([ended], timeout=_PROGRESS_SECONDS))[0]:
            tell(f"{clock() - began:.0f} s")
    except asyncio.CancelledError:
        process.kill()
        raise
    output, _ = ended.result()
    return output.decode(errors="replace")
