"""Cartons and carrier service, decided together."""

from collections.abc import Sequence
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.decisions import Decision
from fulfillment.domain.errors import NoServiceAvailable, Problem
from fulfillment.domain.money import Money
from fulfillment.domain.orders import Urgency
from fulfillment.domain.service_choice import Wish, choose_service
from fulfillment.domain.shipping import Quote, Rates, Refusal
from fulfillment.domain.shipping_decision import (
    MOST_ALTERNATIVES,
    PlannedService,
    RatedPlan,
    by_cartons_alone,
    cartons_in_words,
    compared_with_plan,
    decide_shipping,
)
from fulfillment.domain.tariffs import Mode

Prices = dict[str, tuple[int, int]]
"""By service: what it costs, and on which day of March 2026 it delivers."""


def euros(amount_minor: int) -> Money:
    """Return an amount in EUR."""
    return Money(amount_minor=amount_minor, currency="EUR")


def quote(service_id: str, cost_minor: int, day: int) -> Quote:
    """Return a quote that delivers on a day of March 2026."""
    return Quote(
        carrier_id="c",
        service_id=service_id,
        name=service_id,
        mode=Mode.ROAD,
        cost=euros(cost_minor),
        chargeable_weight_g=1000,
        distance_km=100,
        zone=1,
        pickup_on=date(2026, 3, 1),
        projected_delivery=date(2026, 3, day),
    )


def refusal(service_id: str) -> Refusal:
    """Return the refusal of a service that takes nothing hazardous."""
    problem = Problem(path=service_id, expected="no hazardous goods", came="class 3")
    return Refusal(carrier_id="c", service_id=service_id, name=service_id, problems=(problem,))


def plan(cartons: str, cartons_minor: int, prices: Prices, *refused: str) -> RatedPlan:
    """Return a plan of cartons, each a letter, with its rates."""
    return RatedPlan(
        carton_ids=tuple(cartons),
        cartons_minor=cartons_minor,
        rates=Rates(
            quotes=tuple(quote(name, *price) for name, price in prices.items()),
            refusals=tuple(map(refusal, refused)),
        ),
    )


def wish(urgency: Urgency = Urgency.STANDARD, day: int | None = None) -> Wish:
    """Return what a customer minds; with a day of March 2026 that is promised."""
    return Wish(urgency=urgency, deliver_by=date(2026, 3, day) if day else None)


ONE_LARGE = plan("L", 129, {"road": (1155, 5), "air": (9000, 2)})
TWO_SMALL = plan("SS", 96, {"road": (1190, 5), "air": (6000, 2)})


@pytest.mark.parametrize(
    ("minds", "chosen", "minor"),
    [
        (wish(), "L by c/road", 1284),
        (wish(day=5), "L by c/road", 1284),
        (wish(day=4), "2 x S by c/air", 6096),
        (wish(Urgency.EXPRESS), "2 x S by c/air", 6096),
        (wish(Urgency.EXPRESS, day=5), "L by c/road", 1284),
        (wish(Urgency.EXPRESS, day=1), "2 x S by c/air", 6096),
        (wish(Urgency.ECONOMY, day=2), "2 x S by c/air", 6096),
        (wish(Urgency.ECONOMY, day=1), "L by c/road", 1284),
    ],
)
def test_cartons_and_service_are_one_decision(minds: Wish, chosen: str, minor: int) -> None:
    """The large carton by road, two small ones by air; and by air only where that keeps it."""
    choice = decide_shipping([ONE_LARGE, TWO_SMALL], minds)

    assert (chosen, euros(minor)) == (choice.decision.chosen, choice.decision.cost)
    assert f"by {choice.planned.key}" in chosen


def test_why_tells_what_else_there_was() -> None:
    """The other service, the other cartons, and who does not take the goods at all."""
    rated = ONE_LARGE.rates.model_copy(update={"refusals": (refusal("sea"),)})
    first = ONE_LARGE.model_copy(update={"rates": rated})
    decision = decide_shipping([first, TWO_SMALL], wish(day=5)).decision

    assert "cartons and carrier service (standard)" == decision.subject
    assert "the cheapest set of cartons and service that delivers by 2026-03-05" == decision.because
    assert [
        ("2 x S by c/road", "costs 0.02 EUR more and arrives the same day"),
        ("2 x S by c/air", "costs 48.12 EUR more and arrives 3 days earlier"),
        ("c/sea", "sea: expected no hazardous goods, came class 3"),
    ] == [(a.choice, a.because) for a in decision.alternatives]


def test_restricted_goods_go_by_what_takes_them() -> None:
    """Air is refused for them, so that the truck goes, late as it is."""
    choice = decide_shipping([plan("M", 79, {"road": (700, 9)}, "air")], wish(Urgency.EXPRESS, 3))

    assert "M by c/road" == choice.decision.chosen
    assert "no set of cartons and service delivers by 2026-03-03" in choice.decision.because
    assert ["c/air"] == [a.choice for a in choice.decision.alternatives]


def test_no_service_for_any_plan_names_the_reasons() -> None:
    """Those of the usual plan."""
    with pytest.raises(NoServiceAvailable, match="no hazardous goods"):
        decide_shipping([plan("M", 79, {}, "air"), plan("SS", 96, {}, "air")], wish())


def test_a_service_other_than_planned_is_explained() -> None:
    """By what it lost against the one that is bought, or that it is gone."""
    _, decision = choose_service(ONE_LARGE.rates, Urgency.STANDARD)
    planned = PlannedService(key="c/air", cost=euros(6000), projected_delivery=date(2026, 3, 2))

    def said(key: str) -> Decision:
        return compared_with_plan(decision, planned.model_copy(update={"key": key}))

    assert decision == said("c/road") == compared_with_plan(decision, None)
    assert "planned for c/air: costs 78.45 EUR more" in said("c/air").because
    assert "planned for c/ship: it is not offered any more" in said("c/ship").because


def test_without_rates_the_cartons_are_chosen_alone() -> None:
    """And it says so."""
    decision = by_cartons_alone(["S", "L", "S"], "standard", "no carrier answers")

    assert "L + 2 x S" == decision.chosen == cartons_in_words(["S", "S", "L"])
    assert (
        "without rates; the service is chosen at labeling: no carrier answers" in decision.because
    )


prices = st.dictionaries(
    st.sampled_from(["road", "air", "sea", "van"]),
    st.tuples(st.integers(0, 400), st.integers(2, 9)),
    max_size=4,
)
rated_plans = st.lists(
    st.tuples(st.sampled_from(["L", "MS", "SSS"]), st.integers(0, 90), prices),
    min_size=1,
    max_size=4,
).map(lambda rows: [plan(*row) for row in rows])
wishes = st.builds(wish, st.sampled_from(Urgency), st.none() | st.integers(1, 9))


def every_set(plans: Sequence[RatedPlan]) -> list[tuple[int, date]]:
    """Return what each plan costs with each service, and when it arrives."""
    return [
        (plan.cartons_minor + quote.cost.amount_minor, quote.projected_delivery)
        for plan in plans
        for quote in plan.rates.quotes
    ]


@given(rated_plans, wishes)
def test_nothing_that_keeps_the_promise_is_cheaper(plans: list[RatedPlan], minds: Wish) -> None:
    """By brute force over all sets: the promise is kept where it can be, and at the least cost."""
    sets = every_set(plans)
    if not sets:
        with pytest.raises(NoServiceAvailable):
            decide_shipping(plans, minds)
        return
    choice = decide_shipping(plans, minds)
    found = (
        plans[choice.number].cartons_minor + choice.quote.cost.amount_minor,
        choice.quote.projected_delivery,
    )
    assert found in sets
    assert choice.decision.cost == euros(found[0])
    by = minds.deliver_by
    keeping = [one for one in sets if by is not None and one[1] <= by]
    fastest = min(sets, key=lambda one: (one[1], one[0]))
    if keeping:
        assert min(keeping) == found
    elif minds.urgency is Urgency.ECONOMY or (by is None and minds.urgency is Urgency.STANDARD):
        assert min(sets) == found
    else:
        assert fastest == found


@given(rated_plans, wishes)
def test_it_is_never_worse_than_the_first_plan(plans: list[RatedPlan], minds: Wish) -> None:
    """Dearer than the fewest cartons' best service only where that is later; the same each time."""
    if not plans[0].rates.quotes:
        return
    alone, best = decide_shipping(plans[:1], minds), decide_shipping(plans, minds)
    assert best == decide_shipping(list(plans), minds)
    assert alone.decision.cost is not None
    assert best.decision.cost is not None
    dearer = best.decision.cost.amount_minor > alone.decision.cost.amount_minor
    later = alone.quote.projected_delivery > best.quote.projected_delivery
    assert not dearer or later
    if minds.deliver_by is not None and alone.quote.projected_delivery <= minds.deliver_by:
        assert not dearer


@given(rated_plans, wishes)
def test_alternatives_stay_few_and_ranked(plans: list[RatedPlan], minds: Wish) -> None:
    """At most eight, none of them the choice itself, each service told once at its best."""
    if not every_set(plans):
        return
    choice = decide_shipping(plans, minds)
    names = {quote.key for plan in plans for quote in plan.rates.quotes}
    told = [one.choice for one in choice.decision.alternatives]
    assert len(told) <= MOST_ALTERNATIVES
    for name, text in product(names - {choice.quote.key}, [" ".join(told)]):
        assert f"by {name}" in text
