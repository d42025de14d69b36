"""Payments, effects, messages, audit and counters."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go to this version."""
    _create_payments()
    _create_effects()
    _create_notices()
    _create_actions()
    _create_counters()


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("counters")
    op.drop_table("actions")
    op.drop_table("notices")
    op.drop_table("effects")
    op.drop_table("payments")


def _create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("authorized_minor", sa.BigInteger(), nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("voided_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "authorized_minor >= captured_minor + voided_minor",
            name=op.f("ck_payments_captured_within_authorized"),
        ),
        sa.CheckConstraint(
            "captured_minor >= refunded_minor", name=op.f("ck_payments_refunded_within_captured")
        ),
        sa.CheckConstraint(
            "voided_minor >= 0 AND refunded_minor >= 0", name=op.f("ck_payments_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_payments_order_id")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_payments")),
    )


def _create_effects() -> None:
    op.create_table(
        "effects",
        sa.Column("number", ROW_NUMBER, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["orders.order_id"],
            name=op.f("fk_effects_order_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_effects")),
        sa.UniqueConstraint("key", name=op.f("uq_effects_key")),
    )
    op.create_index(op.f("ix_effects_order_id_step"), "effects", ["order_id", "step"])


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("number", ROW_NUMBER, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("fulfillment_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["fulfillments.fulfillment_id"],
            name=op.f("fk_notices_fulfillment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_notices_order_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
    )
    op.create_index(op.f("ix_notices_order_id_kind"), "notices", ["order_id", "kind"])


def _create_actions() -> None:
    op.create_table(
        "actions",
        sa.Column("number", ROW_NUMBER, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("fulfillment_id", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_actions")),
    )
    op.create_index(op.f("ix_actions_order_id"), "actions", ["order_id"])


def _create_counters() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("value > 0", name=op.f("ck_counters_value_positive")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
