"""The table of the lots that expire."""

from sqlalchemy import Column, Date, ForeignKey, String, Table

from fulfillment.persistence.tables.metadata import UtcDateTime, metadata

lots = Table(
    "lots",
    metadata,
    Column("sku", ForeignKey("articles.sku"), primary_key=True),
    Column("lot", String, primary_key=True),
    Column("expires_on", Date, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
)
