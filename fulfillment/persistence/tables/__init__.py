"""The tables of the record of things, by subject."""

from fulfillment.persistence.tables.batches import (
    batch_picks,
    pick_batch_members,
    pick_batches,
    put_backs,
)
from fulfillment.persistence.tables.catalog import articles, bins, carton_types, warehouses
from fulfillment.persistence.tables.changes import amendments, put_back_lines
from fulfillment.persistence.tables.floor import (
    carrier_notes,
    documents,
    labels,
    parcels,
    tasks,
    tracking_events,
)
from fulfillment.persistence.tables.given_up import given_up_parcels
from fulfillment.persistence.tables.holds import holds, order_traits
from fulfillment.persistence.tables.lots import lots
from fulfillment.persistence.tables.manifests import left_behind, manifest_parcels, manifests
from fulfillment.persistence.tables.metadata import metadata
from fulfillment.persistence.tables.money import (
    authorizations,
    capture_units,
    gateway_requests,
    money_entries,
)
from fulfillment.persistence.tables.ordering import (
    fulfillment_lines,
    fulfillments,
    line_substitutes,
    order_lines,
    order_units,
    orders,
)
from fulfillment.persistence.tables.record import actions, counters, effects, notices, payments
from fulfillment.persistence.tables.refunds import refund_parts, refunded_units, refunds
from fulfillment.persistence.tables.replacing import replacing_units
from fulfillment.persistence.tables.returns import (
    return_parcels,
    return_receipts,
    return_refunds,
    return_units,
    returns,
)
from fulfillment.persistence.tables.scans import scan_sessions, scans
from fulfillment.persistence.tables.stock import account_levels, claims, movements, shelf_stock
from fulfillment.persistence.tables.storefronts import storefront_deliveries, storefront_orders
from fulfillment.persistence.tables.supply import (
    back_order_queue,
    bill_of_materials,
    suppliers,
    supply_components,
    supply_orders,
    supply_sources,
)
from fulfillment.persistence.tables.webhooks import (
    refused_deliveries,
    webhook_deliveries,
    webhook_endpoints,
    webhook_messages,
)

__all__ = [
    "account_levels",
    "actions",
    "amendments",
    "articles",
    "authorizations",
    "back_order_queue",
    "batch_picks",
    "bill_of_materials",
    "bins",
    "capture_units",
    "carrier_notes",
    "carton_types",
    "claims",
    "counters",
    "documents",
    "effects",
    "fulfillment_lines",
    "fulfillments",
    "gateway_requests",
    "given_up_parcels",
    "holds",
    "labels",
    "left_behind",
    "line_substitutes",
    "lots",
    "manifest_parcels",
    "manifests",
    "metadata",
    "money_entries",
    "movements",
    "notices",
    "order_lines",
    "order_traits",
    "order_units",
    "orders",
    "parcels",
    "payments",
    "pick_batch_members",
    "pick_batches",
    "put_back_lines",
    "put_backs",
    "refund_parts",
    "refunded_units",
    "refunds",
    "refused_deliveries",
    "replacing_units",
    "return_parcels",
    "return_receipts",
    "return_refunds",
    "return_units",
    "returns",
    "scan_sessions",
    "scans",
    "shelf_stock",
    "storefront_deliveries",
    "storefront_orders",
    "suppliers",
    "supply_components",
    "supply_orders",
    "supply_sources",
    "tasks",
    "tracking_events",
    "warehouses",
    "webhook_deliveries",
    "webhook_endpoints",
    "webhook_messages",
]
