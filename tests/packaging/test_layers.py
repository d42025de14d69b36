"""Imports go one way, also where import-linter can't see: in the scripts, and in new packages."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADAPTERS = {
    *("carriers", "labels", "notifications", "payments", "persistence", "planners", "storefronts"),
}
PURE = {*sys.stdlib_module_names, "pydantic", "fulfillment"}


def imported(path: Path) -> Iterator[str]:
    """Name everything that a module imports, `from a import b` as `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layers() -> set[str]:
    """Return the modules that the layers contract names."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = (c for c in settings["tool"]["importlinter"]["contracts"] if c["id"] == "layers")
    names = (name.strip(" ()") for layer in contract["layers"] for name in layer.split("|"))
    return set(names)


@pytest.mark.parametrize("script", ["worker.py", "starter.py"])
def test_the_scripts_know_no_adapter(script: str) -> None:
    """Which database, carrier or gateway there is, is bootstrap's knowledge alone."""
    forbidden = {f"fulfillment.{adapter}" for adapter in ADAPTERS}
    names = set(imported(ROOT / script))
    assert {n for n in names if ".".join(n.split(".")[:2]) in forbidden} == set()


@pytest.mark.parametrize("script", ["worker.py", "starter.py"])
def test_the_scripts_reach_no_driver(script: str) -> None:
    """Outside of the standard library they know Temporal, the terminal and this product."""
    allowed = {*PURE, "temporalio", "typer", "rich"}
    assert {name.split(".")[0] for name in imported(ROOT / script)} - allowed == set()


def test_every_part_of_the_package_has_its_layer() -> None:
    """A new or renamed package can't slip past the contract."""
    parts = {
        f"fulfillment.{path.stem}"
        for path in (ROOT / "fulfillment").iterdir()
        if not path.name.startswith("_")
        and (path.suffix == ".py" or (path / "__init__.py").exists())
    }
    assert parts - layers() == set()


def test_the_domain_imports_the_standard_library_and_pydantic() -> None:
    """The domain's rules run wherever Python and pydantic do."""
    found = {
        name.split(".")[0]
        for path in (ROOT / "fulfillment" / "domain").rglob("*.py")
        for name in imported(path)
    }
    # Which modules a workflow reaches is import-linter's: none of those with numbers or holidays.
    assert found - PURE == {"holidays", "numba", "numpy"}


KEEPING = {"append", "add", "update", "setdefault", "pop", "popitem", "clear", "extend", "remove"}
"""What changes a list, a set or a dict."""


def kept(module: ast.Module) -> Iterator[str]:
    """Name what a module's functions change of the module itself."""
    names = {
        target.id
        for node in module.body
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, ast.ClassDef):
            changeable = (ast.List, ast.Dict, ast.Set)
            yield from (
                f"{node.name}:{each.lineno}"
                for each in node.body
                if isinstance(each, (ast.Assign, ast.AnnAssign))
                and isinstance(each.value, changeable)
            )
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            held = isinstance(node.value, ast.Name) and node.value.id in names
            stored = not isinstance(node.ctx, ast.Load)
            called = isinstance(node, ast.Attribute) and node.attr in KEEPING
            if isinstance(node.value, ast.Name) and held and (stored or called):
                yield node.value.id


def test_what_modules_keep_is_found() -> None:
    """A global, a class's list, a changed list, an assigned key; what is only read is not."""
    source = """
A, B = 0, 1
SEEN: list[str] = []
BY_KEY = {}
class Run:
    steps = []
def run(self):
    global A
    SEEN.append("one")
    BY_KEY["a"] = 1
    return B, SEEN[0], BY_KEY.get("a")
"""
    assert ["A", "BY_KEY", "Run:6", "SEEN"] == sorted(kept(ast.parse(source)))


def test_workflows_keep_nothing_of_a_run() -> None:
    """All runs in a process share the modules of workflows (fulfillment/temporal/sandbox.py)."""
    found = {
        path.name: names
        for path in sorted((ROOT / "workflows").rglob("*.py"))
        if (names := sorted(kept(ast.parse(path.read_text(encoding="utf-8")))))
    }
    assert {} == found
