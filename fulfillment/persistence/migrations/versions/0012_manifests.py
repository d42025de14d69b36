"""Manifests, their parcels, and those left behind."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go to this version."""
    _create_manifests()
    _create_parcels()
    _create_left_behind()
    _place_earlier_labels()


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("left_behind")
    op.drop_table("manifest_parcels")
    op.drop_table("manifests")


def _create_manifests() -> None:
    op.create_table(
        "manifests",
        sa.Column("manifest_id", sa.String(), nullable=False),
        sa.Column("warehouse_id", sa.String(), nullable=False),
        sa.Column("carrier_id", sa.String(), nullable=False),
        sa.Column("cut_off", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("document_id", sa.String(), nullable=True),
        sa.Column("pickup_reference", sa.String(), nullable=True),
        sa.Column("pickup_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pickup_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'closed') = (closed_at IS NOT NULL)",
            name=op.f("ck_manifests_closed_has_time"),
        ),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_manifests_state_known")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.document_id"], name=op.f("fk_manifests_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouses.warehouse_id"], name=op.f("fk_manifests_warehouse_id")
        ),
        sa.PrimaryKeyConstraint("manifest_id", name=op.f("pk_manifests")),
        sa.UniqueConstraint(
            "warehouse_id",
            "carrier_id",
            "cut_off",
            name=op.f("uq_manifests_warehouse_id_carrier_id_cut_off"),
        ),
    )
    op.create_index(op.f("ix_manifests_state"), "manifests", ["state"])


def _create_parcels() -> None:
    op.create_table(
        "manifest_parcels",
        sa.Column("label_id", sa.String(), nullable=False),
        sa.Column("manifest_id", sa.String(), nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_on", sa.String(), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_by", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(handed_over_at IS NULL) = (handed_over_by IS NULL)",
            name=op.f("ck_manifest_parcels_handed_over_has_person"),
        ),
        sa.ForeignKeyConstraint(
            ["label_id"], ["labels.label_id"], name=op.f("fk_manifest_parcels_label_id")
        ),
        sa.ForeignKeyConstraint(
            ["manifest_id"],
            ["manifests.manifest_id"],
            name=op.f("fk_manifest_parcels_manifest_id"),
        ),
        sa.PrimaryKeyConstraint("label_id", name=op.f("pk_manifest_parcels")),
    )
    op.create_index(op.f("ix_manifest_parcels_manifest_id"), "manifest_parcels", ["manifest_id"])


def _create_left_behind() -> None:
    op.create_table(
        "left_behind",
        sa.Column("manifest_id", sa.String(), nullable=False),
        sa.Column("label_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("next_manifest_id", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["label_id"], ["labels.label_id"], name=op.f("fk_left_behind_label_id")
        ),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifests.manifest_id"], name=op.f("fk_left_behind_manifest_id")
        ),
        sa.ForeignKeyConstraint(
            ["next_manifest_id"],
            ["manifests.manifest_id"],
            name=op.f("fk_left_behind_next_manifest_id"),
        ),
        sa.PrimaryKeyConstraint("manifest_id", "label_id", name=op.f("pk_left_behind")),
    )


def _place_earlier_labels() -> None:
    """Put labels that were bought before there were manifests on one closed one for each way."""
    labeled = (
        " FROM labels AS l JOIN parcels AS p ON p.parcel_id = l.parcel_id"
        " JOIN fulfillments AS f ON f.fulfillment_id = p.fulfillment_id WHERE NOT l.voided"
    )
    name = "'MF-' || f.warehouse_id || '-' || l.carrier_id || '-before'"
    since = "MAX(f.stage_since)"
    op.execute(
        "INSERT INTO manifests (manifest_id, warehouse_id, carrier_id, cut_off, state, closed_at)"
        f" SELECT {name}, f.warehouse_id, l.carrier_id, {since}, 'closed', {since}{labeled}"
        " GROUP BY f.warehouse_id, l.carrier_id"
    )
    waits = "f.stage = 'awaiting_pickup'"
    op.execute(
        "INSERT INTO manifest_parcels"
        " (label_id, manifest_id, put_at, handed_over_at, handed_over_by)"
        f" SELECT l.label_id, {name}, f.stage_since,"
        f" CASE WHEN {waits} THEN NULL ELSE f.stage_since END,"
        f" CASE WHEN {waits} THEN NULL ELSE 'unknown' END{labeled}"
    )
