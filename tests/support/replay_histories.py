"""Replays recorded histories with copies of the workflows' source, as JSON on the last line.

`python replay_histories.py COPY=HISTORY,HISTORY ...`: a copy is a folder in which `workflows` lies.
A command, so that the process that asks keeps the workflows that it has; prints for each copy and
history why it does not replay, or null.
"""

import asyncio
import importlib
import json
import sys
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from fulfillment.domain.errors import FulfillmentError
from fulfillment.temporal import clean_exit
from fulfillment.temporal.interceptors import ErrorTranslation
from fulfillment.temporal.plugin import FulfillmentPlugin

PACKAGE = "workflows"


def loaded(copy: str) -> tuple[type, ...]:
    """Load the workflows of a copy in the place of those that are loaded.

    Raises:
        ImportError: they were found elsewhere.

    """
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
    sys.path.insert(0, copy)
    importlib.invalidate_caches()
    registry = importlib.import_module(f"{PACKAGE}.registry")
    if Path(str(registry.__file__)).parent.parent != Path(copy):
        raise ImportError(registry.__file__)
    found: tuple[type, ...] = registry.WORKFLOWS
    return found


async def failures(copy: str, paths: list[Path]) -> dict[str, str | None]:
    """Return why histories do not replay with a copy, by their names."""
    # Restrictions of its own, since what was imported under the usual ones is kept.
    own = SandboxRestrictions.default.with_passthrough_modules()
    replayer = Replayer(
        workflows=await asyncio.to_thread(loaded, copy),
        workflow_runner=SandboxedWorkflowRunner(restrictions=own),
        plugins=[FulfillmentPlugin(interceptors=[ErrorTranslation()])],
        workflow_failure_exception_types=[FulfillmentError],
    )
    told: dict[str, str | None] = {}
    for path in paths:
        recorded = json.loads(await asyncio.to_thread(path.read_text, encoding="utf-8"))
        history = WorkflowHistory.from_json(recorded.pop("workflowId"), recorded)
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        told[path.stem] = repr(result.replay_failure) if result.replay_failure else None
    return told


async def main() -> int:
    """Replay what is named."""
    told = {}
    for argument in sys.argv[1:]:
        copy, _, names = argument.partition("=")
        told[copy] = await failures(copy, [Path(name) for name in names.split(",")])
    sys.stdout.write(f"\n{json.dumps(told)}")
    return 0


if __name__ == "__main__":
    clean_exit.run(main)
