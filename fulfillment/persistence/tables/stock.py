"""Tables of the ledger of goods, the levels that follow from it, and the claims."""

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
    UniqueConstraint,
    text,
)

from fulfillment.persistence.tables.metadata import RowNumber, UtcDateTime, metadata

OPEN_CLAIM = text("state = 'open'")

movements = Table(
    "movements",
    metadata,
    Column("number", RowNumber, primary_key=True),
    Column("key", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("sku", ForeignKey("articles.sku"), nullable=False),
    Column("lot", String, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("source", String, nullable=False),
    Column("target", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String, nullable=False),
    Column("reason", String, nullable=False),
    UniqueConstraint("key", "position"),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint("source <> target", name="goes_elsewhere"),
)

account_levels = Table(
    "account_levels",
    metadata,
    Column("account", String, primary_key=True),
    Column("sku", ForeignKey("articles.sku"), primary_key=True),
    Column("lot", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("bin_id", ForeignKey("bins.bin_id")),
    Column("quantity", BigInteger, nullable=False),
    CheckConstraint(
        "quantity >= 0 OR kind IN ('supplier', 'production', 'adjustment')",
        name="physical_not_negative",
    ),
    CheckConstraint("(kind = 'bin') = (bin_id IS NOT NULL)", name="bin_is_known"),
    Index(None, "sku"),
    Index(None, "bin_id"),
)

shelf_stock = Table(
    "shelf_stock",
    metadata,
    Column("warehouse_id", ForeignKey("warehouses.warehouse_id"), primary_key=True),
    Column("sku", ForeignKey("articles.sku"), primary_key=True),
    Column("on_hand", BigInteger, nullable=False),
    Column("claimed", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("claimed >= 0 AND claimed <= on_hand", name="claimed_within_on_hand"),
)

claims = Table(
    "claims",
    metadata,
    Column("claim_id", String, primary_key=True),
    Column("order_id", String, nullable=False),
    Column(
        "fulfillment_id",
        ForeignKey("fulfillments.fulfillment_id", deferrable=True, initially="DEFERRED"),
        nullable=False,
    ),
    Column("line_no", Integer, nullable=False),
    Column("warehouse_id", String, nullable=False),
    Column("sku", String, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("bin_id", ForeignKey("bins.bin_id")),
    Column("lot", String, nullable=False),
    Column("state", String, nullable=False),
    ForeignKeyConstraint(["order_id", "line_no"], ["order_lines.order_id", "order_lines.line_no"]),
    ForeignKeyConstraint(["warehouse_id", "sku"], ["shelf_stock.warehouse_id", "shelf_stock.sku"]),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint("state IN ('open', 'consumed', 'released')", name="state_known"),
    Index(None, "fulfillment_id"),
    Index(
        "ix_claims_open_in_bin",
        "bin_id",
        sqlite_where=OPEN_CLAIM,
        postgresql_where=OPEN_CLAIM,
    ),
)
