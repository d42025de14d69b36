"""Cartons chosen by what carriers say to them, and what happens where they don't say anything."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import plant as plants
from activities.shipping_choice import ChosenPlan, PackedGoods, ShippingChoices
from fulfillment.bootstrap import SystemClock
from fulfillment.carriers.all_carriers import AllCarriers
from fulfillment.carriers.contract import ContractCarrier, load_tariffs
from fulfillment.carriers.networks import Network
from fulfillment.domain.carton_candidates import candidate_plans
from fulfillment.domain.cartonization import PackRules, pack_item
from fulfillment.domain.catalog import Article
from fulfillment.domain.errors import CarrierUnavailable
from fulfillment.domain.shipping import Rates, Shipment
from fulfillment.domain.shipping_decision import ShippingRules
from fulfillment.domain.weighing import Weighing
from fulfillment.ports import QUOTED_WITHIN

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BOOTS = Article(
    sku="BOOTS",
    name="Boots",
    dimensions=plants.dimensions(280, 180, 140),
    weight_g=900,
    unit_value_minor=9900,
)
TOKYO = {
    "name": "Ada Lovelace",
    "street": ["1-1 Marunouchi"],
    "city": "Chiyoda-ku",
    "region": "Tokyo",
    "postal_code": "100-0005",
    "country": "JP",
    "phone": "+81 3 3231 0000",
}


class Counting(ContractCarrier):
    """The contract carriers, which count how often they are asked, and may be down."""

    def __init__(self, *, answers: int = 1_000) -> None:
        """Answer so many times."""
        super().__init__(load_tariffs())
        self.asked: list[Shipment] = []
        self._answers = answers

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Answer as they do, as long as they do."""
        self.asked.append(shipment)
        if len(self.asked) > self._answers:
            message = "no answer"
            raise CarrierUnavailable(message)
        return await super().quote_rates(shipment, within)


class Silent(ContractCarrier):
    """A carrier that never answers."""

    name = "silent"

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Keep silent."""
        await asyncio.Event().wait()
        return await super().quote_rates(shipment, within)


class Deciding:
    """Decides for four pairs of boots, which fit one carton L or two cartons M."""

    def __init__(
        self, *networks: Network, rated_plans: int = 4, seconds: float = 30, **order: Any
    ) -> None:
        """Keep the carriers, the order and its plans."""
        rules = ShippingRules(rated_plans=rated_plans, quoted_within=timedelta(seconds=seconds))
        self._choices = ShippingChoices(AllCarriers(networks, SystemClock()), rules)
        self.goods = PackedGoods(
            order=plants.order("P-1", **order),
            warehouse=plants.WAREHOUSES[0],
            articles={"BOOTS": BOOTS},
            cartons=plants.CARTONS,
            weighing=Weighing(),
            at=AT,
        )
        items = [pack_item(BOOTS, 1, unit) for unit in range(1, 5)]
        self.plans = candidate_plans(items, plants.CARTONS, PackRules())

    async def choose(self) -> ChosenPlan:
        """Return what is chosen."""
        return await self._choices.choose(self.plans, self.goods)


def cartons(chosen: ChosenPlan) -> list[str]:
    """Return the cartons of a plan."""
    return [packed.carton_id for packed in chosen.plan.cartons]


def service(chosen: ChosenPlan) -> str:
    """Return the service that they are for, or nothing."""
    return chosen.service.key if chosen.service else ""


async def test_one_large_carton_goes_by_road_and_two_smaller_ones_by_air() -> None:
    """The same goods; what each carrier takes decides."""
    home = await Deciding(Counting()).choose()
    overseas = await Deciding(Counting(), ship_to=TOKYO, urgency="express").choose()

    assert (["L"], "overland/road-parcel") == (cartons(home), service(home))
    assert (["M", "M"], "skyway/air-express") == (cartons(overseas), service(overseas))
    assert "2 x M by skyway/air-express" == overseas.decision.chosen
    assert "L by skyway/air-express" in [a.choice for a in overseas.decision.alternatives]


async def test_the_patient_wait_for_the_ship() -> None:
    """And the promised plane flies, where only that is in time."""
    patient = await Deciding(Counting(), ship_to=TOKYO, urgency="economy").choose()
    promised = await Deciding(
        Counting(), ship_to=TOKYO, urgency="economy", deliver_by="2026-12-05"
    ).choose()

    assert "seaway/sea-freight" == service(patient)
    assert "skyway/air-economy" == service(promised)
    assert "that delivers by 2026-12-05" in promised.decision.because


async def test_no_more_plans_are_rated_than_is_set() -> None:
    """The usual one comes first, so that it is what is left."""
    carrier = Counting()
    chosen = await Deciding(carrier, rated_plans=1, ship_to=TOKYO, urgency="express").choose()

    assert ["L"] == cartons(chosen)
    assert [["p1"]] == [[p.parcel_ref for p in one.parcels] for one in carrier.asked]


async def test_without_an_answer_the_fewest_cartons_are_packed() -> None:
    """The carriers are asked once, and packing goes on; the decision says why."""
    carrier = Counting(answers=0)
    chosen = await Deciding(carrier).choose()

    assert (["L"], "", 1) == (cartons(chosen), service(chosen), len(carrier.asked))
    assert "without rates; the service is chosen at labeling" in chosen.decision.because
    assert "contract: expected an answer" in chosen.decision.because


async def test_an_answer_to_the_first_plan_alone_is_enough() -> None:
    """The others' rates are missing, and so are they."""
    carrier = Counting(answers=1)
    chosen = await Deciding(carrier, ship_to=TOKYO, urgency="express").choose()

    assert (["L"], "skyway/air-express") == (cartons(chosen), service(chosen))
    assert 2 == len(carrier.asked)


async def test_who_is_silent_costs_no_more_than_the_time_set() -> None:
    """A carrier that does not answer in time leaves the others' rates."""
    contract = Counting()
    await Deciding(contract).choose()  # the calendars are read once
    chosen = await Deciding(contract, Silent(load_tariffs()), seconds=1).choose()

    assert "overland/road-parcel" == service(chosen)
    assert any("none within 1 s" in a.because for a in chosen.decision.alternatives)


async def test_what_no_service_takes_is_packed_all_the_same() -> None:
    """Labeling says what is missing; the goods need not wait for that in their slot."""
    chosen = await Deciding(Counting(), ship_to={**TOKYO, "country": "AQ"}).choose()

    assert (["L"], "") == (cartons(chosen), service(chosen))
    assert "without rates" in chosen.decision.because


async def test_the_weight_that_is_rated_has_its_fill() -> None:
    """As the packer will weigh it."""
    carrier = Counting()
    deciding = Deciding(carrier)
    await deciding.choose()

    [parcel] = carrier.asked[0].parcels
    assert parcel.gross_weight_g > deciding.plans[0].cartons[0].gross_weight_g
