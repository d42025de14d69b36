"""Our own carriers answer by their tariffs, and the same each time."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from fulfillment import bootstrap
from fulfillment.carriers.contract import ContractCarrier, load_tariffs
from fulfillment.domain import public_holidays
from fulfillment.domain.errors import NoServiceAvailable, NotFound
from fulfillment.domain.geography import GAZETTEER
from fulfillment.domain.gs1 import checked_tracking_number, tracking_number
from fulfillment.domain.money import Money
from fulfillment.domain.orders import Urgency
from fulfillment.domain.service_choice import choose_service, promised_date
from fulfillment.domain.shipping import (
    BoughtLabel,
    LabelPurchase,
    LabelReference,
    ManifestRequest,
    PickupReference,
    PickupRequest,
    Shipment,
)
from fulfillment.ports import CarrierClient
from fulfillment.settings import Settings
from shipping_samples import RECIPIENT, SENDER, WEDNESDAY_NOON, parcel, shipment

TARIFFS = load_tariffs()
WINDOW: dict[str, Any] = {
    "window_start": WEDNESDAY_NOON,
    "window_end": WEDNESDAY_NOON + timedelta(hours=2),
}


@pytest.fixture
def carrier() -> ContractCarrier:
    """Return the carriers of the sample tariffs."""
    port: CarrierClient = ContractCarrier(TARIFFS)
    assert isinstance(port, ContractCarrier)
    return port


def purchase(sent: Shipment, parcel_ref: str = "P1", serial: int = 42) -> LabelPurchase:
    """Return the wish for a label with road parcel."""
    return LabelPurchase(
        carrier_id="overland",
        service_id="road-parcel",
        order_id="o-1",
        shipment=sent,
        parcel_ref=parcel_ref,
        sender=SENDER,
        recipient=RECIPIENT,
        serial=serial,
    )


def request(carrier_id: str = "overland") -> PickupRequest:
    """Return the wish for a pickup in Berlin."""
    return PickupRequest(
        carrier_id=carrier_id, warehouse_id="berlin", on=date(2026, 3, 4), parcels=2, **WINDOW
    )


def numbered(tracking_number: str) -> LabelReference:
    """Return a label of that number."""
    return LabelReference(carrier_id="overland", tracking_number=tracking_number)


def pickup(reference: str) -> PickupReference:
    """Return a pickup of that reference."""
    return PickupReference(carrier_id="overland", reference=reference)


def manifest(*numbers: str) -> ManifestRequest:
    """Return the wish for a list of these parcels."""
    return ManifestRequest(
        carrier_id="overland",
        warehouse_id="berlin",
        on=date(2026, 3, 4),
        labels=tuple(map(numbered, numbers)),
    )


def test_the_sample_tariffs_have_all_modes() -> None:
    """Road, air and sea, each service with a name of its own."""
    assert [service.key for service in TARIFFS.services] == [
        "overland/road-parcel",
        "overland/road-express",
        "skyway/air-express",
        "skyway/air-economy",
        "seaway/sea-freight",
    ]


@pytest.mark.parametrize("urgency", list(Urgency))
@pytest.mark.parametrize("country", ["DE", "BE", "PT", "GB", "IE", "US", "JP", "AU", "ZA"])
async def test_the_samples_choose_as_one_would(
    carrier: ContractCarrier, country: str, urgency: Urgency
) -> None:
    """An ordinary parcel has a service everywhere, and standard keeps the promise."""
    sent = shipment(country)
    rates = await carrier.quote_rates(sent)
    promise = promised_date(rates, urgency)
    chosen, _ = choose_service(rates, urgency, promise)
    if urgency is not Urgency.ECONOMY:
        assert chosen.projected_delivery <= promise


async def test_the_samples_use_each_mode(carrier: ContractCarrier) -> None:
    """Trucks at home, ships for patient America, planes for what is urgent."""
    home, america = [await carrier.quote_rates(shipment(c)) for c in ("DE", "US")]
    assert choose_service(home, Urgency.EXPRESS)[0].key == "overland/road-express"
    assert choose_service(home, Urgency.ECONOMY)[0].key == "overland/road-parcel"
    assert choose_service(america, Urgency.EXPRESS)[0].key == "skyway/air-express"
    assert choose_service(america, Urgency.ECONOMY)[0].key == "seaway/sea-freight"


@pytest.mark.parametrize("country", sorted(set(GAZETTEER) - {"BY", "CU", "RU"}))
async def test_every_known_country_is_served(carrier: ContractCarrier, country: str) -> None:
    """A parcel of a kilogram goes anywhere that the tariffs do not exclude."""
    assert (await carrier.quote_rates(shipment(country))).quotes != ()


async def test_labels_add_up_to_the_quote(carrier: ContractCarrier) -> None:
    """What is bought costs what was quoted."""
    parcels = tuple(parcel(parcel_ref=f"P{n}", gross_weight_g=1234 * n) for n in (1, 2, 3))
    sent = shipment(parcels=parcels)
    (quote,) = [
        q for q in (await carrier.quote_rates(sent)).quotes if q.service_id == "road-parcel"
    ]
    labels = [await carrier.buy_label(p.parcel_ref, purchase(sent, p.parcel_ref)) for p in parcels]
    assert sum(label.cost.amount_minor for label in labels) == quote.cost.amount_minor


async def test_a_label_bought_twice_is_the_same(carrier: ContractCarrier) -> None:
    """The tracking number comes from the serial, the routing code from the address."""
    first = await carrier.buy_label("k", purchase(shipment()))
    assert await ContractCarrier(TARIFFS).buy_label("k", purchase(shipment())) == first
    assert checked_tracking_number(first.tracking_number) == "FC000000000424"
    assert (first.routing_code, first.document) == ("BE-105-R3", None)


async def test_another_serial_is_another_label(carrier: ContractCarrier) -> None:
    """Two parcels never share a tracking number."""
    one, other = [await carrier.buy_label("k", purchase(shipment(), serial=n)) for n in (1, 2)]
    assert one.tracking_number != other.tracking_number


async def test_a_label_for_what_is_not_served_is_refused(carrier: ContractCarrier) -> None:
    """Neither a road over the sea nor a service that nobody knows."""
    with pytest.raises(NoServiceAvailable, match="reaches by land"):
        await carrier.buy_label("k", purchase(shipment("US")))
    unknown = purchase(shipment()).model_copy(update={"service_id": "tube"})
    with pytest.raises(NoServiceAvailable, match="came 'overland/tube'"):
        await carrier.buy_label("k", unknown)


def test_a_label_is_for_a_parcel_of_the_shipment() -> None:
    """A mistyped reference is refused before anything is bought."""
    with pytest.raises(ValidationError, match="a parcel_ref of the shipment"):
        purchase(shipment(), "P9")


def test_a_bought_document_survives_the_journey() -> None:
    """Any bytes go through JSON and back."""
    label = BoughtLabel(
        carrier_id="c",
        service_id="s",
        parcel_ref="P1",
        tracking_number="T",
        routing_code="R",
        cost=Money(amount_minor=1, currency="EUR"),
        serial=1,
        document=bytes(range(256)),
    )
    assert BoughtLabel.model_validate_json(label.model_dump_json()) == label


async def test_a_pickup_booked_twice_is_the_same(carrier: ContractCarrier) -> None:
    """The key makes the booking; another key is another booking."""
    first = await carrier.book_pickup("k1", request())
    assert await carrier.book_pickup("k1", request()) == first
    assert (await carrier.book_pickup("k2", request())).reference != first.reference
    assert (first.on, first.window_start) == (date(2026, 3, 4), WEDNESDAY_NOON)


async def test_what_was_booked_and_bought_can_be_taken_back(carrier: ContractCarrier) -> None:
    """Twice is as good as once."""
    booked = pickup((await carrier.book_pickup("k", request())).reference)
    label = await carrier.buy_label("k", purchase(shipment()))
    for _ in range(2):
        await carrier.cancel_pickup("k", booked)
        await carrier.void_label("k", label.reference)


async def test_what_is_not_ours_is_not_found(carrier: ContractCarrier) -> None:
    """A number with a wrong check digit, a strange reference, an unknown carrier."""
    with pytest.raises(NotFound, match="twelve digits"):
        await carrier.void_label("k", numbered("FC000000000425"))
    with pytest.raises(NotFound, match="twelve digits"):
        await carrier.track(numbered("1Z999"))
    with pytest.raises(NotFound, match="a date and ten characters"):
        await carrier.cancel_pickup("k", pickup("PU-1"))
    with pytest.raises(NotFound, match="'pigeon'"):
        await carrier.book_pickup("k", request("pigeon"))
    with pytest.raises(NotFound, match="twelve digits"):
        await carrier.close_manifest("k", manifest("1Z999"))


async def test_our_drivers_tell_by_scanning(carrier: ContractCarrier) -> None:
    """There is nobody to ask."""
    assert await carrier.track(numbered("FC000000000424")) == ()


async def test_a_manifest_closed_twice_is_the_same(carrier: ContractCarrier) -> None:
    """The key makes the list; another key is another list. We print it ourselves."""
    numbers = (tracking_number(42), tracking_number(1))
    wish = manifest(*numbers)
    first = await carrier.close_manifest("k1", wish)
    assert await carrier.close_manifest("k1", wish) == first
    assert (await carrier.close_manifest("k2", wish)).reference != first.reference
    assert first.reference.startswith("MA-20260304-")
    assert (first.tracking_numbers, first.document) == (numbers, None)


def test_a_tariff_file_is_read_and_checked(tmp_path: Path) -> None:
    """An operator's own file counts as the sample does, and a broken one is refused."""
    own, broken = tmp_path / "own.json", tmp_path / "broken.json"
    own.write_text(TARIFFS.model_dump_json(), encoding="utf-8")
    broken.write_text('{"services": [{"carrier_id": "x"}]}', encoding="utf-8")
    assert load_tariffs(own) == TARIFFS
    with pytest.raises(ValidationError, match="service_id"):
        load_tariffs(broken)


async def test_a_worker_has_loaded_the_holidays_before_its_first_order(tmp_path: Path) -> None:
    """Or all first orders wait for them at once, and give their carriers up as down."""
    public_holidays._calendar.cache_clear()
    async with bootstrap.ports(Settings(data_dir=tmp_path)):
        assert 0 < public_holidays._calendar.cache_info().currsize
