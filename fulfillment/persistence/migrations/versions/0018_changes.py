"""Put-backs of canceled fulfillments, and amendments of orders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Go to this version."""
    _create_put_back_lines()
    _create_amendments()


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("amendments")
    op.drop_table("put_back_lines")


def _create_put_back_lines() -> None:
    op.create_table(
        "put_back_lines",
        sa.Column("put_back_id", sa.String(), nullable=False),
        sa.Column("fulfillment_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("lot", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("bin_id", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_put_back_lines_quantity_positive")),
        sa.CheckConstraint(
            "(done_at IS NULL) = (done_by IS NULL)", name=op.f("ck_put_back_lines_done_has_person")
        ),
        sa.ForeignKeyConstraint(["bin_id"], ["bins.bin_id"], name=op.f("fk_put_back_lines_bin_id")),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["fulfillments.fulfillment_id"],
            name=op.f("fk_put_back_lines_fulfillment_id"),
        ),
        sa.ForeignKeyConstraint(["sku"], ["articles.sku"], name=op.f("fk_put_back_lines_sku")),
        sa.PrimaryKeyConstraint("put_back_id", name=op.f("pk_put_back_lines")),
    )
    op.create_index(op.f("ix_put_back_lines_fulfillment_id"), "put_back_lines", ["fulfillment_id"])


def _create_amendments() -> None:
    op.create_table(
        "amendments",
        sa.Column("amendment_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("change", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_amendments_order_id")
        ),
        sa.PrimaryKeyConstraint("amendment_id", name=op.f("pk_amendments")),
    )
    op.create_index(op.f("ix_amendments_order_id"), "amendments", ["order_id"])
