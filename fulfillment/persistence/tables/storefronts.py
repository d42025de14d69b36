"""Tables of what storefronts have said of their orders, and of what is still to be done of it."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table

from fulfillment.persistence.tables.metadata import JsonOrNull, UtcDateTime, metadata

storefront_orders = Table(
    "storefront_orders",
    metadata,
    # No reference: of an order that ended before it came, nothing else is on record.
    Column("order_id", String, primary_key=True),
    Column("storefront", String, nullable=False),
    Column("updated_at", UtcDateTime),
    Column("ended", String, nullable=False),
    Column("paid", Boolean, nullable=False),
    Column("seen", JsonOrNull),
    Column("ended_by", String, nullable=False, server_default=""),
)

storefront_deliveries = Table(
    "storefront_deliveries",
    metadata,
    Column("key", String, primary_key=True),
    Column("storefront", String, nullable=False),
    Column("delivery_id", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("order_id", String),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", String, nullable=False),
    Index(None, "next_attempt_at"),
    Index(None, "order_id"),
)
