"""Tables of work for people, of parcels, labels and printed things, and of what carriers said."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from fulfillment.persistence.tables.metadata import Json, JsonOrNull, UtcDateTime, metadata

LIVE_LABEL = text("NOT voided")

tasks = Table(
    "tasks",
    metadata,
    Column("task_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("fulfillment_id", ForeignKey("fulfillments.fulfillment_id")),
    Column("order_id", ForeignKey("orders.order_id")),
    Column("batch_id", String),
    Column("warehouse_id", ForeignKey("warehouses.warehouse_id"), nullable=False),
    Column("plan", Json, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("state", String, nullable=False),
    Column("assignee", String),
    Column("closed_at", UtcDateTime),
    Column("closed_by", String),
    Column("reminders", Integer, nullable=False),
    Column("escalations", Integer, nullable=False),
    CheckConstraint("state IN ('open', 'done', 'closed')", name="state_known"),
    CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_has_time"),
    CheckConstraint("(fulfillment_id IS NULL) = (order_id IS NULL)", name="fulfillment_has_order"),
    Index(None, "batch_id"),
    Index(None, "fulfillment_id"),
    Index(None, "state", "opened_at"),
)

parcels = Table(
    "parcels",
    metadata,
    Column("parcel_id", String, primary_key=True),
    Column("fulfillment_id", ForeignKey("fulfillments.fulfillment_id"), nullable=False),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("carton_id", ForeignKey("carton_types.carton_id"), nullable=False),
    Column("outer_length_mm", Integer, nullable=False),
    Column("outer_width_mm", Integer, nullable=False),
    Column("outer_height_mm", Integer, nullable=False),
    Column("gross_weight_g", Integer, nullable=False),
    Column("contents", Json, nullable=False),
    Column("sscc", String, unique=True),
    UniqueConstraint("fulfillment_id", "number"),
)

documents = Table(
    "documents",
    metadata,
    Column("document_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("media_type", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("order_id", ForeignKey("orders.order_id")),
    Column("parcel_id", ForeignKey("parcels.parcel_id")),
    Column("says", JsonOrNull),
    Index(None, "order_id"),
)

labels = Table(
    "labels",
    metadata,
    Column("label_id", String, primary_key=True),
    Column("parcel_id", ForeignKey("parcels.parcel_id"), nullable=False),
    Column("tracking_number", String, nullable=False),
    Column("carrier_id", String, nullable=False),
    Column("service_id", String, nullable=False),
    Column("cost_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("document_id", ForeignKey("documents.document_id"), nullable=False),
    Column("carrier_reference", String, nullable=False),
    Column("voided", Boolean, nullable=False),
    Index(
        "uq_labels_live_parcel_id",
        "parcel_id",
        unique=True,
        sqlite_where=LIVE_LABEL,
        postgresql_where=LIVE_LABEL,
    ),
    Index(
        "uq_labels_live_tracking_number",
        "tracking_number",
        unique=True,
        sqlite_where=LIVE_LABEL,
        postgresql_where=LIVE_LABEL,
    ),
)

tracking_events = Table(
    "tracking_events",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("tracking_number", String, nullable=False),
    Column("status", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("place", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("exception", String),
    Column("projected_delivery", Date),
    Column("raw_reference", String, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Index(None, "tracking_number"),
)

carrier_notes = Table(
    "carrier_notes",
    metadata,
    Column("key", String, primary_key=True),
    Column("text", Text, nullable=False),
)
