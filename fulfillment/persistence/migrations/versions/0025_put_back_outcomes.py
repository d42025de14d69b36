"""What became of goods that were to be put back: not all of them come back."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    with op.batch_alter_table("put_back_lines", recreate=_by_copying()) as lines:
        lines.add_column(sa.Column("outcome", sa.String(), nullable=True))
    op.execute("UPDATE put_back_lines SET outcome = 'back' WHERE done_at IS NOT NULL")


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("put_back_lines", recreate=_by_copying()) as lines:
        lines.drop_column("outcome")


def _by_copying() -> Literal["always", "never"]:
    """Return whether the table is made anew: an SQLite file says how its columns came, else."""
    return "always" if op.get_bind().dialect.name == "sqlite" else "never"
