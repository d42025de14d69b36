"""Parcels that are not waited for any more, and what became of their units."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    with op.batch_alter_table("fulfillment_lines", recreate=_by_copying()) as lines:
        for name in ("resent", "refunded"):
            lines.add_column(sa.Column(name, sa.Integer(), server_default="0", nullable=False))
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
    with op.batch_alter_table("fulfillment_lines", recreate=_by_copying()) as lines:
        for name in ("resent", "refunded"):
            lines.drop_column(name)


def _by_copying() -> Literal["always", "never"]:
    """Return whether the table is made anew: an SQLite file says how its columns came, else."""
    return "always" if op.get_bind().dialect.name == "sqlite" else "never"
