"""The cancellation table leaves nothing out, and the documentation shows it as it is."""

from pathlib import Path

import pytest

from activities.canceling import IN_BOOKS, STOPPABLE
from fulfillment.domain.cancellation import (
    MEANING,
    SILENT,
    TABLE,
    Action,
    CancellationPlan,
    Point,
    Resource,
    Treatment,
    actions_at,
    does,
    render_actions,
    render_table,
)
from fulfillment.domain.lifecycle import CANCELABLE, NOT_LEFT, STEPS, Stage
from fulfillment.domain.readdressing import EFFECT, AddressEffect, all_gone, render_effects

PAGE = (Path(__file__).parents[2] / "docs" / "cancellation.md").read_text(encoding="utf-8")


def test_each_resource_has_an_action_at_each_point() -> None:
    """No cell is empty, and each stage of a fulfillment is a point."""
    assert list(Point) == list(TABLE)
    assert {point: set(Resource) for point in Point} == {p: set(row) for p, row in TABLE.items()}
    assert {stage.value for stage in Stage} | {"unreserved"} == {point.value for point in Point}


def test_each_action_has_its_meaning() -> None:
    """A reader is told what each word in the table does."""
    assert set(Action) == set(MEANING)


@pytest.mark.parametrize("stage", STEPS)
def test_until_it_is_delivered_a_fulfillment_can_be_canceled(stage: Stage) -> None:
    """What has been delivered is a return, at no other stage anything is refused."""
    assert (stage is Stage.DELIVERED) == does(stage, Action.RETURN)
    assert (stage in STOPPABLE) == (not does(stage, Action.RETURN))


@pytest.mark.parametrize("stage", NOT_LEFT)
def test_goods_and_money_are_given_back_wherever_they_are(stage: Stage) -> None:
    """Claims end where goods lie in their bins; elsewhere people put them back."""
    assert does(stage, Action.VOID)
    assert (stage in CANCELABLE) == does(stage, Action.RELEASE)
    assert (stage not in CANCELABLE) == does(stage, Action.PUT_BACK)


def test_each_action_in_the_books_stands_in_the_table() -> None:
    """What is done in the transaction is done because of the table."""
    used = {action for stage in Stage for _, action in actions_at(stage)}
    assert set(IN_BOOKS) <= used


def test_an_answer_names_what_people_and_carriers_do() -> None:
    """What is summed up otherwise is left out."""
    treatments = tuple(
        Treatment(resource=Resource.LABEL, action=action, what="FC1", fulfillment_id="A-1")
        for action in Action
    )
    plan = CancellationPlan(order_id="A", treatments=treatments)
    assert len(Action) - len(SILENT) == len(plan.told)
    assert "label of A-1: void the label: FC1" in plan.told


@pytest.mark.parametrize("rendered", [render_table(), render_actions(), render_effects()])
def test_the_page_shows_the_tables_as_they_are(rendered: str) -> None:
    """`python -m fulfillment.operations.cancellation_page` writes them anew."""
    assert rendered in PAGE


def test_another_address_has_an_effect_at_each_stage() -> None:
    """No stage is left out."""
    assert set(Stage) == set(EFFECT)
    gone = (Stage.IN_TRANSIT, Stage.DELIVERED, Stage.UNDELIVERED)
    assert dict.fromkeys(gone, AddressEffect.GONE) == {
        stage: effect for stage, effect in EFFECT.items() if effect is AddressEffect.GONE
    }


@pytest.mark.parametrize(
    ("stages", "missing", "gone"),
    [
        ([], 0, False),
        ([Stage.PICKING], 0, False),
        ([Stage.IN_TRANSIT], 0, True),
        ([Stage.IN_TRANSIT], 1, False),
        ([Stage.DELIVERED, Stage.CANCELED], 0, True),
        ([Stage.DELIVERED, Stage.AWAITING_PICKUP], 0, False),
        ([Stage.CANCELED], 0, False),
    ],
)
def test_an_address_changes_as_long_as_something_can_still_go_there(
    stages: list[Stage], missing: int, *, gone: bool
) -> None:
    """Parcels that have left keep their old one."""
    assert gone == all_gone(stages, missing)
