"""What every carrier client does, whoever is behind it; and a third network with its line."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from fake_easypost import KEY, FakeEasyPost
from fulfillment import bootstrap
from fulfillment.carriers import easypost, registry
from fulfillment.carriers.all_carriers import AllCarriers
from fulfillment.carriers.contract import ContractCarrier, load_tariffs
from fulfillment.carriers.networks import Network, Section
from fulfillment.domain.errors import NotFound
from fulfillment.domain.shipping import (
    LabelPurchase,
    LabelReference,
    ManifestRequest,
    PickupReference,
    PickupRequest,
    Quote,
    Shipment,
)
from fulfillment.domain.tracking import TrackingEvent, TrackingStatus
from fulfillment.ports import CarrierClient, CarrierNotes
from fulfillment.settings import Settings, SettingsInvalid
from shipping_samples import (
    RECIPIENT_US,
    SENDER_US,
    WEDNESDAY_NOON,
    DictNotes,
    american,
    parcel,
)

Opened = Callable[[], AbstractAsyncContextManager[CarrierClient]]


class PigeonPost(ContractCarrier):
    """A third network: its pigeons fly by the contract's tariffs, and tell where they are."""

    name = "pigeon"

    async def track(self, label: LabelReference) -> tuple[TrackingEvent, ...]:
        """Return where the pigeon was seen."""
        return (
            TrackingEvent(
                event_id=f"pigeon-{label.tracking_number}",
                tracking_number=label.tracking_number,
                status=TrackingStatus.IN_TRANSIT,
                at=WEDNESDAY_NOON,
            ),
        )


def pigeon_tariffs() -> Any:
    """Return the sample tariffs in dollars, flown by pigeons alone."""
    book = load_tariffs()
    changes = {"carrier_id": "pigeon", "currency": "USD"}
    return book.model_copy(
        update={"services": tuple(s.model_copy(update=changes) for s in book.services)}
    )


@asynccontextmanager
async def open_pigeons(section: Section, notes: CarrierNotes) -> AsyncIterator[Network]:
    """Open the third network."""
    del notes
    assert section["loft"].get_secret_value() == "north"
    yield PigeonPost(pigeon_tariffs())


@asynccontextmanager
async def one(network: str) -> AsyncIterator[CarrierClient]:
    """Open one network alone."""
    if network == "contract":
        yield ContractCarrier(load_tariffs())
    elif network == "pigeon":
        yield PigeonPost(pigeon_tariffs())
    else:
        section = {"api_key": SecretStr(KEY)}
        async with easypost.open_network(section, DictNotes(), FakeEasyPost().transport) as opened:
            yield opened


@asynccontextmanager
async def all_of_them() -> AsyncIterator[CarrierClient]:
    """Open all of them as one."""
    section = {"api_key": SecretStr(KEY)}
    async with easypost.open_network(section, DictNotes(), FakeEasyPost().transport) as opened:
        clock = bootstrap.SystemClock()
        yield AllCarriers([PigeonPost(pigeon_tariffs()), opened], clock)


@pytest.fixture(params=["contract", "easypost", "pigeon", "all"])
async def carrier(request: pytest.FixtureRequest) -> AsyncIterator[CarrierClient]:
    """Give each carrier client."""
    network = str(request.param)
    async with all_of_them() if network == "all" else one(network) as opened:
        yield opened


def purchase(
    sent: Shipment, quote: Quote, parcel_ref: str = "P1", serial: int = 1
) -> LabelPurchase:
    """Return the wish for a parcel's label with a quoted service."""
    return LabelPurchase(
        carrier_id=quote.carrier_id,
        service_id=quote.service_id,
        order_id="o-1",
        shipment=sent,
        parcel_ref=parcel_ref,
        sender=SENDER_US,
        recipient=RECIPIENT_US,
        serial=serial,
    )


async def test_what_is_quoted_is_bought_at_that_price(carrier: CarrierClient) -> None:
    """Each service, for two parcels; bought twice under a key it is the same label."""
    parcels = (parcel(), parcel(parcel_ref="P2", gross_weight_g=2500))
    sent = american(parcels=parcels)
    rates = await carrier.quote_rates(sent)
    assert rates.quotes != ()
    for quote in rates.quotes:
        costs = 0
        for serial, each in enumerate(parcels):
            wish = purchase(sent, quote, each.parcel_ref, serial)
            key = f"{quote.key}/{each.parcel_ref}"
            label = await carrier.buy_label(key, wish)
            assert await carrier.buy_label(key, wish) == label
            assert (label.carrier_id, label.service_id) == (quote.carrier_id, quote.service_id)
            costs += label.cost.amount_minor
        assert costs == quote.cost.amount_minor


async def test_what_was_bought_goes_all_the_way(carrier: CarrierClient) -> None:
    """Tracked, picked up, put on a manifest; canceled and given back: twice is as good as once."""
    sent = american()
    for quote in (await carrier.quote_rates(sent)).quotes:
        label = (await carrier.buy_label(quote.key, purchase(sent, quote))).reference
        for event in await carrier.track(label):
            assert event.tracking_number == label.tracking_number
        request = PickupRequest(
            carrier_id=quote.carrier_id,
            warehouse_id="W",
            on=date(2026, 3, 4),
            window_start=WEDNESDAY_NOON,
            window_end=WEDNESDAY_NOON + timedelta(hours=2),
            parcels=1,
            address=SENDER_US,
            labels=(label,),
        )
        pickup = await carrier.book_pickup(quote.key, request)
        assert await carrier.book_pickup(quote.key, request) == pickup
        listed = ManifestRequest(
            carrier_id=quote.carrier_id, warehouse_id="W", on=date(2026, 3, 4), labels=(label,)
        )
        manifest = await carrier.close_manifest(quote.key, listed)
        assert await carrier.close_manifest(quote.key, listed) == manifest
        assert manifest.tracking_numbers == (label.tracking_number,)
        booked = PickupReference(carrier_id=quote.carrier_id, reference=pickup.reference)
        for _ in range(2):
            await carrier.cancel_pickup("cancel", booked)
            await carrier.void_label("void", label)


async def test_what_is_not_theirs_is_not_found(carrier: CarrierClient) -> None:
    """A label that nobody sold, and one of a carrier that nobody knows."""
    stranger = LabelReference(carrier_id="snail", tracking_number="S1")
    with pytest.raises(NotFound):
        await carrier.void_label("k", stranger)


async def test_a_third_network_takes_a_folder_and_a_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Registered and switched on by its settings, its rates stand beside the others'."""
    monkeypatch.setitem(registry.NETWORKS, "pigeon", open_pigeons)
    tariffs = tmp_path / "tariffs.json"
    own = load_tariffs().model_copy(
        update={
            "services": tuple(
                s.model_copy(update={"currency": "USD"}) for s in load_tariffs().services
            )
        }
    )
    tariffs.write_text(own.model_dump_json(), encoding="utf-8")
    settings = Settings(
        data_dir=tmp_path, tariffs=tariffs, carrier={"pigeon": {"loft": SecretStr("north")}}
    )
    async with bootstrap.ports(settings) as ports:
        rates = await ports.carrier.quote_rates(american())
    assert {"overland", "pigeon"} <= {quote.carrier_id for quote in rates.quotes}


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ({"pigeons": {"loft": "north"}}, "FULFILLMENT_CARRIER__PIGEONS: expected .* easypost"),
        ({"easypost": {}}, "FULFILLMENT_CARRIER__EASYPOST__API_KEY"),
        ({"easypost": {"api_key": KEY, "label_format": KEY}}, "EASYPOST__LABEL_FORMAT"),
        ({"easypost": {"api_key": KEY, "base_url": f"http://{KEY}"}}, "EASYPOST__BASE_URL"),
        ({"easypost": {"api_key": KEY, "apikey": KEY}}, "EASYPOST__APIKEY"),
    ],
    ids=["unknown network", "no key", "wrong format", "no https", "misspelt"],
)
async def test_wrong_settings_are_named_and_not_shown(
    tmp_path: Path, section: dict[str, Any], named: str
) -> None:
    """Each by its variable."""
    settings = Settings(data_dir=tmp_path, carrier=section)
    with pytest.raises(SettingsInvalid, match=named) as raised:
        async with bootstrap.ports(settings):
            pass
    assert KEY not in str(raised.value)
    assert KEY not in repr(settings)
