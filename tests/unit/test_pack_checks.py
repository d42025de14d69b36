"""What the packer says was packed: cartons and weights."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.confirmations import PackConfirmation, WeightOverride
from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.pack_checks import check_pack, weights_as_planned, weights_off
from fulfillment.domain.weighing import Weighing

PLANNED = ("S", "M", "S")
EXPECTED_G = (1_000, 10_000, 400)
NAMED = Weighing(supervisors=("eve", "frank"))


def said(*weights_g: int, by: str = "ann", **fields: object) -> PackConfirmation:
    """Return what a packer says."""
    return PackConfirmation.model_validate({"by": by, "weights_g": weights_g, **fields})


def refusal(confirmation: PackConfirmation, weighing: Weighing = NAMED) -> str:
    """Return why a confirmation is refused."""
    with pytest.raises(ConfirmationRefused) as caught:
        check_pack(PLANNED, EXPECTED_G, confirmation, weighing)
    return str(caught.value)


def test_what_was_not_weighed_or_weighs_about_what_it_should_passes() -> None:
    """The greater of three percent and fifty grams is tolerated, both ways."""
    for confirmation in (said(), said(1_050, 10_300, 350), said(950, 9_700, 450)):
        check_pack(PLANNED, EXPECTED_G, confirmation, NAMED)


def test_a_weight_that_is_off_is_stopped_with_what_to_do() -> None:
    """Each such carton is named with what was expected and what came."""
    text = refusal(said(1_051, 10_000, 349))

    for words in (
        "weight of carton 1 (S): expected 1000 g, give or take 50 g, came 1051 g, 51 g too heavy",
        "weight of carton 3 (S): expected 400 g, give or take 50 g, came 349 g, 51 g too light",
        "count the items and check each",
        "have a supervisor override it with a reason",
    ):
        assert words in text


def test_each_carton_is_weighed() -> None:
    """Two weights for three cartons leave one out."""
    assert "weights: expected 3, one for each carton, came 2" in refusal(said(1_000, 10_000))


def test_other_cartons_are_refused_before_any_weight() -> None:
    """What they weigh says nothing then."""
    assert "cartons: expected S, M, S" in refusal(said(9, 9, 9, cartons=["L", "M", "S"]))


@pytest.mark.parametrize(
    ("weighing", "packer", "supervisor", "words"),
    [
        (NAMED, "ann", "frank", None),
        (NAMED, "eve", "eve", None),
        (NAMED, "ann", "gus", "supervisor: expected one of eve, frank, came gus"),
        (Weighing(), "ann", "gus", None),
        (Weighing(), "ann", "ann", "expected somebody else than the packer, came ann"),
    ],
)
def test_a_supervisor_may_override(
    weighing: Weighing, packer: str, supervisor: str, words: str | None
) -> None:
    """One that is named, or, where none is, anybody but the packer."""
    override = WeightOverride(by=supervisor, reason="wet carton")
    confirmation = said(2_000, 10_000, 400, by=packer, override=override)

    if words is None:
        check_pack(PLANNED, EXPECTED_G, confirmation, weighing)
    else:
        assert words in refusal(confirmation, weighing)


def test_weights_follow_the_cartons_as_they_were_named() -> None:
    """Named in another order than planned, each weight stays with its carton."""
    confirmation = said(10_000, 1_000, 400, cartons=["M", "S", "S"])

    assert EXPECTED_G == weights_as_planned(PLANNED, confirmation)
    assert [] == weights_off(PLANNED, EXPECTED_G, confirmation, NAMED)


def test_a_plan_without_weights_expects_none() -> None:
    """A task of an earlier release takes any weight."""
    check_pack(PLANNED, (), said(1, 2, 3), NAMED)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    fill_dl=st.integers(min_value=0, max_value=5_000),
    density=st.floats(min_value=0, max_value=1_000),
)
def test_fill_never_weighs_less_than_it_does(fill_dl: int, density: float) -> None:
    """The mass is rounded up, by less than a gram."""
    mass_g = Weighing(fill_g_per_l=density).fill_g(fill_dl)

    assert 0 <= mass_g - fill_dl * density / 10 < 1.001
