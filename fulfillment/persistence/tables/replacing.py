"""The table of what the units of replacements stand for."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from fulfillment.persistence.tables.metadata import metadata

replacing_units = Table(
    "replacing_units",
    metadata,
    Column("order_id", String, primary_key=True),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("unit_no", Integer, primary_key=True, autoincrement=False),
    Column("paid_by", ForeignKey("orders.order_id"), nullable=False),
    Column("paid_line_no", Integer),
    Column("paid_unit_no", Integer),
    Column("amount_minor", BigInteger, nullable=False),
    Column("shipping_minor", BigInteger, nullable=False),
    Column("elsewhere_minor", BigInteger, nullable=False),
    CheckConstraint(
        "amount_minor >= shipping_minor AND shipping_minor >= 0 AND elsewhere_minor >= 0",
        name="amounts_not_negative",
    ),
    CheckConstraint("(paid_line_no IS NULL) = (paid_unit_no IS NULL)", name="unit_is_whole"),
    Index(None, "paid_by"),
)
"""The replacement itself is not on record yet when these are written."""
