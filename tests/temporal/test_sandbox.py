"""The sandbox executes a workflow's modules anew for each run, and compiles them only once."""

import importlib
import sys
from pathlib import Path

import pytest

from fulfillment.temporal.sandbox import RememberedCode, remember_code


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a package that can be imported, and is forgotten afterwards."""
    folder = tmp_path / "remembered"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "one.py").write_text("seen = []\nvalue = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return folder


def test_a_module_is_executed_anew_and_compiled_once(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one run left in a module the next one does not see, though its source is not read."""
    for _ in range(2):
        remember_code(package.name)
    assert 1 == sum(isinstance(finder, RememberedCode) for finder in sys.meta_path[:1])
    first = importlib.import_module("remembered.one")
    first.seen.append("an order")
    (package / "one.py").write_text("value = 2\n")
    monkeypatch.delitem(sys.modules, "remembered.one")
    again = importlib.import_module("remembered.one")
    assert ([], 1) == (again.seen, again.value)
    monkeypatch.delitem(sys.modules, "remembered.one")
    monkeypatch.delitem(sys.modules, "remembered")


def test_other_packages_are_left_alone() -> None:
    """Only the named one is looked for."""
    assert RememberedCode("workflows").find_spec("json", None) is None
