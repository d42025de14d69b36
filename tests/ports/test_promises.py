"""What is promised of a basket, on a real database, by the sample tariffs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from temporalio.client import Client

import plant as plants
from fulfillment.carriers.contract import ContractCarrier, load_tariffs
from fulfillment.domain.baskets import Basket
from fulfillment.domain.errors import CarrierUnavailable, InvalidOrder, NoServiceAvailable
from fulfillment.domain.lifecycle import SubstitutionPolicy
from fulfillment.domain.orders import Urgency
from fulfillment.domain.promises import Promise
from fulfillment.domain.shipping import Rates, Shipment
from fulfillment.domain.supply import SupplyMethod, SupplyState
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.labels.pdf import PdfDocuments
from fulfillment.operations.engine import Engine
from fulfillment.operations.promise import promise
from fulfillment.persistence.database import SqlDatabase
from fulfillment.ports import NO_RATES, QUOTED_WITHIN, RateQuoter

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday; what is ready two days later is picked up on Wednesday."""


ON_ITS_WAY = SupplyRecord(
    supply_id="S-1",
    sku="RARE7",
    method=SupplyMethod.PRODUCTION,
    warehouse_id=plants.BERLIN,
    bin_id="BER-A0-01",
    ordered=5,
    state=SupplyState.PRODUCING,
    opened_at=NOW,
    state_since=NOW,
    expected_at=NOW,
)


class At:
    """A clock that stands still."""

    def now(self) -> datetime:
        """Return the Monday."""
        return NOW


class Silent:
    """Carriers that do not answer."""

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Say nothing."""
        del shipment, within  # nobody looks at them
        message = "connection refused"
        raise CarrierUnavailable(message)


@pytest.fixture
async def engine(database: SqlDatabase) -> Engine:
    """Give a furnished shop that nobody works in."""
    await plants.furnish(database)
    return Engine(
        client=cast("Client", None),
        database=database,
        clock=At(),
        task_queue="-",
        documents=PdfDocuments(),
        carrier=ContractCarrier(load_tariffs()),
    )


def basket(*lines: tuple[str, int], **changes: Any) -> Basket:
    """Return a basket for Hamburg."""
    rows = [{"sku": sku, "quantity": quantity} for sku, quantity in lines or (("MUG", 2),)]
    return Basket.model_validate(
        {"ship_to": plants.order_data("any")["ship_to"], "lines": rows} | changes
    )


def abroad(country: str, postal_code: str) -> dict[str, Any]:
    """Return an address in another country."""
    address = {"name": "Ada Lovelace", "street": ["Main Street 1"], "city": "Town"}
    return {"ship_to": {**address, "country": country, "postal_code": postal_code}}


def days(answer: Promise) -> dict[Urgency, date | None]:
    """Return which day each urgency is promised."""
    return {one.urgency: one.deliver_on for one in answer.urgencies}


async def test_each_urgency_has_its_day_and_its_price(engine: Engine) -> None:
    """Ready on Wednesday morning: express arrives on Thursday, the others on Friday."""
    answer = await promise(engine, basket())
    thursday, friday = date(2026, 11, 26), date(2026, 11, 27)
    expected = {
        Urgency.EXPRESS: thursday,
        Urgency.STANDARD: friday,
        Urgency.ECONOMY: friday,
    }
    assert expected == days(answer)
    express, standard, economy = answer.urgencies
    assert ("overland/road-express",) == express.services
    assert ("overland/road-parcel",) == standard.services == economy.services
    assert express.cost is not None
    assert standard.cost is not None
    assert express.cost.amount_minor > standard.cost.amount_minor > 0


async def test_each_service_has_its_cutoff_dates_and_lines(engine: Engine) -> None:
    """Cheapest first; the lines add up, and the cut-off less the time to pack is the deadline."""
    answer = await promise(engine, basket())
    costs = [service.cost.amount_minor for service in answer.services]
    assert sorted(costs) == costs
    road, *_ = answer.services
    assert ("overland/road-parcel", date(2026, 11, 25)) == (road.key, road.pickup_on)
    assert datetime(2026, 11, 23, 16, 0, tzinfo=UTC) == road.order_by
    assert road.cost.amount_minor == sum(line.amount.amount_minor for line in road.charges)
    [share] = answer.shares
    assert ("BER", 1, timedelta(days=2)) == (
        share.warehouse_id,
        share.parcels,
        share.ready_at - NOW,
    )


async def test_a_service_that_does_not_serve_says_why(engine: Engine) -> None:
    """No plane for 200 km, no ship over land."""
    answer = await promise(engine, basket())
    reasons = {one.service: one.because for one in answer.unserved}
    assert {"skyway/air-express", "skyway/air-economy", "seaway/sea-freight"} == set(reasons)
    assert reasons["skyway/air-express"].startswith("expected 300 to 20100 km, came ")
    assert "an overseas destination" in reasons["seaway/sea-freight"]


async def test_what_is_not_there_has_no_date(engine: Engine) -> None:
    """It is back-ordered, whoever asks how urgently."""
    answer = await promise(engine, basket(("MUG", 1), ("RARE7", 3)))
    assert {None} == set(days(answer).values())
    assert [("RARE7", 3)] == [(line.sku, line.quantity) for line in answer.missing]
    assert "back-ordered: 3 x RARE7, without a date" == answer.urgencies[0].because


async def test_what_is_ordered_of_a_supplier_has_an_expected_day(engine: Engine) -> None:
    """It is told, and not promised: others may be first in line."""
    async with engine.database.writing() as tx:
        await tx.supply.add(ON_ITS_WAY)
    answer = await promise(engine, basket(("RARE7", 3)))
    assert [date(2026, 11, 23)] == [goods.expected_on for goods in answer.missing]
    assert {None} == set(days(answer).values())
    assert "back-ordered: 3 x RARE7, expected on 2026-11-23" == answer.urgencies[0].because


async def test_a_substitute_is_promised_where_the_shop_allows_it(engine: Engine) -> None:
    """The customer named it; the shop's policy decides."""
    wanted = basket(
        lines=[{"sku": "RARE7", "quantity": 1, "substitutes": ["MUG"]}],
    )
    answer = await promise(engine, wanted)
    assert ["1 x MUG in place of RARE7"] == [str(one) for one in answer.substitutions]
    never = await promise(replace(engine, substitution=SubstitutionPolicy.NEVER), wanted)
    assert 1 == len(never.missing)


async def test_two_warehouses_ship_what_no_one_has_alone(engine: Engine) -> None:
    """The last share's day counts, both shares' cost, and only services that take both."""
    await plants.stock_up(engine.database, "rotterdam", [("RTM-A2-01", "RARE1", 5)])
    answer = await promise(engine, basket(("LAMP", 1), ("RARE1", 1)))
    assert {"BER", "RTM"} == {share.warehouse_id for share in answer.shares}
    standard = answer.urgencies[1]
    assert ("overland/road-parcel", "overland/road-parcel") == standard.services
    [road] = [one for one in answer.services if one.key == "overland/road-parcel"]
    assert (standard.deliver_on, standard.cost) == (road.deliver_on, road.cost)


async def test_a_day_that_the_customer_wants_is_kept_or_not(engine: Engine) -> None:
    """Thursday is kept by express alone; standard then takes what keeps it."""
    answer = await promise(engine, basket(deliver_by="2026-11-26"))
    express, standard, _ = answer.urgencies
    assert (True, False) == (express.in_time, standard.in_time)
    assert ("overland/road-express",) == standard.services


async def test_america_is_reached_by_air_and_patiently_by_sea(engine: Engine) -> None:
    """Standard promises what flies slowly, economy what sails."""
    answer = await promise(engine, basket(**abroad("US", "10001")))
    services = {one.urgency: one.services for one in answer.urgencies}
    assert ("skyway/air-economy",) == services[Urgency.STANDARD]
    assert ("seaway/sea-freight",) == services[Urgency.ECONOMY]


async def test_an_article_that_nobody_knows_is_named(engine: Engine) -> None:
    """By its line."""
    with pytest.raises(InvalidOrder, match=r"lines\[1\]\.sku: expected an article"):
        await promise(engine, basket(("MUG", 1), ("NOPE", 1)))


async def test_a_country_that_is_on_no_map_is_refused(engine: Engine) -> None:
    """Nobody knows where that is."""
    with pytest.raises(NoServiceAvailable, match="no place on Earth"):
        await promise(engine, basket(**abroad("AQ", "")))


@pytest.mark.parametrize("carrier", [Silent(), NO_RATES])
async def test_where_nobody_answers_nothing_is_promised(
    engine: Engine, carrier: RateQuoter
) -> None:
    """Neither where carriers are down, nor where there are none."""
    answer = await promise(replace(engine, carrier=carrier), basket())
    assert {None} == set(days(answer).values())
    assert () == answer.services
    assert all(one.because for one in answer.urgencies)


async def test_asking_reserves_nothing(engine: Engine) -> None:
    """What there is stays free for who orders."""
    async with engine.database.reading() as tx:
        before = await tx.stock.levels({"MUG"})
    await promise(engine, basket())
    async with engine.database.reading() as tx:
        assert before == await tx.stock.levels({"MUG"})
