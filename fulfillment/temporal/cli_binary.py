"""Finds the Temporal CLI on this machine, or makes it, and says in one line which way it took."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.temporal import go_build, sdk_download
from fulfillment.temporal.binary_cache import cache_folder, cached_name, only_maker
from fulfillment.temporal.cli_version import CLI_VERSION
from fulfillment.temporal.setup_errors import CliMissing, CliUnusable

PATH_VARIABLE = "TEMPORAL_CLI_PATH"
_VERSION_LIMIT_SECONDS = 20


@dataclass(frozen=True)
class TemporalCli:
    """A Temporal CLI that answers: where it lies, how it was found, and what it says it is."""

    path: Path
    origin: str
    version: str

    def __str__(self) -> str:
        """Return the one line for a person."""
        return f"Temporal CLI: {self.path} ({self.origin}; {self.version})"


class _NotThisWay(Exception):
    """One of the ways did not lead to a CLI; the message is what it answered."""


@dataclass(frozen=True)
class _Machine:
    environ: Mapping[str, str]
    cache: Path
    tell: Callable[[str], None]

    @property
    def cached(self) -> Path:
        return self.cache / binary_name()

    def which(self, name: str) -> str | None:
        return shutil.which(name, path=self.environ.get("PATH", os.defpath))


def tell_on_stderr(line: str) -> None:
    """Write a line about how it goes to where it doesn't mix with a command's output.

    Args:
        line: the line.

    """
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


async def find_cli(
    *,
    environ: Mapping[str, str] | None = None,
    cache: Path | None = None,
    tell: Callable[[str], None] = tell_on_stderr,
) -> TemporalCli:
    """Find the Temporal CLI, or make it.

    In this order: TEMPORAL_CLI_PATH, ``temporal`` on PATH, what was made before and cached,
    the SDK's own download, a build with Go.

    Args:
        environ: the variables to go by; the process's own by default.
        cache: where what is made stays; a folder of the user's cache by default.
        tell: takes progress, and at the end the line that says which way it was.

    Returns:
        A CLI that has answered with its version.

    Raises:
        CliUnusable: TEMPORAL_CLI_PATH names something else.
        CliMissing: no way led to one; says what each answered.

    """
    machine = _Machine(os.environ if environ is None else environ, cache or cache_folder(), tell)
    named = machine.environ.get(PATH_VARIABLE)
    cli = await _named(named) if named else await _first_that_works(machine)
    tell(str(cli))
    return cli


def binary_name() -> str:
    """Tell the cached binary's name, which no other release or kind of machine shares.

    Returns:
        For example ``temporal-1.8.2-linux-x86_64``.

    """
    return cached_name(go_build.CLI.name, CLI_VERSION)


async def _named(named: str) -> TemporalCli:
    try:
        return await _answering(Path(named), PATH_VARIABLE)
    except _NotThisWay as answer:
        problem = Problem(
            path=PATH_VARIABLE,
            expected="the path of a Temporal CLI that runs",
            came=str(answer),
            remedy=f"correct {PATH_VARIABLE}, or unset it to let one be found",
        )
        raise CliUnusable.of(problem) from None


async def _first_that_works(machine: _Machine) -> TemporalCli:
    answers = [f"{PATH_VARIABLE}: not set"]
    found = await _try({"PATH": _on_path, "cache": _in_cache}, machine, answers)
    if found is None:
        found = await _make(machine, answers)
    if found is None:
        raise _missing(answers)
    return found


async def _make(machine: _Machine, answers: list[str]) -> TemporalCli | None:
    try:
        async with only_maker(machine.cache, binary_name(), go_build.CLI.title, machine.tell):
            # Another process may have made it while this one waited for its turn.
            found = await _try({"cache": _in_cache}, machine, [])
            ways = {"SDK download": _downloaded, "Go build": _built}
            return found or await _try(ways, machine, answers)
    except OSError as error:
        answers.append(f"cache folder {machine.cache}: {error}")
        return None


async def _try(
    ways: Mapping[str, Callable[[_Machine], Awaitable[TemporalCli]]],
    machine: _Machine,
    answers: list[str],
) -> TemporalCli | None:
    for name, way in ways.items():
        try:
            return await way(machine)
        except _NotThisWay as answer:
            answers.append(f"{name}: {answer}")
    return None


async def _on_path(machine: _Machine) -> TemporalCli:
    found = machine.which("temporal")
    if found is None:
        message = "no `temporal` there"
        raise _NotThisWay(message)
    return await _answering(Path(found), "found on PATH")


async def _in_cache(machine: _Machine) -> TemporalCli:
    return await _answering(machine.cached, "cached")


async def _downloaded(machine: _Machine) -> TemporalCli:
    machine.tell(f"looking for the Temporal CLI {CLI_VERSION} through the SDK's download …")
    with tempfile.TemporaryDirectory(dir=machine.cache) as folder:
        try:
            made = await sdk_download.download(
                f"v{CLI_VERSION}", Path(folder), environ=machine.environ
            )
        except sdk_download.DownloadFailed as error:
            raise _NotThisWay(error) from error
        return await _kept(made, machine, "downloaded by the SDK, and cached")


async def _built(machine: _Machine) -> TemporalCli:
    go = machine.which("go")
    if go is None:
        message = "no `go` on PATH"
        raise _NotThisWay(message)
    machine.tell(f"building the Temporal CLI {CLI_VERSION} with Go; some minutes, only once …")
    with tempfile.TemporaryDirectory(dir=machine.cache) as folder:
        try:
            made = await go_build.build(
                go_build.CLI, Path(folder), go=go, environ=machine.environ, tell=machine.tell
            )
        except go_build.BuildFailed as error:
            raise _NotThisWay(error) from error
        return await _kept(made, machine, "built with Go, and cached")


async def _kept(made: Path, machine: _Machine, origin: str) -> TemporalCli:
    cli = await _answering(made, origin)
    # Only what is whole and answers ever stands under the cached name.
    await asyncio.to_thread(made.replace, machine.cached)
    return replace(cli, path=machine.cached)


async def _answering(path: Path, origin: str) -> TemporalCli:
    return TemporalCli(path, origin, await asyncio.to_thread(_version, path))


def _version(path: Path) -> str:
    if not path.is_file():
        message = f"{path} does not exist"
        raise _NotThisWay(message)
    try:
        answer = subprocess.run(  # noqa: S603 - the user's own, or what was made here
            [path, "--version"],
            capture_output=True,
            text=True,
            timeout=_VERSION_LIMIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{path} does not run: {error}"
        raise _NotThisWay(message) from error
    version = answer.stdout.strip()
    if answer.returncode != 0 or not version.startswith("temporal version"):
        message = f"{path} does not answer --version like the Temporal CLI"
        raise _NotThisWay(message)
    return version.splitlines()[0]


def _missing(answers: list[str]) -> FulfillmentError:
    return CliMissing.of(
        Problem(
            path="Temporal CLI",
            expected="one of the ways to lead to it",
            came="".join(f"\n  {answer}" for answer in answers),
            remedy=f"\ninstall the Temporal CLI, or set {PATH_VARIABLE} to it, or install Go, or"
            " set TEMPORAL_ADDRESS to a server that runs",
        )
    )
