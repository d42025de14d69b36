"""What is committed serves every machine: no registry's host, no path of one, no stale lock."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

# Joined here, so that this file does not name what it looks for.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("pythonhosted", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("sum", "golang", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("repo", "maven", "apache", "org"),
        ("repo1", "maven", "org"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
    )
]
MACHINE_PATH = re.compile(r"(?<![\w.<>{}/-])/(?:root|work)/")
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)", re.MULTILINE)


def committed() -> Iterator[tuple[str, str]]:
    """Return the path and text of each file that is committed, or would be."""
    listing = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            yield name, (ROOT / name).read_text(encoding="utf-8", errors="replace")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Return the text of every committed file by its path."""
    return dict(committed())


@pytest.fixture(scope="module")
def locked() -> dict[str, str]:
    """Return each block of requirements.lock by the name of what it pins."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    starts = [*PINNED.finditer(text)]
    ends = [*(match.start() for match in starts[1:]), len(text)]
    return {
        canonicalize_name(match["name"]): text[match.start() : end]
        for match, end in zip(starts, ends, strict=True)
    }


def wanted() -> list[Requirement]:
    """Return what pyproject.toml asks for, development tools included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [
        Requirement(r) for r in project["dependencies"] + project["optional-dependencies"]["dev"]
    ]


def test_no_committed_file_names_a_registry(texts: dict[str, str]) -> None:
    """Where packages come from is each machine's own setting."""
    found = [
        (path, host) for path, text in texts.items() for host in REGISTRY_HOSTS if host in text
    ]
    assert found == []


def test_no_committed_file_holds_a_path_of_one_machine(texts: dict[str, str]) -> None:
    """The tree works wherever it is cloned."""
    found = [
        f"{path}:{number}"
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert found == []


def test_the_lock_pins_what_the_project_asks_for(locked: dict[str, str]) -> None:
    """Each requirement is pinned to a release that satisfies it; `make lock` mends it."""
    pins = {name: PINNED.match(block) for name, block in locked.items()}
    unsatisfied = [
        str(requirement)
        for requirement in wanted()
        if not (pin := pins.get(canonicalize_name(requirement.name)))
        or not requirement.specifier.contains(pin["version"], prereleases=True)
    ]
    assert unsatisfied == []


def test_the_lock_pins_nothing_for_a_requirement_that_is_gone(locked: dict[str, str]) -> None:
    """What the lock says the project asks for is what it asks for; `make lock` mends it."""
    direct = {name for name, block in locked.items() if "fulfillment-engine (pyproject" in block}
    assert direct == {canonicalize_name(requirement.name) for requirement in wanted()}


def test_every_pin_has_a_hash(locked: dict[str, str]) -> None:
    """Nothing is installed that was not there when the lock was made."""
    assert [name for name, block in locked.items() if "--hash=sha256:" not in block] == []


def test_what_the_lock_pins_is_installed_without_a_resolver() -> None:
    """Pip would take an extra's newest release, which the lock has no hash of, and refuse it."""
    installs = [
        line
        for name in ("Makefile", "Dockerfile")
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
        if "--require-hashes" in line
    ]
    assert len(installs) == 2
    assert [line for line in installs if "--no-deps" not in line] == []
