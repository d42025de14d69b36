"""The tables of the record of things, by subject."""

from fulfillment.persistence.tables.batches import (
    batch_picks,
    pick_batch_members,
    pick_batches,
    put_backs,
)
from fulfillment.persistence.tables.catalog import articles, bins, carton_types, warehouses
from fulfillment.persistence.tables.floor import (
    carrier_notes,
    documents,
    labels,
    parcels,
    tasks,
    tracking_events,
)
from fulfillment.persistence.tables.given_up import given_up_parcels
from fulfillment.persistence.tables.lots import lots
from fulfillment.persistence.tables.metadata import metadata
from fulfillment.persistence.tables.ordering import (
    fulfillment_lines,
    fulfillments,
    line_substitutes,
    order_lines,
    order_units,
    orders,
)
from fulfillment.persistence.tables.record import actions, counters, effects, notices, payments
from fulfillment.persistence.tables.refunds import refunded_units, refunds
from fulfillment.persistence.tables.scans import scan_sessions, scans
from fulfillment.persistence.tables.stock import account_levels, claims, movements, shelf_stock
from fulfillment.persistence.tables.webhooks import (
    refused_deliveries,
    webhook_deliveries,
    webhook_endpoints,
    webhook_messages,
)

__all__ = [
    "account_levels",
    "actions",
    "articles",
    "batch_picks",
    "bins",
    "carrier_notes",
    "carton_types",
    "claims",
    "counters",
    "documents",
    "effects",
    "fulfillment_lines",
    "fulfillments",
    "given_up_parcels",
    "labels",
    "line_substitutes",
    "lots",
    "metadata",
    "movements",
    "notices",
    "order_lines",
    "order_units",
    "orders",
    "parcels",
    "payments",
    "pick_batch_members",
    "pick_batches",
    "put_backs",
    "refunded_units",
    "refunds",
    "refused_deliveries",
    "scan_sessions",
    "scans",
    "shelf_stock",
    "tasks",
    "tracking_events",
    "warehouses",
    "webhook_deliveries",
    "webhook_endpoints",
    "webhook_messages",
]
