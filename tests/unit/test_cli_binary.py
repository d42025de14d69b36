"""Finding or making the Temporal CLI, with stand-ins for the CLI, Go and the download."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from fulfillment.temporal import go_build, sdk_download
from fulfillment.temporal.cli_binary import TemporalCli, binary_name, find_cli
from fulfillment.temporal.cli_version import CLI_VERSION, SERVER_VERSION, UI_VERSION
from fulfillment.temporal.setup_errors import CliMissing, CliUnusable

VERSION = "temporal version 9.9.9 (Server 9.9.9, UI 9.9.9)"
CLI = f"#!/bin/sh\necho '{VERSION}'\n"
GO = """#!/bin/sh
echo built >> "{builds}"
sleep 0.3
while [ "$1" != -o ]; do shift; done
cp "{cli}" "$2"
"""


def write_program(path: Path, text: str) -> Path:
    """Write a script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


async def find(
    tmp_path: Path, *, path: Path | None = None, **environ: str
) -> tuple[TemporalCli, list[str]]:
    """Find the CLI with nothing but what the test has laid out, and what was told meanwhile."""
    told: list[str] = []
    variables = {
        "PATH": os.pathsep.join([str(path or tmp_path / "nothing"), "/bin", "/usr/bin"]),
        sdk_download.LIMIT_VARIABLE: "0",
        **environ,
    }
    return await find_cli(environ=variables, cache=tmp_path / "cache", tell=told.append), told


async def test_the_named_binary_wins(tmp_path: Path) -> None:
    """TEMPORAL_CLI_PATH is taken before what is on PATH, and one line says so."""
    named = write_program(tmp_path / "named", CLI)
    write_program(tmp_path / "bin" / "temporal", CLI)
    cli, told = await find(tmp_path, path=tmp_path / "bin", TEMPORAL_CLI_PATH=str(named))
    assert cli == TemporalCli(named, "TEMPORAL_CLI_PATH", VERSION)
    assert told == [f"Temporal CLI: {named} (TEMPORAL_CLI_PATH; {VERSION})"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (None, "does not exist"),
        ("no program", "does not run"),
        ("#!/bin/sh\necho something else\n", "does not answer --version"),
    ],
)
async def test_a_wrong_named_binary_is_an_error(
    tmp_path: Path, text: str | None, answer: str
) -> None:
    """A TEMPORAL_CLI_PATH that can't be used is never skipped in silence."""
    if text is not None:
        write_program(tmp_path / "named", text)
    with pytest.raises(CliUnusable, match=f"{tmp_path / 'named'} {answer}"):
        await find(tmp_path, TEMPORAL_CLI_PATH=str(tmp_path / "named"))


async def test_what_is_on_path_is_found(tmp_path: Path) -> None:
    """A `temporal` on PATH comes before the cache."""
    on_path = write_program(tmp_path / "bin" / "temporal", CLI)
    write_program(tmp_path / "cache" / binary_name(), CLI)
    cli, _ = await find(tmp_path, path=tmp_path / "bin")
    assert (cli.path, cli.origin) == (on_path, "found on PATH")


async def test_what_was_made_before_is_found(tmp_path: Path) -> None:
    """The cached binary is used again."""
    cached = write_program(tmp_path / "cache" / binary_name(), CLI)
    cli, _ = await find(tmp_path)
    assert (cli.path, cli.origin) == (cached, "cached")


async def test_each_way_is_named_where_none_works(tmp_path: Path) -> None:
    """The error lists what every way answered, and what to do."""
    with pytest.raises(CliMissing) as caught:
        await find(tmp_path)
    answers = [
        "TEMPORAL_CLI_PATH: not set",
        "PATH: no `temporal` there",
        f"cache: {tmp_path / 'cache' / binary_name()} does not exist",
        f"SDK download: not tried, {sdk_download.LIMIT_VARIABLE} is 0",
        "Go build: no `go` on PATH",
    ]
    assert [line.strip() for line in str(caught.value).splitlines()[1:6]] == [
        *answers[:-1],
        f"{answers[-1]};",
    ]


async def test_a_failed_build_says_why(tmp_path: Path) -> None:
    """Go's last words stand in the error."""
    write_program(tmp_path / "bin" / "go", "#!/bin/sh\necho no such module >&2\nexit 1\n")
    with pytest.raises(CliMissing, match="Go build: no such module"):
        await find(tmp_path, path=tmp_path / "bin")


async def test_two_that_need_it_at_once_build_it_once(tmp_path: Path) -> None:
    """The second one waits and then finds what the first one made."""
    builds = tmp_path / "builds"
    cli = write_program(tmp_path / "cli", CLI)
    write_program(tmp_path / "bin" / "go", GO.format(builds=builds, cli=cli))
    found = await asyncio.gather(*(find(tmp_path, path=tmp_path / "bin") for _ in range(2)))
    assert builds.read_text(encoding="utf-8") == "built\n"
    assert sorted(cli.origin for cli, _ in found) == ["built with Go, and cached", "cached"]
    assert {cli.path for cli, _ in found} == {tmp_path / "cache" / binary_name()}
    left = sorted(entry.name for entry in (tmp_path / "cache").iterdir())
    assert left == [binary_name(), f"{binary_name()}.lock"]


def environ(limit_seconds: float) -> Mapping[str, str]:
    """Return the variables of a download with a limit."""
    return {**os.environ, sdk_download.LIMIT_VARIABLE: str(limit_seconds)}


async def test_a_download_that_hangs_is_given_up(tmp_path: Path) -> None:
    """Whatever the download started is gone after the limit."""
    (folder := tmp_path / "into").mkdir()
    (beats := tmp_path / "beats").touch()
    beating = f"while :; do echo >> {beats}; sleep 0.05; done"
    script = write_program(tmp_path / "hang", f"#!/bin/sh\n({beating}) &\nsleep 600\n")
    with pytest.raises(sdk_download.DownloadFailed, match=r"no progress for 0\.5 s"):
        await sdk_download.download("v1", folder, environ=environ(0.5), command=[str(script)])
    beaten = len(beats.read_bytes())
    await asyncio.sleep(0.3)
    assert len(beats.read_bytes()) == beaten > 0


async def test_a_slow_download_is_waited_for(tmp_path: Path) -> None:
    """The limit counts from the last byte, not from the beginning."""
    (folder := tmp_path / "into").mkdir()
    script = write_program(
        tmp_path / "slow",
        "#!/bin/sh\nfor i in 1 2 3 4; do sleep 0.4; echo $i >> $2/temporal-v1; done\n",
    )
    made = await sdk_download.download("v1", folder, environ=environ(1), command=[str(script)])
    assert made.read_text(encoding="utf-8") == "1\n2\n3\n4\n"


async def test_a_refused_download_gives_the_answer(tmp_path: Path) -> None:
    """What the SDK said last is what the download answers."""
    script = [sys.executable, "-c", "raise SystemExit('no such host')"]
    with pytest.raises(sdk_download.DownloadFailed, match="no such host"):
        await sdk_download.download("v1", tmp_path, environ=environ(20), command=script)


@pytest.mark.parametrize(
    ("module", "version"),
    [
        ("github.com/temporalio/cli", CLI_VERSION),
        ("github.com/temporalio/ui-server/v2", UI_VERSION),
        ("go.temporal.io/server", SERVER_VERSION),
    ],
)
def test_the_module_pins_the_versions_that_are_looked_for(module: str, version: str) -> None:
    """What Go builds are the releases that the cache is named after, and Compose runs."""
    pinned = Path(go_build.__file__).parent / "go_module" / "go.mod"
    assert f"\t{module} v{version}\n" in pinned.read_text(encoding="utf-8")
