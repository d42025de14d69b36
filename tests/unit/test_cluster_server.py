"""Building, configuring and setting up a Temporal server, with stand-ins for its programs."""

import os
from pathlib import Path

import pytest

from fulfillment.temporal.binary_cache import cached_name
from fulfillment.temporal.cli_version import SERVER_VERSION, UI_VERSION
from fulfillment.temporal.cluster_server import (
    HIGHEST_PORT,
    LOWEST_PORT,
    PORTS,
    UI,
    ClusterServer,
    SqlAccess,
    choose_ports,
    server_environment,
    set_up_schema,
    without_btree_gin,
)
from fulfillment.temporal.server_binaries import ServerPrograms, find_programs
from fulfillment.temporal.setup_errors import SchemaFailed, ServerFailed, ServerMissing

DEPLOY = Path(__file__).parents[2] / "deploy"
ACCESS = SqlAccess("127.0.0.1", 5432, "temporal", "secret")
GO = """#!/bin/sh
echo "$@" >> "{calls}"
if [ "$1" = list ]; then echo "{sources}"; exit; fi
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho version {server} {ui}\\n' > "$2"
chmod +x "$2"
"""
VISIBILITY = """DO LANGUAGE 'plpgsql' $$
    BEGIN
        IF ( NOT EXISTS (select extname from pg_extension where extname = 'btree_gin') ) THEN
            CREATE EXTENSION btree_gin;
        END IF;
    END
$$;
CREATE INDEX by_text_01 ON executions_visibility USING GIN (namespace_id, Text01);
CREATE INDEX by_type ON executions_visibility (namespace_id, workflow_type);
"""


def write_program(path: Path, text: str) -> Path:
    """Write a script that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def environ(path: Path) -> dict[str, str]:
    """Return variables with nothing but a folder and the system's tools on PATH."""
    return {"PATH": os.pathsep.join([str(path), "/bin"])}


def programs(tmp_path: Path, program: str) -> ServerPrograms:
    """Return programs that are all the same script, and an empty schema."""
    script = write_program(tmp_path / "program", program)
    for name in ("temporal", "visibility"):
        (tmp_path / "schema" / name / "versioned" / "v1.0").mkdir(parents=True)
    sql = tmp_path / "schema" / "visibility" / "versioned" / "v1.0" / "base.sql"
    sql.write_text(VISIBILITY, encoding="utf-8")
    return ServerPrograms(script, script, script, tmp_path / "schema")


async def test_programs_are_built_once(tmp_path: Path) -> None:
    """Server, schema tool and UI from the pinned module, and the schema from its sources."""
    calls, sources = tmp_path / "calls", tmp_path / "sources"
    versioned = sources / "schema" / "postgresql" / "v12" / "visibility" / "versioned"
    versioned.mkdir(parents=True)
    go = GO.format(calls=calls, sources=sources, server=SERVER_VERSION, ui=UI_VERSION)
    write_program(tmp_path / "bin" / "go", go)
    told: list[str] = []
    found = [
        await find_programs(
            environ=environ(tmp_path / "bin"), cache=tmp_path / "cache", tell=told.append
        )
        for _ in range(2)
    ]
    built = [line.split()[-1] for line in calls.read_text(encoding="utf-8").splitlines()]
    assert built == [
        "go.temporal.io/server/cmd/server",
        "go.temporal.io/server/cmd/tools/sql",
        "github.com/temporalio/ui-server/v2/cmd/server",
        "go.temporal.io/server",
    ]
    assert found[0] == found[1]
    assert found[0].server == tmp_path / "cache" / cached_name("temporal-server", SERVER_VERSION)
    assert (found[0].schema / "visibility" / "versioned").is_dir()
    assert told[0].startswith(f"building the Temporal server {SERVER_VERSION} with Go")


async def test_without_go_the_error_says_what_else_there_is(tmp_path: Path) -> None:
    """Containers, or the demo that needs the command line alone."""
    with pytest.raises(ServerMissing, match=r"no `go` on PATH; install Go .*make demo") as caught:
        await find_programs(environ=environ(tmp_path), cache=tmp_path / "cache", tell=print)
    assert "docker compose up" in str(caught.value)


@pytest.mark.parametrize(
    ("go", "said"),
    [
        ("#!/bin/sh\necho no such module >&2\nexit 1\n", "no such module"),
        (GO.format(calls="/dev/null", sources="", server="9.9.9", ui=""), "not 1."),
    ],
)
async def test_a_failed_build_says_why(tmp_path: Path, go: str, said: str) -> None:
    """Go's last words, or that what was built is another release; nothing of it stays."""
    write_program(tmp_path / "bin" / "go", go)
    with pytest.raises(ServerMissing, match=said):
        await find_programs(
            environ=environ(tmp_path / "bin"), cache=tmp_path / "cache", tell=lambda _: None
        )
    left = [entry.name for entry in (tmp_path / "cache").iterdir()]
    assert left == [f"{cached_name('temporal-server', SERVER_VERSION)}.lock"]


def test_each_service_has_a_port_of_its_own() -> None:
    """Small enough for Temporal's tables, which hold them in sixteen bits with a sign."""
    ports = choose_ports()
    assert tuple(ports) == PORTS
    assert len(set(ports.values())) == len(PORTS)
    assert LOWEST_PORT <= min(ports.values()) <= max(ports.values()) < HIGHEST_PORT < 2**15


def test_a_server_listens_on_this_machine_alone() -> None:
    """The UI's port is none of its variables."""
    variables = server_environment(ACCESS, choose_ports(), Path("dynamic-config.yaml"))
    assert variables["BIND_ON_IP"] == variables["TEMPORAL_BROADCAST_ADDRESS"] == "127.0.0.1"
    assert variables["POSTGRES_PWD"] == ACCESS.password
    assert Path(variables["DYNAMIC_CONFIG_FILE_PATH"]).is_absolute()
    assert UI not in variables


def test_lists_are_indexed_without_the_namespace_where_the_extension_lacks() -> None:
    """Nothing else of the schema changes."""
    plainer = without_btree_gin(VISIBILITY)
    assert "CREATE EXTENSION" not in plainer
    assert "USING GIN (Text01);" in plainer
    assert "(namespace_id, workflow_type);" in plainer


@pytest.mark.parametrize("lists", [True, False])
async def test_the_schema_is_set_up_by_the_script_of_compose(
    tmp_path: Path, *, lists: bool
) -> None:
    """Both databases, each made first and then updated from its folder."""
    calls = tmp_path / "calls"
    script = f'#!/bin/sh\necho "$SQL_USER@$SQL_HOST:$SQL_PORT $@" >> {calls}\n'
    made = programs(tmp_path, script)
    folder = tmp_path / "work"
    await set_up_schema(made, ACCESS, DEPLOY / "temporal" / "set-up-schema.sh", folder, lists=lists)
    schema = made.schema if lists else folder / "schema"
    who = "temporal@127.0.0.1:5432"
    assert calls.read_text(encoding="utf-8").splitlines() == [
        f"{who} --db temporal setup-schema -v 0.0",
        f"{who} --db temporal update-schema -d {schema}/temporal/versioned",
        f"{who} --db temporal_visibility setup-schema -v 0.0",
        f"{who} --db temporal_visibility update-schema -d {schema}/visibility/versioned",
    ]
    sql = (schema / "visibility" / "versioned" / "v1.0" / "base.sql").read_text(encoding="utf-8")
    assert ("CREATE EXTENSION" in sql) is lists


async def test_a_schema_that_fails_shows_what_the_tool_said(tmp_path: Path) -> None:
    """And nothing is started on it."""
    made = programs(tmp_path, "#!/bin/sh\necho no such database\nexit 1\n")
    with pytest.raises(SchemaFailed, match="no such database"):
        await set_up_schema(
            made, ACCESS, DEPLOY / "temporal" / "set-up-schema.sh", tmp_path / "work", lists=True
        )


async def test_a_server_that_ends_shows_its_log(tmp_path: Path) -> None:
    """At once, not only after the time to get ready."""
    made = programs(tmp_path, "#!/bin/sh\necho the database is not there\nexit 3\n")
    server = ClusterServer(
        made, ACCESS, dynamic_config=DEPLOY / "temporal" / "dynamic-config.yaml", folder=tmp_path
    )
    with pytest.raises(ServerFailed, match=r"ended with code 3(.|\n)*the database is not there"):
        await server.start()
    await server.stop()


async def test_a_server_that_does_not_answer_is_stopped(tmp_path: Path) -> None:
    """It had its time; the caller's stop leaves nothing running."""
    made = programs(tmp_path, "#!/bin/sh\nexec sleep 600\n")
    server = ClusterServer(
        made, ACCESS, dynamic_config=DEPLOY / "temporal" / "dynamic-config.yaml", folder=tmp_path
    )
    with pytest.raises(ServerFailed, match="did not within"):
        await server.start(ready_seconds=0.2)
    pid = server.pid
    assert pid is not None
    await server.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
