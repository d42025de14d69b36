"""The fulfillments of an order, as its child workflows."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import CancelledError, FailureError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.lifecycle import Stage
    from fulfillment.messages import FulfillmentRequest, FulfillmentResult
    from fulfillment.messages.continuing import ShareCarried
    from fulfillment.temporal import search_attributes as attributes
    from fulfillment.temporal.identifiers import fulfillment_workflow_id

    # A child is only named here: it is loaded anew for its own runs.
    from workflows.fulfillment import FulfillmentWorkflow
    from workflows.fulfillment_base import first_shown


STILL_RUNNING = timedelta(seconds=20)
"""How long until a fulfillment is tried again that still runs under an earlier run of the order."""


@dataclass
class Fulfillments:
    """One child per shipping warehouse; what they are doing, and how they ended."""

    _requests: dict[str, FulfillmentRequest] = field(default_factory=dict)
    _running: dict[str, asyncio.Task[FulfillmentResult]] = field(default_factory=dict)
    _before: dict[str, FulfillmentResult] = field(default_factory=dict)
    """How those ended that an earlier run of the order had started."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all fulfillments, in the order they were started."""
        return tuple(self._requests)

    @property
    def all_ended(self) -> bool:
        """Whether no fulfillment is under way, and none is broken."""
        return all(child.done() for child in self._running.values()) and not self.broken

    @property
    def broken(self) -> tuple[str, ...]:
        """The fulfillments whose workflow failed or was terminated: no one works on them."""
        return tuple(
            name for name, child in self._running.items() if child.done() and _is_broken(child)
        )

    def any_alive(self, halted: Collection[str]) -> bool:
        """Return whether something is still being shipped, or was; none of the halted ones is.

        Those are canceled, and end once people have put their goods back.
        """
        working = {name for name, child in self._running.items() if not child.done()}
        shipped = any(result.stage is not Stage.CANCELED for result in self.results())
        return shipped or not {*working, *self.broken} <= set(halted)

    def start(self, request: FulfillmentRequest) -> None:
        """Start a fulfillment; the same again after it broke goes on where it was."""
        self._requests[request.fulfillment_id] = request
        self._running[request.fulfillment_id] = asyncio.create_task(_carry(request))

    def restart_broken(self) -> None:
        """Start the broken ones again; their effects are on record and are not repeated."""
        for name in self.broken:
            self.start(self._requests[name])

    async def cancel(self, names: Sequence[str]) -> None:
        """Ask those of these that were started to stop, whichever of their runs is open."""
        started = [name for name in names if name in self._running]
        for name in started:
            self._running[name].cancel()
        for name in started:
            # Canceling a child reaches only the run that was started, not one that continues it
            # (temporalio/features#503). Of two requests to the same run the server drops one.
            await _cancel_open_run(name)

    def has_ended(self, name: str) -> bool:
        """Return whether a fulfillment is not under way; one that was never started is not."""
        return name not in self._running or self._running[name].done()

    def tell(self, name: str) -> workflow.ExternalWorkflowHandle[FulfillmentWorkflow]:
        """Return the handle by which a fulfillment is told something."""
        return workflow.get_external_workflow_handle_for(
            FulfillmentWorkflow.run, fulfillment_workflow_id(name)
        )

    def results(self) -> list[FulfillmentResult]:
        """Return how those that ended by themselves ended."""
        ended = [c for c in self._running.values() if c.done() and not c.cancelled()]
        now = [child.result() for child in ended if child.exception() is None]
        return [*self._before.values(), *now]

    def carried(self) -> tuple[ShareCarried, ...]:
        """Return what the next run needs to know; none may be under way, or broken."""
        results = {result.fulfillment_id: result for result in self.results()}
        return tuple(
            ShareCarried(request=request, result=results.get(name))
            for name, request in self._requests.items()
        )

    def restore(self, carried: Sequence[ShareCarried]) -> None:
        """Know what an earlier run has started, and how that ended."""
        for share in carried:
            self._requests[share.request.fulfillment_id] = share.request
            if share.result is not None:
                self._before[share.request.fulfillment_id] = share.result


async def _carry(request: FulfillmentRequest) -> FulfillmentResult:
    while True:
        try:
            child = await _start(request)
        except WorkflowAlreadyStartedError:
            # Left over from a run of this order that was terminated. When it ends, starting it
            # again finds all its effects on record and comes to the same result.
            await workflow.sleep(STILL_RUNNING)
        else:
            return await child


async def _start(
    request: FulfillmentRequest,
) -> workflow.ChildWorkflowHandle[FulfillmentWorkflow, FulfillmentResult]:
    return await workflow.start_child_workflow(
        FulfillmentWorkflow.run,
        request,
        id=fulfillment_workflow_id(request.fulfillment_id),
        parent_close_policy=workflow.ParentClosePolicy.REQUEST_CANCEL,
        static_summary=f"Order {request.order_id} from {request.warehouse_id}",
        search_attributes=TypedSearchAttributes(
            [
                SearchAttributePair(attributes.ORDER_STAGE, first_shown(request).value),
                SearchAttributePair(attributes.WAREHOUSE, request.warehouse_id),
                SearchAttributePair(attributes.SLA_DUE, request.sla_due),
            ]
        ),
    )


async def _cancel_open_run(name: str) -> None:
    open_run = workflow.get_external_workflow_handle(fulfillment_workflow_id(name))
    try:
        await open_run.cancel()
    except FailureError:
        workflow.logger.info("%s has ended, or was never started", name)


def _is_broken(child: asyncio.Task[FulfillmentResult]) -> bool:
    if child.cancelled():
        return False
    error = child.exception()
    return error is not None and not isinstance(error.__cause__, CancelledError)
