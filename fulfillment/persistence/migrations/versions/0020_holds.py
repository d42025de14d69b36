"""Holds with their kinds and answers, and what orders have in common with others."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
IS_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """Go to this version."""
    _create_holds()
    _create_order_traits()


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("order_traits")
    op.drop_table("holds")


def _create_holds() -> None:
    op.create_table(
        "holds",
        sa.Column("hold_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("kinds", JSON, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=True),
        sa.Column("remark", sa.String(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_holds_closed_has_person")
        ),
        sa.CheckConstraint(
            "answer IS NULL OR closed_at IS NOT NULL", name=op.f("ck_holds_answered_is_closed")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"], name=op.f("fk_holds_order_id")),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_holds")),
    )
    op.create_index(
        "uq_holds_order_id_open",
        "holds",
        ["order_id"],
        unique=True,
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    )
    op.create_index(op.f("ix_holds_order_id"), "holds", ["order_id"])


def _create_order_traits() -> None:
    op.create_table(
        "order_traits",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_order_traits_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", "kind", name=op.f("pk_order_traits")),
    )
    op.create_index(
        op.f("ix_order_traits_kind_digest_at"), "order_traits", ["kind", "digest", "at"]
    )
