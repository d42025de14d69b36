"""Real orders, against the number of cartons that BoxPacker takes for them."""

import csv
import os
from pathlib import Path

import pytest

from fulfillment.domain.carton_validation import validate_plan
from fulfillment.domain.cartonization import PackItem, cartonize
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.units import Dimensions

EVERY = 20
"""Which part of the orders is packed here; the benchmark packs them all."""


@pytest.fixture(scope="module")
def folder() -> Path:
    """Return the folder of the orders, or skip."""
    root = os.environ.get("FULFILLMENT_DATA")
    if not root:
        pytest.skip("FULFILLMENT_DATA does not name the folder of the public data")
    path = Path(root) / "cartonization"
    if not (path / "ecommerce_items.csv").is_file():
        pytest.skip(f"FULFILLMENT_DATA has no ecommerce_items.csv in {path}")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def dimensions(row: dict[str, str], prefix: str = "") -> Dimensions:
    """Return the sizes in a row; the source calls the height depth."""
    return Dimensions(
        length_mm=int(row[f"{prefix}length_mm"]),
        width_mm=int(row[f"{prefix}width_mm"]),
        height_mm=int(row[f"{prefix}depth_mm"]),
    )


def boxes(folder: Path) -> list[CartonType]:
    """Return the source's boxes; their names get a hyphen for the space."""
    return [
        CartonType(
            carton_id=row["reference"].replace(" ", "-"),
            inner=dimensions(row, "inner_"),
            outer=dimensions(row, "outer_"),
            empty_weight_g=int(row["empty_weight_g"]),
            max_weight_g=int(row["max_weight_g"]),
        )
        for row in rows(folder / "ecommerce_boxes.csv")
    ]


def orders(folder: Path) -> dict[str, list[PackItem]]:
    """Return the units of each order, by its id."""
    found: dict[str, list[PackItem]] = {}
    lines: dict[str, int] = {}
    for row in rows(folder / "ecommerce_items.csv"):
        order_id = row["order_id"]
        line_no = lines[order_id] = lines.get(order_id, 0) + 1
        found.setdefault(order_id, []).extend(
            PackItem(
                item_ref=f"{line_no}/{unit}",
                line_no=line_no,
                sku=row["item_ref"],
                name=row["item_ref"],
                dimensions=dimensions(row),
                weight_g=int(row["weight_g"]),
            )
            for unit in range(1, int(row["quantity"]) + 1)
        )
    return found


def test_real_orders_take_about_as_many_cartons_as_boxpacker(folder: Path) -> None:
    """Every plan is valid, and all together take at most 5 % more cartons."""
    cartons = boxes(folder)
    reference = {
        row["order_id"]: int(row["boxes_3d"]) for row in rows(folder / "ecommerce_reference.csv")
    }
    sample = list(orders(folder).items())[::EVERY]

    taken = 0
    for _, items in sample:
        plan = cartonize(items, cartons)
        validate_plan(plan, items, cartons)
        taken += len(plan.cartons)

    assert len(sample) > 0
    assert taken <= 1.05 * sum(reference[order_id] for order_id, _ in sample)
