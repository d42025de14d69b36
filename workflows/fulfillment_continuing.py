"""What a fulfillment hands to its next run, and how that begins with it."""

from temporalio import workflow

from workflows.taking_apart import TakingApart
from workflows.waiting import CancellationAsked

with workflow.unsafe.imports_passed_through():
    from fulfillment.messages import FulfillmentRequest
    from fulfillment.messages.continuing_fulfillments import FulfillmentCarried


PLAIN = (
    "stage",
    "blocked_on",
    "assignee",
    "retries",
    "tried",
    "on_floor",
    "batch",
    "picked",
    "sorted",
    "pick",
    "sort",
    "pack",
    "labeled",
    "captured_minor",
    "capture_declined",
    "capture_key",
    "unpaid_because",
    "gone_before",
    "readdressed",
)
"""What is handed over as it stands, under the same name."""


class FulfillmentContinuing(TakingApart):
    """A fulfillment that waits for long continues as new, with all that it knows."""

    def __init__(self, request: FulfillmentRequest) -> None:
        """Begin with the goods in their bins, or where the run before this one has ended."""
        super().__init__(request)
        if request.carried is not None:
            self.resumed = FulfillmentCarried.model_validate(request.carried)
            self._restore(self.resumed)

    def continued(self) -> FulfillmentRequest:
        """Return what the next run is started with; nothing may be under way."""
        carried = FulfillmentCarried(
            **{name: getattr(self, name) for name in PLAIN},
            watched=self.watch.watched,
            keys=self.keys.carried(),
            journal=self.journal.carried(),
            renewal=self.renewal.carried(),
            asked=tuple(asked.carried() for asked in self.asked),
            tracking=self.tracking_carried(),
            exceptions=self.exceptions_carried(),
        )
        dumped = carried.model_dump(mode="json")
        return self.request.model_copy(update={"carried": dumped})

    def _restore(self, carried: FulfillmentCarried) -> None:
        for name in PLAIN:
            setattr(self, name, getattr(carried, name))
        self.shown_from_before()
        self.keys.restore(carried.keys)
        self.renewal.restore(carried.renewal)
        self.restore_tracking(carried.tracking)
        self.restore_exceptions(carried.exceptions)
        self.asked.extend(map(CancellationAsked.before, carried.asked))
        self.journal.restore(carried.journal)
