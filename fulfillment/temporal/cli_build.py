"""Builds the Temporal CLI with Go, from the pinned module that this package carries."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path

from fulfillment.temporal.cli_version import CLI_VERSION

_PACKAGE = "github.com/temporalio/cli"
_LINK_FLAGS = f"-s -w -X {_PACKAGE}/internal/temporalcli.Version={CLI_VERSION}"
_PROGRESS_SECONDS = 10.0
_ANSWER_LINES = 3


class BuildFailed(Exception):
    """Go could not build the CLI; the message is the end of what it said."""


def build_command(go: str, target: Path) -> list[str]:
    """Spell out the build.

    Args:
        go: the Go command.
        target: where the binary goes.

    Returns:
        The arguments, to be run in a copy of the module's folder.

    """
    package = f"{_PACKAGE}/cmd/temporal"
    return [go, "build", "-trimpath", f"-ldflags={_LINK_FLAGS}", "-o", str(target), package]


async def build(
    folder: Path, *, go: str, environ: Mapping[str, str], tell: Callable[[str], None]
) -> Path:
    """Build the CLI; minutes the first time, seconds when Go has its parts cached.

    Args:
        folder: an empty folder of the caller's.
        go: the Go command.
        environ: what Go runs with.
        tell: takes the lines that say how it goes.

    Returns:
        The binary that lies in the folder now.

    Raises:
        BuildFailed: Go ended with an error.

    """
    module, target = folder / "module", folder / "temporal"
    _copy_module(module)
    process = await asyncio.create_subprocess_exec(
        *build_command(go, target),
        cwd=module,
        env={**environ, "GOWORK": "off"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = await _watched(process, tell)
    if process.returncode != 0:
        raise BuildFailed(" / ".join(said.strip().splitlines()[-_ANSWER_LINES:]) or "no word")
    return target


def _copy_module(folder: Path) -> None:
    source = resources.files("fulfillment.temporal") / "cli_module"
    with resources.as_file(source) as files:
        shutil.copytree(files, folder)
    # Where the installed files are read-only, an ambient GOFLAGS=-mod=mod could not work.
    for path in folder.iterdir():
        path.chmod(0o644)


async def _watched(process: asyncio.subprocess.Process, tell: Callable[[str], None]) -> str:
    ended = asyncio.ensure_future(process.communicate())
    clock = asyncio.get_running_loop().time
    began = clock()
    try:
        while not (await asyncio.wait([ended], timeout=_PROGRESS_SECONDS))[0]:
            tell(f"building the Temporal CLI {CLI_VERSION} with Go … {clock() - began:.0f} s")
    except asyncio.CancelledError:
        process.kill()
        raise
    output, _ = ended.result()
    return output.decode(errors="replace")
