"""What storefronts say of their orders: the newest, and what is still to be carried out."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "storefront_orders",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("storefront", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True)),
        sa.Column("ended", sa.String(), nullable=False),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.JSON().with_variant(JSONB(), "postgresql")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_storefront_orders")),
    )
    op.create_table(
        "storefront_deliveries",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("storefront", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("order_id", sa.String()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_storefront_deliveries")),
    )
    for name in ("next_attempt_at", "order_id"):
        op.create_index(op.f(f"ix_storefront_deliveries_{name}"), "storefront_deliveries", [name])


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("storefront_deliveries")
    op.drop_table("storefront_orders")
