"""Tables of what is sold, where it lies, and what it is packed in."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Time,
    false,
)

from fulfillment.persistence.tables.metadata import Json, metadata

articles = Table(
    "articles",
    metadata,
    Column("sku", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("length_mm", Integer, nullable=False),
    Column("width_mm", Integer, nullable=False),
    Column("height_mm", Integer, nullable=False),
    Column("weight_g", Integer, nullable=False),
    Column("gtin", String(14), unique=True),
    Column("fragile", Boolean, nullable=False),
    Column("orientation", String, nullable=False),
    Column("segregation_group", String, nullable=False),
    Column("bears_g", Integer),
    Column("bears_g_per_dm2", Integer),
    Column("ships_in_own_box", Boolean, nullable=False),
    Column("hazard_class", String),
    Column("temperature_class", String, nullable=False),
    Column("unit_value_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("discontinued", Boolean, nullable=False),
    Column("min_shelf_life_days", Integer),
    Column("hs_code", String),
    Column("origin", String(2)),
    Column("final_sale", Boolean, nullable=False, server_default=false()),
    Column("return_window_days", Integer),
    Column("restocking_fee_percent", Integer),
    CheckConstraint(
        "length_mm > 0 AND width_mm > 0 AND height_mm > 0 AND weight_g > 0", name="has_a_size"
    ),
)

carton_types = Table(
    "carton_types",
    metadata,
    Column("carton_id", String, primary_key=True),
    Column("inner_length_mm", Integer, nullable=False),
    Column("inner_width_mm", Integer, nullable=False),
    Column("inner_height_mm", Integer, nullable=False),
    Column("outer_length_mm", Integer, nullable=False),
    Column("outer_width_mm", Integer, nullable=False),
    Column("outer_height_mm", Integer, nullable=False),
    Column("empty_weight_g", Integer, nullable=False),
    Column("max_weight_g", Integer, nullable=False),
    Column("cost_minor", BigInteger, nullable=False),
)

warehouses = Table(
    "warehouses",
    metadata,
    Column("warehouse_id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("address", Json, nullable=False),
    Column("place", Json, nullable=False),
    Column("timezone", String, nullable=False),
    Column("layout", Json, nullable=False),
    Column("pickup_at", Time, nullable=False),
)

bins = Table(
    "bins",
    metadata,
    Column("bin_id", String, primary_key=True),
    Column("warehouse_id", ForeignKey("warehouses.warehouse_id"), nullable=False),
    Column("aisle", Integer, nullable=False),
    Column("cell", Integer, nullable=False),
    Column("side", String, nullable=False),
    Index(None, "warehouse_id"),
)
