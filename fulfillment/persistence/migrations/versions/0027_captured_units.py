"""Which units a capture takes the amount of, and by which references a refund is given back."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "capture_units",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id", "line_no", "unit_no"],
            ["order_units.order_id", "order_units.line_no", "order_units.unit_no"],
            name=op.f("fk_capture_units_order_id_line_no_unit_no"),
        ),
        sa.PrimaryKeyConstraint("key", "line_no", "unit_no", name=op.f("pk_capture_units")),
    )
    op.create_index(op.f("ix_capture_units_order_id"), "capture_units", ["order_id"])
    op.create_table(
        "refund_parts",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("refund_key", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_parts_amount_positive")),
        sa.ForeignKeyConstraint(
            ["refund_key"], ["refunds.key"], name=op.f("fk_refund_parts_refund_key")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_refund_parts")),
    )
    op.create_index(op.f("ix_refund_parts_refund_key"), "refund_parts", ["refund_key"])


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("refund_parts")
    op.drop_table("capture_units")
