"""Pick batches: who is picked in one walk, the walk, and what goes back to its bin."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Go to this version."""
    _create_batches()
    _create_members()
    _create_picks()
    _create_put_backs()


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("put_backs")
    op.drop_table("batch_picks")
    op.drop_table("pick_batch_members")
    op.drop_table("pick_batches")


def _create_batches() -> None:
    op.create_table(
        "pick_batches",
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("warehouse_id", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("distance_mm", sa.BigInteger(), nullable=False),
        sa.Column("decision", JSON, nullable=False),
        sa.CheckConstraint(
            "stage IN ('picking', 'sorting', 'sorted', 'canceled')",
            name=op.f("ck_pick_batches_stage_known"),
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouses.warehouse_id"], name=op.f("fk_pick_batches_warehouse_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_pick_batches")),
    )
    op.create_index(
        op.f("ix_pick_batches_warehouse_id_planned_at"),
        "pick_batches",
        ["warehouse_id", "planned_at"],
    )


def _create_members() -> None:
    op.create_table(
        "pick_batch_members",
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("fulfillment_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('in', 'withdrawn', 'given_back')",
            name=op.f("ck_pick_batch_members_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["pick_batches.batch_id"], name=op.f("fk_pick_batch_members_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["fulfillments.fulfillment_id"],
            name=op.f("fk_pick_batch_members_fulfillment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_pick_batch_members_order_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", "fulfillment_id", name=op.f("pk_pick_batch_members")),
    )
    op.create_index(
        "uq_pick_batch_members_live_fulfillment_id",
        "pick_batch_members",
        ["fulfillment_id"],
        unique=True,
        sqlite_where=sa.text("state = 'in'"),
        postgresql_where=sa.text("state = 'in'"),
    )


def _create_picks() -> None:
    op.create_table(
        "batch_picks",
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("pick_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("bin_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("fulfillment_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("tote", sa.String(), nullable=False),
        sa.Column("picked", sa.Integer(), nullable=False),
        sa.Column("short", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "quantity > 0 AND picked >= 0 AND short >= 0 AND picked + short <= quantity",
            name=op.f("ck_batch_picks_done_within_quantity"),
        ),
        sa.ForeignKeyConstraint(["bin_id"], ["bins.bin_id"], name=op.f("fk_batch_picks_bin_id")),
        sa.ForeignKeyConstraint(["sku"], ["articles.sku"], name=op.f("fk_batch_picks_sku")),
        sa.ForeignKeyConstraint(
            ["batch_id", "fulfillment_id"],
            ["pick_batch_members.batch_id", "pick_batch_members.fulfillment_id"],
            name=op.f("fk_batch_picks_batch_id_fulfillment_id"),
        ),
        sa.PrimaryKeyConstraint("batch_id", "pick_no", name=op.f("pk_batch_picks")),
    )


def _create_put_backs() -> None:
    op.create_table(
        "put_backs",
        sa.Column("put_back_id", sa.String(), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("fulfillment_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("bin_id", sa.String(), nullable=False),
        sa.Column("tote", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_put_backs_quantity_positive")),
        sa.CheckConstraint(
            "(done_at IS NULL) = (done_by IS NULL)", name=op.f("ck_put_backs_done_has_person")
        ),
        sa.ForeignKeyConstraint(["bin_id"], ["bins.bin_id"], name=op.f("fk_put_backs_bin_id")),
        sa.ForeignKeyConstraint(["sku"], ["articles.sku"], name=op.f("fk_put_backs_sku")),
        sa.ForeignKeyConstraint(
            ["batch_id", "fulfillment_id"],
            ["pick_batch_members.batch_id", "pick_batch_members.fulfillment_id"],
            name=op.f("fk_put_backs_batch_id_fulfillment_id"),
        ),
        sa.PrimaryKeyConstraint("put_back_id", name=op.f("pk_put_backs")),
    )
    op.create_index(op.f("ix_put_backs_batch_id"), "put_backs", ["batch_id"])
