"""Who waits for goods, and how what is missing is purchased or produced."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

UNDER_WAY = sa.text("state IN ('planned', 'ordered', 'producing')")


def upgrade() -> None:
    """Go to this version."""
    _create_queue()
    _create_sources()
    _create_supply_orders()


def downgrade() -> None:
    """Go back to the version before."""
    for name in (
        "supply_components",
        "supply_orders",
        "bill_of_materials",
        "supply_sources",
        "suppliers",
        "back_order_queue",
    ):
        op.drop_table(name)


def _reference(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _create_queue() -> None:
    table = "back_order_queue"
    op.create_table(
        table,
        sa.Column("waiter_kind", sa.String(), nullable=False),
        sa.Column("waiter_id", sa.String(), nullable=False),
        sa.Column("line_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("set_aside", sa.Integer(), nullable=False),
        sa.Column("promise_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("urgency", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True),
        _check(table, "waiter_known", "waiter_kind IN ('order', 'supply')"),
        _check(
            table,
            "set_aside_within_units",
            "units > 0 AND set_aside >= 0 AND set_aside <= units",
        ),
        _check(table, "set_aside_has_time", "(set_aside > 0) = (set_aside_at IS NOT NULL)"),
        _reference(table, "sku", "articles.sku"),
        sa.PrimaryKeyConstraint(
            "waiter_kind", "waiter_id", "line_no", "sku", name=op.f(f"pk_{table}")
        ),
    )
    op.create_index(op.f("ix_back_order_queue_sku"), table, ["sku"])


def _create_sources() -> None:
    op.create_table(
        "suppliers",
        sa.Column("supplier_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("supplier_id", name=op.f("pk_suppliers")),
    )
    table = "supply_sources"
    op.create_table(
        table,
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("supplier_id", sa.String(), nullable=True),
        sa.Column("warehouse_id", sa.String(), nullable=False),
        sa.Column("bin_id", sa.String(), nullable=False),
        sa.Column("lead_time_days", sa.Integer(), nullable=False),
        sa.Column("lot_size", sa.Integer(), nullable=False),
        _check(table, "method_known", "method IN ('purchase', 'production')"),
        _check(table, "purchase_has_supplier", "(method = 'purchase') = (supplier_id IS NOT NULL)"),
        _check(table, "not_negative", "lead_time_days >= 0 AND lot_size > 0"),
        _reference(table, "sku", "articles.sku"),
        _reference(table, "supplier_id", "suppliers.supplier_id"),
        _reference(table, "warehouse_id", "warehouses.warehouse_id"),
        _reference(table, "bin_id", "bins.bin_id"),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_supply_sources")),
    )
    bill = "bill_of_materials"
    op.create_table(
        bill,
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("component_sku", sa.String(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        _check(bill, "quantity_positive", "quantity > 0"),
        _check(bill, "of_others", "sku <> component_sku"),
        _reference(bill, "sku", "supply_sources.sku"),
        _reference(bill, "component_sku", "articles.sku"),
        sa.PrimaryKeyConstraint("sku", "component_sku", name=op.f(f"pk_{bill}")),
    )


def _create_supply_orders() -> None:
    table = "supply_orders"
    op.create_table(
        table,
        sa.Column("supply_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("supplier_id", sa.String(), nullable=True),
        sa.Column("warehouse_id", sa.String(), nullable=False),
        sa.Column("bin_id", sa.String(), nullable=False),
        sa.Column("ordered", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expected_at", sa.DateTime(timezone=True), nullable=True),
        _check(
            table,
            "state_known",
            "state IN ('planned', 'ordered', 'producing', 'received', 'failed', 'canceled')",
        ),
        _check(table, "received_within_ordered", "received >= 0 AND received <= ordered"),
        _reference(table, "sku", "articles.sku"),
        _reference(table, "supplier_id", "suppliers.supplier_id"),
        _reference(table, "warehouse_id", "warehouses.warehouse_id"),
        _reference(table, "bin_id", "bins.bin_id"),
        sa.PrimaryKeyConstraint("supply_id", name=op.f("pk_supply_orders")),
    )
    op.create_index(
        "uq_supply_orders_under_way_sku",
        table,
        ["sku"],
        unique=True,
        sqlite_where=UNDER_WAY,
        postgresql_where=UNDER_WAY,
    )
    parts = "supply_components"
    op.create_table(
        parts,
        sa.Column("supply_id", sa.String(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("given_back", sa.Integer(), nullable=False),
        _check(
            parts,
            "steps_in_order",
            "given_back >= 0 AND given_back <= issued AND issued <= needed",
        ),
        _reference(parts, "supply_id", "supply_orders.supply_id"),
        _reference(parts, "sku", "articles.sku"),
        sa.PrimaryKeyConstraint("supply_id", "sku", name=op.f(f"pk_{parts}")),
    )
