"""Tables of what is missing: who waits for it, and how it is purchased or produced."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    text,
)

from fulfillment.persistence.tables.metadata import UtcDateTime, metadata

UNDER_WAY = text("state IN ('planned', 'ordered', 'producing')")

back_order_queue = Table(
    "back_order_queue",
    metadata,
    Column("waiter_kind", String, primary_key=True),
    Column("waiter_id", String, primary_key=True),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("sku", ForeignKey("articles.sku"), primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("units", Integer, nullable=False),
    Column("set_aside", Integer, nullable=False),
    Column("promise_at", UtcDateTime, nullable=False),
    Column("urgency", String, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("set_aside_at", UtcDateTime),
    CheckConstraint("waiter_kind IN ('order', 'supply')", name="waiter_known"),
    CheckConstraint(
        "units > 0 AND set_aside >= 0 AND set_aside <= units", name="set_aside_within_units"
    ),
    CheckConstraint("(set_aside > 0) = (set_aside_at IS NOT NULL)", name="set_aside_has_time"),
    Index(None, "sku"),
)

suppliers = Table(
    "suppliers",
    metadata,
    Column("supplier_id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("email", String, nullable=False),
)

supply_sources = Table(
    "supply_sources",
    metadata,
    Column("sku", ForeignKey("articles.sku"), primary_key=True),
    Column("method", String, nullable=False),
    Column("supplier_id", ForeignKey("suppliers.supplier_id")),
    Column("warehouse_id", ForeignKey("warehouses.warehouse_id"), nullable=False),
    Column("bin_id", ForeignKey("bins.bin_id"), nullable=False),
    Column("lead_time_days", Integer, nullable=False),
    Column("lot_size", Integer, nullable=False),
    CheckConstraint("method IN ('purchase', 'production')", name="method_known"),
    CheckConstraint(
        "(method = 'purchase') = (supplier_id IS NOT NULL)", name="purchase_has_supplier"
    ),
    CheckConstraint("lead_time_days >= 0 AND lot_size > 0", name="not_negative"),
)

bill_of_materials = Table(
    "bill_of_materials",
    metadata,
    Column("sku", ForeignKey("supply_sources.sku"), primary_key=True),
    Column("component_sku", ForeignKey("articles.sku"), primary_key=True),
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint("sku <> component_sku", name="of_others"),
)

supply_orders = Table(
    "supply_orders",
    metadata,
    Column("supply_id", String, primary_key=True),
    Column("sku", ForeignKey("articles.sku"), nullable=False),
    Column("method", String, nullable=False),
    Column("supplier_id", ForeignKey("suppliers.supplier_id")),
    Column("warehouse_id", ForeignKey("warehouses.warehouse_id"), nullable=False),
    Column("bin_id", ForeignKey("bins.bin_id"), nullable=False),
    Column("ordered", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("state_since", UtcDateTime, nullable=False),
    Column("expected_at", UtcDateTime),
    CheckConstraint(
        "state IN ('planned', 'ordered', 'producing', 'received', 'failed', 'canceled')",
        name="state_known",
    ),
    CheckConstraint("received >= 0 AND received <= ordered", name="received_within_ordered"),
    Index(
        "uq_supply_orders_under_way_sku",
        "sku",
        unique=True,
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    ),
)

supply_components = Table(
    "supply_components",
    metadata,
    Column("supply_id", ForeignKey("supply_orders.supply_id"), primary_key=True),
    Column("sku", ForeignKey("articles.sku"), primary_key=True),
    Column("needed", Integer, nullable=False),
    Column("issued", Integer, nullable=False),
    Column("given_back", Integer, nullable=False),
    CheckConstraint(
        "given_back >= 0 AND given_back <= issued AND issued <= needed", name="steps_in_order"
    ),
)
