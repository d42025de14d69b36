"""Articles, cartons, warehouses and bins."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Go to this version."""
    _create_articles()
    _create_carton_types()
    _create_warehouses()
    _create_bins()


def downgrade() -> None:
    """Go back to the version before."""
    op.drop_table("bins")
    op.drop_table("warehouses")
    op.drop_table("carton_types")
    op.drop_table("articles")


def _create_articles() -> None:
    op.create_table(
        "articles",
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("length_mm", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("fragile", sa.Boolean(), nullable=False),
        sa.Column("orientation", sa.String(), nullable=False),
        sa.Column("segregation_group", sa.String(), nullable=False),
        sa.Column("bears_g", sa.Integer(), nullable=True),
        sa.Column("bears_g_per_dm2", sa.Integer(), nullable=True),
        sa.Column("ships_in_own_box", sa.Boolean(), nullable=False),
        sa.Column("hazard_class", sa.String(), nullable=True),
        sa.Column("temperature_class", sa.String(), nullable=False),
        sa.Column("unit_value_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("discontinued", sa.Boolean(), nullable=False),
        sa.Column("min_shelf_life_days", sa.Integer(), nullable=True),
        sa.Column("hs_code", sa.String(), nullable=True),
        sa.Column("origin", sa.String(length=2), nullable=True),
        sa.CheckConstraint(
            "length_mm > 0 AND width_mm > 0 AND height_mm > 0 AND weight_g > 0",
            name=op.f("ck_articles_has_a_size"),
        ),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_articles")),
        sa.UniqueConstraint("gtin", name=op.f("uq_articles_gtin")),
    )


def _create_carton_types() -> None:
    op.create_table(
        "carton_types",
        sa.Column("carton_id", sa.String(), nullable=False),
        sa.Column("inner_length_mm", sa.Integer(), nullable=False),
        sa.Column("inner_width_mm", sa.Integer(), nullable=False),
        sa.Column("inner_height_mm", sa.Integer(), nullable=False),
        sa.Column("outer_length_mm", sa.Integer(), nullable=False),
        sa.Column("outer_width_mm", sa.Integer(), nullable=False),
        sa.Column("outer_height_mm", sa.Integer(), nullable=False),
        sa.Column("empty_weight_g", sa.Integer(), nullable=False),
        sa.Column("max_weight_g", sa.Integer(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("carton_id", name=op.f("pk_carton_types")),
    )


def _create_warehouses() -> None:
    op.create_table(
        "warehouses",
        sa.Column("warehouse_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", JSON, nullable=False),
        sa.Column("place", JSON, nullable=False),
        sa.Column("timezone", sa.String(), nullable=False),
        sa.Column("layout", JSON, nullable=False),
        sa.Column("pickup_at", sa.Time(), nullable=False),
        sa.PrimaryKeyConstraint("warehouse_id", name=op.f("pk_warehouses")),
    )


def _create_bins() -> None:
    op.create_table(
        "bins",
        sa.Column("bin_id", sa.String(), nullable=False),
        sa.Column("warehouse_id", sa.String(), nullable=False),
        sa.Column("aisle", sa.Integer(), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouses.warehouse_id"], name=op.f("fk_bins_warehouse_id")
        ),
        sa.PrimaryKeyConstraint("bin_id", name=op.f("pk_bins")),
    )
    op.create_index(op.f("ix_bins_warehouse_id"), "bins", ["warehouse_id"])
