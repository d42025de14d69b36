"""What may come back on which terms, what arrives, and where it may lie."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fulfillment.domain.catalog import Article
from fulfillment.domain.errors import ConfirmationRefused, ReturnRefused
from fulfillment.domain.return_parcels import CameIn, return_parcels
from fulfillment.domain.return_receipts import (
    InspectedUnits,
    ReceivedGoods,
    ReturnInspection,
    ReturnReceipt,
    expiry_problem,
    inspected_units,
    match_receipt,
)
from fulfillment.domain.return_terms import (
    approval_reasons,
    choose_units,
    fee_percent,
    refusals,
)
from fulfillment.domain.return_units import ReturnUnit, ShippedUnit, UnitState, lines_of, stage_of
from fulfillment.domain.returns import (
    Condition,
    Disposition,
    ExchangeItem,
    ReturnItem,
    ReturnPolicy,
    ReturnReason,
    ReturnRequest,
    ReturnStage,
    ReturnWish,
    rma_number,
)
from fulfillment.domain.units import Dimensions

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
BOX = Dimensions(length_mm=300, width_mm=200, height_mm=150)


def article(sku: str = "MUG", **fields: Any) -> Article:
    """Return an article."""
    usual = {"sku": sku, "name": sku, "dimensions": BOX, "weight_g": 350}
    return Article(**{**usual, **fields})


def shipped(line_no: int = 1, unit_no: int = 1, **fields: Any) -> ShippedUnit:
    """Return a unit that was delivered ten days ago."""
    usual = {
        "line_no": line_no,
        "unit_no": unit_no,
        "sku": "MUG",
        "amount_minor": 1000,
        "fulfillment_id": "A-1-1",
        "warehouse_id": "BER",
        "delivered_at": AT - timedelta(days=10),
    }
    return ShippedUnit(**{**usual, **fields})


def item(
    quantity: int = 1, reason: ReturnReason = ReturnReason.UNWANTED, **more: Any
) -> ReturnItem:
    """Return what is asked for of line 1."""
    return ReturnItem(**{"line_no": 1, "quantity": quantity, "reason": reason, **more})


def unit(unit_no: int = 1, state: UnitState = UnitState.ANNOUNCED, **more: Any) -> ReturnUnit:
    """Return a unit of a return."""
    usual = {"line_no": 1, "unit_no": unit_no, "sku": "MUG", "fulfillment_id": "A-1-1"}
    return ReturnUnit(**{**usual, "reason": ReturnReason.UNWANTED, "state": state, **more})


def test_a_request_takes_the_lowest_free_units() -> None:
    """Never more than were delivered; what is on its way counts only where we say so."""
    free = [shipped(unit_no=3), shipped(unit_no=1), shipped(unit_no=2, delivered_at=None)]
    assert [1, 3] == [u.unit_no for _, u in choose_units([item(2)], free)]
    with pytest.raises(ReturnRefused, match="at most the 2 units"):
        choose_units([item(3)], free)
    assert 3 == len(choose_units([item(3)], free, on_its_way=True))
    named = choose_units([item(1, units=(3,))], free)
    assert [3] == [u.unit_no for _, u in named]
    with pytest.raises(ReturnRefused, match="at most the 0 units"):
        choose_units([item(1, units=(2,))], free)


@pytest.mark.parametrize(
    ("reason", "days", "fields", "words"),
    [
        (ReturnReason.UNWANTED, 31, {}, "within 30 days of delivery"),
        (ReturnReason.UNWANTED, 10, {"return_window_days": 5}, "within 5 days"),
        (ReturnReason.UNWANTED, 1, {"final_sale": True}, "final sale"),
        (ReturnReason.DAMAGED, 731, {}, "within 730 days"),
        (ReturnReason.UNWANTED, 30, {}, None),
        (ReturnReason.DAMAGED, 31, {"final_sale": True, "return_window_days": 0}, None),
    ],
)
def test_the_terms_in_the_trades_words(
    reason: ReturnReason, days: int, fields: dict[str, Any], words: str | None
) -> None:
    """The window, final sale, and what is not as agreed in spite of both."""
    arrived = shipped(delivered_at=AT - timedelta(days=days))
    problems = refusals(
        [(item(reason=reason), arrived)], {"MUG": article(**fields)}, ReturnPolicy(), AT
    )
    assert [words is not None] == [bool(problems)]
    assert words is None or words in str(problems[0])


def test_the_fee_is_the_articles_own_or_the_shops() -> None:
    """And nothing of what is not as agreed."""
    policy = ReturnPolicy(restocking_fee_percent=10)
    own = article(restocking_fee_percent=0)
    assert 10 == fee_percent(ReturnReason.UNWANTED, article(), policy)
    assert 0 == fee_percent(ReturnReason.UNWANTED, own, policy)
    assert 0 == fee_percent(ReturnReason.WRONG, article(), policy)


def test_who_must_approve() -> None:
    """Nobody by default; over a value a person, and of damage without a photo."""
    damaged = [(item(reason=ReturnReason.DAMAGED), shipped())]
    seen = [(item(reason=ReturnReason.DAMAGED, photos=("p.jpg",)), shipped())]
    assert () == approval_reasons(damaged, ReturnPolicy())
    assert 1 == len(approval_reasons(damaged, ReturnPolicy(photo_over_minor=500)))
    assert () == approval_reasons(seen, ReturnPolicy(photo_over_minor=500))
    assert 1 == len(approval_reasons(seen, ReturnPolicy(approval_over_minor=999)))
    assert () == approval_reasons(seen, ReturnPolicy(approval_over_minor=1000))


@pytest.mark.parametrize(
    "fields",
    [
        {"wish": ReturnWish.REPLACEMENT},
        {"wish": ReturnWish.EXCHANGE},
        {"exchange": (ExchangeItem(sku="TEE", quantity=1, unit_price_minor=1),)},
        {"items": (item(), item())},
        {"items": (item(reason=ReturnReason.NOT_NAMED),)},
        {"paid_minor": 5},
        {"items": ({**item().model_dump(), "units": (1, 2)},)},
    ],
)
def test_a_request_fits_its_wish(fields: dict[str, Any]) -> None:
    """Replacements for what is not as agreed; an exchange says for what; each line once."""
    with pytest.raises(ValidationError):
        ReturnRequest(**{"order_id": "A-1", "items": (item(),), **fields})


def test_the_same_key_is_the_same_number() -> None:
    """Of the same order."""
    assert rma_number("A-1", "k") == rma_number("A-1", "k") != rma_number("A-2", "k")


@given(
    announced=st.integers(0, 5),
    others=st.integers(0, 5),
    scanned=st.lists(st.integers(1, 4), min_size=1, max_size=3),
)
def test_every_scanned_unit_is_somebodys(announced: int, others: int, scanned: list[int]) -> None:
    """Of the return first, of the order then, a stray at last; none twice, none lost."""
    expected = [unit(number) for number in range(1, announced + 1)]
    free = [shipped(unit_no=number) for number in range(10, 10 + others)]
    items = tuple(ReceivedGoods(sku="MUG", quantity=units) for units in scanned)
    matched = match_receipt(ReturnReceipt(receipt_id="r", items=items), expected, free)
    strays = sum(goods.quantity for goods in matched.strays)
    assert sum(scanned) == len(matched.expected) + len(matched.further) + strays
    assert min(sum(scanned), announced) == len(matched.expected)
    assert not (strays and len(matched.further) < others)
    numbers = [u.unit_no for u in matched.expected] + [u.unit_no for u, _ in matched.further]
    assert len(set(numbers)) == len(numbers)


@given(
    wrong=st.integers(0, 4),
    unwanted=st.integers(0, 4),
    others=st.integers(0, 3),
    scanned=st.lists(
        st.tuples(st.sampled_from(["MUG", "TEE", "LAMP"]), st.integers(1, 4)), max_size=4
    ),
)
def test_what_was_sent_by_mistake_stands_for_what_was_ordered(
    wrong: int, unwanted: int, others: int, scanned: list[tuple[str, int]]
) -> None:
    """Only for what is announced as wrong and does not come itself; nothing is lost or doubled."""
    announced = [unit(number, reason=ReturnReason.WRONG) for number in range(1, wrong + 1)]
    announced += [unit(number) for number in range(11, 11 + unwanted)]
    free = [shipped(line_no=2, unit_no=number, sku="TEE") for number in range(1, others + 1)]
    items = tuple(ReceivedGoods(sku=sku, quantity=units) for sku, units in scanned)
    if not items:
        return
    matched = match_receipt(ReturnReceipt(receipt_id="r", items=items), announced, free)
    strays = sum(goods.quantity for goods in matched.strays)
    total = sum(units for _, units in scanned)
    assert total == len(matched.expected) + len(matched.further) + strays
    stood_for = [unit for unit in matched.expected if unit.came_as is not None]
    assert all(unit.reason is ReturnReason.WRONG for unit in stood_for)
    mugs = min(sum(units for sku, units in scanned if sku == "MUG"), wrong + unwanted)
    assert mugs + len(stood_for) == len(matched.expected)
    if strays:
        assert wrong <= len([u for u in matched.expected if u.reason is ReturnReason.WRONG])


def found(quantity: int = 1, **fields: Any) -> ReturnInspection:
    """Return that units were found as new, to be scrapped."""
    usual = {"condition": Condition.AS_NEW, "disposition": Disposition.SCRAP}
    units = InspectedUnits(**{"line_no": 1, "quantity": quantity, **usual, **fields})
    return ReturnInspection(units=(units,))


def test_an_inspection_is_of_what_has_come() -> None:
    """The lowest units first; not more than wait, and nothing broken into a bin."""
    units = [unit(1, UnitState.INSPECTED), unit(2), unit(3, UnitState.RECEIVED)]
    assert [3] == [each.unit_no for each, _ in inspected_units(units, found())]
    with pytest.raises(ConfirmationRefused, match="at most the 1 units"):
        inspected_units(units, found(2))
    broken = found(condition=Condition.USED, disposition=Disposition.RESTOCK, bin_id="B")
    with pytest.raises(ConfirmationRefused, match="as_new or opened"):
        inspected_units(units, broken)
    with pytest.raises(ValidationError):
        found(disposition=Disposition.RESTOCK)


def test_expired_goods_do_not_lie_in_a_bin_again() -> None:
    """What expires needs a date, and days of use left."""
    milk, today = article(min_shelf_life_days=10), date(2026, 11, 30)
    assert expiry_problem(unit(), milk, date(2026, 12, 10), today) is None
    assert "could ship until 2026-11-29" in str(
        expiry_problem(unit(lot="L"), milk, date(2026, 12, 9), today)
    )
    assert "whose date nobody knows" in str(expiry_problem(unit(), milk, None, today))
    assert expiry_problem(unit(), article(), None, today) is None


@given(st.lists(st.sampled_from(UnitState), max_size=8))
def test_where_a_return_stands_follows_from_its_units(states: list[UnitState]) -> None:
    """Inspected first, then waited for, resolved where neither is left."""
    units = [unit(number, state) for number, state in enumerate(states, 1)]
    stage = stage_of(lines_of(units))
    if UnitState.RECEIVED in states:
        assert ReturnStage.INSPECTING is stage
    elif UnitState.ANNOUNCED in states:
        assert ReturnStage.AWAITING_GOODS is stage
    else:
        assert ReturnStage.RESOLVED is stage


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=4).flatmap(
        lambda sizes: st.tuples(st.just(sizes), st.integers(1, sum(sizes)))
    )
)
def test_goods_come_back_in_as_few_of_their_own_cartons_as_hold_them(
    case: tuple[list[int], int],
) -> None:
    """All that is wanted, nothing else, each carton lighter by what stays."""
    sizes, wanted = case
    sent = [
        CameIn(outer=BOX, gross_weight_g=150 + 350 * n, contents=((1, "MUG", n),)) for n in sizes
    ]
    back = return_parcels({(1, "MUG"): wanted}, sent, {"MUG": 350})
    assert wanted == sum(units for parcel in back for _, _, units in parcel.contents)
    largest = sorted(sizes, reverse=True)
    fewest = next(k for k in range(1, len(sizes) + 1) if sum(largest[:k]) >= wanted)
    assert fewest == len(back)
    assert all(parcel.gross_weight_g == 150 + 350 * parcel.contents[0][2] for parcel in back)
