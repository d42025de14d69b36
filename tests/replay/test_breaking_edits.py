"""Ten edits that break running workflows, each seeded into a copy of the source and caught."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import replay_histories
import workflows
from record_histories import FOLDER

SOURCE = Path(workflows.__file__).parent
ROOT = SOURCE.parent


@dataclass(frozen=True)
class Edit:
    """A change of one module: what stood there and what stands there now; and who notices."""

    name: str
    module: str
    changes: tuple[tuple[str, str], ...]
    history: str


SETTLED = '        self.enter(OrderStage.SETTLED, "")\n'
BOOKS = "        request = SettleOrder(\n"

EDITS = (
    Edit(
        "an activity is removed",
        "order.py",
        (("            await self.acknowledge()\n", ""),),
        "ordinary.order",
    ),
    Edit(
        "two activities are swapped",
        "order.py",
        (
            (
                "            await self.acknowledge()\n            await self.verify()\n",
                "            await self.verify()\n            await self.acknowledge()\n",
            ),
        ),
        "ordinary.order",
    ),
    Edit(
        "an activity is not waited for",
        "order.py",
        (("await self.acknowledge()", "asyncio.ensure_future(self.acknowledge())"),),
        "ordinary.order",
    ),
    Edit(
        "another activity is done",
        "telling.py",
        (("NotificationActivities.notify_customer,", "NotificationActivities.nudge_staff,"),),
        "ordinary.fulfillment-1",
    ),
    Edit(
        "a timer is added",
        "order.py",
        (
            (
                "        return await self.settle()\n",
                "        await workflow.sleep(1)\n        return await self.settle()\n",
            ),
        ),
        "ordinary.order",
    ),
    Edit(
        "a timer is dropped",
        "waiting.py",
        ((", timeout=span, timeout_summary=summary)", ")"),),
        "reminded.fulfillment-1",
    ),
    Edit(
        "a search attribute is shown earlier",
        "order_steps.py",
        ((SETTLED, ""), (BOOKS, SETTLED + BOOKS)),
        "ordinary.order",
    ),
    Edit(
        "a child is dropped",
        "order_insisting.py",
        (("while self.held_off:", "if self.held_off:"),),
        "split.order",
    ),
    Edit(
        "a child gets another id",
        "children.py",
        (
            (
                "id=fulfillment_workflow_id(request.fulfillment_id),",
                "id=fulfillment_workflow_id(request.order_id),",
            ),
        ),
        "ordinary.order",
    ),
    Edit(
        "a child is not canceled",
        "order_canceling.py",
        (("        await self.children.cancel(names)\n", ""),),
        "canceled.order",
    ),
)


UNCHANGED = "unchanged"


def copied(folder: Path, edit: Edit | None = None) -> str:
    """Make a folder with a copy of the workflows' source, edited; return it."""
    without = shutil.ignore_patterns("__pycache__")
    package = Path(shutil.copytree(SOURCE, folder / SOURCE.name, ignore=without))
    if edit is not None:
        module = package / edit.module
        text = module.read_text("utf-8")
        for before, after in edit.changes:
            assert 1 == text.count(before), before
            text = text.replace(before, after)
        module.write_text(text, "utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str | None]]:
    """Give why each history does not replay, by the edit's name; all in one process."""
    folder = tmp_path_factory.mktemp("edits")
    every = sorted({edit.history for edit in EDITS})
    copies = {UNCHANGED: (copied(folder / "0"), every)}
    for number, edit in enumerate(EDITS, 1):
        copies[edit.name] = copied(folder / str(number), edit), [edit.history]
    plan = [
        f"{copy}={','.join(str(FOLDER / f'{name}.json') for name in names)}"
        for copy, names in copies.values()
    ]
    ended = subprocess.run(
        [sys.executable, replay_histories.__file__, *plan],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert 0 == ended.returncode, ended.stderr
    told = json.loads(ended.stdout.splitlines()[-1])
    return {name: told[copy] for name, (copy, _) in copies.items()}


def test_an_unchanged_copy_replays(replayed: dict[str, dict[str, str | None]]) -> None:
    """What notices the edits below does not cry without one."""
    assert dict.fromkeys({edit.history for edit in EDITS}) == replayed[UNCHANGED]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_a_breaking_edit_is_caught(edit: Edit, replayed: dict[str, dict[str, str | None]]) -> None:
    """The golden history of what the edit touches does not replay any more."""
    failure = replayed[edit.name][edit.history]
    assert failure is not None
    assert "Nondeterminism" in failure


def test_there_are_ten() -> None:
    """Each edit changes something, and none is seeded twice."""
    assert 10 == len({edit.changes for edit in EDITS})
