"""The sandbox that workflows run in: it shares the product's models, and spares what costs much."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from threading import Lock
from types import CodeType, ModuleType
from typing import Any

from temporalio.converter import StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

# Deterministic when imported once: rules, messages and models. Never `workflows`, whose
# modules must be loaded anew for each run, or one order could see what another one left.
PASSED_THROUGH = (
    "fulfillment",
    "activities",
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "typing_inspection",
)

_NOWHERE = StorageDriverStoreContext()


@dataclass(frozen=True)
class SharingSandbox(SandboxedWorkflowRunner):
    """The SDK's sandbox, whose instances are asked less and are never broken off."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Return an instance that ends what it began, and tells nobody who its payloads are for."""
        return _Unhurried(super().create_instance(det))


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

    def __init__(self, instance: WorkflowInstance) -> None:
        """Keep the instance that does the work."""
        self._instance = instance
        self._active = Lock()

    def activate(self, act: Any) -> Any:  # noqa: ANN401 - the SDK's own types
        """Let the instance do it, one thing after the other."""
        with self._active:
            return self._instance.activate(act)

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


class RememberedCode(MetaPathFinder):
    """Loads the modules of a package anew each time, and compiles each only once.

    The sandbox executes a workflow's modules for each run. Where no bytecode is written, as in many
    containers (PYTHONDONTWRITEBYTECODE, read-only files), they would be compiled for each run, too.
    """

    def __init__(self, package: str) -> None:
        """Keep the package's name."""
        self.package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of the package as ever, with a loader that remembers its code."""
        if fullname.partition(".")[0] != self.package:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _RememberingLoader(spec.loader.name, spec.loader.path)
        return spec


class _RememberingLoader(SourceFileLoader):
    """A loader that compiles a module once in the life of the process."""

    _compiled: dict[str, CodeType | None] = {}  # noqa: RUF012 - for all modules together

    def get_code(self, fullname: str) -> CodeType | None:
        """Return a module's code."""
        if self.path not in self._compiled:
            self._compiled[self.path] = super().get_code(fullname)
        return self._compiled[self.path]


def remember_code(package: str) -> None:
    """Have the modules of a package compiled once; the same again changes nothing."""
    known = [finder for finder in sys.meta_path if isinstance(finder, RememberedCode)]
    if package not in [finder.package for finder in known]:
        sys.meta_path.insert(0, RememberedCode(package))


def share_models(runner: WorkflowRunner | None) -> WorkflowRunner:
    """Let the sandbox take the product's models from outside instead of loading them again.

    Args:
        runner: the runner that the worker came with.

    Returns:
        The sandbox with the shared modules; a runner of another kind as it came.

    """
    remember_code("workflows")
    sandbox = runner or SandboxedWorkflowRunner()
    if not isinstance(sandbox, SandboxedWorkflowRunner):
        return sandbox
    shared = sandbox.restrictions.with_passthrough_modules(*PASSED_THROUGH)
    return SharingSandbox(restrictions=shared, runner_class=sandbox.runner_class)
