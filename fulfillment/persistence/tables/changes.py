"""Tables of what was changed of orders on their customers' wish, and what it makes people do."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table

from fulfillment.persistence.tables.metadata import Json, UtcDateTime, metadata

put_back_lines = Table(
    "put_back_lines",
    metadata,
    Column("put_back_id", String, primary_key=True),
    Column("fulfillment_id", ForeignKey("fulfillments.fulfillment_id"), nullable=False),
    Column("sku", ForeignKey("articles.sku"), nullable=False),
    Column("lot", String, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("source", String, nullable=False),
    Column("bin_id", ForeignKey("bins.bin_id"), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Column("done_by", String),
    Column("outcome", String),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="done_has_person"),
    Index(None, "fulfillment_id"),
)

amendments = Table(
    "amendments",
    metadata,
    Column("amendment_id", String, primary_key=True),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("change", Json, nullable=False),
    Index(None, "order_id"),
)
