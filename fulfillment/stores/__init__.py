"""The stores of the record of things, as Protocols; one unit of work holds them all.

Every method works inside the unit of work's transaction. Times come from the caller.
"""

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
from fulfillment.stores.unit_of_work import UnitOfWork

__all__ = [
    "BackOrderStore",
    "BatchStore",
    "BookStore",
    "CarrierNoteStore",
    "CatalogStore",
    "ChangeStore",
    "EffectStore",
    "FloorReportStore",
    "FulfillmentStore",
    "GivenUpStore",
    "HoldStore",
    "JournalStore",
    "ManifestStore",
    "OrderStore",
    "ParcelStore",
    "PaymentStore",
    "PrivacyStore",
    "RefundStore",
    "ReplacingStore",
    "ReturnStore",
    "ScanStore",
    "StockStore",
    "StorefrontInbox",
    "StorefrontStore",
    "SupplyStore",
    "TaskStore",
    "TraitStore",
    "UnitOfWork",
    "WorkloadStore",
]
