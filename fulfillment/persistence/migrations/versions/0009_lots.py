"""Lots that expire."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "lots",
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sku"], ["articles.sku"], name=op.f("fk_lots_sku")),
        sa.PrimaryKeyConstraint("sku", "lot", name=op.f("pk_lots")),
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("lots")
