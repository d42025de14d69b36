"""Packs the published problems: ``python -m bench.cartonization ecommerce DIR | br FILE``.

`ecommerce DIR [--flat] --out FILE` packs the orders of DIR (`ecommerce_items.csv` and its
boxes), without padding or support, as the reference does; `br FILE --seconds S [--support]
--out FILE` loads the containers of FILE (OR-Library's thpack format), S seconds each. FILE gets
a line of JSON for each; the summary is printed.
"""

import argparse
import csv
import json
import math
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fulfillment.domain.carton_search import cartonize
from fulfillment.domain.cartonization import PackItem, PackPlan, PackRules
from fulfillment.domain.catalog import CartonType, Orientation
from fulfillment.domain.container_loading import BoxType, LoadedBox, load_container
from fulfillment.domain.units import Dimensions

FREE = PackRules(support_percent=0, padding_mm=0, by_hand=False)
"""What the reference keeps to: sizes and weights alone."""

AXES = ("x", "y", "z", "dx", "dy", "dz")
SPARE = 0.985
"""Of the time given; the rest is for writing down the answer."""


def rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def dimensions(row: dict[str, str], prefix: str = "") -> Dimensions:
    """Return the sizes in a row: the placements' x is the width, y the length, z the depth."""
    return Dimensions(
        length_mm=int(row[f"{prefix}width_mm"]),
        width_mm=int(row[f"{prefix}length_mm"]),
        height_mm=int(row[f"{prefix}depth_mm"]),
    )


def read_boxes(folder: Path) -> dict[str, tuple[str, CartonType]]:
    """Return the boxes with their references, by carton id; a reference may be any text."""
    found = {}
    for number, row in enumerate(rows(folder / "ecommerce_boxes.csv"), start=1):
        carton = CartonType(
            carton_id=f"box-{number}",
            inner=dimensions(row, "inner_"),
            outer=dimensions(row, "outer_"),
            empty_weight_g=max(1, int(row["empty_weight_g"])),
            max_weight_g=int(row["max_weight_g"]),
        )
        found[carton.carton_id] = (row["reference"], carton)
    return found


def read_orders(folder: Path, *, flat: bool) -> dict[str, tuple[list[PackItem], list[str]]]:
    """Return each order's units, and the source's item_ref by line number less one."""
    found: dict[str, tuple[list[PackItem], list[str]]] = {}
    turned = Orientation.UPRIGHT if flat else Orientation.ANY
    for row in rows(folder / "ecommerce_items.csv"):
        items, refs = found.setdefault(row["order_id"], ([], []))
        refs.append(row["item_ref"])
        line_no = len(refs)
        items.extend(
            PackItem(
                item_ref=f"{line_no}/{unit}",
                line_no=line_no,
                sku=f"line-{line_no}",
                name=row["item_ref"],
                dimensions=dimensions(row),
                weight_g=max(1, int(row["weight_g"])),
                orientation=turned,
            )
            for unit in range(1, int(row["quantity"]) + 1)
        )
    return found


def packed(
    plan: PackPlan, refs: Sequence[str], boxes: dict[str, tuple[str, CartonType]]
) -> list[dict[str, Any]]:
    """Return a plan in the answer's form."""
    return [
        {
            "carton": boxes[carton.carton_id][0],
            "placements": [
                {
                    "item": refs[place.line_no - 1],
                    "x": place.x_mm,
                    "y": place.y_mm,
                    "z": place.z_mm,
                    "dx": place.dx_mm,
                    "dy": place.dy_mm,
                    "dz": place.dz_mm,
                }
                for place in carton.placements
            ],
        }
        for carton in plan.cartons
    ]


def ecommerce(folder: Path, *, flat: bool) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield each order's answer, and the inner volume of its cartons in mm³."""
    boxes = read_boxes(folder)
    cartons = [carton for _, carton in boxes.values()]
    orders = read_orders(folder, flat=flat)
    for items, _ in list(orders.values())[:1]:
        cartonize(items, cartons, FREE)
    for order_id, (items, refs) in orders.items():
        began = time.perf_counter()
        plan = cartonize(items, cartons, FREE)
        seconds = time.perf_counter() - began
        inside = sum(boxes[c.carton_id][1].inner.volume_mm3 for c in plan.cartons)
        answer = {
            "order_id": order_id,
            "cartons": packed(plan, refs, boxes),
            "seconds": round(seconds, 6),
        }
        yield answer, inside


def read_containers(path: Path) -> Iterator[tuple[int, tuple[int, int, int], list[BoxType]]]:
    """Yield the instances of a thpack file: number in the file, container, box types.

    Source: OR-Library, http://people.brunel.ac.uk/~mastjjb/jeb/orlib/thpackinfo.html (the format).
    """
    numbers = map(int, path.read_text(encoding="ascii").split())
    for instance in range(1, next(numbers) + 1):
        next(numbers), next(numbers)  # its own number, and a seed
        inner = (next(numbers), next(numbers), next(numbers))
        boxes = []
        for _ in range(next(numbers)):
            name = str(next(numbers))
            a, may_a, b, may_b, c, may_c, count = (next(numbers) for _ in range(7))
            boxes.append(BoxType(name, (a, b, c), (bool(may_a), bool(may_b), bool(may_c)), count))
        yield instance, inner, boxes


def load(
    inner: tuple[int, int, int], boxes: Sequence[BoxType], seconds: float, *, support: bool
) -> list[LoadedBox]:
    """Load one container within the time."""
    end = time.perf_counter() + SPARE * seconds
    return load_container(
        inner,
        boxes,
        full_support=support,
        remaining_seconds=lambda: end - time.perf_counter(),
    )


def container_loading(
    path: Path, seconds: float, *, support: bool
) -> Iterator[tuple[dict[str, Any], float]]:
    """Yield each instance's answer and its utilization."""
    load((9, 9, 9), [BoxType("1", (1, 2, 3), (True, True, True), 9)], 60, support=support)
    for instance, inner, boxes in read_containers(path):
        began = time.perf_counter()
        loaded = load(inner, boxes, seconds, support=support)
        took = time.perf_counter() - began
        placements = [
            dict(zip(("type", *AXES), (int(b.name), *b.low, *b.size), strict=True)) for b in loaded
        ]
        utilization = sum(math.prod(b.size) for b in loaded) / math.prod(inner)
        answer = {"instance": instance, "placements": placements, "seconds": round(took, 6)}
        yield answer, utilization


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median, the 99th percentile and the longest."""
    rising = sorted(seconds)
    return {
        "p50_seconds": round(statistics.median(rising), 6),
        "p99_seconds": round(rising[int(0.99 * len(rising))], 6),
        "max_seconds": round(rising[-1], 6),
    }


def _ecommerce(asked: argparse.Namespace) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found = list(ecommerce(asked.source, flat=asked.flat))
    used = {answer["order_id"]: len(answer["cartons"]) for answer, _ in found}
    said: dict[str, Any] = {
        "orders": len(found),
        "cartons": sum(used.values()),
        "inner_volume_l": round(sum(inside for _, inside in found) / 1e6),
    }
    reference = asked.source / "ecommerce_reference.csv"
    if reference.is_file():
        column = "boxes_2d" if asked.flat else "boxes_3d"
        known = {row["order_id"]: int(row[column]) for row in rows(reference)}
        gaps = [count - known[order_id] for order_id, count in used.items() if order_id in known]
        said["reference_cartons"] = sum(known.values())
        said["better"], said["worse"] = sum(g < 0 for g in gaps), sum(g > 0 for g in gaps)
    return [answer for answer, _ in found], said


def _containers(asked: argparse.Namespace) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    found = list(container_loading(asked.source, asked.seconds, support=asked.support))
    said = {
        "instances": len(found),
        "mean_utilization": round(statistics.mean(u for _, u in found), 4),
        "least_utilization": round(min(u for _, u in found), 4),
    }
    return [answer for answer, _ in found], said


def main() -> None:
    """Solve all, write the answers, and print the summary."""
    data = Path(os.environ.get("FULFILLMENT_DATA", "")) / "cartonization"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.set_defaults(solve=_ecommerce, source=data, flat=False, out=None)
    kinds = parser.add_subparsers()
    orders = kinds.add_parser("ecommerce", help="orders, against BoxPacker's number of boxes")
    orders.add_argument("source", metavar="DIR", type=Path)
    orders.add_argument("--flat", action="store_true", help="keep each item's depth vertical")
    containers = kinds.add_parser("br", help="container loading")
    containers.add_argument("source", metavar="FILE", type=Path)
    containers.add_argument("--seconds", type=float, default=1.0, help="for each container")
    containers.add_argument("--support", action="store_true", help="support all of each base")
    containers.set_defaults(solve=_containers)
    for kind in (orders, containers):
        kind.add_argument("--out", type=Path)
    asked = parser.parse_args()
    answers, said = asked.solve(asked)
    if asked.out:
        lines = [json.dumps(answer) + "\n" for answer in answers]
        asked.out.write_text("".join(lines), encoding="utf-8")
    said |= spread([answer["seconds"] for answer in answers])
    print(json.dumps(said, indent=2))


if __name__ == "__main__":
    main()
