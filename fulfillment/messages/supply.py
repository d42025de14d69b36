"""What is asked about purchases and productions of missing goods."""

from fulfillment.domain.back_order_queue import Waiter
from fulfillment.domain.base import Instant, Value
from fulfillment.domain.lifecycle import Nudge, Patience
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.supply import ComponentsGo, SupplyEnd, SupplyReport, SupplyState
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.messages.continuing import SupplyCarried


class ArrangeSupply(Value):
    """Have purchased or produced what an order misses, if it is known how."""

    key: str
    order_id: str
    skus: tuple[str, ...]


class SupplyArranged(Value):
    """The supply orders that will bring what is missing; each serves all who wait for it."""

    supply_ids: tuple[str, ...] = ()


class SupplyRequest(Value):
    """Carry one supply order."""

    supply_id: str
    carried: SupplyCarried | None = None
    """What the run before this one hands over, where it continues as new."""


class PlanSupply(Value):
    """Order as many units as are missing now, and set components aside."""

    key: str
    supply_id: str
    at: Instant


class SupplyPlanned(Value):
    """Where the supply order stands, and what is to be done next."""

    supply: SupplyRecord
    more: int = 0
    """Units that were ordered beside those before."""
    unsent: bool = False
    """Whether the supplier is still to be told of what is ordered."""
    ready: bool = False
    """Whether all components are set aside."""
    missing: tuple[LineQuantity, ...] = ()
    """Components that are not there."""
    woken: tuple[Waiter, ...] = ()
    patience: Patience
    continue_after_events: int | None = None
    """How long the workflow's history may get before it continues as new."""


class SendPurchaseOrder(Value):
    """Send the supplier what is ordered in all."""

    key: str
    supply_id: str
    quantity: int
    again: bool


class IssueComponents(Value):
    """Take the components from their bins into production."""

    key: str
    supply_id: str
    at: Instant


class ComponentsIssued(Value):
    """The production has begun; or `because` says why it could not yet."""

    supply: SupplyRecord
    because: str = ""


class RecordSupplyReceipt(Value):
    """Book what was delivered or completed into its bin."""

    key: str
    supply_id: str
    report: SupplyReport


class SupplyReceived(Value):
    """What a delivery or completion came to."""

    supply: SupplyRecord
    quantity: int
    woken: tuple[Waiter, ...] = ()


class EndSupply(Value):
    """End a supply order of which units are outstanding."""

    key: str
    supply_id: str
    state: SupplyState
    end: SupplyEnd


class SupplyEnded(Value):
    """The supply order has ended, and who waits for its goods."""

    supply: SupplyRecord
    waiting: tuple[Waiter, ...] = ()
    woken: tuple[Waiter, ...] = ()
    components: ComponentsGo = ComponentsGo.BACK


class FollowUpSupply(Value):
    """Arrange again for what is missing when a supply order has brought all of its own."""

    key: str
    supply_id: str


class NudgeSupplyStaff(Value):
    """Remind of a supply order that is overdue, or tell the supervisor."""

    key: str
    supply_id: str
    kind: Nudge
    reason: str


class SupplyAnswer(Value):
    """What was done, and where the supply order stands now."""

    supply_id: str
    state: SupplyState
    ordered: int
    received: int
    message: str


class SupplyNews(Value):
    """What an order is told of a supply order that brings nothing more."""

    supply_id: str = ""
    sku: str = ""
    reason: str = ""
