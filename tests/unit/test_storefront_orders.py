"""What follows from a storefront's news of an order: pure rules."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.storefront_orders import (
    Changes,
    Seen,
    SeenLine,
    Standing,
    StorefrontOrder,
    changes_since,
    seen_next,
    standing_of,
)
from fulfillment.domain.unit_choice import LineUnits

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)


def heard(at: datetime | None = NOW, ended: str = "") -> StorefrontOrder:
    """Return what was heard of an order."""
    return StorefrontOrder(order_id="shopify-1", storefront="shopify", updated_at=at, ended=ended)


def line(line_id: str = "101", **fields: Any) -> SeenLine:
    """Return a line of two mugs, as it was seen."""
    mugs = {"line_id": line_id, "line_no": 1, "sku": "MUG", "kept": 2, "to_ship": 2}
    return SeenLine.model_validate(mugs | fields)


def seen(*lines: SeenLine, **fields: Any) -> Seen:
    """Return an order of these lines, as it was seen."""
    return Seen(lines=lines, **fields)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (None, heard(), Standing.LIVE),
        (None, heard(None), Standing.LIVE),
        (None, heard(ended="cancelled"), Standing.ENDED),
        (heard(), heard(), Standing.LIVE),
        (heard(), heard(EARLIER), Standing.OUTDATED),
        (heard(ended="cancelled"), heard(EARLIER), Standing.OUTDATED),
        (heard(ended="cancelled"), heard(), Standing.OUTDATED),
        (heard(ended="cancelled"), heard(None), Standing.OUTDATED),
        (heard(None, ended="deleted"), heard(LATER), Standing.REOPENED),
        (heard(ended="cancelled"), heard(LATER), Standing.REOPENED),
        (heard(ended="cancelled"), heard(ended="refunded"), Standing.ENDED),
        (heard(), heard(EARLIER, ended="cancelled"), Standing.OUTDATED),
        (heard(), heard(ended="cancelled"), Standing.ENDED),
    ],
)
def test_older_news_does_nothing(
    before: StorefrontOrder | None, now: StorefrontOrder, expected: Standing
) -> None:
    """An order that has ended is not begun by what was said before that, or at that moment."""
    assert expected is standing_of(before, now)


@given(
    st.permutations(
        [heard(EARLIER), heard(NOW), heard(LATER, "cancelled"), heard(LATER)],
    )
)
def test_in_whatever_order_news_comes_the_end_stands(news: list[StorefrontOrder]) -> None:
    """Once its cancellation was heard, nothing of an order is live."""
    known: StorefrontOrder | None = None
    ended = False
    for now in news:
        standing = standing_of(known, now)
        ended = ended or standing is Standing.ENDED
        assert not (ended and standing in (Standing.LIVE, Standing.REOPENED))
        known = known if standing is Standing.OUTDATED else now
    assert ended


@pytest.mark.parametrize(
    ("now", "left", "less"),
    [
        ({}, 2, 0),
        ({"kept": 1, "to_ship": 1}, 2, 1),
        ({"kept": 0, "to_ship": 0}, 2, 2),
        # Marked as fulfilled: no refund.
        ({"to_ship": 0}, 2, 0),
        # Taken off here before.
        ({"kept": 1, "to_ship": 1}, 1, 0),
    ],
)
def test_units_are_taken_off_that_are_not_to_be_shipped(
    now: dict[str, Any], left: int, less: int
) -> None:
    """Less of what is ordered, and less of what is to be shipped, and still on the order here."""
    changes = changes_since(seen(line()), seen(line(**now)), {1: left})
    expected = (LineUnits(line_no=1, quantity=less),) if less else ()
    assert expected == changes.less


def test_what_comes_back_after_it_was_shipped_takes_nothing_off() -> None:
    """It was marked as fulfilled before, and is refunded now."""
    shipped = line(to_ship=0)
    assert Changes() == changes_since(seen(shipped), seen(line(kept=1, to_ship=0)), {1: 2})


def test_a_removed_line_is_taken_off_though_the_others_move_up() -> None:
    """WooCommerce's lines are known by their ids: their positions change."""
    before = seen(line("301"), line("302", line_no=2, sku="BOOK"))
    now = seen(line("302", line_no=1, sku="BOOK"))
    changes = changes_since(before, now, {1: 2, 2: 2})
    assert Changes(less=(LineUnits(line_no=1, quantity=2),)) == changes
    assert [2] == [each.line_no for each in seen_next(before, now).lines]


@pytest.mark.parametrize(
    "now",
    [
        seen(line(), line("102", sku="BOOK")),
        seen(line(kept=3, to_ship=3)),
        seen(line(sku="BOOK")),
    ],
)
def test_what_was_added_is_named(now: Seen) -> None:
    """A line, units of a line, or another article in its place."""
    assert changes_since(seen(line()), now, {1: 2}).more


def test_what_is_not_known_is_not_compared() -> None:
    """The address and wishes of an order that nobody has seen in its storefront."""
    now = seen(line(), ship_to="b", wishes="d", paid=True)
    before = seen(line(), ship_to="a", wishes="c")
    assert Changes(paid=True) == changes_since(seen(line()), now, {1: 2})
    expected = Changes(elsewhere=True, wishes=True, paid=True)
    assert expected == changes_since(before, now, {1: 2})
