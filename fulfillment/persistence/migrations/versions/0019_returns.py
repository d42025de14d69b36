"""Returns: what is announced, comes back, is found and given back; and an article's own terms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
LIVE_UNIT = sa.text("state <> 'released'")


def upgrade() -> None:
    """Go to this version."""
    _add_terms()
    _create_returns()
    _create_units()
    _create_parcels()
    _create_receipts()
    _create_refunds()


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("return_refunds")
    op.drop_table("return_receipts")
    op.drop_table("return_parcels")
    op.drop_table("return_units")
    op.drop_table("returns")
    with op.batch_alter_table("articles") as articles:
        articles.drop_column("restocking_fee_percent")
        articles.drop_column("return_window_days")
        articles.drop_column("final_sale")


def _add_terms() -> None:
    with op.batch_alter_table("articles") as articles:
        articles.add_column(
            sa.Column("final_sale", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        articles.add_column(sa.Column("return_window_days", sa.Integer(), nullable=True))
        articles.add_column(sa.Column("restocking_fee_percent", sa.Integer(), nullable=True))


def _create_returns() -> None:
    op.create_table(
        "returns",
        sa.Column("return_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("warehouse_id", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("stage_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request", JSON, nullable=False),
        sa.Column("policy", JSON, nullable=False),
        sa.Column("approval", JSON, nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("label_due_minor", sa.BigInteger(), nullable=False),
        sa.Column("linked_order_id", sa.String(), nullable=True),
        sa.CheckConstraint("label_due_minor >= 0", name=op.f("ck_returns_label_not_negative")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_returns_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouses.warehouse_id"], name=op.f("fk_returns_warehouse_id")
        ),
        sa.PrimaryKeyConstraint("return_id", name=op.f("pk_returns")),
    )
    op.create_index(op.f("ix_returns_order_id"), "returns", ["order_id"])
    op.create_index(op.f("ix_returns_stage"), "returns", ["stage"])


def _create_units() -> None:
    op.create_table(
        "return_units",
        sa.Column("return_id", sa.String(), nullable=False),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("fulfillment_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("fee_percent", sa.Integer(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("condition", sa.String(), nullable=True),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("loss_percent", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("refund_no", sa.Integer(), nullable=True),
        sa.Column("shipping_kept_minor", sa.BigInteger(), nullable=False),
        sa.Column("from_carrier", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint(
            "NOT accepted OR state = 'inspected'",
            name=op.f("ck_return_units_accepted_is_inspected"),
        ),
        sa.CheckConstraint(
            "(state = 'inspected') = (disposition IS NOT NULL)",
            name=op.f("ck_return_units_inspected_has_place"),
        ),
        sa.CheckConstraint(
            "shipping_kept_minor >= 0", name=op.f("ck_return_units_kept_not_negative")
        ),
        sa.CheckConstraint(
            "refund_no IS NULL OR accepted", name=op.f("ck_return_units_refunded_is_accepted")
        ),
        sa.CheckConstraint(
            "state IN ('announced', 'received', 'inspected', 'released')",
            name=op.f("ck_return_units_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["fulfillments.fulfillment_id"],
            name=op.f("fk_return_units_fulfillment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "line_no", "unit_no"],
            ["order_units.order_id", "order_units.line_no", "order_units.unit_no"],
            name=op.f("fk_return_units_order_id_line_no_unit_no"),
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["returns.return_id"], name=op.f("fk_return_units_return_id")
        ),
        sa.ForeignKeyConstraint(["sku"], ["articles.sku"], name=op.f("fk_return_units_sku")),
        sa.PrimaryKeyConstraint("return_id", "line_no", "unit_no", name=op.f("pk_return_units")),
    )
    op.create_index(op.f("ix_return_units_order_id"), "return_units", ["order_id"])
    op.create_index(
        "uq_return_units_live_unit",
        "return_units",
        ["order_id", "line_no", "unit_no"],
        unique=True,
        sqlite_where=LIVE_UNIT,
        postgresql_where=LIVE_UNIT,
    )


def _create_parcels() -> None:
    op.create_table(
        "return_parcels",
        sa.Column("parcel_id", sa.String(), nullable=False),
        sa.Column("return_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("outer_length_mm", sa.Integer(), nullable=False),
        sa.Column("outer_width_mm", sa.Integer(), nullable=False),
        sa.Column("outer_height_mm", sa.Integer(), nullable=False),
        sa.Column("gross_weight_g", sa.Integer(), nullable=False),
        sa.Column("contents", JSON, nullable=False),
        sa.Column("sscc", sa.String(), nullable=False),
        sa.Column("tracking_number", sa.String(), nullable=True),
        sa.Column("carrier_id", sa.String(), nullable=True),
        sa.Column("service_id", sa.String(), nullable=True),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("document_id", sa.String(), nullable=True),
        sa.Column("carrier_reference", sa.String(), nullable=False),
        sa.Column("voided", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.document_id"], name=op.f("fk_return_parcels_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["returns.return_id"], name=op.f("fk_return_parcels_return_id")
        ),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_return_parcels")),
        sa.UniqueConstraint("return_id", "number", name=op.f("uq_return_parcels_return_id_number")),
        sa.UniqueConstraint("sscc", name=op.f("uq_return_parcels_sscc")),
    )
    op.create_index(
        op.f("ix_return_parcels_tracking_number"), "return_parcels", ["tracking_number"]
    )


def _create_receipts() -> None:
    op.create_table(
        "return_receipts",
        sa.Column("return_id", sa.String(), nullable=False),
        sa.Column("receipt_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("receipt_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("items", JSON, nullable=False),
        sa.Column("strays", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["return_id"], ["returns.return_id"], name=op.f("fk_return_receipts_return_id")
        ),
        sa.PrimaryKeyConstraint("return_id", "receipt_no", name=op.f("pk_return_receipts")),
        sa.UniqueConstraint(
            "return_id", "receipt_id", name=op.f("uq_return_receipts_return_id_receipt_id")
        ),
    )


def _create_refunds() -> None:
    op.create_table(
        "return_refunds",
        sa.Column("return_id", sa.String(), nullable=False),
        sa.Column("refund_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("extra_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("shipping_kept_minor", sa.BigInteger(), nullable=False),
        sa.Column("label_minor", sa.BigInteger(), nullable=False),
        sa.Column("exchange_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "amount_minor >= 0 AND extra_minor >= 0 AND shipping_kept_minor >= 0"
            " AND label_minor >= 0 AND exchange_minor >= 0"
            " AND fee_minor >= shipping_kept_minor + label_minor + exchange_minor",
            name=op.f("ck_return_refunds_parts_add_up"),
        ),
        sa.CheckConstraint(
            "state IN ('due', 'done', 'declined')", name=op.f("ck_return_refunds_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["return_id"], ["returns.return_id"], name=op.f("fk_return_refunds_return_id")
        ),
        sa.PrimaryKeyConstraint("return_id", "refund_no", name=op.f("pk_return_refunds")),
    )
