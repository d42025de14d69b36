"""What carriers would take from each warehouse, and what happens where they don't answer."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

import activities.sourcing
import plant as plants
from activities.sourcing import Prospect, Prospecting
from fulfillment.bootstrap import SystemClock
from fulfillment.carriers.all_carriers import AllCarriers
from fulfillment.carriers.contract import ContractCarrier, load_tariffs
from fulfillment.carriers.networks import Network
from fulfillment.domain.errors import CarrierUnavailable
from fulfillment.domain.shipping import Rates, Shipment
from fulfillment.domain.sourcing import SourcingWeights
from fulfillment.persistence.database import SqlDatabase
from fulfillment.ports import QUOTED_WITHIN
from record_samples import put_on_record

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Counting(ContractCarrier):
    """The contract carriers, which count how often they are asked."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        super().__init__(load_tariffs())
        self.asked = 0

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Answer as they do."""
        self.asked += 1
        return await super().quote_rates(shipment, within)


class Failing(Counting):
    """Carriers that are down for one warehouse, and silent for the other."""

    name = "failing"

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Refuse to answer."""
        self.asked += 1
        if shipment.origin_country == "NL":
            message = "connection refused"
            raise CarrierUnavailable(message)
        await asyncio.Event().wait()
        return await super().quote_rates(shipment, within)


async def look(
    database: SqlDatabase,
    networks: Sequence[Network],
    *lines: tuple[str, int],
    times: int = 1,
    deliver_by: str | None = None,
) -> Prospect:
    """Put an order on record and look ahead for it; return what is seen at last."""
    await plants.furnish(database)
    await put_on_record(database, plants.order("P-1", *lines, deliver_by=deliver_by))
    carriers = AllCarriers(networks, SystemClock())
    prospecting = Prospecting(database, carriers, SourcingWeights())
    looks = [await prospecting.look_ahead("P-1", AT, substitute=True) for _ in range(times)]
    return looks[-1]


async def test_each_warehouse_with_stock_is_quoted_by_the_service_that_labeling_would_take(
    database: SqlDatabase,
) -> None:
    """Two parcels of each: the price of a parcel and of a kilogram lies between them."""
    carrier = Counting()
    prospect = await look(database, [carrier], ("MUG", 2), ("BOOK", 1))
    berlin, rotterdam = prospect.sources
    assert ("overland/road-parcel", "EUR", date(2026, 11, 25)) == (
        berlin.how,
        berlin.currency,
        berlin.arrives,
    )
    assert berlin.distance_km < rotterdam.distance_km
    assert carrier.asked == 4


async def test_where_one_warehouse_has_it_and_the_day_is_given_nobody_is_asked(
    database: SqlDatabase,
) -> None:
    """There is nothing to compare, and nothing to promise."""
    carrier = Counting()
    await look(database, [carrier], ("LAMP", 1), deliver_by="2026-12-05")
    assert 0 == carrier.asked


async def test_where_one_warehouse_has_it_it_is_asked_what_can_be_promised(
    database: SqlDatabase,
) -> None:
    """Two working days from Monday, for an order that names no day."""
    prospect = await look(database, [Counting()], ("LAMP", 1))
    promised = {source.warehouse_id: source.promised for source in prospect.sources}
    assert {"BER": date(2026, 11, 25), "RTM": None} == promised


async def test_carriers_that_do_not_answer_stop_no_order(
    database: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One fails, one is silent: the distance says what both cost, and why it does."""
    monkeypatch.setattr(activities.sourcing, "ANSWERS_WITHIN", timedelta(milliseconds=100))
    prospect = await look(database, [Failing()], ("MUG", 2), ("BOOK", 1))
    berlin, rotterdam = prospect.sources
    assert ["by distance: NoCarrierAnswers"] * 2 == [berlin.how, rotterdam.how]
    assert berlin.parcel_minor < rotterdam.parcel_minor
    assert "EUR" == prospect.terms.currency


async def test_a_network_that_hangs_takes_no_other_quotes_along(
    database: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that answered count, and it is left alone from then on."""
    monkeypatch.setattr(activities.sourcing, "ANSWERS_WITHIN", timedelta(milliseconds=100))
    hanging = Failing()
    networks = [ContractCarrier(load_tariffs()), hanging]
    prospect = await look(database, networks, ("MUG", 2), ("BOOK", 1), times=2)
    assert ["overland/road-parcel"] * 2 == [source.how for source in prospect.sources]
    assert 4 == hanging.asked
