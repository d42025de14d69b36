"""Tables of money, of what was done once, of messages and of people's actions."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
)

from fulfillment.persistence.tables.metadata import RowNumber, UtcDateTime, metadata

payments = Table(
    "payments",
    metadata,
    Column("order_id", ForeignKey("orders.order_id"), primary_key=True),
    Column("method", String, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("reference", String),
    Column("authorized_minor", BigInteger, nullable=False),
    Column("captured_minor", BigInteger, nullable=False),
    Column("refunded_minor", BigInteger, nullable=False),
    Column("voided_minor", BigInteger, nullable=False),
    CheckConstraint("voided_minor >= 0 AND refunded_minor >= 0", name="not_negative"),
    CheckConstraint("captured_minor >= refunded_minor", name="refunded_within_captured"),
    CheckConstraint(
        "authorized_minor >= captured_minor + voided_minor", name="captured_within_authorized"
    ),
)

effects = Table(
    "effects",
    metadata,
    Column("number", RowNumber, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("step", String, nullable=False),
    Column("order_id", ForeignKey("orders.order_id", deferrable=True, initially="DEFERRED")),
    Column("request_hash", String(64), nullable=False),
    Column("result", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "order_id", "step"),
)

notices = Table(
    "notices",
    metadata,
    Column("number", RowNumber, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("fulfillment_id", ForeignKey("fulfillments.fulfillment_id")),
    Column("kind", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Index(None, "order_id", "kind"),
)

actions = Table(
    "actions",
    metadata,
    Column("number", RowNumber, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String, nullable=False),
    Column("action", String, nullable=False),
    Column("order_id", String),
    Column("fulfillment_id", String),
    Column("detail", String, nullable=False),
    Column("refused", Boolean, nullable=False),
    Index(None, "order_id"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
    CheckConstraint("value > 0", name="value_positive"),
)
