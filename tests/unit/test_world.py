"""The simulated world: the same seed gives the same one, and its scenarios hold together."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fulfillment.domain.carton_search import cartonize
from fulfillment.domain.cartonization import PackItem
from fulfillment.domain.errors import NotFound
from fulfillment.domain.orders import OrderLine, PaymentMethod, unit_amounts
from fulfillment.simulation.assortment import AWAITED, BERLIN, SCARCE, SCARCE_IN_BERLIN
from fulfillment.simulation.scenario import (
    AddressKind,
    Goods,
    Scenario,
    load_scenario,
    scenario_names,
)
from fulfillment.simulation.world import World, make_world
from fulfillment.verification.addresses import GoogleAddressChecker
from fulfillment.verification.phones import GooglePhoneChecker

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


IN_OTHER_SCENARIOS = {
    *(Goods.SCATTERED, Goods.REPLACEABLE, Goods.FRAGILE, Goods.HEAVY, Goods.LISTED),
}


def world_of(seed: int) -> World:
    """Return the world of the first scenario under another seed."""
    return make_world(load_scenario("first").model_copy(update={"seed": seed}), MORNING)


def test_the_same_seed_makes_the_same_world() -> None:
    """A run can be repeated, and judged by another process."""
    assert world_of(7) == world_of(7)


def test_another_seed_makes_another_world() -> None:
    """Catalog, stock and orders all come from the seed."""
    one, other = world_of(7), world_of(8)
    assert one.catalog.articles != other.catalog.articles
    assert one.catalog.opening_stock != other.catalog.opening_stock
    assert one.orders != other.orders


def test_more_orders_do_not_change_those_before() -> None:
    """Each order has luck of its own, so that a scenario can be extended."""
    scenario = load_scenario("first")
    last = scenario.groups[-1].model_copy(update={"count": scenario.groups[-1].count + 5})
    longer = scenario.model_copy(update={"groups": (*scenario.groups[:-1], last)})
    before = [planned.order.lines for planned in make_world(scenario, MORNING).orders]
    after = [planned.order.lines for planned in make_world(longer, MORNING).orders]
    assert after[: len(before)] == before


def test_the_first_scenario_has_what_the_demo_promises() -> None:
    """At least 25 orders, with each special case and each way to pay among them."""
    planned = world_of(load_scenario("first").seed).orders
    assert len(planned) >= 25
    assert {p.order.payment.method for p in planned} == set(PaymentMethod)
    assert {p.group.goods for p in planned} == set(Goods) - IN_OTHER_SCENARIOS
    assert {"EUR", "JPY", "KWD"} == {p.order.currency for p in planned}
    assert len([p for p in planned if p.group.goods is Goods.SPLIT]) == 3
    assert {act for p in planned for act in p.group.acts} == {
        "cancel",
        "correct_address",
        "wrong_pick",
        "short_pick",
        "signals",
        "submit_again",
        "submit_changed",
    }


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=0, max_value=10_000))
def test_only_the_unusable_addresses_are_found_wrong(seed: int) -> None:
    """Every other order can be sent, and every corrected address can be used."""
    addresses, phones = GoogleAddressChecker(), GooglePhoneChecker()
    for planned in world_of(seed).orders:
        unusable = planned.group.address is AddressKind.UNUSABLE
        assert bool(addresses.problems(planned.order.ship_to)) == unusable
        assert list(addresses.problems(planned.corrected)) == []
        assert list(phones.problems(planned.corrected.phone or "", planned.corrected.country)) == []


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=0, max_value=10_000))
def test_stock_serves_every_order_but_those_that_wait(seed: int) -> None:
    """What is back-ordered, and only that, is nowhere in the opening stock."""
    world = world_of(seed)
    stock: dict[str, int] = {}
    for receipt in world.catalog.opening_stock:
        stock[receipt.sku] = stock.get(receipt.sku, 0) + receipt.quantity
    need: dict[str, int] = {}
    for line in (line for planned in world.orders for line in planned.order.lines):
        need[line.sku] = need.get(line.sku, 0) + line.quantity
    short = {sku for sku, quantity in need.items() if stock.get(sku, 0) < quantity}
    awaited = {
        line.sku
        for planned in world.orders
        if planned.group.goods is Goods.AWAITED
        for line in planned.order.lines
    }
    assert short == awaited
    assert awaited <= set(AWAITED)


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=0, max_value=10_000))
def test_deliveries_bring_what_is_waited_for(seed: int) -> None:
    """Each awaited article is brought in, as many as are ordered, into a bin of its warehouse."""
    world = world_of(seed)
    brought = {delivery.sku: delivery for delivery in world.scenario.deliveries}
    bins = {place.bin_id: place.warehouse_id for place in world.catalog.bins}
    for planned in world.orders:
        if planned.group.goods is Goods.AWAITED:
            [line] = planned.order.lines
            delivery = brought[line.sku]
            assert line.quantity * planned.group.count <= delivery.quantity
            assert bins[world.receiving_bin(delivery)] == delivery.warehouse_id


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=0, max_value=10_000))
def test_units_add_up_to_what_the_customer_pays(seed: int) -> None:
    """Whatever the currency, discount, tax and shipping."""
    for planned in world_of(seed).orders:
        units = unit_amounts(planned.order).values()
        assert sum(sum(amounts) for amounts in units) == planned.order.amount_minor


def test_every_article_fits_a_carton() -> None:
    """Whichever way its size was varied."""
    world = world_of(1)
    for article in world.catalog.articles:
        item = PackItem(
            item_ref="1/1",
            line_no=1,
            **article.model_dump(
                include={"sku", "name", "weight_g", "orientation", "fragile", "segregation_group"}
            ),
            dimensions=article.dimensions,
        )
        assert len(cartonize([item], world.catalog.cartons).cartons) == 1


def test_the_scarce_article_lies_in_one_bin_in_berlin() -> None:
    """So that what is not found there must come from Rotterdam."""
    receipts = [r for r in world_of(3).catalog.opening_stock if r.sku == SCARCE]
    assert [r.quantity for r in receipts if r.warehouse_id == BERLIN] == [SCARCE_IN_BERLIN]
    assert sum(r.quantity for r in receipts if r.warehouse_id != BERLIN) >= SCARCE_IN_BERLIN


def test_a_present_is_engraved() -> None:
    """The customer's wish stands on the line."""
    presents = [p.order for p in world_of(3).orders if p.group.goods is Goods.ENGRAVED]
    lines: list[OrderLine] = [line for order in presents for line in order.lines]
    assert all(order.gift is not None and order.gift.wrap for order in presents)
    assert any("engraving" in line.properties for line in lines)


def test_every_scenario_can_be_loaded() -> None:
    """The files that come with the product are right."""
    assert "first" in scenario_names()
    assert [load_scenario(name).name for name in scenario_names()] == scenario_names()


def test_an_unknown_scenario_is_refused_with_those_there_are() -> None:
    """Whoever mistypes a name sees which ones there are."""
    with pytest.raises(NotFound, match=r"expected .*first.*, came frist"):
        load_scenario("frist")


def test_a_misspelt_field_of_a_scenario_is_refused() -> None:
    """A typing error never makes an expectation disappear."""
    data = load_scenario("first").model_dump(mode="json")
    data["groups"][0]["expect"]["notice"] = {}
    with pytest.raises(ValidationError, match="notice"):
        Scenario.model_validate(data)


def test_a_kind_that_comes_twice_is_refused() -> None:
    """The outcome table tells orders apart by their kind."""
    data = load_scenario("first").model_dump(mode="json")
    data["groups"][1]["kind"] = data["groups"][0]["kind"]
    with pytest.raises(ValidationError, match="each kind once"):
        Scenario.model_validate(data)


def test_no_two_stories_move_the_same_goods() -> None:
    """So what the ledger says of an article is what one story has done with it."""
    world = make_world(load_scenario("exceptions"), MORNING)
    moved = [
        sku for p in world.stories() if p.group.expect.books for sku in p.group.expect.books.goods
    ]
    assert sorted(set(moved)) == sorted(moved)
    for planned in world.stories():
        books = planned.group.expect.books
        assert books is not None
        assert {line.sku for line in planned.order.lines} == set(books.lines)
        assert set(books.lines) | set(books.followed_by) <= set(books.goods)
        assert planned.order.amount_minor == books.money.authorized
