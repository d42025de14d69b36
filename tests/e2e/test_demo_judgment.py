"""The demo ends as its scenario expects, and its judgment turns red when anything is missing."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fulfillment.entrypoints.stack import Stack
from fulfillment.simulation.judge import Summary, judge
from fulfillment.simulation.premises import demo_settings

DEMO_SECONDS = 280
pytestmark = pytest.mark.timeout(DEMO_SECONDS)


@dataclass(frozen=True)
class Finished:
    """A demo that has run, and a Temporal server on what it left."""

    data: Path
    code: int
    output: str
    address: str

    async def judged(self) -> Summary:
        """Return the judgment on what is left of it now, by a judge who misses a killed server."""
        return await judge(demo_settings(self.data), "first", self.address, server_killed=True)


@pytest.fixture(scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Finished]:
    """Run the whole demo once, then serve its histories to the judge."""
    data = tmp_path_factory.mktemp("demo") / "data"
    command = [sys.executable, "-m", "fulfillment.simulation.demo", "--data", str(data)]
    done = subprocess.run(  # noqa: ASYNC221 - nothing else happens meanwhile
        command, capture_output=True, text=True, timeout=DEMO_SECONDS, check=False
    )
    async with Stack(demo_settings(data)) as stack:
        address = await stack.start_server()
        yield Finished(data, done.returncode, done.stdout + done.stderr, address)


@contextmanager
def without_row(data: Path, table: str, step: str) -> Iterator[str]:
    """Take the row of a step's key out of a table, give the key, and put the row back."""
    with closing(sqlite3.connect(data / "fulfillment.sqlite")) as db:
        db.row_factory = sqlite3.Row
        found = f"SELECT * FROM {table} WHERE key LIKE ? ORDER BY number"  # noqa: S608
        row = db.execute(found, (f"{step}/%",)).fetchone()
        assert row is not None, f"no row of {step} in {table}"
        db.execute(f"DELETE FROM {table} WHERE key = ?", (row["key"],))  # noqa: S608
        db.commit()
        try:
            yield row["key"]
        finally:
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO {table} VALUES ({marks})", tuple(row))  # noqa: S608
            db.commit()


@contextmanager
def without_file(path: Path) -> Iterator[None]:
    """Take a file away, and put it back at the end."""
    content = path.read_bytes()
    path.unlink()
    try:
        yield
    finally:
        path.write_bytes(content)


def findings_of(summary: Summary) -> str:
    """Return all that the judge found, one on a line."""
    of_orders = [f"{o.order_id}: {finding}" for o in summary.orders for finding in o.findings]
    books = [finding.message for finding in summary.verify_settled]
    return "\n".join([*of_orders, *summary.findings, *books])


def test_every_order_ends_as_its_scenario_expects(demo: Finished) -> None:
    """The demo's own exit code says so, which is its judge's."""
    assert demo.code == 0, demo.output


def test_the_summary_has_what_a_reader_looks_for(demo: Finished) -> None:
    """Each order with its ids, times and effects; the workers that were killed and started."""
    summary: dict[str, Any] = json.loads((demo.data / "summary.json").read_text(encoding="utf-8"))
    assert summary["ok"]
    assert summary["findings"] == []
    assert len(summary["orders"]) >= 25
    assert len(summary["workers_killed"]) == 1
    assert summary["workers_started"][0] in summary["workers_killed"]
    assert len(summary["workers_started"]) == 2
    assert summary["verify_settled"] == []
    for order in summary["orders"]:
        name = order["order_id"]
        assert order["workflow_ids"][0] == f"order/{name}"
        assert f"order/{name}/record_order/-/1" in order["effects"]
        assert set(order["seconds_by_stage"]) == set(order["workflow_ids"])
        assert all(stage["seconds"] >= 0 for stage in order["seconds_by_stage"][f"order/{name}"])
        assert order["actual"]["outcome"] == order["expected"]["outcome"]


def test_the_output_says_where_to_look(demo: Finished) -> None:
    """The outcome table, what verify says, the UI, and a link to one order."""
    assert "verify --settled: no findings" in demo.output
    assert "/namespaces/default/workflows/order%2FDEMO-" in demo.output
    assert "summary.json" in demo.output
    assert "SIGKILL to worker" in demo.output


EFFECTS = (
    "fulfillment/DEMO-020-1/record_sorting",
    "order/DEMO-020/verify_order",
    "order/DEMO-006/stop_work",
    "receipt/opening-BER-VASE-TALL-1/receive_stock",
)
"""Any of them that was done and is not on record could be done again."""

MESSAGE = "fulfillment/DEMO-020-1/notify_customer/shipped"


async def test_what_is_missing_turns_the_judgment_red(demo: Finished) -> None:
    """Effects off the record, a mail that was not sent, and a message that is not on record."""
    mail = min((demo.data / "mail").glob("*acknowledged*.eml"))
    with ExitStack() as missing:
        keys = [missing.enter_context(without_row(demo.data, "effects", step)) for step in EFFECTS]
        notice = missing.enter_context(without_row(demo.data, "notices", MESSAGE))
        missing.enter_context(without_file(mail))
        summary = await demo.judged()
    assert not summary.ok
    found = findings_of(summary)
    for key in keys:
        assert f"effect {key} is not on record" in found
    assert "/notify_customer/acknowledged/1: expected its mail" in found
    assert f"mail {notice}: expected its message on record" in found


async def test_all_put_back_only_the_server_that_was_not_killed_is_missed(demo: Finished) -> None:
    """The judge only looks; it agrees with the demo's but for what the cluster's demo promises."""
    summary = await demo.judged()
    assert not summary.ok
    assert findings_of(summary) == "server: expected one to be killed in mid-run, came none"
