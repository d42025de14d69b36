"""Tasks, parcels, labels, documents and tracking."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Go to this version."""
    _create_tasks()
    _create_parcels()
    _create_documents()
    _create_labels()
    _create_tracking_events()


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("tracking_events")
    op.drop_table("labels")
    op.drop_table("documents")
    op.drop_table("parcels")
    op.drop_table("tasks")


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fulfillment_id", sa.String(), nullable=True),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("batch_id", sa.String(), nullable=True),
        sa.Column("warehouse_id", sa.String(), nullable=False),
        sa.Column("plan", JSON, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("escalations", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (closed_at IS NULL)", name=op.f("ck_tasks_closed_has_time")
        ),
        sa.CheckConstraint(
            "(fulfillment_id IS NULL) = (order_id IS NULL)",
            name=op.f("ck_tasks_fulfillment_has_order"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'closed')", name=op.f("ck_tasks_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["fulfillments.fulfillment_id"],
            name=op.f("fk_tasks_fulfillment_id"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_tasks_order_id")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouses.warehouse_id"], name=op.f("fk_tasks_warehouse_id")
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_tasks")),
    )
    op.create_index(op.f("ix_tasks_batch_id"), "tasks", ["batch_id"])
    op.create_index(op.f("ix_tasks_fulfillment_id"), "tasks", ["fulfillment_id"])
    op.create_index(op.f("ix_tasks_state_opened_at"), "tasks", ["state", "opened_at"])


def _create_parcels() -> None:
    op.create_table(
        "parcels",
        sa.Column("parcel_id", sa.String(), nullable=False),
        sa.Column("fulfillment_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("carton_id", sa.String(), nullable=False),
        sa.Column("outer_length_mm", sa.Integer(), nullable=False),
        sa.Column("outer_width_mm", sa.Integer(), nullable=False),
        sa.Column("outer_height_mm", sa.Integer(), nullable=False),
        sa.Column("gross_weight_g", sa.Integer(), nullable=False),
        sa.Column("contents", JSON, nullable=False),
        sa.Column("sscc", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["carton_id"], ["carton_types.carton_id"], name=op.f("fk_parcels_carton_id")
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["fulfillments.fulfillment_id"],
            name=op.f("fk_parcels_fulfillment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_parcels_order_id")
        ),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_parcels")),
        sa.UniqueConstraint(
            "fulfillment_id", "number", name=op.f("uq_parcels_fulfillment_id_number")
        ),
        sa.UniqueConstraint("sscc", name=op.f("uq_parcels_sscc")),
    )


def _create_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("parcel_id", sa.String(), nullable=True),
        sa.Column("says", JSON, nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_documents_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["parcels.parcel_id"], name=op.f("fk_documents_parcel_id")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_order_id"), "documents", ["order_id"])


def _create_labels() -> None:
    op.create_table(
        "labels",
        sa.Column("label_id", sa.String(), nullable=False),
        sa.Column("parcel_id", sa.String(), nullable=False),
        sa.Column("tracking_number", sa.String(), nullable=False),
        sa.Column("carrier_id", sa.String(), nullable=False),
        sa.Column("service_id", sa.String(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("carrier_reference", sa.String(), nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.document_id"], name=op.f("fk_labels_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["parcels.parcel_id"], name=op.f("fk_labels_parcel_id")
        ),
        sa.PrimaryKeyConstraint("label_id", name=op.f("pk_labels")),
    )
    op.create_index(
        "uq_labels_live_parcel_id",
        "labels",
        ["parcel_id"],
        unique=True,
        sqlite_where=sa.text("NOT voided"),
        postgresql_where=sa.text("NOT voided"),
    )
    op.create_index(
        "uq_labels_live_tracking_number",
        "labels",
        ["tracking_number"],
        unique=True,
        sqlite_where=sa.text("NOT voided"),
        postgresql_where=sa.text("NOT voided"),
    )


def _create_tracking_events() -> None:
    op.create_table(
        "tracking_events",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("tracking_number", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("exception", sa.String(), nullable=True),
        sa.Column("projected_delivery", sa.Date(), nullable=True),
        sa.Column("raw_reference", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_tracking_events")),
    )
    op.create_index(
        op.f("ix_tracking_events_tracking_number"), "tracking_events", ["tracking_number"]
    )
