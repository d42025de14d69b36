"""Tables of outward webhooks, and of deliveries to us that were refused."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from fulfillment.persistence.tables.metadata import Json, RowNumber, UtcDateTime, metadata

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("endpoint_id", String, primary_key=True),
    Column("url", String, nullable=False),
    Column("event_types", Json, nullable=False),
    Column("secret", String, nullable=False),
    Column("previous_secret", String),
    Column("previous_until", UtcDateTime),
    Column("enabled", Boolean, nullable=False),
    Column("disabled_because", String, nullable=False),
    Column("failing_since", UtcDateTime),
    Column("paused_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint(
        "(previous_secret IS NULL) = (previous_until IS NULL)", name="previous_has_end"
    ),
)

webhook_messages = Table(
    "webhook_messages",
    metadata,
    Column("number", RowNumber, primary_key=True),
    Column("message_id", String, nullable=False, unique=True),
    Column("order_id", ForeignKey("orders.order_id")),
    Column("sequence", Integer, nullable=False),
    Column("type", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("data", Json, nullable=False),
    CheckConstraint("(order_id IS NULL) = (sequence = 0)", name="order_has_sequence"),
    UniqueConstraint("order_id", "sequence"),
    Index(None, "at"),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("message_id", ForeignKey("webhook_messages.message_id"), primary_key=True),
    # No reference: an order must not fail because its endpoint is removed at that moment.
    Column("endpoint_id", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    Column("last_attempt_at", UtcDateTime),
    Column("status", Integer),
    Column("error", String, nullable=False),
    CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state_known"),
    CheckConstraint("(state = 'pending') = (next_attempt_at IS NOT NULL)", name="pending_has_time"),
    CheckConstraint("state <> 'failed' OR error <> ''", name="failed_has_reason"),
    Index(None, "endpoint_id", "state", "next_attempt_at"),
)

refused_deliveries = Table(
    "refused_deliveries",
    metadata,
    Column("number", RowNumber, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("storefront", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("delivery_id", String, nullable=False),
    Column("order_id", String),
    Column("code", String, nullable=False),
    Column("fields", Json, nullable=False),
    Index(None, "storefront", "delivery_id"),
)
