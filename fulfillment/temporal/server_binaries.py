"""Finds the programs of a Temporal cluster on this machine, or builds them with Go, only once."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.temporal import go_build
from fulfillment.temporal.binary_cache import cache_folder, cached_name, only_maker
from fulfillment.temporal.cli_version import SERVER_VERSION
from fulfillment.temporal.setup_errors import ServerMissing

SCHEMA_SOURCES = Path("schema/postgresql/v12")
_TITLE = f"the Temporal server {SERVER_VERSION}"
_VERSION_LIMIT_SECONDS = 20


@dataclass(frozen=True)
class ServerPrograms:
    """What a Temporal cluster on PostgreSQL is made of; each a program, and its tables' schema."""

    server: Path
    sql_tool: Path
    ui: Path
    schema: Path
    """The folder with `temporal/versioned` and `visibility/versioned`."""

    def missing(self) -> list[Path]:
        """Return what is not there."""
        return [
            path for path in (self.server, self.sql_tool, self.ui, self.schema) if not path.exists()
        ]


async def find_programs(
    *,
    environ: Mapping[str, str] | None = None,
    cache: Path | None = None,
    tell: Callable[[str], None],
) -> ServerPrograms:
    """Find the programs in the cache, or build them there.

    Args:
        environ: the variables to go by; the process's own by default.
        cache: where what is built stays; a folder of the user's cache by default.
        tell: takes the lines that say how it goes.

    Returns:
        Programs of the release that docker-compose.yml runs too.

    Raises:
        ServerMissing: there is no Go, or it could not build them.

    """
    variables = os.environ if environ is None else environ
    folder = cache or cache_folder()
    programs = _programs(folder)
    if programs.missing():
        await _build(programs, folder, variables, tell)
    tell(f"Temporal server: {programs.server}")
    return programs


def _programs(cache: Path) -> ServerPrograms:
    def place(program: go_build.GoProgram) -> Path:
        return cache / cached_name(program.name, program.version)

    return ServerPrograms(
        server=place(go_build.SERVER),
        sql_tool=place(go_build.SQL_TOOL),
        ui=place(go_build.UI),
        schema=cache / f"temporal-schema-{SERVER_VERSION}",
    )


async def _build(
    programs: ServerPrograms, cache: Path, environ: Mapping[str, str], tell: Callable[[str], None]
) -> None:
    go = shutil.which("go", path=environ.get("PATH", os.defpath))
    if go is None:
        came = "no `go` on PATH"
        raise _missing(came)
    try:
        async with only_maker(cache, programs.server.name, _TITLE, tell):
            # Another process may have built them while this one waited for its turn.
            if programs.missing():
                tell(f"building {_TITLE} with Go; some minutes, only once …")
                await _build_all(programs, cache, go, environ, tell)
    except (OSError, go_build.BuildFailed) as error:
        raise _missing(str(error)) from error


async def _build_all(
    programs: ServerPrograms,
    cache: Path,
    go: str,
    environ: Mapping[str, str],
    tell: Callable[[str], None],
) -> None:
    wanted = {
        programs.server: go_build.SERVER,
        programs.sql_tool: go_build.SQL_TOOL,
        programs.ui: go_build.UI,
    }
    with tempfile.TemporaryDirectory(dir=cache) as name:
        folder = Path(name)
        for path, program in wanted.items():
            if not path.exists():
                made = await go_build.build(program, folder, go=go, environ=environ, tell=tell)
                await asyncio.to_thread(_require_version, made, program)
                made.replace(path)
        if not programs.schema.exists():
            schema = await go_build.copy_sources(
                SCHEMA_SOURCES, folder, folder / "schema", go=go, environ=environ
            )
            schema.replace(programs.schema)


def _require_version(made: Path, program: go_build.GoProgram) -> None:
    answer = subprocess.run(  # noqa: S603 - it was made here
        [made, "--version"],
        capture_output=True,
        text=True,
        timeout=_VERSION_LIMIT_SECONDS,
        check=False,
    )
    if program.version not in answer.stdout:
        message = f"{program.title} answered {answer.stdout.strip()!r}, not {program.version}"
        raise go_build.BuildFailed(message)


def _missing(came: str) -> FulfillmentError:
    return ServerMissing.of(
        Problem(
            path=_TITLE,
            expected="Go, which builds it",
            came=came,
            remedy="install Go (its newest release) and repeat; or run the cluster in containers,"
            " `docker compose up`; or `make demo`, which needs the Temporal CLI alone",
        )
    )
