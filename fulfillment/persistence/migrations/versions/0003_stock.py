"""The ledger of goods, its levels, and claims."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this version."""
    _create_movements()
    _create_account_levels()
    _create_shelf_stock()
    _create_claims()


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("claims")
    op.drop_table("shelf_stock")
    op.drop_table("account_levels")
    op.drop_table("movements")


def _create_movements() -> None:
    op.create_table(
        "movements",
        sa.Column("number", ROW_NUMBER, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_movements_quantity_positive")),
        sa.CheckConstraint("source <> target", name=op.f("ck_movements_goes_elsewhere")),
        sa.ForeignKeyConstraint(["sku"], ["articles.sku"], name=op.f("fk_movements_sku")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_movements")),
        sa.UniqueConstraint("key", "position", name=op.f("uq_movements_key_position")),
    )


def _create_account_levels() -> None:
    op.create_table(
        "account_levels",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("bin_id", sa.String(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'bin') = (bin_id IS NOT NULL)", name=op.f("ck_account_levels_bin_is_known")
        ),
        sa.CheckConstraint(
            "quantity >= 0 OR kind IN ('supplier', 'production', 'adjustment')",
            name=op.f("ck_account_levels_physical_not_negative"),
        ),
        sa.ForeignKeyConstraint(["bin_id"], ["bins.bin_id"], name=op.f("fk_account_levels_bin_id")),
        sa.ForeignKeyConstraint(["sku"], ["articles.sku"], name=op.f("fk_account_levels_sku")),
        sa.PrimaryKeyConstraint("account", "sku", "lot", name=op.f("pk_account_levels")),
    )
    op.create_index(op.f("ix_account_levels_bin_id"), "account_levels", ["bin_id"])
    op.create_index(op.f("ix_account_levels_sku"), "account_levels", ["sku"])


def _create_shelf_stock() -> None:
    op.create_table(
        "shelf_stock",
        sa.Column("warehouse_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), nullable=False),
        sa.Column("claimed", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "claimed >= 0 AND claimed <= on_hand",
            name=op.f("ck_shelf_stock_claimed_within_on_hand"),
        ),
        sa.ForeignKeyConstraint(["sku"], ["articles.sku"], name=op.f("fk_shelf_stock_sku")),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouses.warehouse_id"], name=op.f("fk_shelf_stock_warehouse_id")
        ),
        sa.PrimaryKeyConstraint("warehouse_id", "sku", name=op.f("pk_shelf_stock")),
    )


def _create_claims() -> None:
    op.create_table(
        "claims",
        sa.Column("claim_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("fulfillment_id", sa.String(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("warehouse_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("bin_id", sa.String(), nullable=True),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'consumed', 'released')", name=op.f("ck_claims_state_known")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_claims_quantity_positive")),
        sa.ForeignKeyConstraint(["bin_id"], ["bins.bin_id"], name=op.f("fk_claims_bin_id")),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["fulfillments.fulfillment_id"],
            name=op.f("fk_claims_fulfillment_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["order_id", "line_no"],
            ["order_lines.order_id", "order_lines.line_no"],
            name=op.f("fk_claims_order_id_line_no"),
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id", "sku"],
            ["shelf_stock.warehouse_id", "shelf_stock.sku"],
            name=op.f("fk_claims_warehouse_id_sku"),
        ),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_fulfillment_id"), "claims", ["fulfillment_id"])
    op.create_index(
        "ix_claims_open_in_bin",
        "claims",
        ["bin_id"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
