"""Every patch of the workflows stands in the registry that says when it can go."""

import ast
from pathlib import Path

import workflows
from workflows.patches import PATCHES

FOLDER = Path(workflows.__file__).parent
CALLS = ("patched", "deprecate_patch")


def patch_ids(source: str) -> list[str]:
    """Return the ids that a module gives to Temporal; of one with a number, what stands before."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        begin_of(call.args[0])
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in CALLS
    ]


def begin_of(argument: ast.expr) -> str:
    """Return a literal, or the begin of an f-string; anything else could not be looked up."""
    if isinstance(argument, ast.JoinedStr):
        argument = argument.values[0]
    assert isinstance(argument, ast.Constant), ast.unparse(argument)
    return str(argument.value)


def test_each_patch_is_registered() -> None:
    """What the workflows ask for is what the registry names: no more, and no less."""
    used = {name for path in FOLDER.glob("*.py") for name in patch_ids(path.read_text("utf-8"))}
    assert {patch.patch_id for patch in PATCHES} == used


def test_a_patch_that_is_not_registered_is_seen() -> None:
    """Literals, f-strings and deprecated ones are all found."""
    source = "workflow.patched('a')\nworkflow.patched(f'b-{n}')\nworkflow.deprecate_patch('c')"
    assert ["a", "b-", "c"] == patch_ids(source)


def test_each_patch_says_when_it_goes() -> None:
    """Each has its own id, a release, what it guards, and the condition of its removal."""
    assert len(PATCHES) == len({patch.patch_id for patch in PATCHES})
    assert [] == [p for p in PATCHES if not (p.since and p.guards and p.goes_when)]
