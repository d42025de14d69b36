"""The demo of the floor: one walk for many orders, judged from what is on record alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from demos import run_demo
from fulfillment.simulation.evidence import BatchEvidence, Evidence
from fulfillment.simulation.judgment import judge_whole
from fulfillment.simulation.scenario import load_scenario
from fulfillment.simulation.world import make_world

DEMO_SECONDS = 280
AS_EXPECTED = BatchEvidence(
    batch_id="BER-1",
    members=8,
    withdrawn=1,
    other_bins=1,
    pickers=("Anna", "Karl"),
    put_backs_open=0,
)


@pytest.mark.timeout(DEMO_SECONDS)
def test_the_floor_demo_ends_as_it_should(tmp_path: Path) -> None:
    """Its exit code is 0, and pick lists and packing pictures lie in its folder."""
    data = tmp_path / "data"
    _, summary = run_demo("floor", data, DEMO_SECONDS)
    names = [file.name for file in (data / "floor").iterdir()]
    parcels = sum(order["actual"]["parcels"] for order in summary["orders"])
    assert parcels == sum(name.endswith(".png") for name in names)
    assert parcels == sum(name.endswith(".svg") for name in names)
    lists = [(data / "floor" / name).read_text() for name in names if name.startswith("pick-list")]
    # Which orders are in a batch together depends on how fast the machine is.
    for what in ("put back", "not there"):
        assert any(what in text for text in lists)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({}, None),
        ({"members": 5}, "largest batch: expected at least 6, came 5"),
        ({"withdrawn": 0}, "withdrawn in mid-walk: expected at least 1, came 0"),
        ({"other_bins": 0}, "found in other bins: expected at least 1, came 0"),
        ({"pickers": ("Anna",)}, "pickers replaced: expected at least 1, came 0"),
        ({"put_backs_open": 2}, "batch BER-1: 2 put-backs are open"),
    ],
)
def test_the_judge_sees_what_is_missing(change: dict[str, object], finding: str | None) -> None:
    """Each thing that must have happened on the floor turns the judgment red where it did not."""
    world = make_world(load_scenario("floor"), datetime(2026, 3, 2, tzinfo=UTC))
    receipts = [f"receipt/{r.receipt_id}/receive_stock/-/1" for r in world.catalog.opening_stock]
    evidence = Evidence(
        orders=(),
        other_orders=(),
        receipts=tuple(receipts),
        mails=(),
        captured_at_gateway={},
        batches=(AS_EXPECTED.model_copy(update=change),),
    )
    assert ([finding] if finding else []) == judge_whole(world, evidence)
