"""A plan with the cartons that the packer wants."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.carton_choice import plan_with
from fulfillment.domain.carton_validation import validate_plan
from fulfillment.domain.cartonization import PackItem, cartonize
from fulfillment.domain.errors import ConfirmationRefused
from plant import ARTICLES, CARTONS

BY_SKU = {article.sku: article for article in ARTICLES}


def items(*rows: tuple[str, int]) -> list[PackItem]:
    """Return units of articles of the test shop."""
    return [
        PackItem(
            item_ref=f"{line_no}/{unit}",
            line_no=line_no,
            sku=sku,
            name=BY_SKU[sku].name,
            dimensions=BY_SKU[sku].dimensions,
            weight_g=BY_SKU[sku].weight_g,
            orientation=BY_SKU[sku].orientation,
            fragile=BY_SKU[sku].fragile,
            segregation_group=BY_SKU[sku].segregation_group,
        )
        for line_no, (sku, count) in enumerate(rows, start=1)
        for unit in range(1, count + 1)
    ]


def taken(wanted: Sequence[str], goods: Sequence[PackItem]) -> list[str]:
    """Return the cartons of a plan with the wanted ones, which keeps all rules."""
    plan = plan_with(wanted, goods, CARTONS, cartonize)
    validate_plan(plan, goods, CARTONS)
    return sorted(carton.carton_id for carton in plan.cartons)


def refusal(wanted: Sequence[str], goods: Sequence[PackItem]) -> str:
    """Return why there is no such plan."""
    with pytest.raises(ConfirmationRefused) as caught:
        plan_with(wanted, goods, CARTONS, cartonize)
    return str(caught.value)


@pytest.mark.parametrize(
    ("wanted", "rows", "expected"),
    [
        (("L",), (("MUG", 2), ("BOOK", 1)), ["L"]),
        (("S", "S"), (("BOOK", 6), ("MUG", 4)), ["S", "S"]),
        (("M", "S"), (("MUG", 2), ("BOOK", 1)), ["S"]),
        (("S", "M"), (("MUG", 8), ("BOOK", 12)), ["M", "S"]),
        (("S", "M"), (("SOAP", 4), ("MUG", 1)), ["M", "S"]),
        (("M", "L"), (("LAMP", 3), ("BOOK", 25)), ["L", "M"]),
    ],
)
def test_the_wanted_cartons_are_taken_as_far_as_they_are_needed(
    wanted: Sequence[str], rows: Sequence[tuple[str, int]], expected: list[str]
) -> None:
    """A larger one, several smaller ones, one for each group; none that stays empty."""
    assert expected == taken(wanted, items(*rows))


def test_what_fits_none_of_them_is_named_with_the_reason() -> None:
    """The packer reads which item it is, and what to take."""
    text = refusal(["S"], items(("LAMP", 1), ("MUG", 1)))

    for words in ("line 1", "LAMP of 200 x 200 x 350 mm", "too large", "take a larger carton"):
        assert words in text
    assert "MUG" not in text


def test_what_is_left_over_is_named_with_how_many() -> None:
    """All fit alone, and not all together."""
    text = refusal(["S"], items(("MUG", 9), ("BOOK", 1)))

    assert "Mug (MUG): expected room in S, came none left for " in text
    assert "take a larger carton, or one more" in text


def test_groups_that_never_share_need_a_carton_each() -> None:
    """One carton for soap and mugs is one too few."""
    expected = "too few cartons: chemicals and general never share one"
    assert expected in refusal(["L"], items(("SOAP", 1), ("MUG", 1)))


def test_an_unknown_carton_is_refused_with_those_there_are() -> None:
    """A misread code is no carton."""
    text = refusal(["XXL"], items(("MUG", 1)))

    assert "carton XXL: expected one of L, M, S, came an unknown one" in text


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    wanted=st.lists(st.sampled_from(["S", "M", "L"]), min_size=1, max_size=4),
    counts=st.lists(st.integers(min_value=0, max_value=5), min_size=4, max_size=4),
)
def test_a_plan_takes_no_other_carton_and_keeps_every_rule(
    wanted: list[str], counts: list[int]
) -> None:
    """Or it is refused; it never takes one too often, and the independent check certifies it."""
    goods = items(*zip(("MUG", "BOOK", "SOAP", "LAMP"), counts, strict=True))
    with suppress(ConfirmationRefused):
        assert Counter(taken(wanted, goods)) <= Counter(wanted)
