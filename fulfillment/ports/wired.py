"""All ports together, as bootstrap wires them."""

from dataclasses import dataclass, field

from fulfillment.domain.batch_models import BatchRules, Cart
from fulfillment.domain.calendars import WEEKDAYS_ONLY, WorkCalendars
from fulfillment.domain.cartonization import PackRules
from fulfillment.domain.lifecycle import Policies
from fulfillment.domain.returns import ReturnPolicy
from fulfillment.domain.risk import RiskRules
from fulfillment.domain.shipping_decision import ShippingRules
from fulfillment.domain.sourcing import SourcingWeights
from fulfillment.domain.webhooks import WebhookRules
from fulfillment.ports.carriers import AddressVerifier, CarrierClient, Interceptor, NoInterceptor
from fulfillment.ports.checks import AddressChecker, PhoneChecker
from fulfillment.ports.mail import LetterWriter, Notifier
from fulfillment.ports.packing import Documents, PackPlanner
from fulfillment.ports.payments import PaymentGateway
from fulfillment.ports.record import Clock, Database
from fulfillment.ports.supply import NoSupply, SupplyStarter
from fulfillment.webhooks.ports import NO_WAKER, Waker, WebhookSender


@dataclass(frozen=True)
class Ports:
    """Everything the activities reach the outside through; wired in bootstrap alone."""

    database: Database
    carrier: CarrierClient
    payments: PaymentGateway
    notifier: Notifier
    letters: LetterWriter
    addresses: AddressChecker
    phones: PhoneChecker
    documents: Documents
    planner: PackPlanner
    clock: Clock
    policies: Policies
    sourcing: SourcingWeights
    webhooks: WebhookSender
    webhook_rules: WebhookRules
    cart: Cart
    batch_rules: BatchRules
    pack_rules: PackRules = field(default_factory=PackRules)
    returns: ReturnPolicy = field(default_factory=ReturnPolicy)
    """On which terms goods may come back."""
    shipping_rules: ShippingRules = field(default_factory=ShippingRules)
    risk: RiskRules = field(default_factory=RiskRules)
    """What makes an order so unusual that a person should look at it."""
    verifier: AddressVerifier | None = None
    """Who is asked about the addresses of new orders besides; nobody by default."""
    waker: Waker = NO_WAKER
    interceptor: Interceptor = field(default_factory=NoInterceptor)
    calendars: WorkCalendars = WEEKDAYS_ONLY
    """Who knows on which days a pickup may be booked."""
    drop_off_carriers: frozenset[str] = frozenset()
    """To whom the parcels of a manifest are driven; the others fetch them."""
    supply: SupplyStarter = field(default_factory=NoSupply)
    floor_mail: str = "floor@shop.example"
    """Who is reminded."""
    supervisor_mail: str = "supervisor@shop.example"
    """Who is told when a reminder has not helped."""
    tracking_link: str = ""
    """Where a customer follows a parcel: a URL with `{tracking_number}` in it, or nowhere."""
