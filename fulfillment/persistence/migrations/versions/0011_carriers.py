"""What must be remembered of what was asked of carriers."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "carrier_notes",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_carrier_notes")),
    )


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("carrier_notes")
