"""One unit of work holds all stores: what is done in it is done together, or not at all."""

from typing import Protocol

from fulfillment.stores.back_orders import BackOrderStore
from fulfillment.stores.batches import BatchStore
from fulfillment.stores.books import (
    BookStore,
    EffectStore,
    FloorReportStore,
    JournalStore,
    PrivacyStore,
    WorkloadStore,
)
from fulfillment.stores.changes import ChangeStore
from fulfillment.stores.given_up import GivenUpStore
from fulfillment.stores.goods import (
    CarrierNoteStore,
    FulfillmentStore,
    ParcelStore,
    StockStore,
    TaskStore,
)
from fulfillment.stores.holds import HoldStore
from fulfillment.stores.manifests import ManifestStore
from fulfillment.stores.orders import CatalogStore, OrderStore
from fulfillment.stores.payments import PaymentStore
from fulfillment.stores.refunds import RefundStore
from fulfillment.stores.replacing import ReplacingStore
from fulfillment.stores.returns import ReturnStore
from fulfillment.stores.scans import ScanStore
from fulfillment.stores.storefront_inbox import StorefrontInbox
from fulfillment.stores.storefronts import StorefrontStore
from fulfillment.stores.supply import SupplyStore
from fulfillment.stores.traits import TraitStore
from fulfillment.webhooks.stores import WebhookStore


class UnitOfWork(Protocol):
    """One transaction on the record of things."""

    @property
    def catalog(self) -> CatalogStore:
        """Articles, cartons, warehouses."""

    @property
    def orders(self) -> OrderStore:
        """Orders and their lines."""

    @property
    def holds(self) -> HoldStore:
        """Why orders were stopped."""

    @property
    def traits(self) -> TraitStore:
        """What orders have in common with others."""

    @property
    def fulfillments(self) -> FulfillmentStore:
        """Each warehouse's share."""

    @property
    def stock(self) -> StockStore:
        """Ledger and claims."""

    @property
    def back_orders(self) -> BackOrderStore:
        """Who waits for goods."""

    @property
    def supply(self) -> SupplyStore:
        """What is purchased and produced."""

    @property
    def batches(self) -> BatchStore:
        """Pick batches."""

    @property
    def changes(self) -> ChangeStore:
        """What was changed of orders, and what it makes people put back."""

    @property
    def scans(self) -> ScanStore:
        """Scanner sessions."""

    @property
    def tasks(self) -> TaskStore:
        """Work for people."""

    @property
    def parcels(self) -> ParcelStore:
        """Parcels, labels, tracking."""

    @property
    def given_up(self) -> GivenUpStore:
        """Parcels that are not waited for any more."""

    @property
    def manifests(self) -> ManifestStore:
        """What carriers take at their cut-offs."""

    @property
    def carrier_notes(self) -> CarrierNoteStore:
        """What was asked of carriers."""

    @property
    def payments(self) -> PaymentStore:
        """Payments."""

    @property
    def replacing(self) -> ReplacingStore:
        """What the units of replacements stand for."""

    @property
    def returns(self) -> ReturnStore:
        """What comes back."""

    @property
    def refunds(self) -> RefundStore:
        """What was given back for which units."""

    @property
    def effects(self) -> EffectStore:
        """What was done once."""

    @property
    def journal(self) -> JournalStore:
        """Messages and audit."""

    @property
    def privacy(self) -> PrivacyStore:
        """Customers' data."""

    @property
    def workload(self) -> WorkloadStore:
        """Counts of the open work."""

    @property
    def floor_report(self) -> FloorReportStore:
        """What the floor's report is made of."""

    @property
    def books(self) -> BookStore:
        """The books' own check."""

    @property
    def storefronts(self) -> StorefrontStore:
        """What storefronts have said of their orders."""

    @property
    def inbox(self) -> StorefrontInbox:
        """Storefronts' deliveries that are still to be carried out."""

    @property
    def webhooks(self) -> WebhookStore:
        """Outward webhooks, and deliveries to us that were refused."""
