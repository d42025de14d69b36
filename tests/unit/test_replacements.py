"""Orders that take the place of goods of another: linked, valid, and at no cost."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import content_hash
from fulfillment.domain.errors import InvalidOrder
from fulfillment.domain.orders import (
    PaymentMethod,
    ReplacementReason,
    Urgency,
    parse_order,
    unit_amounts,
)
from fulfillment.domain.replacements import (
    ReplacementLine,
    ReplacementWish,
    lines_of_units,
    replacement_id,
    replacement_of,
)
from plant import order, order_data

LOST = ReplacementReason.LOST
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)
SEVERAL = st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=6)


@given(IDS, SEVERAL, st.data())
def test_any_units_of_any_order_are_replaced_by_a_valid_order(
    order_id: str, quantities: list[int], data: st.DataObject
) -> None:
    """With as many units of the same articles, that cost nothing, and a link that is read back."""
    lines = [(f"SKU{n}", quantity) for n, quantity in enumerate(quantities)]
    replaced = order(order_id, *lines)
    units = {
        line.line_no: data.draw(st.sets(st.integers(1, line.quantity))) for line in replaced.lines
    }
    wanted = {no: tuple(numbers) for no, numbers in units.items()}
    if not any(wanted.values()):
        with pytest.raises(InvalidOrder):
            replacement_of(replaced, 1, _wish(lines_of_units(replaced, wanted)), replaced.placed_at)
        return
    made = replacement_of(replaced, 1, _wish(lines_of_units(replaced, wanted)), replaced.placed_at)
    again = parse_order(made.model_dump(mode="json"))
    assert (made, content_hash(made)) == (again, content_hash(again))
    expected = {f"SKU{no - 1}": len(numbers) for no, numbers in units.items() if numbers}
    assert expected == {line.sku: line.quantity for line in made.lines}
    assert 0 == sum(sum(amounts) for amounts in unit_amounts(made).values()) == made.amount_minor


@given(IDS, st.integers(min_value=1, max_value=99), st.integers(min_value=1, max_value=99))
def test_each_replacement_has_an_id_of_its_own(order_id: str, one: int, other: int) -> None:
    """A valid one, that begins as the order's, however long that is."""
    made = [replacement_id(order_id, number) for number in (one, other)]
    assert (one == other) == (made[0] == made[1])
    for name, number in zip(made, (one, other), strict=True):
        assert order(name).order_id.endswith(f"-R{number}")
        assert name.startswith(order_id[:40])


def test_two_long_orders_do_not_share_their_replacements() -> None:
    """That differ at their ends alone."""
    assert replacement_id("A" * 63 + "1", 1) != replacement_id("A" * 63 + "2", 1)


def test_wishes_and_substitutes_go_with_the_units() -> None:
    """The line keeps its engraving; an article that comes itself is no substitute of itself."""
    data = order_data("A-1")
    data["lines"][0] |= {"substitutes": ["BOOK"], "properties": {"engraving": "For Ada"}}
    replaced = parse_order(data)
    lines = (
        *lines_of_units(replaced, {1: (2,)}),
        ReplacementLine(sku="BOOK", quantity=1, line_no=1),
        ReplacementLine(sku="LAMP", quantity=3),
    )
    elsewhere = replaced.ship_to.model_copy(update={"street": ("Other Street 2",)})
    wish = ReplacementWish(
        lines=lines, reason=ReplacementReason.EXCHANGE, urgency=Urgency.STANDARD, ship_to=elsewhere
    )
    made = replacement_of(replaced, 2, wish, replaced.placed_at)
    engraved = {"engraving": "For Ada"}
    assert [
        (1, "MUG", 1, ("BOOK",), engraved),
        (2, "BOOK", 1, (), engraved),
        (3, "LAMP", 3, (), {}),
    ] == [(li.line_no, li.sku, li.quantity, li.substitutes, li.properties) for li in made.lines]
    assert ("A-1-R2", elsewhere, Urgency.STANDARD) == (made.order_id, made.ship_to, made.urgency)
    assert (PaymentMethod.PAID, "order A-1") == (made.payment.method, made.payment.reference)


def _wish(lines: tuple[ReplacementLine, ...], ship_to: Address | None = None) -> ReplacementWish:
    return ReplacementWish(lines=lines, reason=LOST, ship_to=ship_to)


@pytest.mark.parametrize("units", [{1: (3,)}, {1: (0,)}, {7: (1,)}])
def test_units_that_the_order_does_not_have_are_refused(units: dict[int, tuple[int, ...]]) -> None:
    """By line and number."""
    with pytest.raises(InvalidOrder, match=r"units of line (1|7): expected"):
        lines_of_units(order("A-1"), units)


def test_an_order_without_a_link_has_the_content_it_always_had() -> None:
    """The field is left out, so that what is on record keeps its hash."""
    assert "replaces" not in order("A-1").model_dump(mode="json")


@pytest.mark.parametrize(
    "replaces", [{"order_id": "A-1", "reason": "lost"}, {"order_id": "B", "reason": "whim"}]
)
def test_a_link_that_can_not_be_is_refused(replaces: dict[str, Any]) -> None:
    """To the order itself, or for a reason that nobody knows."""
    with pytest.raises(InvalidOrder, match="replaces"):
        order("A-1", replaces=replaces)
