"""Scanner sessions and their scans."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Go to this version."""
    _create_sessions()
    _create_scans()


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("scans")
    op.drop_table("scan_sessions")


def _create_sessions() -> None:
    op.create_table(
        "scan_sessions",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("warehouse_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("held_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('pick', 'sort')", name=op.f("ck_scan_sessions_kind_known")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["pick_batches.batch_id"], name=op.f("fk_scan_sessions_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"],
            ["warehouses.warehouse_id"],
            name=op.f("fk_scan_sessions_warehouse_id"),
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_scan_sessions")),
    )
    op.create_index(op.f("ix_scan_sessions_batch_id"), "scan_sessions", ["batch_id"])
    op.create_index(
        op.f("ix_scan_sessions_device_closed_at"), "scan_sessions", ["device", "closed_at"]
    )


def _create_scans() -> None:
    op.create_table(
        "scans",
        sa.Column("session_id", sa.String(), nullable=False),
        sa.Column("scan_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("supervisor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("accepted", JSON, nullable=True),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.CheckConstraint("scan_no > 0", name=op.f("ck_scans_number_positive")),
        sa.CheckConstraint(
            "(supervisor = '') = (reason = '')", name=op.f("ck_scans_override_has_reason")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["scan_sessions.session_id"], name=op.f("fk_scans_session_id")
        ),
        sa.PrimaryKeyConstraint("session_id", "scan_no", name=op.f("pk_scans")),
    )
    op.create_index(op.f("ix_scans_at"), "scans", ["at"])
