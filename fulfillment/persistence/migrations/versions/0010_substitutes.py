"""What customers take in the place of what they ordered."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "line_substitutes",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id", "line_no"],
            ["order_lines.order_id", "order_lines.line_no"],
            name=op.f("fk_line_substitutes_order_id_line_no"),
        ),
        sa.PrimaryKeyConstraint("order_id", "line_no", "sku", name=op.f("pk_line_substitutes")),
    )
    op.create_index(op.f("ix_line_substitutes_sku"), "line_substitutes", ["sku"])


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("line_substitutes")
