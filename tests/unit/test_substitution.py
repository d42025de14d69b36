"""What is taken in the place of what nobody has."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.inventory import StockLevel
from fulfillment.domain.lifecycle import LineProgress, roll_up
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.substitution import decide_substitutions, supply_lines


def _line(line_no: int, sku: str, quantity: int) -> LineQuantity:
    return LineQuantity(line_no=line_no, sku=sku, quantity=quantity)


def _level(sku: str, on_hand: int, warehouse_id: str = "BER") -> StockLevel:
    return StockLevel(warehouse_id=warehouse_id, sku=sku, on_hand=on_hand, claimed=0)


def test_substitutes_are_taken_in_the_customers_order() -> None:
    """Two of A are there, one of the first choice, two of the second, and one is missing."""
    levels = [_level("A", 1), _level("A", 1, "RTM"), _level("B", 1), _level("C", 2)]
    supply = supply_lines([_line(1, "A", 6)], levels, {1: ("B", "C")})
    assert (_line(1, "A", 2), _line(1, "B", 1), _line(1, "C", 2)) == supply.lines
    assert (_line(1, "A", 1),) == supply.missing
    decision = decide_substitutions(supply.substitutions, supply.missing)
    assert decision is not None
    assert "1 x B in place of A, 2 x C in place of A" == decision.chosen
    assert decision.because.endswith("; 1 more are back-ordered")


def test_who_ordered_an_article_gets_it_before_it_is_a_substitute() -> None:
    """The earlier line would take B, and the later one has ordered the only B."""
    wanted = [_line(1, "A", 1), _line(2, "B", 1)]
    supply = supply_lines(wanted, [_level("B", 1)], {1: ("B",)})
    assert ((_line(2, "B", 1),), (_line(1, "A", 1),)) == (supply.lines, supply.missing)
    assert decide_substitutions(supply.substitutions, supply.missing) is None


def test_an_outcome_says_what_was_substituted() -> None:
    """Honestly, beside what was canceled."""
    line = LineProgress(
        line_no=1, sku="A", ordered=3, canceled=1, reserved=2, substituted=1, delivered=2
    )
    assert "completed, 1 canceled, 1 substituted" == roll_up([line]).summary


skus = st.sampled_from("ABCD")


@given(
    wanted=st.lists(st.tuples(skus, st.integers(1, 6), st.lists(skus, unique=True)), max_size=5),
    stock=st.dictionaries(skus, st.integers(0, 8)),
)
def test_no_unit_is_lost_or_promised_twice(
    wanted: list[tuple[str, int, list[str]]], stock: dict[str, int]
) -> None:
    """Lines and missing add up to what was wanted, within the stock, of allowed articles."""
    lines = [_line(number, sku, units) for number, (sku, units, _) in enumerate(wanted, 1)]
    allowed = {
        number: tuple(one for one in others if one != sku)
        for number, (sku, _, others) in enumerate(wanted, 1)
    }
    supply = supply_lines(lines, [_level(sku, units) for sku, units in stock.items()], allowed)
    units, drawn = Counter[int](), Counter[str]()
    for line in (*supply.lines, *supply.missing):
        units[line.line_no] += line.quantity
    for line in supply.lines:
        drawn[line.sku] += line.quantity
        assert line.sku in (wanted[line.line_no - 1][0], *allowed[line.line_no])
    assert {line.line_no: line.quantity for line in lines} == dict(units)
    assert all(taken <= stock.get(sku, 0) for sku, taken in drawn.items())
    for line in supply.missing:  # missing is only what none of the allowed articles is left of
        assert all(drawn[sku] == stock.get(sku, 0) for sku in (line.sku, *allowed[line.line_no]))
