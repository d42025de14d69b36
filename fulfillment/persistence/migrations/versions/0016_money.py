"""The money ledger, authorizations, and what was given back for which units."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


OPENING = (
    ("authorized", "customer", "held", "authorized_minor", "method <> 'paid'"),
    ("captured", "held", "captured", "captured_minor", "method <> 'paid'"),
    ("voided", "held", "customer", "voided_minor", "method <> 'paid'"),
    ("refunded", "captured", "customer", "refunded_minor", "method <> 'paid'"),
    ("paid", "customer", "shop", "captured_minor", "method = 'paid'"),
)
"""What earlier orders' payments had come to when the ledger began."""


def upgrade() -> None:
    """Go to this version."""
    _create_money_entries()
    _create_authorizations()
    _create_refunds()
    _create_refunded_units()
    for kind, source, target, amount, only in OPENING:
        op.execute(_opening(kind, source, target, amount, only))


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("refunded_units")
    op.drop_table("refunds")
    op.drop_table("authorizations")
    op.drop_table("money_entries")


def _opening(kind: str, source: str, target: str, amount: str, only: str) -> str:
    return (
        "INSERT INTO money_entries"  # noqa: S608 - made of the constants above
        " (key, kind, order_id, reference, currency, source, target, amount_minor, at)"
        f" SELECT 'opening/' || payments.order_id, '{kind}', payments.order_id,"
        " payments.reference, payments.currency,"
        f" '{source}', '{target}', {amount}, orders.recorded_at"
        " FROM payments JOIN orders ON orders.order_id = payments.order_id"
        f" WHERE {amount} > 0 AND {only}"
    )


def _create_money_entries() -> None:
    op.create_table(
        "money_entries",
        sa.Column("number", ROW_NUMBER, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("fulfillment_id", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_money_entries_amount_positive")),
        sa.CheckConstraint("source <> target", name=op.f("ck_money_entries_moves")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_money_entries_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"],
            ["fulfillments.fulfillment_id"],
            name=op.f("fk_money_entries_fulfillment_id"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_money_entries")),
        sa.UniqueConstraint("key", "kind", name=op.f("uq_money_entries_key_kind")),
    )
    op.create_index(op.f("ix_money_entries_order_id"), "money_entries", ["order_id"])


def _create_authorizations() -> None:
    op.create_table(
        "authorizations",
        sa.Column("number", ROW_NUMBER, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_authorizations_amount_positive")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_authorizations_order_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_authorizations")),
        sa.UniqueConstraint("key", name=op.f("uq_authorizations_key")),
    )
    op.create_index(op.f("ix_authorizations_order_id"), "authorizations", ["order_id"])


def _create_refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("number", ROW_NUMBER, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("extra_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('asked', 'made', 'declined', 'owed')",
            name=op.f("ck_refunds_state_known"),
        ),
        sa.CheckConstraint(
            "extra_minor >= 0 AND fee_minor >= 0", name=op.f("ck_refunds_not_negative")
        ),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_refunds_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_refunds_order_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_refunds")),
        sa.UniqueConstraint("key", name=op.f("uq_refunds_key")),
    )
    op.create_index(op.f("ix_refunds_order_id"), "refunds", ["order_id"])


def _create_refunded_units() -> None:
    op.create_table(
        "refunded_units",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id", "line_no", "unit_no"],
            ["order_units.order_id", "order_units.line_no", "order_units.unit_no"],
            name=op.f("fk_refunded_units_order_id_line_no_unit_no"),
        ),
        sa.ForeignKeyConstraint(["key"], ["refunds.key"], name=op.f("fk_refunded_units_key")),
        sa.PrimaryKeyConstraint("order_id", "line_no", "unit_no", name=op.f("pk_refunded_units")),
    )
    op.create_index(op.f("ix_refunded_units_key"), "refunded_units", ["key"])
