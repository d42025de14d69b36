"""Tables of manifests: the parcels that a carrier takes at a cut-off, and those left behind."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
)

from fulfillment.persistence.tables.metadata import UtcDateTime, metadata

manifests = Table(
    "manifests",
    metadata,
    Column("manifest_id", String, primary_key=True),
    Column("warehouse_id", ForeignKey("warehouses.warehouse_id"), nullable=False),
    Column("carrier_id", String, nullable=False),
    Column("cut_off", UtcDateTime, nullable=False),
    Column("state", String, nullable=False),
    Column("reference", String),
    Column("document_id", ForeignKey("documents.document_id")),
    Column("pickup_reference", String),
    Column("pickup_from", UtcDateTime),
    Column("pickup_until", UtcDateTime),
    Column("closed_at", UtcDateTime),
    UniqueConstraint("warehouse_id", "carrier_id", "cut_off"),
    CheckConstraint("state IN ('open', 'closed')", name="state_known"),
    CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_time"),
    Index(None, "state"),
)

manifest_parcels = Table(
    "manifest_parcels",
    metadata,
    # The key: a label stands on one manifest at a time.
    Column("label_id", ForeignKey("labels.label_id"), primary_key=True),
    Column("manifest_id", ForeignKey("manifests.manifest_id"), nullable=False),
    Column("put_at", UtcDateTime, nullable=False),
    Column("told_on", String),
    Column("handed_over_at", UtcDateTime),
    Column("handed_over_by", String),
    CheckConstraint(
        "(handed_over_at IS NULL) = (handed_over_by IS NULL)", name="handed_over_has_person"
    ),
    Index(None, "manifest_id"),
)

left_behind = Table(
    "left_behind",
    metadata,
    Column("manifest_id", ForeignKey("manifests.manifest_id"), primary_key=True),
    Column("label_id", ForeignKey("labels.label_id"), primary_key=True),
    Column("reason", String, nullable=False),
    Column("next_manifest_id", ForeignKey("manifests.manifest_id")),
    Column("at", UtcDateTime, nullable=False),
)
