"""What the gateway is about to be asked is on record before it is asked."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "gateway_requests",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_gateway_requests_amount_positive")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_gateway_requests_order_id")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_gateway_requests")),
    )
    op.create_index(op.f("ix_gateway_requests_order_id"), "gateway_requests", ["order_id"])


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("gateway_requests")
