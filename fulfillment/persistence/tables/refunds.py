"""Tables of refunds, and of the units they are for."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
)

from fulfillment.persistence.tables.metadata import RowNumber, UtcDateTime, metadata

refunds = Table(
    "refunds",
    metadata,
    Column("number", RowNumber, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("extra_minor", BigInteger, nullable=False),
    Column("fee_minor", BigInteger, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("reason", String, nullable=False),
    Column("state", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    CheckConstraint("state IN ('asked', 'made', 'declined', 'owed')", name="state_known"),
    CheckConstraint("extra_minor >= 0 AND fee_minor >= 0", name="not_negative"),
    CheckConstraint("amount_minor >= 0", name="amount_not_negative"),
    Index(None, "order_id"),
)

refunded_units = Table(
    "refunded_units",
    metadata,
    Column("order_id", String, primary_key=True),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("unit_no", Integer, primary_key=True, autoincrement=False),
    Column("key", ForeignKey("refunds.key"), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ["order_id", "line_no", "unit_no"],
        ["order_units.order_id", "order_units.line_no", "order_units.unit_no"],
    ),
    Index(None, "key"),
)
"""The primary key lets no unit be refunded twice."""

refund_parts = Table(
    "refund_parts",
    metadata,
    Column("key", String, primary_key=True),
    Column("refund_key", ForeignKey("refunds.key"), nullable=False),
    Column("reference", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    Index(None, "refund_key"),
)
"""What of a refund each of the gateway's references gives back, on record before it is asked."""
