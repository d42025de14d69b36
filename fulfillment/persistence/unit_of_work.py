"""One transaction on the record of things, with all its stores."""

from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncConnection

from fulfillment.persistence.repositories.back_orders import SqlBackOrderStore
from fulfillment.persistence.repositories.batches import SqlBatchStore
from fulfillment.persistence.repositories.books import SqlBookStore
from fulfillment.persistence.repositories.carrier_notes import SqlCarrierNoteStore
from fulfillment.persistence.repositories.catalog import SqlCatalogStore
from fulfillment.persistence.repositories.changes import SqlChangeStore
from fulfillment.persistence.repositories.effects import SqlEffectStore
from fulfillment.persistence.repositories.floor_report import SqlFloorReportStore
from fulfillment.persistence.repositories.fulfillments import SqlFulfillmentStore
from fulfillment.persistence.repositories.given_up import SqlGivenUpStore
from fulfillment.persistence.repositories.holds import SqlHoldStore
from fulfillment.persistence.repositories.journal import SqlJournalStore
from fulfillment.persistence.repositories.manifests import SqlManifestStore
from fulfillment.persistence.repositories.orders import SqlOrderStore
from fulfillment.persistence.repositories.parcels import SqlParcelStore
from fulfillment.persistence.repositories.payments import SqlPaymentStore
from fulfillment.persistence.repositories.privacy import SqlPrivacyStore
from fulfillment.persistence.repositories.refunds import SqlRefundStore
from fulfillment.persistence.repositories.replacing import SqlReplacingStore
from fulfillment.persistence.repositories.returns import SqlReturnStore
from fulfillment.persistence.repositories.scans import SqlScanStore
from fulfillment.persistence.repositories.stock import SqlStockStore
from fulfillment.persistence.repositories.storefront_inbox import SqlStorefrontInbox
from fulfillment.persistence.repositories.storefronts import SqlStorefrontStore
from fulfillment.persistence.repositories.supply import SqlSupplyStore
from fulfillment.persistence.repositories.tasks import SqlTaskStore
from fulfillment.persistence.repositories.traits import SqlTraitStore
from fulfillment.persistence.repositories.webhooks import SqlWebhookStore
from fulfillment.persistence.repositories.workload import SqlWorkloadStore


class SqlUnitOfWork:
    """One transaction; its stores share one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work on this connection, whose transaction is somebody else's to end."""
        self._connection = connection

    @cached_property
    def catalog(self) -> SqlCatalogStore:
        """Articles, cartons, warehouses."""
        return SqlCatalogStore(self._connection)

    @cached_property
    def orders(self) -> SqlOrderStore:
        """Orders and their lines."""
        return SqlOrderStore(self._connection)

    @cached_property
    def holds(self) -> SqlHoldStore:
        """Why orders were stopped."""
        return SqlHoldStore(self._connection)

    @cached_property
    def traits(self) -> SqlTraitStore:
        """What orders have in common with others."""
        return SqlTraitStore(self._connection)

    @cached_property
    def fulfillments(self) -> SqlFulfillmentStore:
        """Each warehouse's share."""
        return SqlFulfillmentStore(self._connection)

    @cached_property
    def stock(self) -> SqlStockStore:
        """Ledger and claims."""
        return SqlStockStore(self._connection)

    @cached_property
    def back_orders(self) -> SqlBackOrderStore:
        """Who waits for goods."""
        return SqlBackOrderStore(self._connection)

    @cached_property
    def supply(self) -> SqlSupplyStore:
        """What is purchased and produced."""
        return SqlSupplyStore(self._connection)

    @cached_property
    def batches(self) -> SqlBatchStore:
        """Pick batches."""
        return SqlBatchStore(self._connection)

    @cached_property
    def changes(self) -> SqlChangeStore:
        """What was changed of orders, and what it makes people put back."""
        return SqlChangeStore(self._connection)

    @cached_property
    def scans(self) -> SqlScanStore:
        """Scanner sessions."""
        return SqlScanStore(self._connection)

    @cached_property
    def tasks(self) -> SqlTaskStore:
        """Work for people."""
        return SqlTaskStore(self._connection)

    @cached_property
    def parcels(self) -> SqlParcelStore:
        """Parcels, labels, tracking."""
        return SqlParcelStore(self._connection)

    @cached_property
    def given_up(self) -> SqlGivenUpStore:
        """Parcels that are not waited for any more."""
        return SqlGivenUpStore(self._connection)

    @cached_property
    def manifests(self) -> SqlManifestStore:
        """What carriers take at their cut-offs."""
        return SqlManifestStore(self._connection)

    @cached_property
    def carrier_notes(self) -> SqlCarrierNoteStore:
        """What was asked of carriers."""
        return SqlCarrierNoteStore(self._connection)

    @cached_property
    def payments(self) -> SqlPaymentStore:
        """Payments."""
        return SqlPaymentStore(self._connection)

    @cached_property
    def replacing(self) -> SqlReplacingStore:
        """What the units of replacements stand for."""
        return SqlReplacingStore(self._connection)

    @cached_property
    def returns(self) -> SqlReturnStore:
        """What comes back."""
        return SqlReturnStore(self._connection)

    @cached_property
    def refunds(self) -> SqlRefundStore:
        """What was given back for which units."""
        return SqlRefundStore(self._connection)

    @cached_property
    def effects(self) -> SqlEffectStore:
        """What was done once."""
        return SqlEffectStore(self._connection)

    @cached_property
    def journal(self) -> SqlJournalStore:
        """Messages and audit."""
        return SqlJournalStore(self._connection)

    @cached_property
    def privacy(self) -> SqlPrivacyStore:
        """Customers' data."""
        return SqlPrivacyStore(self._connection)

    @cached_property
    def workload(self) -> SqlWorkloadStore:
        """Counts of the open work."""
        return SqlWorkloadStore(self._connection)

    @cached_property
    def floor_report(self) -> SqlFloorReportStore:
        """What the floor's report is made of."""
        return SqlFloorReportStore(self._connection)

    @cached_property
    def books(self) -> SqlBookStore:
        """The books' own check."""
        return SqlBookStore(self._connection)

    @cached_property
    def storefronts(self) -> SqlStorefrontStore:
        """What storefronts have said of their orders."""
        return SqlStorefrontStore(self._connection)

    @cached_property
    def inbox(self) -> SqlStorefrontInbox:
        """Storefronts' deliveries that are still to be carried out."""
        return SqlStorefrontInbox(self._connection)

    @cached_property
    def webhooks(self) -> SqlWebhookStore:
        """Outward webhooks, and deliveries to us that were refused."""
        return SqlWebhookStore(self._connection)
