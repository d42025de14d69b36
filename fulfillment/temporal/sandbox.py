"""The sandbox that workflows run in: it shares the product's models, and spares what costs much."""

from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class SharingSandbox(SandboxedWorkflowRunner):
    """The SDK's sandbox, whose instances are not asked what nobody wants to know."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        """Return an instance that need not be asked who its payloads are for."""
        return _Contextless(super().create_instance(det))


class _Contextless(WorkflowInstance):
    """An instance whose payloads are converted alike, whichever workflow or activity they are for.

    The SDK asks each instance, inside its sandbox, for the context of each payload, three times on
    the way in and three times on the way out: a fifth of a worker's work. No converter or codec of
    this product looks at it.
    """

    def __init__(self, instance: WorkflowInstance) -> None:
        """Keep the instance that does the work."""
        self._instance = instance

    def activate(self, act: Any) -> Any:  # noqa: ANN401 - the SDK's own types
        """Let the instance do it."""
        return self._instance.activate(act)

    def get_serialization_context(self, command_info: Any) -> None:  # noqa: ANN401
        """Return that there is none."""

    def get_external_store_context(self, command_info: Any) -> Any:  # noqa: ANN401
        """Let the instance say it."""
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Any:  # noqa: ANN401
        """Let the instance say it."""
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        """Let the instance say it."""
        return self._instance.get_thread_id()


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
    shared = sandbox.restrictions.with_passthrough_modules(*PASSED_THROUGH)
    return SharingSandbox(restrictions=shared, runner_class=sandbox.runner_class)
