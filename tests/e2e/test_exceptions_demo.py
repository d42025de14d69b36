"""The demo of exceptions: twelve orders with which something goes wrong, told and judged."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from demos import run_demo
from fulfillment.domain.lifecycle import LineProgress
from fulfillment.simulation.books_evidence import BooksEvidence
from fulfillment.simulation.books_judgment import judge_books
from fulfillment.simulation.cases import BOOKKEEPER, NO_FINDINGS, VERIFIED
from fulfillment.simulation.expected_books import (
    ExpectedBooks,
    GoodsLevels,
    LineLevels,
    MoneyLevels,
)
from fulfillment.simulation.robots import Diary, Entry
from fulfillment.simulation.scenario import Act, load_scenario
from fulfillment.simulation.stories import Story, line_told, out_of_the_ordinary

DEMO_SECONDS = 400
WHAT_GOES_WRONG = {
    *(Act.PAY_OTHERWISE, Act.CORRECT_ADDRESS, Act.PRODUCE, Act.DO_WITHOUT, Act.CANCEL_PART),
    *(Act.READDRESS, Act.INTERCEPT, Act.RETRY_CAPTURE, Act.LOSE, Act.LOSE_FOR_GOOD),
    *(Act.EXCHANGE, Act.REPLACE),
}


@pytest.mark.timeout(DEMO_SECONDS)
def test_the_exceptions_demo_ends_as_it_should(tmp_path: Path) -> None:
    """Its exit code is 0, it tells each story, and the books were verified after each."""
    data = tmp_path / "data"
    output, summary = run_demo("exceptions", data, DEMO_SECONDS)
    orders = len(summary["orders"])
    for part in ("went wrong", "was done", "was told", "books say", "verify: no findings"):
        assert orders == output.count(part), part


def test_each_thing_that_the_demo_promises_goes_wrong() -> None:
    """Once, and each with a sentence that says what it is and books that say how it ends."""
    groups = load_scenario("exceptions").groups
    assert sorted(WHAT_GOES_WRONG) == sorted(act for group in groups for act in group.acts)
    assert all(group.trouble and group.expect.books for group in groups)


# --- the judgment on the books ---------------------------------------------------------------

EXPECTED = ExpectedBooks(
    money=MoneyLevels(authorized=300, captured=200, voided=100, refunded=50),
    lines={"MUG": LineLevels(ordered=3, canceled=1, delivered=2, returned=1)},
    goods={"MUG": GoodsLevels(shelf=-3, customer=2, scrap=1)},
    labels_voided=1,
    followed_by={"MUG": 1},
)
FOUND = BooksEvidence(
    order_id="EXC-1",
    money=EXPECTED.money,
    at_gateway=MoneyLevels(captured=200, refunded=50),
    lines=EXPECTED.lines,
    goods=EXPECTED.goods,
    labels_voided=1,
    followed_by={"MUG": 1},
    followed_by_minor=0,
)


def diary(*answers: str) -> Diary:
    """Return a diary in which the books were verified, with these answers."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return Diary(
        [
            Entry(at=at, by=BOOKKEEPER, action=VERIFIED, order_id="EXC-1", answer=answer)
            for answer in answers
        ]
    )


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({}, None),
        (
            {"money": EXPECTED.money.model_copy(update={"captured": 300})},
            "money, captured: expected 200, came 300",
        ),
        (
            {"at_gateway": MoneyLevels(captured=200)},
            "money at the gateway, refunded: expected 50, came 0",
        ),
        (
            {"lines": {"MUG": LineLevels(ordered=3, delivered=2, canceled=1)}},
            "line MUG, returned: expected 1, came 0",
        ),
        (
            {"lines": {**EXPECTED.lines, "TEE": LineLevels(ordered=1)}},
            "line TEE, ordered: expected 0, came 1",
        ),
        (
            {"goods": {"MUG": GoodsLevels(shelf=-2, customer=2, scrap=1)}},
            "goods MUG, shelf: expected -3, came -2",
        ),
        ({"labels_voided": 0}, "labels, voided: expected 1, came 0"),
        ({"followed_by": {}}, "goods sent in their place, MUG: expected 1, came 0"),
        (
            {"followed_by_minor": 9},
            "goods sent in their place: expected nothing to pay, came 9",
        ),
    ],
)
def test_the_judge_sees_what_the_books_say_otherwise(
    change: dict[str, Any], finding: str | None
) -> None:
    """Each number that is another one turns the judgment red, and names itself."""
    came = list(judge_books(EXPECTED, FOUND.model_copy(update=change), diary(NO_FINDINGS)))
    assert ([finding] if finding else []) == came


@pytest.mark.parametrize(
    ("answers", "said"),
    [((), "nobody having asked"), (("units leak: 2",), "units leak: 2")],
)
def test_the_judge_sees_that_the_books_were_not_verified(answers: Sequence[str], said: str) -> None:
    """After each order, and without a finding."""
    expected = [f"verify after it: expected no findings, came {said}"]
    assert expected == list(judge_books(EXPECTED, FOUND, diary(*answers)))


# --- the stories -----------------------------------------------------------------------------


def test_a_story_leaves_out_what_happens_with_every_order() -> None:
    """What happens twice though it should happen once is told the second time."""
    told = out_of_the_ordinary(
        [
            ("engine", "received"),
            ("engine", "sourcing: BER (the cheapest)"),
            ("engine", "BER fulfills EXC-1-1"),
            ("Anna", "picked"),
            ("engine", "labeled; pickup from 17:00"),
            ("ada", "canceled 1 x MUG"),
            ("engine", "BER fulfills EXC-1-2"),
            ("engine", "labeled; pickup from 18:00"),
            ("engine", "captured 20.00 EUR"),
            ("engine", "not captured: declined by the bank"),
        ]
    )
    assert [
        "ada: canceled 1 x MUG",
        "engine: BER fulfills EXC-1-2",
        "engine: labeled; pickup from 18:00",
        "engine: not captured: declined by the bank",
    ] == list(told)


def test_a_story_has_four_parts() -> None:
    """What went wrong, what was done, what the customer was told, and what the books say."""
    line = LineProgress(line_no=1, sku="MUG", ordered=3, canceled=1, delivered=2, reserved=2)
    story = Story(
        order_id="EXC-1",
        kind="one less",
        trouble="One is too many.",
        done=("ada: canceled 1 x MUG", "Ben: put back"),
        told=("Part of it is canceled",),
        books=(line_told(line),),
    )
    assert [
        "EXC-1 one less",
        "  went wrong    One is too many.",
        "  was done      ada: canceled 1 x MUG",
        "                Ben: put back",
        "  was told      Part of it is canceled",
        "  books say     MUG: 3 ordered, 1 canceled, 2 delivered",
    ] == list(story.lines())
