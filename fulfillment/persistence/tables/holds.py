"""Tables of holds, and of what orders have in common with others of the same customer."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table, text

from fulfillment.persistence.tables.metadata import Json, UtcDateTime, metadata

IS_OPEN = text("closed_at IS NULL")

holds = Table(
    "holds",
    metadata,
    Column("hold_id", String, primary_key=True),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("kinds", Json, nullable=False),
    Column("reason", String, nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("question", String, nullable=False),
    Column("asked_at", UtcDateTime),
    Column("reply", String, nullable=False),
    Column("answer", String),
    Column("remark", String, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("closed_by", String),
    CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed_has_person"),
    CheckConstraint("answer IS NULL OR closed_at IS NOT NULL", name="answered_is_closed"),
    Index(
        "uq_holds_order_id_open",
        "order_id",
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    ),
    Index(None, "order_id"),
)

order_traits = Table(
    "order_traits",
    metadata,
    Column("order_id", ForeignKey("orders.order_id"), primary_key=True),
    Column("kind", String, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "kind", "digest", "at"),
)
