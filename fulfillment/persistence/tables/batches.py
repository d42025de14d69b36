"""Tables of pick batches: who is picked in one walk, the walk, and what goes back to its bin."""

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
    text,
)

from fulfillment.persistence.tables.metadata import Json, UtcDateTime, metadata

LIVE_MEMBER = text("state = 'in'")

pick_batches = Table(
    "pick_batches",
    metadata,
    Column("batch_id", String, primary_key=True),
    Column("warehouse_id", ForeignKey("warehouses.warehouse_id"), nullable=False),
    Column("stage", String, nullable=False),
    Column("planned_at", UtcDateTime, nullable=False),
    Column("stage_since", UtcDateTime, nullable=False),
    Column("distance_mm", BigInteger, nullable=False),
    Column("decision", Json, nullable=False),
    CheckConstraint("stage IN ('picking', 'sorting', 'sorted', 'canceled')", name="stage_known"),
    Index(None, "warehouse_id", "planned_at"),
)

pick_batch_members = Table(
    "pick_batch_members",
    metadata,
    Column("batch_id", ForeignKey("pick_batches.batch_id"), primary_key=True),
    Column("fulfillment_id", ForeignKey("fulfillments.fulfillment_id"), primary_key=True),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("slot", String, nullable=False),
    Column("state", String, nullable=False),
    CheckConstraint("state IN ('in', 'withdrawn', 'given_back')", name="state_known"),
    Index(
        "uq_pick_batch_members_live_fulfillment_id",
        "fulfillment_id",
        unique=True,
        sqlite_where=LIVE_MEMBER,
        postgresql_where=LIVE_MEMBER,
    ),
)

batch_picks = Table(
    "batch_picks",
    metadata,
    Column("batch_id", String, primary_key=True),
    Column("pick_no", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False),
    Column("bin_id", ForeignKey("bins.bin_id"), nullable=False),
    Column("sku", ForeignKey("articles.sku"), nullable=False),
    Column("lot", String, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("fulfillment_id", String, nullable=False),
    Column("order_id", String, nullable=False),
    Column("line_no", Integer, nullable=False),
    Column("tote", String, nullable=False),
    Column("picked", Integer, nullable=False),
    Column("short", Integer, nullable=False),
    ForeignKeyConstraint(
        ["batch_id", "fulfillment_id"],
        ["pick_batch_members.batch_id", "pick_batch_members.fulfillment_id"],
    ),
    CheckConstraint(
        "quantity > 0 AND picked >= 0 AND short >= 0 AND picked + short <= quantity",
        name="done_within_quantity",
    ),
)

put_backs = Table(
    "put_backs",
    metadata,
    Column("put_back_id", String, primary_key=True),
    Column("batch_id", String, nullable=False),
    Column("fulfillment_id", String, nullable=False),
    Column("sku", ForeignKey("articles.sku"), nullable=False),
    Column("lot", String, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("bin_id", ForeignKey("bins.bin_id"), nullable=False),
    Column("tote", String, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Column("done_by", String),
    ForeignKeyConstraint(
        ["batch_id", "fulfillment_id"],
        ["pick_batch_members.batch_id", "pick_batch_members.fulfillment_id"],
    ),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done_has_person"),
    Index(None, "batch_id"),
)
