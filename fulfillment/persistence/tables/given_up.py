"""The table of parcels that are not waited for any more."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table

from fulfillment.persistence.tables.metadata import UtcDateTime, metadata

given_up_parcels = Table(
    "given_up_parcels",
    metadata,
    Column("parcel_id", ForeignKey("parcels.parcel_id"), primary_key=True),
    Column("tracking_number", String, nullable=False),
    Column("fulfillment_id", ForeignKey("fulfillments.fulfillment_id"), nullable=False),
    Column("order_id", ForeignKey("orders.order_id"), nullable=False),
    Column("cause", String, nullable=False),
    Column("choice", String, nullable=False),
    Column("goods", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    CheckConstraint("choice IN ('reship', 'refund')", name="choice_known"),
    CheckConstraint("goods IN ('lost', 'expected_back', 'back', 'arrived')", name="goods_known"),
    Index(None, "fulfillment_id"),
    Index(None, "tracking_number"),
)
