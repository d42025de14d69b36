"""What was given back for which units."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this version."""
    _create_refunds()
    _create_refunded_units()


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("refunded_units")
    op.drop_table("refunds")


def _create_refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("number", ROW_NUMBER, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("extra_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'made', 'declined', 'owed')",
            name=op.f("ck_refunds_state_known"),
        ),
        sa.CheckConstraint(
            "extra_minor >= 0 AND fee_minor >= 0", name=op.f("ck_refunds_not_negative")
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_refunds_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_refunds_order_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_refunds")),
        sa.UniqueConstraint("key", name=op.f("uq_refunds_key")),
    )
    op.create_index(op.f("ix_refunds_order_id"), "refunds", ["order_id"])


def _create_refunded_units() -> None:
    op.create_table(
        "refunded_units",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id", "line_no", "unit_no"],
            ["order_units.order_id", "order_units.line_no", "order_units.unit_no"],
            name=op.f("fk_refunded_units_order_id_line_no_unit_no"),
        ),
        sa.ForeignKeyConstraint(["key"], ["refunds.key"], name=op.f("fk_refunded_units_key")),
        sa.PrimaryKeyConstraint("order_id", "line_no", "unit_no", name=op.f("pk_refunded_units")),
    )
    op.create_index(op.f("ix_refunded_units_key"), "refunded_units", ["key"])
