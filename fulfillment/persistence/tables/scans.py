"""Tables of scanner sessions: who holds one, and every scan, refused ones too."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from fulfillment.persistence.tables.metadata import Json, UtcDateTime, metadata

scan_sessions = Table(
    "scan_sessions",
    metadata,
    Column("session_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("batch_id", ForeignKey("pick_batches.batch_id"), nullable=False),
    Column("warehouse_id", ForeignKey("warehouses.warehouse_id"), nullable=False),
    Column("by", String, nullable=False),
    Column("device", String, nullable=False),
    Column("held_since", UtcDateTime, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    CheckConstraint("kind IN ('pick', 'sort')", name="kind_known"),
    Index(None, "batch_id"),
    Index(None, "device", "closed_at"),
)

scans = Table(
    "scans",
    metadata,
    Column("session_id", ForeignKey("scan_sessions.session_id"), primary_key=True),
    Column("scan_no", Integer, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("code", String, nullable=False),
    Column("quantity", Integer),
    Column("by", String, nullable=False),
    Column("device", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("supervisor", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("refused", Boolean, nullable=False),
    Column("accepted", Json),
    Column("request_hash", String(64), nullable=False),
    Column("answer", Json, nullable=False),
    CheckConstraint("scan_no > 0", name="number_positive"),
    CheckConstraint("(supervisor = '') = (reason = '')", name="override_has_reason"),
    Index(None, "at"),
)
