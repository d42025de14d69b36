"""Tables of the money ledger and of authorizations."""

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
)

from fulfillment.persistence.tables.metadata import RowNumber, UtcDateTime, metadata

money_entries = Table(
    "money_entries",
    metadata,
    Column("number", RowNumber, primary_key=True),
    Column("key", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("fulfillment_id", ForeignKey("fulfillments.fulfillment_id")),
    Column("reference", String),
    Column("currency", String(3), nullable=False),
    Column("source", String, nullable=False),
    Column("target", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("key", "kind"),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    CheckConstraint("source <> target", name="moves"),
    Index(None, "order_id"),
)

authorizations = Table(
    "authorizations",
    metadata,
    Column("number", RowNumber, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("reference", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("expires_at", UtcDateTime),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    Index(None, "order_id"),
)
"""What the gateway held for an order, and until when; the last one is the one that counts."""

gateway_requests = Table(
    "gateway_requests",
    metadata,
    Column("key", String, primary_key=True),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("reference", String, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("is_open", Boolean, nullable=False),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    Index(None, "order_id"),
)
"""What the gateway was about to be asked, put on record before; open until its outcome is, too."""

capture_units = Table(
    "capture_units",
    metadata,
    Column("key", String, primary_key=True),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("unit_no", Integer, primary_key=True, autoincrement=False),
    Column("order_id", String, nullable=False),
    ForeignKeyConstraint(
        ["order_id", "line_no", "unit_no"],
        ["order_units.order_id", "order_units.line_no", "order_units.unit_no"],
    ),
    Index(None, "order_id"),
)
"""Of which units a capture takes the amount; the posting under the same key says that it did."""
