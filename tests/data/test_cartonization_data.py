"""Published packing problems, a slice of each, answered and checked as the benchmark is."""

import csv
import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EVERY = 20
"""Which part of the orders is packed here; the benchmark packs them all."""


@pytest.fixture(scope="module")
def data() -> Path:
    """Return the folder of the public data, or skip."""
    root = os.environ.get("FULFILLMENT_DATA")
    if not root:
        pytest.skip("FULFILLMENT_DATA does not name the folder of the public data")
    if not (Path(root) / "cartonization" / "ecommerce_items.csv").is_file():
        pytest.skip(f"FULFILLMENT_DATA has no cartonization/ecommerce_items.csv in {root}")
    return Path(root)


@pytest.fixture(scope="module")
def slice_of_orders(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with every twentieth order."""
    source, folder = data / "cartonization", tmp_path_factory.mktemp("orders")
    chosen: set[str] = set()
    for name in ("ecommerce_reference.csv", "ecommerce_items.csv", "ecommerce_boxes.csv"):
        with (source / name).open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        chosen = chosen or {row["order_id"] for row in rows[::EVERY]}
        with (folder / name).open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, rows[0].keys())
            writer.writeheader()
            writer.writerows(row for row in rows if row.get("order_id", "") in {*chosen, ""})
    return folder


@pytest.fixture(scope="module")
def two_containers(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the first two instances of BR5."""
    text = (data / "cartonization" / "br" / "br5.txt").read_text(encoding="ascii")
    numbers = iter(text.split())
    next(numbers)
    kept = ["2"]
    for _ in range(2):
        head = list(islice(numbers, 6))
        kept += [*head, *islice(numbers, 8 * int(head[5]))]
    path = tmp_path_factory.mktemp("containers") / "br.txt"
    path.write_text(" ".join(kept), encoding="ascii")
    return path


def said(*command: str | Path) -> dict[str, Any]:
    """Run a Python command, and return the JSON that it prints."""
    done = subprocess.run(
        [sys.executable, *map(str, command)], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert (0, "") == (done.returncode, done.stderr), done.stdout
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("mode", [[], ["--flat"]], ids=["turned", "flat"])
def test_no_order_takes_more_cartons_than_boxpacker(
    data: Path, slice_of_orders: Path, tmp_path: Path, mode: list[str]
) -> None:
    """Each plan is valid, and none has more cartons than the reference."""
    answers = tmp_path / "answers.jsonl"

    summary = said(
        "-m", "bench.cartonization", "ecommerce", slice_of_orders, *mode, "--out", answers
    )
    checked = said(data / "validators" / "check_ecommerce.py", slice_of_orders, answers, *mode)

    assert (0, 0) == (checked["violations"], checked["worse"])
    assert summary["cartons"] == checked["cartons"] <= checked["reference"]


@pytest.mark.parametrize("mode", [[], ["--support"]], ids=["free", "supported"])
def test_containers_are_filled(
    data: Path, two_containers: Path, tmp_path: Path, mode: list[str]
) -> None:
    """Each loading is valid, and full, however busy the machine is."""
    answers, best = tmp_path / "answers.jsonl", data / "cartonization/br/br5_best_known.csv"
    command: list[str | Path] = [
        "-m",
        "bench.cartonization",
        "br",
        two_containers,
        "--seconds",
        "0.5",
    ]

    said(*command, *mode, "--out", answers)
    checked = said(data / "validators" / "check_br.py", two_containers, best, answers, *mode)

    assert (2, 0) == (checked["instances"], checked["violations"])
    assert checked["utilisation"] > 0.75
