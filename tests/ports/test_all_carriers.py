"""Several networks as one: merged rates, each behind a circuit breaker."""

import asyncio
from datetime import datetime, timedelta

import pytest

from fulfillment.carriers.all_carriers import AllCarriers
from fulfillment.carriers.contract import ContractCarrier, load_tariffs
from fulfillment.domain.circuits import CircuitRules
from fulfillment.domain.errors import (
    CarrierRefused,
    CarrierUnavailable,
    NoCarrierAnswers,
    NotFound,
    Problem,
)
from fulfillment.domain.orders import Urgency
from fulfillment.domain.service_choice import choose_service
from fulfillment.domain.shipping import LabelReference, PickupReference, Rates, Shipment
from fulfillment.domain.tariffs import TariffBook
from fulfillment.ports import QUOTED_WITHIN
from shipping_samples import WEDNESDAY_NOON, shipment

RULES = CircuitRules(failures=2, open_for=timedelta(seconds=30))
DOWN = Problem(path="moody", expected="an answer", came="status 503")
OVERSEAS = Problem(path="moody", expected="a destination by land", came="US")


class StoppedClock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        """Begin on a Wednesday."""
        self.time = WEDNESDAY_NOON

    def now(self) -> datetime:
        """Return the time that it was put to."""
        return self.time

    def wait(self, seconds: float) -> None:
        """Go on."""
        self.time += timedelta(seconds=seconds)


class Moody(ContractCarrier):
    """A network that answers when it likes to; its carriers are the contract's, with a prefix."""

    name = "moody"

    def __init__(self, currency: str = "EUR") -> None:
        """Begin in a good mood."""
        book = load_tariffs()
        services = [
            s.model_copy(update={"carrier_id": f"moody-{s.carrier_id}", "currency": currency})
            for s in book.services
        ]
        super().__init__(TariffBook(services=tuple(services)))
        self.mood: Exception | None = None
        self.silent = False
        self.asked = 0

    def objections(self, shipment: Shipment) -> tuple[Problem, ...]:
        """Fly nothing overseas, which nobody needs to be asked for."""
        return (OVERSEAS,) if shipment.destination_country == "US" else ()

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Return rates, if in the mood; where it is silent, never."""
        self._answer()
        if self.silent:
            await asyncio.Event().wait()
        return await super().quote_rates(shipment, within)

    async def cancel_pickup(self, key: str, pickup: PickupReference) -> None:
        """Call a pickup off, if in the mood."""
        self._answer()
        await super().cancel_pickup(key, pickup)

    def _answer(self) -> None:
        self.asked += 1
        if self.mood is not None:
            raise self.mood


@pytest.fixture
def clock() -> StoppedClock:
    """Give a clock that stands."""
    return StoppedClock()


@pytest.fixture
def moody() -> Moody:
    """Give a network that may go down."""
    return Moody()


@pytest.fixture
def carriers(moody: Moody, clock: StoppedClock) -> AllCarriers:
    """Give the contract carriers and the moody ones as one."""
    return AllCarriers([ContractCarrier(load_tariffs()), moody], clock, RULES)


async def test_rates_of_all_are_merged(carriers: AllCarriers) -> None:
    """Each network's quotes and refusals, and the cheapest of all wins."""
    rates = await carriers.quote_rates(shipment())
    names = {quote.carrier_id for quote in rates.quotes}
    assert {"overland", "moody-overland"} <= names
    assert {"seaway", "moody-seaway"} <= {refusal.carrier_id for refusal in rates.refusals}


async def test_one_that_is_down_leaves_the_others_rates(
    carriers: AllCarriers, moody: Moody, clock: StoppedClock
) -> None:
    """`why` says whose rates are missing; it is left alone, then tried once, then back."""
    moody.mood = CarrierUnavailable.of(DOWN)
    for expected in (
        "status 503",
        "status 503",
        "none 2 times in a row; asked again from 11:00:30",
    ):
        rates = await carriers.quote_rates(shipment())
        _, decision = choose_service(rates, Urgency.ECONOMY)
        assert {quote.carrier_id for quote in rates.quotes} == {"overland", "skyway"}
        (missing,) = [a for a in decision.alternatives if a.choice == "moody/any"]
        assert expected in missing.because
    assert moody.asked == 2
    clock.wait(30)
    await carriers.quote_rates(shipment())
    await carriers.quote_rates(shipment())
    assert moody.asked == 3
    clock.wait(30)
    moody.mood = None
    rates = await carriers.quote_rates(shipment())
    assert "moody-overland" in {quote.carrier_id for quote in rates.quotes}
    await carriers.quote_rates(shipment())
    assert moody.asked == 5


async def test_a_network_that_hangs_is_not_waited_for(carriers: AllCarriers, moody: Moody) -> None:
    """The others' rates come in the time that the asker gives, and it is down."""
    moody.silent = True
    for reason in ("none within 0.5 s", "none within 0.5 s", "none 2 times in a row"):
        rates = await carriers.quote_rates(shipment(), timedelta(milliseconds=500))
        assert "overland" in {quote.carrier_id for quote in rates.quotes}
        assert reason in rates.refusals[-1].reason
    assert 2 == moody.asked


async def test_what_a_network_knows_without_asking_is_no_answer(
    carriers: AllCarriers, moody: Moody, clock: StoppedClock
) -> None:
    """It forgives no failure, is said while the circuit is open, and wins no trial."""
    moody.mood = CarrierUnavailable.of(DOWN)

    async def reason(country: str) -> str:
        (*_, last) = (await carriers.quote_rates(shipment(country))).refusals
        return last.reason

    for expected in ("status 503", "status 503", "none 2 times in a row"):
        assert "a destination by land" in await reason("US")
        assert expected in await reason("DE")
    clock.wait(30)
    assert "a destination by land" in await reason("US")
    assert "status 503" in await reason("DE")
    assert "none 3 times in a row" in await reason("DE")
    assert 3 == moody.asked


async def test_no_quote_and_one_down_is_no_refusal_for_good(
    carriers: AllCarriers, moody: Moody
) -> None:
    """It may have a service when it is back; every reason is named."""
    moody.mood = CarrierUnavailable.of(DOWN)
    nowhere = shipment("CU")
    moody.mood = NotFound.of(DOWN)
    assert "status 503" in (await carriers.quote_rates(nowhere)).refusals[-1].reason
    moody.mood = CarrierUnavailable.of(DOWN)
    with pytest.raises(NoCarrierAnswers, match=r"overland/road-parcel: .*; moody: .* status 503"):
        await carriers.quote_rates(nowhere)
    moody.mood = None
    assert (await carriers.quote_rates(nowhere)).quotes == ()


async def test_what_is_asked_after_the_sale_goes_to_who_sold(
    carriers: AllCarriers, moody: Moody, clock: StoppedClock
) -> None:
    """Also behind the breaker: an open one says when to ask again."""
    pickup = PickupReference(carrier_id="moody-overland", reference="PU-20260304-0123456789")
    await carriers.cancel_pickup("k", pickup)
    assert moody.asked == 1
    await carriers.cancel_pickup("k", pickup.model_copy(update={"carrier_id": "overland"}))
    assert moody.asked == 1
    moody.mood = CarrierUnavailable("no answer")
    for _ in range(2):
        with pytest.raises(CarrierUnavailable, match="no answer"):
            await carriers.cancel_pickup("k", pickup)
    clock.wait(10)
    with pytest.raises(CarrierUnavailable, match="asked again from") as raised:
        await carriers.cancel_pickup("k", pickup)
    assert raised.value.retry_after == timedelta(seconds=20)
    with pytest.raises(NotFound, match="a carrier of contract, moody"):
        await carriers.void_label("k", LabelReference(carrier_id="x", tracking_number="T"))


async def test_a_refusal_is_an_answer(carriers: AllCarriers, moody: Moody) -> None:
    """Who says no is not down."""
    moody.mood = CarrierRefused.of(DOWN)
    pickup = PickupReference(carrier_id="moody-overland", reference="PU-20260304-0123456789")
    for _ in range(5):
        with pytest.raises(CarrierRefused):
            await carriers.cancel_pickup("k", pickup)
    assert moody.asked == 5


async def test_costs_in_another_currency_do_not_compare(clock: StoppedClock) -> None:
    """They are refused by name; the first network's currency counts."""
    both = AllCarriers([ContractCarrier(load_tariffs()), Moody("USD")], clock)
    rates = await both.quote_rates(shipment())
    assert {quote.cost.currency for quote in rates.quotes} == {"EUR"}
    reasons = [r.reason for r in rates.refusals if r.key == "moody-overland/road-parcel"]
    assert [reason.partition(", came")[0] for reason in reasons] == [
        "moody-overland/road-parcel: expected a cost in EUR"
    ]
