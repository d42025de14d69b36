"""The wheel holds the product and nothing else, and works in an environment of its own."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
TOP_LEVEL = ["activities", "fulfillment", "workflows"]
DISTRIBUTION = "fulfillment-engine"
BIN = "Scripts" if sys.platform == "win32" else "bin"

pytestmark = pytest.mark.timeout(600)  # the first installation downloads the dependencies


class Environment(NamedTuple):
    """An environment that holds the wheel and what it depends on, and a folder outside the tree."""

    folder: Path
    outside: Path

    def run(self, command: str, *arguments: str) -> str:
        """Run one of the environment's commands outside the tree and return what it printed."""
        return run(str(self.folder / BIN / command), *arguments, folder=self.outside)


def run(*command: str, folder: Path) -> str:
    """Run a command that must succeed, free of this environment's settings."""
    foreign = ("COVERAGE_", "COV_CORE_", "PYTHON", "VIRTUAL_ENV", "FULFILLMENT_", "DATABASE_URL")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the locked build backend."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), folder=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def shipped(wheel: Path) -> set[str]:
    """List the wheel's files."""
    with ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Install the wheel into an empty environment, each dependency as requirements.lock pins it."""
    outside = tmp_path_factory.mktemp("outside")
    made = Environment(outside / "environment", outside)
    wanted = outside / "wanted.txt"
    digest = sha256(wheel.read_bytes()).hexdigest()
    wanted.write_text(f"{DISTRIBUTION} @ {wheel.as_uri()} --hash=sha256:{digest}\n")
    uv = (sys.executable, "-m", "uv", "--no-config", "--quiet")
    run(*uv, "venv", "--python", sys.executable, str(made.folder), folder=outside)
    install = ("pip", "install", "--require-hashes", "--python", str(made.folder))
    locked = ("--constraint", str(ROOT / "requirements.lock"), "--requirement", str(wanted))
    run(*uv, *install, *locked, folder=outside)
    return made


def test_the_wheel_ships_the_three_packages_and_nothing_else(shipped: set[str]) -> None:
    """Tests, benchmarks, scripts and local files stay out."""
    folders = {name.split("/")[0] for name in shipped}
    assert sorted(name for name in folders if not name.endswith(".dist-info")) == TOP_LEVEL
    leftovers = [n for n in shipped if n.endswith((".pyc", ".db")) or "__pycache__" in n]
    assert leftovers == []


@pytest.mark.parametrize(
    "name",
    [
        "activities/py.typed",
        "fulfillment/py.typed",
        "workflows/py.typed",
        "fulfillment/carriers/tariffs.json",
        "fulfillment/persistence/migrations/env.py",
        "fulfillment/temporal/go_module/go.mod",
        "fulfillment/temporal/go_module/go.sum",
    ],
)
def test_the_wheel_holds_what_is_not_code(shipped: set[str], name: str) -> None:
    """What the code reads at run time travels with it."""
    assert name in shipped


def test_the_wheel_holds_every_migration_of_the_tree(shipped: set[str]) -> None:
    """A database can be brought up to date from the wheel alone."""
    folder = ROOT / "fulfillment" / "persistence" / "migrations" / "versions"
    versions = {path.relative_to(ROOT).as_posix() for path in folder.glob("*.py")}
    assert versions
    assert versions - shipped == set()


def test_each_top_level_name_has_exactly_one_owner(environment: Environment) -> None:
    """No other distribution brings a package called workflows or activities."""
    script = "import importlib.metadata as m, json; print(json.dumps(m.packages_distributions()))"
    owners = json.loads(environment.run("python", "-I", "-c", script))
    assert {name: owners[name] for name in TOP_LEVEL} == {key: [DISTRIBUTION] for key in TOP_LEVEL}


def test_the_packages_import_from_the_environment(environment: Environment) -> None:
    """They are found outside the tree, and come from the installed wheel."""
    script = "import fulfillment, workflows, activities\n" + "\n".join(
        f"print({name}.__file__)" for name in TOP_LEVEL
    )
    places = environment.run("python", "-I", "-W", "error", "-c", script).split()
    assert [Path(place).is_relative_to(environment.folder) for place in places] == [True] * 3


def test_the_command_line_answers(environment: Environment) -> None:
    """The installed `fulfillment` command needs neither the tree nor a development tool."""
    assert "Usage" in environment.run("fulfillment", "--help")
