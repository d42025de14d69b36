"""What the activities need from outside, as Protocols; adapters and fakes implement them."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from fulfillment.domain.address_verdicts import AddressVerdict
from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Instant, Value
from fulfillment.domain.batch_models import BatchRules, Cart
from fulfillment.domain.calendars import WEEKDAYS_ONLY, WorkCalendars
from fulfillment.domain.cartonization import PackItem, PackPlan, PackRules
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.documents import (
    InvoiceContent,
    LabelContent,
    ManifestContent,
    SlipContent,
)
from fulfillment.domain.errors import CarrierRefused, Problem
from fulfillment.domain.lifecycle import Policies
from fulfillment.domain.notices import Letter, LetterFacts, NoticeKind
from fulfillment.domain.returns import ReturnPolicy
from fulfillment.domain.risk import RiskRules
from fulfillment.domain.shipping import (
    BoughtLabel,
    LabelPurchase,
    LabelReference,
    Manifest,
    ManifestRequest,
    Pickup,
    PickupReference,
    PickupRequest,
    Rates,
    Shipment,
)
from fulfillment.domain.shipping_decision import ShippingRules
from fulfillment.domain.sourcing import SourcingWeights
from fulfillment.domain.tracking import TrackingEvent
from fulfillment.domain.webhooks import WebhookRules
from fulfillment.stores import UnitOfWork
from fulfillment.webhooks.ports import NO_WAKER, Waker, WebhookSender


class Clock(Protocol):
    """Wall time, for what is not decided by it: audit and message dates."""

    def now(self) -> datetime:
        """Return the present time, timezone-aware."""


class Database(Protocol):
    """The record of things; one unit of work is one transaction."""

    def writing(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a transaction that may write; it commits unless the block raises.

        Raises:
            StoreBusy: another writer held the database for too long.

        """

    def reading(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a transaction that only reads."""


QUOTED_WITHIN = timedelta(seconds=8)
"""How long rates may take, unless it is said how long."""


class RateQuoter(Protocol):
    """Who says what carriers would take; asking changes nothing."""

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Return rates, as `CarrierClient.quote_rates` does."""


class NoRates:
    """Nobody to ask."""

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Return no rates."""
        del shipment, within  # nobody looks at them
        return Rates(quotes=())


NO_RATES = NoRates()


class CarrierClient(Protocol):
    """Carriers, in the trade's vocabulary; every call that changes something is idempotent by key.

    All of them raise CarrierUnavailable where there is no answer: nobody knows then whether the
    carrier has acted, and the same call again finds out before it acts. What the carrier says no
    to is CarrierRefused, what it does not know is NotFound.
    """

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Return what each service costs and when it arrives, and why the others do not serve.

        Args:
            shipment: what is to be sent.
            within: how long that may take; who has not answered by then is down.

        Raises:
            NoCarrierAnswers: nothing was quoted, and a carrier that might serve is down.

        """

    async def buy_label(self, key: str, purchase: LabelPurchase) -> BoughtLabel:
        """Buy a label for a parcel.

        Raises:
            NoServiceAvailable: the service does not take the parcel, or not any more.

        """

    async def void_label(self, key: str, label: LabelReference) -> None:
        """Give back a label that was not used."""

    async def track(self, label: LabelReference) -> Sequence[TrackingEvent]:
        """Return all that is known of a parcel's way, by time."""

    async def book_pickup(self, key: str, request: PickupRequest) -> Pickup:
        """Have parcels fetched."""

    async def cancel_pickup(self, key: str, pickup: PickupReference) -> None:
        """Call a pickup off."""

    async def close_manifest(self, key: str, request: ManifestRequest) -> Manifest:
        """Put the parcels that a carrier takes on one list, and tell it."""


class Interceptor(Protocol):
    """What some carriers can besides: stop a parcel on its way and bring it back.

    Our own carriers can until a parcel is out for delivery. A network that has `intercept` has this
    capability; one that has not is asked nothing, and its parcels come back as returns only.
    """

    def can_intercept(self, carrier_id: str) -> bool:
        """Return whether a carrier brings parcels back that are on their way."""

    async def intercept(self, key: str, label: LabelReference) -> None:
        """Have a parcel brought back; the same key again changes nothing.

        Raises:
            CarrierRefused: it can't be stopped any more.
            CarrierUnavailable: no answer; ask again with the same key.

        """


class NoInterceptor:
    """Carriers that bring nothing back."""

    def can_intercept(self, carrier_id: str) -> bool:
        """Return that it does not."""
        del carrier_id
        return False

    async def intercept(self, key: str, label: LabelReference) -> None:
        """Refuse; raises CarrierRefused."""
        del key
        problem = Problem(
            path=label.carrier_id,
            expected="a carrier that brings parcels back",
            came=label.tracking_number,
            remedy="make a return once it has arrived",
        )
        raise CarrierRefused(str(problem), [problem])


class CarrierNotes(Protocol):
    """What must be remembered of a key until its effect is on record, kept for good."""

    async def find(self, key: str) -> str | None:
        """Return what was noted under a key, or None."""

    async def keep(self, key: str, text: str) -> str:
        """Note a text under a key unless there is one; return the one that is noted."""


class Authorization(Value):
    """What a gateway holds for an order, in minor units; of any amount where it says `XXX`."""

    reference: str
    amount_minor: int
    currency: str
    captured_minor: int = 0
    refunded_minor: int = 0
    voided: bool = False
    """Whether nothing is held beyond what was captured."""
    expires_at: Instant | None = None
    """Until when it is held; None where the gateway does not say."""
    disputed_minor: int = 0
    """What the payer's bank has taken back until a dispute is decided."""


class PaymentGateway(Protocol):
    """Card payments; every call is idempotent by its key."""

    async def authorize(
        self, key: str, amount_minor: int, currency: str, source: str
    ) -> Authorization:
        """Hold an amount at the payer's bank.

        Raises:
            PaymentDeclined: the bank said no.
            PaymentUnclear: no answer; ask again with the same key.

        """

    async def capture(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Take an amount of what is held; the rest stays held.

        Raises:
            NotFound: no such authorization.
            PaymentDeclined: more than is held, or it is not held any longer.
            PaymentUnclear: no answer; ask again with the same key.

        """

    async def void(self, key: str, reference: str) -> Authorization:
        """Give back what is held and not captured; what is voided already stays so.

        Raises:
            NotFound: no such authorization.
            PaymentUnclear: no answer; ask again with the same key.

        """

    async def refund(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Give back an amount of what was captured.

        Raises:
            PaymentDeclined: more than was captured and not given back yet.
            PaymentUnclear: no answer; ask again with the same key.

        """

    async def get(self, reference: str) -> Authorization:
        """Return what the gateway has on its books for a reference.

        Raises:
            NotFound: it never gave that reference out.
            PaymentUnclear: no answer.

        """


class Attachment(Value):
    """A document that goes with a mail."""

    name: str
    media_type: str
    content: bytes


class Mail(Value):
    """A message to a person, as text and, where it has that, as HTML."""

    recipient: str
    subject: str
    body: str
    html: str = ""
    language: str = "en"
    attachments: tuple[Attachment, ...] = ()


class Handed(Value):
    """What became of a mail that was handed over."""

    refused: str = ""
    """Why nobody will ever take it; "" if it was taken."""


class Notifier(Protocol):
    """Hands messages over, each key once."""

    async def send(self, key: str, mail: Mail) -> Handed:
        """Hand a message over; the same key again is the same message, which nobody sees twice.

        Raises:
            NotifierUnavailable: nobody answered; it is to be offered again.

        """


class LetterWriter(Protocol):
    """Puts what customers are told into words."""

    def customer_letter(self, kind: NoticeKind, facts: LetterFacts, locale: str) -> Letter:
        """Return a letter in the language of the locale, or in English."""


class SentMail(Protocol):
    """What was handed over, as far as it is kept."""

    async def erase(self, key: str) -> bool:
        """Remove the mail of a key for good; say whether there was one."""


class AddressChecker(Protocol):
    """Knows each country's rules for postal addresses."""

    def problems(self, address: Address) -> Sequence[str]:
        """Return what makes the address unusable, in words; empty if nothing does."""

    def doubts(self, address: Address) -> Sequence[str]:
        """Return what a person should look at before anything is sent there, in words."""


VERIFIED_WITHIN = timedelta(seconds=2)
"""How long that may take, unless it is said how long: well within the activity's own time."""


class AddressVerifier(Protocol):
    """Carriers that tell whether they find an address; asking changes nothing."""

    async def verify_address(
        self, address: Address, within: timedelta = VERIFIED_WITHIN
    ) -> AddressVerdict:
        """Return whether an address can be delivered to, as far as they know.

        Raises:
            CarrierUnavailable: no answer within that time.

        """


class PackPlanner(Protocol):
    """Finds cartons for goods."""

    def plan(
        self, items: Sequence[PackItem], cartons: Sequence[CartonType], rules: PackRules
    ) -> PackPlan:
        """Choose cartons for these items, and a place for each item; to be called in a thread.

        Raises:
            Unpackable: some items fit no carton; one problem per order line.
            PlanInvalid: two items have the same `item_ref`.

        """

    def candidates(
        self, items: Sequence[PackItem], cartons: Sequence[CartonType], rules: PackRules
    ) -> Sequence[PackPlan]:
        """Return a few plans that differ, that of `plan` first; to be called in a thread.

        Raises:
            Unpackable: some items fit no carton; one problem per order line.
            PlanInvalid: two items have the same `item_ref`.

        """


class PhoneChecker(Protocol):
    """Knows each country's rules for phone numbers."""

    def problems(self, phone: str, country: str) -> Sequence[str]:
        """Return what makes the number unusable, in words; empty if nothing does."""


class Documents(Protocol):
    """Renders what is printed."""

    def problems(self, texts: Mapping[str, str]) -> Sequence[str]:
        """Return what can't be printed of these texts, by their fields' paths, in words."""

    def label(self, content: LabelContent) -> bytes:
        """Return a 4×6 inch label as PDF."""

    def label_zpl(self, content: LabelContent) -> bytes:
        """Return a 4×6 inch label as commands of a label printer of 203 dpi."""

    def packing_slip(self, content: SlipContent) -> bytes:
        """Return the packing slip as PDF."""

    def commercial_invoice(self, content: InvoiceContent) -> bytes:
        """Return the invoice of a parcel that crosses a customs border, as PDF."""

    def manifest(self, content: ManifestContent) -> bytes:
        """Return the list of parcels that a carrier takes at a cut-off, as PDF."""

    def png(self, document: bytes, page_number: int = 1) -> bytes:
        """Return a page of a PDF as a picture of 203 dpi; raises NotFound if there is none."""

    def picture_zpl(self, document: bytes) -> bytes:
        """Return a PNG or a PDF's first page as a picture for a label printer of 203 dpi."""


class SupplyStarter(Protocol):
    """Has purchases and productions carried."""

    async def start(self, supply_id: str) -> None:
        """Have a supply order's workflow look at what is missing; it is started if need be."""


class _NoSupply:
    async def start(self, supply_id: str) -> None:
        """Do nothing."""


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
    supply: SupplyStarter = field(default_factory=_NoSupply)
    floor_mail: str = "floor@shop.example"
    """Who is reminded."""
    supervisor_mail: str = "supervisor@shop.example"
    """Who is told when a reminder has not helped."""
    tracking_link: str = ""
    """Where a customer follows a parcel: a URL with `{tracking_number}` in it, or nowhere."""
