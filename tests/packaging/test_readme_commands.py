"""What the README tells people to type exists: each command, with each of its options."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from fulfillment.entrypoints.cli import app

README = Path(__file__).parents[2] / "README.md"
CLI = typer.main.get_command(app)
SECTION = "## What happens when …"


def commands_told() -> list[str]:
    """Return what stands behind `fulfillment` at a line's beginning, and in the table's column."""
    text = README.read_text(encoding="utf-8")
    told = re.findall(r"^fulfillment (.+?)(?:\s+#.*)?$", text, re.MULTILINE)
    section = text.split(SECTION, 1)[1].split("\n## ", 1)[0]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| ")]
    spans = [span for row in rows for span in re.findall(r"`([^`]+)`", row[2])]
    return sorted({*told, *(span for span in spans if span.split()[0] in commands_of(CLI))})


def commands_of(command: Any) -> dict[str, Any]:
    """Return the commands of a group; a command itself has none."""
    found: dict[str, Any] = getattr(command, "commands", {})
    return found


@pytest.mark.parametrize("told", commands_told())
def test_a_command_of_the_readme_exists(told: str) -> None:
    """By its name, and with the options that it is told with."""
    words = shlex.split(told)
    command: Any = CLI
    while commands_of(command) and words:
        name = words.pop(0)
        assert name in commands_of(command), f"{told}: no {name}"
        command = commands_of(command)[name]
    assert {} == commands_of(command), told
    known = {option for parameter in command.params for option in parameter.opts}
    assert [] == [word for word in words if word.startswith("--") and word not in known]


def test_the_readme_tells_commands() -> None:
    """From the examples and from the table of what happens when something goes wrong."""
    told = commands_told()
    assert {"floor retry ID-1", "orders show ID"} & set(told)
    assert len(told) > 40
