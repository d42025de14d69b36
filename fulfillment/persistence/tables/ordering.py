"""Tables of orders, what their units cost, and each warehouse's share."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from fulfillment.persistence.tables.metadata import Json, UtcDateTime, metadata

HOLDS_SLOT = text("slot IS NOT NULL AND stage IN ('released', 'picking', 'sorting', 'packing')")
"""From labeling on, the goods are in their cartons and the put wall slot is free again."""

orders = Table(
    "orders",
    metadata,
    Column("order_id", String, primary_key=True),
    Column("content", Json, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("workflow_id", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("payment_method", String, nullable=False),
    Column("stage", String, nullable=False),
    Column("blocked_on", String, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("stage_since", UtcDateTime, nullable=False),
    Column("sla_due", UtcDateTime, nullable=False),
    Column("outcome_kind", String),
    Column("outcome_summary", String),
    CheckConstraint("(stage = 'settled') = (outcome_kind IS NOT NULL)", name="settled_has_outcome"),
    CheckConstraint(
        "(outcome_kind IS NULL) = (outcome_summary IS NULL)", name="outcome_has_summary"
    ),
    Index(None, "stage"),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("order_id", ForeignKey("orders.order_id"), primary_key=True),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("sku", String, nullable=False),
    Column("ordered", Integer, nullable=False),
    Column("canceled", Integer, nullable=False, server_default="0"),
    CheckConstraint("ordered > 0", name="ordered_positive"),
    CheckConstraint("canceled >= 0 AND canceled <= ordered", name="canceled_within_ordered"),
    Index(None, "sku"),
)

line_substitutes = Table(
    "line_substitutes",
    metadata,
    Column("order_id", String, primary_key=True),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("sku", String, primary_key=True),
    ForeignKeyConstraint(["order_id", "line_no"], ["order_lines.order_id", "order_lines.line_no"]),
    Index(None, "sku"),
)

fulfillments = Table(
    "fulfillments",
    metadata,
    Column("fulfillment_id", String, primary_key=True),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("warehouse_id", ForeignKey("warehouses.warehouse_id"), nullable=False),
    Column("stage", String, nullable=False),
    Column("stage_since", UtcDateTime, nullable=False),
    Column("released_at", UtcDateTime),
    Column("ship_by", UtcDateTime),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    Column("slot", String),
    Column("carrier_id", String),
    Column("service_id", String),
    Column("pickup_reference", String),
    Column("pickup_from", UtcDateTime),
    Column("pickup_until", UtcDateTime),
    UniqueConstraint("order_id", "number"),
    CheckConstraint("(released_at IS NULL) = (ship_by IS NULL)", name="released_has_ship_by"),
    Index(
        "uq_fulfillments_slot_held",
        "warehouse_id",
        "slot",
        unique=True,
        sqlite_where=HOLDS_SLOT,
        postgresql_where=HOLDS_SLOT,
    ),
    Index(None, "stage"),
)

fulfillment_lines = Table(
    "fulfillment_lines",
    metadata,
    Column("fulfillment_id", ForeignKey("fulfillments.fulfillment_id"), primary_key=True),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("sku", String, primary_key=True),
    Column("planned", Integer, nullable=False),
    Column("picked", Integer, nullable=False),
    Column("packed", Integer, nullable=False),
    Column("shipped", Integer, nullable=False),
    Column("delivered", Integer, nullable=False),
    Column("resent", Integer, nullable=False, server_default="0"),
    Column("refunded", Integer, nullable=False, server_default="0"),
    CheckConstraint(
        "planned >= picked AND picked >= packed AND packed >= shipped"
        " AND shipped >= delivered AND delivered >= 0",
        name="steps_in_order",
    ),
)

order_units = Table(
    "order_units",
    metadata,
    Column("order_id", String, primary_key=True),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("unit_no", Integer, primary_key=True, autoincrement=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column(
        "fulfillment_id",
        ForeignKey("fulfillments.fulfillment_id", deferrable=True, initially="DEFERRED"),
    ),
    ForeignKeyConstraint(["order_id", "line_no"], ["order_lines.order_id", "order_lines.line_no"]),
    Index(None, "fulfillment_id"),
)
