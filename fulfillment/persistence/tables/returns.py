"""Tables of returns: what was announced, what came, what was found, what was given back."""

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
    false,
    text,
)

from fulfillment.persistence.tables.metadata import Json, UtcDateTime, metadata

LIVE_UNIT = text("state <> 'released'")

returns = Table(
    "returns",
    metadata,
    Column("return_id", String, primary_key=True),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("warehouse_id", ForeignKey("warehouses.warehouse_id"), nullable=False),
    Column("stage", String, nullable=False),
    Column("stage_since", UtcDateTime, nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("request", Json, nullable=False),
    Column("policy", Json, nullable=False),
    Column("approval", Json, nullable=False),
    Column("outcome", String, nullable=False),
    Column("label_due_minor", BigInteger, nullable=False),
    Column("linked_order_id", String),
    CheckConstraint("label_due_minor >= 0", name="label_not_negative"),
    Index(None, "order_id"),
    Index(None, "stage"),
)

return_units = Table(
    "return_units",
    metadata,
    Column("return_id", ForeignKey("returns.return_id"), primary_key=True),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("unit_no", Integer, primary_key=True, autoincrement=False),
    Column("order_id", String, nullable=False),
    Column("sku", ForeignKey("articles.sku"), nullable=False),
    Column("fulfillment_id", ForeignKey("fulfillments.fulfillment_id"), nullable=False),
    Column("reason", String, nullable=False),
    Column("fee_percent", Integer, nullable=False),
    Column("lot", String, nullable=False),
    Column("state", String, nullable=False),
    Column("condition", String),
    Column("disposition", String),
    Column("loss_percent", Integer, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("refund_no", Integer),
    Column("shipping_kept_minor", BigInteger, nullable=False),
    Column("from_carrier", Boolean, nullable=False, server_default=false()),
    Column("came_as", ForeignKey("articles.sku")),
    ForeignKeyConstraint(
        ["order_id", "line_no", "unit_no"],
        ["order_units.order_id", "order_units.line_no", "order_units.unit_no"],
    ),
    CheckConstraint(
        "state IN ('announced', 'received', 'inspected', 'released')", name="state_known"
    ),
    CheckConstraint(
        "(state = 'inspected') = (disposition IS NOT NULL)", name="inspected_has_place"
    ),
    CheckConstraint("NOT accepted OR state = 'inspected'", name="accepted_is_inspected"),
    CheckConstraint("refund_no IS NULL OR accepted", name="refunded_is_accepted"),
    CheckConstraint("shipping_kept_minor >= 0", name="kept_not_negative"),
    Index(None, "order_id"),
    Index(
        "uq_return_units_live_unit",
        "order_id",
        "line_no",
        "unit_no",
        unique=True,
        sqlite_where=LIVE_UNIT,
        postgresql_where=LIVE_UNIT,
    ),
)

return_parcels = Table(
    "return_parcels",
    metadata,
    Column("parcel_id", String, primary_key=True),
    Column("return_id", ForeignKey("returns.return_id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("outer_length_mm", Integer, nullable=False),
    Column("outer_width_mm", Integer, nullable=False),
    Column("outer_height_mm", Integer, nullable=False),
    Column("gross_weight_g", Integer, nullable=False),
    Column("contents", Json, nullable=False),
    Column("sscc", String, nullable=False, unique=True),
    Column("tracking_number", String),
    Column("carrier_id", String),
    Column("service_id", String),
    Column("cost_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("document_id", ForeignKey("documents.document_id")),
    Column("carrier_reference", String, nullable=False),
    Column("voided", Boolean, nullable=False),
    UniqueConstraint("return_id", "number"),
    Index(None, "tracking_number"),
)

return_receipts = Table(
    "return_receipts",
    metadata,
    Column("return_id", ForeignKey("returns.return_id"), primary_key=True),
    Column("receipt_no", Integer, primary_key=True, autoincrement=False),
    Column("receipt_id", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String, nullable=False),
    Column("items", Json, nullable=False),
    Column("strays", Json, nullable=False),
    UniqueConstraint("return_id", "receipt_id"),
)

return_refunds = Table(
    "return_refunds",
    metadata,
    Column("return_id", ForeignKey("returns.return_id"), primary_key=True),
    Column("refund_no", Integer, primary_key=True, autoincrement=False),
    Column("units", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("extra_minor", BigInteger, nullable=False),
    Column("fee_minor", BigInteger, nullable=False),
    Column("shipping_kept_minor", BigInteger, nullable=False),
    Column("label_minor", BigInteger, nullable=False),
    Column("exchange_minor", BigInteger, nullable=False),
    Column("elsewhere_minor", BigInteger, nullable=False, server_default="0"),
    Column("state", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    CheckConstraint("state IN ('due', 'done', 'declined')", name="state_known"),
    CheckConstraint(
        "amount_minor >= 0 AND extra_minor >= 0 AND shipping_kept_minor >= 0"
        " AND label_minor >= 0 AND exchange_minor >= 0"
        " AND fee_minor >= shipping_kept_minor + label_minor + exchange_minor",
        name="parts_add_up",
    ),
)
