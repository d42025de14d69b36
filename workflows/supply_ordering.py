"""How a supply order is placed, raised and begun; what can't be done is shown and tried again."""

from datetime import timedelta

from temporalio import workflow

from workflows.continuing import Continuing, is_long
from workflows.keys import moment
from workflows.options import RECORD, SEND
from workflows.supply_base import SupplyBase
from workflows.waiting import Watch, arrives_within, attempt
from workflows.waking import wake

with workflow.unsafe.imports_passed_through():
    from activities.supply import SupplyActivities
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge
    from fulfillment.domain.orders import shortage
    from fulfillment.domain.supply_orders import SupplyRecord
    from fulfillment.messages.supply import (
        IssueComponents,
        NudgeSupplyStaff,
        PlanSupply,
        SendPurchaseOrder,
        SupplyPlanned,
        SupplyRequest,
    )
    from fulfillment.temporal.identifiers import effect_key

LOOK_AGAIN = timedelta(hours=1)
"""How long until what could not be ordered is ordered again, unless there is news."""


class SupplyOrdering(SupplyBase):
    """From what is missing to a purchase order, or to a production that has begun."""

    def __init__(self, request: SupplyRequest) -> None:
        """Begin with nothing ordered, or with what the run before this one has seen."""
        super().__init__(request)
        carried = request.carried
        self.overdue = Watch(carried.watched if carried else None)
        self.most_events: int | None = None
        self.blocked = ""

    def news(self) -> bool:
        """Return whether something is to be looked at, or was reported."""
        return self.needed or bool(self.reports)

    async def look(self) -> None:
        """Order what is missing; where that can't be done, show so, and look again in time."""
        self.needed = False
        failed = await attempt(self._order())
        if not isinstance(failed, FulfillmentError):
            return
        self.blocked = f"{failed.code}: {failed}"
        await self.nudge(Nudge.ESCALATION, f"blocked: {failed}")
        await arrives_within(self.news, LOOK_AGAIN, f"retry: {failed.code}")
        self.needed = True
        if not self.reports and is_long(self.most_events):
            raise Continuing

    async def _order(self) -> None:
        """Order what is missing, and begin the production once all its components are there."""
        planned = await workflow.execute_activity_method(
            SupplyActivities.plan_supply,
            PlanSupply(
                key=self.keys.next("plan_supply", moment()),
                supply_id=self.request.supply_id,
                at=workflow.now(),
            ),
            summary="Order what is missing",
            **RECORD,
        )
        self.patience = self.patience or planned.patience
        self.most_events = planned.continue_after_events
        self.now_at(planned.supply)
        await wake(planned.woken)
        if planned.more:
            self.journal.note(f"ordered {planned.more} more of {planned.supply.sku}")
        if planned.unsent:
            await self._send(planned)
        self.blocked = f"components: {shortage(planned.missing)}" if planned.missing else ""
        if planned.ready:
            await self._issue()

    async def _send(self, planned: SupplyPlanned) -> None:
        supply, name = planned.supply, workflow.info().workflow_id
        await workflow.execute_activity_method(
            SupplyActivities.send_purchase_order,
            SendPurchaseOrder(
                key=effect_key(name, "send_purchase_order", f"{supply.ordered}"),
                supply_id=supply.supply_id,
                quantity=supply.ordered,
                # Said once too often, it is harmless; not said, it would be delivered twice.
                again=planned.more < supply.ordered,
            ),
            summary=f"Purchase {supply.ordered} x {supply.sku} from {supply.supplier_id}",
            **SEND,
        )
        self.journal.note(f"purchase order of {supply.ordered} sent to {supply.supplier_id}")

    async def _issue(self) -> None:
        issued = await workflow.execute_activity_method(
            SupplyActivities.issue_components,
            IssueComponents(
                key=self.keys.next("issue_components", moment()),
                supply_id=self.request.supply_id,
                at=workflow.now(),
            ),
            summary="Take the components into production",
            **RECORD,
        )
        self.blocked = issued.because
        self.journal.note(issued.because or "components issued; production has begun")
        self.now_at(issued.supply)

    def now_at(self, supply: SupplyRecord) -> None:
        """Know and show where it stands."""
        before, self.supply = self.supply, supply
        if before is not None and before.state is not supply.state:
            self.overdue = Watch()
        due = f", expected {supply.expected_at:%Y-%m-%d}" if supply.expected_at else ""
        self.journal.state(
            f"**{supply.state.value}**: {supply.received} of {supply.ordered} x {supply.sku}{due}"
        )

    async def nudge(self, kind: Nudge, reason: str) -> None:
        """Press people; where they can't be reached, the timeline alone says so."""
        nudge = NudgeSupplyStaff(
            key=self.keys.next("nudge_supply_staff", moment()),
            supply_id=self.request.supply_id,
            kind=kind,
            reason=reason,
        )
        pressed = await attempt(
            workflow.execute_activity_method(
                SupplyActivities.nudge_supply_staff,
                nudge,
                summary=f"{kind.value}: {reason}",
                **SEND,
            )
        )
        unheard = f"; unheard: {pressed}" if isinstance(pressed, FulfillmentError) else ""
        self.journal.note(f"{kind.value}: {reason}{unheard}")
