"""The sandbox that workflows run in: it shares the product's models, and imports workflows once."""

import threading
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

# Not public: the SDK has no other way to import once. pyproject.toml takes this release alone, and
# tests/temporal/test_sandbox.py shows what is relied on.
from temporalio.worker.workflow_sandbox._importer import Importer
from temporalio.worker.workflow_sandbox._restrictions import RestrictionContext
from temporalio.worker.workflow_sandbox._runner import _Instance

from fulfillment.temporal.cold_queries import Evictor, QueryWatch

# Deterministic when imported once: rules, messages and models. Never `workflows`: what these
# import is what the sandbox restricts.
PASSED_THROUGH = (
    "fulfillment",
    "activities",
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "typing_inspection",
)
stateless = {"workflows"}
"""Packages whose modules keep nothing of a run (as tests/packaging/test_layers.py shows of ours):
all runs may share them. Any other workflow has its modules executed anew for each run."""

_NOWHERE = StorageDriverStoreContext()


@dataclass(frozen=True)
class SharingSandbox(SandboxedWorkflowRunner):
    """The SDK's sandbox, which imports the product's workflows once, and never breaks a run off."""

    evictor: Evictor = field(default_factory=Evictor)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Return an instance that ends what it began, and tells nobody who its payloads are for."""
        module = det.defn.cls.__module__
        watch = QueryWatch(det.info.run_id, self.evictor)
        if module.partition(".")[0] not in stateless:
            return _Unhurried(super().create_instance(det), watch)
        importer = _importer(self.restrictions, module)
        return _Unhurried(_Imported(det, self.runner_class, importer), watch)


class _PerThread(threading.local, RestrictionContext):
    """Whether a workflow is at work, in this thread: many runs share the modules that ask."""


class _Imported(_Instance):
    """A run in the sandbox whose modules were imported there for the first run of its kind.

    The SDK executes all modules of a workflow anew for each run: a tenth of a second for an order
    and its fulfillment, a quarter of a worker's work.
    """

    def __init__(
        self,
        instance_details: WorkflowInstanceDetails,
        runner_class: type[WorkflowRunner],
        importer: Importer,
    ) -> None:
        """Make the run, with modules that may be there already."""
        self.instance_details = instance_details
        self.runner_class = runner_class
        self.importer = importer
        self.globals_and_locals = {"__file__": "workflow_sandbox.py"}
        self._current_thread_id = None
        self._create_instance()


_importers: dict[tuple[int, str], tuple[SandboxRestrictions, Importer]] = {}


def _importer(restrictions: SandboxRestrictions, module: str) -> Importer:
    """Return what imports a workflow's module, the same one for all its runs in this process."""
    key = (id(restrictions), module)
    if key not in _importers:
        made = Importer(restrictions, _PerThread(), workflow_module_name=module)
        # The restrictions are kept, too, or another one might be given their place in memory.
        _importers[key] = (restrictions, made)
    return _importers[key][1]


class _Unhurried(WorkflowInstance):
    """An instance that is not asked who its payloads are for, and not broken off where it is slow.

    The SDK asks each instance, inside its sandbox, for the context of each payload, three times on
    the way in and three times on the way out: a fifth of a worker's work. No converter or codec of
    this product looks at it, and none stores payloads elsewhere.

    After two seconds the SDK takes a workflow task for deadlocked, raises an exception in its
    thread, wherever that is, and evicts the run at once. On a machine that stalled, that hits
    sound workflows: some can't be evicted any more, and their worker keeps them, unanswering, for
    good (the SDK's issue 875). Here the task fails as ever, and is tried again; but its thread may
    end what it began, and the eviction waits for that.
    """

    def __init__(self, instance: WorkflowInstance, watch: QueryWatch) -> None:
        """Keep the instance that does the work, and what watches its queries."""
        self._instance = instance
        self._watch = watch
        self._active = threading.Lock()

    def activate(self, act: Any) -> Any:  # noqa: ANN401 - the SDK's own types
        """Let the instance do it, one thing after the other."""
        with self._active:
            completion = self._instance.activate(act)
            self._watch.saw(act)
            return completion

    def get_serialization_context(self, command_info: Any) -> None:  # noqa: ANN401
        """Return that there is none."""

    def get_external_store_context(self, command_info: Any) -> StorageDriverStoreContext:  # noqa: ANN401, ARG002
        """Return that nothing is known of it: no payload is stored elsewhere."""
        return _NOWHERE

    def get_info(self) -> Any:  # noqa: ANN401
        """Let the instance say it."""
        return self._instance.get_info()

    def get_thread_id(self) -> None:
        """Return none, since the SDK asks in order to raise an exception in it."""


@cache
def _usual_restrictions() -> SandboxRestrictions:
    """Return one object for all workers of this process: they share what is imported under it."""
    return SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)


def share_models(runner: WorkflowRunner | None) -> WorkflowRunner:
    """Let the sandbox take the product's models from outside instead of loading them again.

    Args:
        runner: the runner that the worker came with.

    Returns:
        The sandbox with the shared modules; a runner of another kind as it came.

    """
    sandbox = runner or SandboxedWorkflowRunner()
    if not isinstance(sandbox, SandboxedWorkflowRunner):
        return sandbox
    shared = (
        _usual_restrictions()
        if sandbox.restrictions is SandboxRestrictions.default
        else sandbox.restrictions.with_passthrough_modules(*PASSED_THROUGH)
    )
    return SharingSandbox(restrictions=shared, runner_class=sandbox.runner_class)
