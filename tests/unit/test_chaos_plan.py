"""What a campaign of faults plays, and how its worker is told where to crash."""

import json
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from activities.registry import activity_names
from fulfillment import bootstrap
from fulfillment.simulation.chaos import __main__ as command
from fulfillment.simulation.chaos import faulty_worker
from fulfillment.simulation.chaos.faulty_worker import EXCEPTIONAL, crashed_in, issue
from fulfillment.simulation.chaos.findings import RULES
from fulfillment.simulation.chaos.kinds import kinds, scenario_of
from fulfillment.simulation.chaos.plan import FULL, SMOKE, Plan
from fulfillment.simulation.scenario import Act, load_scenario

ELSEWHERE = {Act.DURING_OUTAGE, Act.AFTER_OUTAGE, Act.PRODUCE}
"""Acts of carriers that are down, and of one story's own workshop."""
SCARCE = "short pick"


def test_each_kind_of_the_sample_scenarios_is_played() -> None:
    """Every group of the first scenario and of that of exceptions is there, under its own name."""
    played = [group.kind for group in kinds()]
    assert len(set(played)) == len(played)
    groups = [g for name in ("first", "exceptions") for g in load_scenario(name).groups]
    assert [g.kind for g in groups if not any(k.startswith(g.kind) for k in played)] == []


def test_everything_that_people_can_do_is_done() -> None:
    """Each act out of the ordinary is some kind's, but those that need other settings."""
    done = {act for group in kinds() for act in group.acts}
    assert set(Act) - ELSEWHERE == done


@pytest.mark.parametrize("plan", [SMOKE, FULL])
def test_each_kind_comes_about_equally_often(plan: Plan) -> None:
    """The smoke has each kind, too; what is scarce comes once, and ordinary orders fill up."""
    scenario = scenario_of(plan, seed=1)
    each = plan.orders // len(kinds())
    counted = Counter({group.kind: group.count for group in scenario.groups})
    assert counted.keys() == {group.kind for group in kinds()}
    ordinary = plan.orders - each * (len(kinds()) - 1)
    others = Counter(count for kind, count in counted.items() if kind not in {"ordinary", SCARCE})
    assert (others, counted["ordinary"]) == ({each: len(kinds()) - 2}, ordinary)
    assert counted[SCARCE] == 1


@pytest.mark.parametrize(
    ("name", "count", "code"), [("stuck", 0, 0), ("stuck", 1, 1), ("verify", 2, 1)]
)
def test_a_count_that_is_not_zero_fails_the_checks(
    name: str,
    count: int,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The exit code is what `.ci/run` goes by; the last line is JSON, the findings are no part."""
    zeros = dict.fromkeys((*RULES, "verify"), 0)

    async def run(*_: object) -> dict[str, Any]:
        return {**zeros, name: count, "findings": ["in words"]}

    monkeypatch.setattr(command, "_run", run)
    assert code == command.main(["--smoke"])
    said = capsys.readouterr()
    assert {**zeros, name: count} == json.loads(said.out.splitlines()[-1])
    assert said.err == "in words\n"


def take(tickets: Path, *names: str) -> list[str]:
    """Return the activities of these in which a worker crashes."""
    return [name for name in names if faulty_worker._takes(tickets, name)]


def test_a_rare_ticket_waits_for_what_no_ordinary_order_has(tmp_path: Path) -> None:
    """It is left by an ordinary activity, taken by another, and none crashes twice a round."""
    issue(tmp_path, rare=True)
    assert ["record_question"] == take(tmp_path, "record_order", "record_question", "plan_supply")
    issue(tmp_path)
    assert ["record_order"] == take(tmp_path, "record_question", "record_order", "plan_supply")
    assert crashed_in(tmp_path) == ["record_order", "record_question"]


def test_a_ticket_that_nobody_takes_begins_another_round(tmp_path: Path) -> None:
    """Where all activities that come have crashed, they crash once more."""
    issue(tmp_path)
    assert ["record_order"] == take(tmp_path, "record_order", "record_order")
    issue(tmp_path)
    assert [] == take(tmp_path, "record_order")
    issue(tmp_path)
    assert ["record_order"] == take(tmp_path, "record_order")


def test_returns_supply_and_holds_are_struck() -> None:
    """What rare tickets are for are activities of the worker, of each of these subjects."""
    assert EXCEPTIONAL < set(activity_names())
    assert {"record_return", "plan_supply", "hold_order", "intercept_parcels"} <= EXCEPTIONAL


def test_the_worker_reads_its_own_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of the tickets is not one of them."""
    monkeypatch.setattr(sys, "argv", ["faulty_worker", "tickets", "worker.py"])
    monkeypatch.setattr(bootstrap, "make_worker", bootstrap.make_worker)
    said, script = tmp_path / "said", tmp_path / "worker.py"
    script.write_text(
        f"import pathlib, sys; pathlib.Path({str(said)!r}).write_text(repr(sys.argv))"
    )
    faulty_worker.main(str(tmp_path), str(script))
    assert said.read_text() == repr([str(script)])


def test_tickets_are_issued_at_once(tmp_path: Path) -> None:
    """Crashes overlap where workers are slow; none of them breaks the campaign off."""

    def issue_one(number: int) -> None:
        issue(tmp_path)
        (tmp_path / "crashed" / f"activity_{number}").touch()

    with ThreadPoolExecutor(8) as pool:
        assert 400 == len(list(pool.map(issue_one, range(400))))
