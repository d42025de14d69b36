"""Solves the published picker routing problems: ``python -m bench.picker_routing DIR --out FILE``.

DIR holds `published_optima.csv` and `instances/`. FILE gets a line of JSON for each instance and
number of blocks with a published optimum; the summary is printed. Where an article lies in several
bins (scattered storage), the bins are chosen, too.
"""

import argparse
import csv
import json
import os
import re
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from fulfillment.domain.routing_exact import shortest_walk
from fulfillment.domain.routing_grid import Grid, Spot
from fulfillment.domain.routing_scattered import Shelved, choose_bins

SCATTERED = "scattered-storage"
PLACE = re.compile(r"^ID (\d+) AISLE (\d+) CELL (\d+) QUANTITY (\d+) ", re.MULTILINE)
WANTED = re.compile(r"^ID (\d+) QUANTITY (\d+)$", re.MULTILINE)


class Place(NamedTuple):
    """Units of an article in a cell of an aisle."""

    sku: str
    aisle: int
    cell: int
    quantity: int


class Instance(NamedTuple):
    """A problem as its file has it; lengths in its own unit."""

    fields: dict[str, str]
    places: list[Place]
    wanted: dict[str, int]

    @property
    def cells(self) -> int:
        """How many cells an aisle has."""
        return int(self.fields["NUM_CELLS"])

    def grid(self, blocks: int) -> Grid:
        """Return the aisles, seen from the depot's end."""
        ends = self._near_and_far()
        inside = (self.cells - 1) * int(self.fields["DISTANCE_CELL_TO_CELL"])
        back = sum(ends) + inside
        middle = self._behind(self.cells // 2 - 1) + 1
        return Grid(
            cross_mm=(0, back) if blocks == 1 else (0, middle, back + 1),
            aisle_distance_mm=int(self.fields["DISTANCE_AISLE_TO_AISLE"]),
            depot_aisle=int(self.fields["DEPOT_AISLE"]),
        )

    def spot(self, place: Place, blocks: int) -> Spot:
        """Return where a place is reached; the middle cross-aisle makes its two cells 2 apart."""
        top = self.fields["DEPOT_LOCATION"] == "top"
        nth = place.cell if top else self.cells - 1 - place.cell
        past_middle = blocks == 2 and nth >= self.cells // 2  # noqa: PLR2004 - two blocks
        return Spot(place.aisle, self._behind(nth) + past_middle)

    def _behind(self, nth: int) -> int:
        return self._near_and_far()[0] + nth * int(self.fields["DISTANCE_CELL_TO_CELL"])

    def _near_and_far(self) -> tuple[int, int]:
        top, bottom = (int(self.fields[f"DISTANCE_{end}_TO_CELL"]) for end in ("TOP", "BOTTOM"))
        return (top, bottom) if self.fields["DEPOT_LOCATION"] == "top" else (bottom, top)


def read_instance(path: Path) -> Instance:
    """Read a problem.

    Source: https://github.com/katrinhessler/SPRP-SS (the format).
    """
    text = path.read_text(encoding="ascii")
    fields = dict(re.findall(r"^([A-Z_]+) : (.*?)\s*$", text, re.MULTILINE))
    places = [Place(sku, int(a), int(c), int(q)) for sku, a, c, q in PLACE.findall(text)]
    return Instance(fields, places, {sku: int(q) for sku, q in WANTED.findall(text)})


def solve(instance: Instance, blocks: int, *, scattered: bool) -> tuple[int, list[list[int]]]:
    """Return the walk's length, and its stops as aisles and cells in walking order."""
    grid = instance.grid(blocks)
    cell_of = {instance.spot(place, blocks): place.cell for place in instance.places}
    spots = set(cell_of)
    if scattered:
        stock = [
            Shelved(str(number), place.sku, place.quantity, instance.spot(place, blocks))
            for number, place in enumerate(instance.places)
        ]
        spots = {taken.spot for taken in choose_bins(instance.wanted, stock, grid)}
    walk = shortest_walk(spots, grid)
    legs = pairwise([grid.depot, *walk, grid.depot])
    cost = sum(grid.distance_mm(start, end) for start, end in legs)
    return cost, [[spot.aisle, cell_of[spot]] for spot in walk]


def published(folder: Path) -> list[dict[str, str]]:
    """Return the file names with their published optima."""
    with (folder / "published_optima.csv").open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def answers(
    folder: Path, rows: Iterable[dict[str, str]]
) -> Iterator[tuple[dict[str, Any], str, float]]:
    """Yield an answer, its kind and the published optimum."""
    for row in rows:
        instance = read_instance(folder / "instances" / row["filename"])
        for blocks, column in ((1, "one_block_optimum"), (2, "two_block_optimum")):
            if not row[column]:
                continue
            began = time.perf_counter()
            cost, stops = solve(instance, blocks, scattered=row["problem"] == SCATTERED)
            seconds = time.perf_counter() - began
            answer = {
                "filename": row["filename"],
                "blocks": blocks,
                "cost": cost,
                "stops": stops,
                "seconds": round(seconds, 6),
            }
            yield answer, f"{row['problem']}/{blocks}", float(row[column])


def summary(found: Sequence[tuple[dict[str, Any], str, float]]) -> dict[str, Any]:
    """Return, by kind, how many there are, how near to the optimum, and how long they took."""
    kinds = dict.fromkeys(kind for _, kind, _ in found)
    return {kind: _of_kind([(a, best) for a, k, best in found if k == kind]) for kind in kinds}


def _of_kind(found: Sequence[tuple[dict[str, Any], float]]) -> dict[str, Any]:
    gaps = [answer["cost"] / best - 1 for answer, best in found]
    seconds = [answer["seconds"] for answer, _ in found]
    return {
        "instances": len(found),
        "equal_to_optimum": sum(answer["cost"] == best for answer, best in found),
        "mean_gap": round(statistics.mean(gaps), 5),
        "worst_gap": round(max(gaps), 5),
        "median_seconds": round(statistics.median(seconds), 5),
        "max_seconds": round(max(seconds), 5),
    }


def main() -> None:
    """Solve all, write the answers, and print the summary."""
    data = os.environ.get("FULFILLMENT_DATA")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder",
        metavar="DIR",
        type=Path,
        nargs="?" if data else None,
        default=Path(data or "") / "picker_routing",
    )
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    found = list(answers(asked.folder, published(asked.folder)))
    if asked.out:
        lines = [json.dumps(answer) + "\n" for answer, _, _ in found]
        asked.out.write_text("".join(lines), encoding="utf-8")
    print(json.dumps(summary(found), indent=2))


if __name__ == "__main__":
    main()
