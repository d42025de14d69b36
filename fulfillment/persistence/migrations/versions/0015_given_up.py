"""Parcels that are not waited for any more, and what became of their units."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    for name in ("resent", "refunded"):
        column = sa.Column(name, sa.Integer(), server_default="0", nullable=False)
        op.add_column("fulfillment_lines", column)
    op.create_table(
        "given_up_parcels",
        sa.Column("parcel_id", sa.String(), nullable=False),
        sa.Column("tracking_number", sa.String(), nullable=False),
        sa.Column("fulfillment_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("choice", sa.String(), nullable=False),
        sa.Column("goods", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "choice IN ('reship', 'refund')", name=op.f("ck_given_up_parcels_choice_known")
        ),
        sa.CheckConstraint(
            "goods IN ('lost', 'expected_back', 'back', 'arrived')",
            name=op.f("ck_given_up_parcels_goods_known"),
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["fulfillments.fulfillment_id"],
            name=op.f("fk_given_up_parcels_fulfillment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_given_up_parcels_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["parcels.parcel_id"], name=op.f("fk_given_up_parcels_parcel_id")
        ),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_given_up_parcels")),
    )
    for name in ("fulfillment_id", "tracking_number"):
        op.create_index(op.f(f"ix_given_up_parcels_{name}"), "given_up_parcels", [name])


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("given_up_parcels")
    for name in ("resent", "refunded"):
        op.drop_column("fulfillment_lines", name)
