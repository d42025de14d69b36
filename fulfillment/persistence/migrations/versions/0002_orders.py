"""Orders, what their units cost, and fulfillments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Go to this version."""
    _create_orders()
    _create_order_lines()
    _create_fulfillments()
    _create_fulfillment_lines()
    _create_order_units()


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("order_units")
    op.drop_table("fulfillment_lines")
    op.drop_table("fulfillments")
    op.drop_table("order_lines")
    op.drop_table("orders")


def _create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("workflow_id", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payment_method", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("blocked_on", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sla_due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome_kind", sa.String(), nullable=True),
        sa.Column("outcome_summary", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(stage = 'settled') = (outcome_kind IS NOT NULL)",
            name=op.f("ck_orders_settled_has_outcome"),
        ),
        sa.CheckConstraint(
            "(outcome_kind IS NULL) = (outcome_summary IS NULL)",
            name=op.f("ck_orders_outcome_has_summary"),
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_orders")),
    )
    op.create_index(op.f("ix_orders_stage"), "orders", ["stage"])


def _create_order_lines() -> None:
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("ordered", sa.Integer(), nullable=False),
        sa.Column("canceled", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "canceled >= 0 AND canceled <= ordered",
            name=op.f("ck_order_lines_canceled_within_ordered"),
        ),
        sa.CheckConstraint("ordered > 0", name=op.f("ck_order_lines_ordered_positive")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_order_lines_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", "line_no", name=op.f("pk_order_lines")),
    )
    op.create_index(op.f("ix_order_lines_sku"), "order_lines", ["sku"])


def _create_fulfillments() -> None:
    op.create_table(
        "fulfillments",
        sa.Column("fulfillment_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("warehouse_id", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("stage_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ship_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("urgent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("slot", sa.String(), nullable=True),
        sa.Column("carrier_id", sa.String(), nullable=True),
        sa.Column("service_id", sa.String(), nullable=True),
        sa.Column("pickup_reference", sa.String(), nullable=True),
        sa.Column("pickup_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pickup_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(released_at IS NULL) = (ship_by IS NULL)",
            name=op.f("ck_fulfillments_released_has_ship_by"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_fulfillments_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouses.warehouse_id"], name=op.f("fk_fulfillments_warehouse_id")
        ),
        sa.PrimaryKeyConstraint("fulfillment_id", name=op.f("pk_fulfillments")),
        sa.UniqueConstraint("order_id", "number", name=op.f("uq_fulfillments_order_id_number")),
    )
    op.create_index(op.f("ix_fulfillments_stage"), "fulfillments", ["stage"])
    op.create_index(
        "uq_fulfillments_slot_held",
        "fulfillments",
        ["warehouse_id", "slot"],
        unique=True,
        sqlite_where=sa.text(
            "slot IS NOT NULL AND stage IN ('released', 'picking', 'sorting', 'packing')"
        ),
        postgresql_where=sa.text(
            "slot IS NOT NULL AND stage IN ('released', 'picking', 'sorting', 'packing')"
        ),
    )


def _create_fulfillment_lines() -> None:
    op.create_table(
        "fulfillment_lines",
        sa.Column("fulfillment_id", sa.String(), nullable=False),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("picked", sa.Integer(), nullable=False),
        sa.Column("packed", sa.Integer(), nullable=False),
        sa.Column("shipped", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "planned >= picked AND picked >= packed AND packed >= shipped"
            " AND shipped >= delivered AND delivered >= 0",
            name=op.f("ck_fulfillment_lines_steps_in_order"),
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["fulfillments.fulfillment_id"],
            name=op.f("fk_fulfillment_lines_fulfillment_id"),
        ),
        sa.PrimaryKeyConstraint(
            "fulfillment_id", "line_no", "sku", name=op.f("pk_fulfillment_lines")
        ),
    )


def _create_order_units() -> None:
    op.create_table(
        "order_units",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fulfillment_id", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["fulfillments.fulfillment_id"],
            name=op.f("fk_order_units_fulfillment_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "line_no"],
            ["order_lines.order_id", "order_lines.line_no"],
            name=op.f("fk_order_units_order_id_line_no"),
        ),
        sa.PrimaryKeyConstraint("order_id", "line_no", "unit_no", name=op.f("pk_order_units")),
    )
    op.create_index(op.f("ix_order_units_fulfillment_id"), "order_units", ["fulfillment_id"])
