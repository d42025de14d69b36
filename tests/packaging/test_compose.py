"""What docker-compose.yml describes holds together; no container engine is needed to see that."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from fulfillment.entrypoints.cli import app
from fulfillment.persistence.postgresql_engines import READERS, WRITERS
from fulfillment.settings import DATABASE_VARIABLE, PREFIX, variables
from fulfillment.temporal.cli_version import SERVER_VERSION, UI_VERSION
from fulfillment.temporal.cluster_server import SqlAccess, choose_ports, server_environment

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?P<rest>[^}]*)\}")
VERSION = re.compile(r":v?\d+\.\d+(\.\d+)?(-[a-z-]+)?$")

Service = dict[str, Any]


@pytest.fixture(scope="module")
def text() -> str:
    """Return the file as it stands."""
    return (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def compose(text: str) -> dict[str, Any]:
    """Return what the file says, merge keys applied."""
    known: dict[str, Any] = yaml.safe_load(text)
    return known


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Service]:
    """Return its services by name."""
    known: dict[str, Service] = compose["services"]
    return known


def ours(services: dict[str, Service]) -> dict[str, Service]:
    """Return the services of this product's image."""
    return {name: one for name, one in services.items() if "fulfillment-engine" in one["image"]}


def documented() -> dict[str, str]:
    """Return the variables of .env.example with the values that they have there."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value for name, _, value in pairs}


def test_every_service_waits_for_what_can_come(services: dict[str, Service]) -> None:
    """Health needs a health check, success a service that ends and is not started for ever."""
    wrong = []
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            target = services[other]
            healthy = how["condition"] != "service_healthy" or "healthcheck" in target
            once = how["condition"] != "service_completed_successfully" or str(
                target.get("restart", "no")
            ).startswith(("no", "on-failure"))
            if not (healthy and once):
                wrong.append((name, other))
    assert [] == wrong


def test_every_image_is_pinned(services: dict[str, Service]) -> None:
    """By a version, in Compose and in the Dockerfile."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    images = [service["image"] for service in services.values()]
    images += re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert [] == [image for image in images if not VERSION.search(image)]


def test_temporal_is_the_release_that_is_built(services: dict[str, Service]) -> None:
    """`make cluster` proves the very release that Compose runs."""
    assert f"temporalio/server:{SERVER_VERSION}" == services["temporal"]["image"]
    assert f"temporalio/admin-tools:{SERVER_VERSION}" == services["temporal-schema"]["image"]
    assert f"temporalio/ui:{UI_VERSION}" == services["temporal-ui"]["image"]


def test_every_port_is_published_on_this_machine_alone(services: dict[str, Service]) -> None:
    """Whoever wants more puts a proxy with TLS in front."""
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert [] == [port for port in ports if not port.startswith("127.0.0.1:")]
    assert len(ports) == len(set(ports))


def test_postgresql_has_room_for_all_that_connect(services: dict[str, Service]) -> None:
    """Temporal's four services, eight workers, `serve`, two commands, and who looks at it."""
    [setting] = [part for part in services["postgresql"]["command"] if "max_connections" in part]
    temporal, superusers = 4 * (20 + 10), 3
    ours = (8 + 1 + 2) * (WRITERS + READERS)
    assert temporal + ours + superusers <= int(setting.partition("=")[2])


def test_workers_can_be_scaled(services: dict[str, Service]) -> None:
    """Nothing of a worker is there only once on a machine."""
    assert not {"ports", "container_name", "hostname"} & services["worker"].keys()


def test_every_variable_is_documented(text: str) -> None:
    """And what is documented is used; only in comments may a name stand for itself."""
    lines = "\n".join(line.partition(" #")[0] for line in text.splitlines())
    used = {match["name"] for match in VARIABLE.finditer(lines)}
    secrets = set(re.findall(r"environment: ([A-Z_]+)$", text, re.MULTILINE))
    assert used | secrets == set(documented())


def test_no_password_has_a_default(text: str) -> None:
    """Neither in Compose, which stops with a message, nor in the example."""
    passwords = [match for match in VARIABLE.finditer(text) if "PASSWORD" in match["name"]]
    assert passwords
    assert {":?make one, .env.example says how"} == {match["rest"] for match in passwords}
    assert {""} == set(documented().values())


@pytest.mark.parametrize(("password", "starts"), [("", False), (" \n", False), ("s3cret", True)])
def test_grafana_does_not_start_without_a_password(
    services: dict[str, Service], tmp_path: Path, password: str, *, starts: bool
) -> None:
    """It takes an empty one for none, and would let everybody in."""
    grafana = services["grafana"]
    shell, script = grafana["entrypoint"]
    [mounted] = [v.split(":")[0] for v in grafana["volumes"] if script in v]
    secret = tmp_path / "password"
    secret.write_text(password, encoding="utf-8")
    done = subprocess.run(
        [shell, ROOT / mounted, "echo", *grafana["command"]],
        env={"PATH": os.environ["PATH"], "GF_SECURITY_ADMIN_PASSWORD__FILE": str(secret)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ("/run.sh\n" if starts else "", starts) == (done.stdout, done.returncode == 0)
    assert ("GRAFANA_PASSWORD" in done.stderr) is not starts
    assert (
        "/run/secrets/grafana-password"
        == (grafana["environment"]["GF_SECURITY_ADMIN_PASSWORD__FILE"])
    )


def mounts(services: dict[str, Service]) -> Iterator[str]:
    """Yield the files and folders of this tree that services mount."""
    for service in services.values():
        yield from (v.split(":")[0] for v in service["volumes"] if v.startswith("./"))


def test_everything_mounted_is_there(compose: dict[str, Any]) -> None:
    """Files of this tree, and volumes that the file declares."""
    with_volumes = {n: s for n, s in compose["services"].items() if "volumes" in s}
    assert [] == [path for path in mounts(with_volumes) if not (ROOT / path).exists()]
    named = [
        volume.split(":")[0]
        for service in with_volumes.values()
        for volume in service["volumes"]
        if not volume.startswith("./")
    ]
    assert set(named) == set(compose["volumes"])


def test_the_engine_is_set_by_settings_that_exist(services: dict[str, Service]) -> None:
    """A misspelt variable would set nothing."""
    names = {name for service in ours(services).values() for name in service["environment"]}
    known = {*variables(), DATABASE_VARIABLE, "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}
    assert set() == names - known
    assert any(name.startswith(PREFIX) for name in names)


def test_what_reaches_outside_is_shown_by_an_example(services: dict[str, Service]) -> None:
    """Payments, mail and carriers are named by settings that exist; nothing is set by a copy."""
    lines = (ROOT / "deploy/engine.env.example").read_text(encoding="utf-8").splitlines()
    assert [] == [line for line in lines if line and not line.startswith("# ")]
    named = {m[1] for line in lines if (m := re.match(r"# (FULFILLMENT_\w+)=", line))}
    outside = {"STRIPE_API_KEY", "SMTP_URL", "CARRIER__EASYPOST__API_KEY", "MERCHANT"}
    assert {f"{PREFIX}{name}" for name in outside} <= named
    assert set() == {name.partition("__")[0] for name in named} - {*variables()}
    for service in ours(services).values():
        assert "deploy/engine.env" in [file["path"] for file in service["env_file"]]
        assert "./deploy/files:/etc/fulfillment:ro" in service["volumes"]


def test_every_command_of_the_engine_exists(services: dict[str, Service]) -> None:
    """Each is a script of the image, or a command with options that it has."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for service in ours(services).values():
        program, *arguments = service["command"]
        if program == "python":
            assert arguments[0] in dockerfile
            assert (ROOT / arguments[0]).is_file()
            continue
        assert program == "fulfillment"
        words = [word for word in arguments if re.fullmatch("[a-z]+(-[a-z]+)*", word)]
        options = [word for word in arguments if word.startswith("--")]
        shown = CliRunner().invoke(app, [*words, "--help"])
        assert shown.exit_code == 0, arguments
        assert [] == [option for option in options if option not in shown.output]


def test_the_server_is_configured_as_make_cluster_does(services: dict[str, Service]) -> None:
    """By the same variables, but for what only plain processes on one machine need."""
    access = SqlAccess("postgresql", 5432, "temporal", "secret")
    by_process = server_environment(access, choose_ports(), Path("dynamic-config.yaml"))
    in_compose = services["temporal"]["environment"]
    alone = {name for name in by_process if name.endswith("_PORT") and name != "DB_PORT"}
    assert in_compose.keys() == by_process.keys() - alone - {"TEMPORAL_BROADCAST_ADDRESS"}
    same = ("DB", "DB_PORT", "POSTGRES_SEEDS", "POSTGRES_USER", "LOG_LEVEL")
    assert {n: by_process[n] for n in same} == {n: in_compose[n] for n in same}


def test_the_image_runs_as_nobody_special() -> None:
    """As a user of its own, with what the lock pins by hash, and without development tools."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    last = dockerfile.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER fulfillment$", last, re.MULTILINE)
    assert "pip" not in last
    assert {"--require-hashes", "--verify-hashes"} <= set(dockerfile.split())
