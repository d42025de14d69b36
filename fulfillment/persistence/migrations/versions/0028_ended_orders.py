"""Which delivery of a storefront ended an order that was on record."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    with op.batch_alter_table("storefront_orders", recreate=_by_copying()) as orders:
        orders.add_column(sa.Column("ended_by", sa.String(), nullable=False, server_default=""))
    # Of those that never came, nothing was ended here.
    op.execute(
        "UPDATE storefront_orders SET ended_by = 'storefront/' || order_id "
        "WHERE ended <> '' AND order_id IN (SELECT order_id FROM orders)"
    )


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("storefront_orders", recreate=_by_copying()) as orders:
        orders.drop_column("ended_by")


def _by_copying() -> Literal["always", "never"]:
    """Return whether the table is made anew: an SQLite file says how its columns came, else."""
    return "always" if op.get_bind().dialect.name == "sqlite" else "never"
