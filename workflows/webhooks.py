"""WebhookWorkflow: one endpoint's deliveries, for as long as it is enabled."""

from typing import Any

from temporalio import workflow

from workflows.options import DELIVER
from workflows.waiting import arrives_within

with workflow.unsafe.imports_passed_through():
    from activities.webhooks import WebhookActivities
    from fulfillment.webhooks.messages import DeliverWebhooks, Round


@workflow.defn(name="WebhookWorkflow")
class WebhookWorkflow:
    """Delivers what is due, sleeps until more is due, and looks in any case now and then.

    What is to be delivered, and when the next attempt is made, stands in the database; here stands
    when to look. So orders don't pay for it, one endpoint never waits for another, and it holds
    neither thousands of messages nor a workflow for each.
    """

    @workflow.init
    def __init__(self, request: DeliverWebhooks) -> None:
        """Begin by looking."""
        self.request = request
        self.woken = False

    @workflow.run
    async def run(self, request: DeliverWebhooks) -> None:
        """Deliver until the endpoint is disabled or removed; enabling it starts this again."""
        while True:
            self.woken = False
            made = await workflow.execute_activity_method(
                WebhookActivities.deliver_webhooks,
                request,
                summary="Deliver what is due",
                **DELIVER,
            )
            self._show(made)
            if made.closed and not self.woken:
                return
            if made.wait and not made.closed:
                await arrives_within(lambda: self.woken, made.wait, "until something is due")
            if workflow.info().get_current_history_length() > request.most_events:
                # Whoever waked meanwhile has not waked in vain: it begins by looking.
                workflow.continue_as_new(request)

    @workflow.signal(name="wake")
    def wake(self, *payload: Any) -> None:  # noqa: ANN401, ARG002 - whatever is sent
        """Look soon."""
        self.woken = True

    def _show(self, made: Round) -> None:
        due = (
            f"next attempt at {made.next_at:%Y-%m-%d %H:%M:%S} UTC" if made.next_at else "all done"
        )
        told = "disabled or removed" if made.closed else due
        line = f"last round: {made.delivered} delivered, {made.failed} not; {told}"
        workflow.set_current_details(f"**Webhooks of {self.request.endpoint_id}**\n\n{line}")
