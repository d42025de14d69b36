"""What units of replacements stand for, and what came in the place of what was ordered."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "replacing_units",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("paid_by", sa.String(), nullable=False),
        sa.Column("paid_line_no", sa.Integer()),
        sa.Column("paid_unit_no", sa.Integer()),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("shipping_minor", sa.BigInteger(), nullable=False),
        sa.Column("elsewhere_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "amount_minor >= shipping_minor AND shipping_minor >= 0 AND elsewhere_minor >= 0",
            name=op.f("ck_replacing_units_amounts_not_negative"),
        ),
        sa.CheckConstraint(
            "(paid_line_no IS NULL) = (paid_unit_no IS NULL)",
            name=op.f("ck_replacing_units_unit_is_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["paid_by"], ["orders.order_id"], name=op.f("fk_replacing_units_paid_by")
        ),
        sa.PrimaryKeyConstraint("order_id", "line_no", "unit_no", name=op.f("pk_replacing_units")),
    )
    op.create_index(op.f("ix_replacing_units_paid_by"), "replacing_units", ["paid_by"])
    with op.batch_alter_table("return_refunds", recreate=_by_copying()) as refunds:
        refunds.add_column(
            sa.Column("elsewhere_minor", sa.BigInteger(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("return_units", recreate=_by_copying()) as units:
        units.add_column(sa.Column("came_as", sa.String()))
        units.create_foreign_key(op.f("fk_return_units_came_as"), "articles", ["came_as"], ["sku"])


def downgrade() -> None:
    """Go back to the version before."""
    with op.batch_alter_table("return_units", recreate=_by_copying()) as units:
        units.drop_constraint(op.f("fk_return_units_came_as"), type_="foreignkey")
        units.drop_column("came_as")
    with op.batch_alter_table("return_refunds", recreate=_by_copying()) as refunds:
        refunds.drop_column("elsewhere_minor")
    op.drop_table("replacing_units")


def _by_copying() -> Literal["always", "never"]:
    """Return whether the table is made anew: an SQLite file says how its columns came, else."""
    return "always" if op.get_bind().dialect.name == "sqlite" else "never"
