"""EasyPost when it declines, is slow, is down, or has acted and could not say so."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from fake_easypost import KEY, FakeEasyPost, refusal
from fulfillment.carriers.easypost import open_network, shipments
from fulfillment.carriers.easypost.carrier import EasyPostCarrier
from fulfillment.domain.errors import (
    CarrierAnswerInvalid,
    CarrierRefused,
    CarrierUnavailable,
    FulfillmentError,
    NoServiceAvailable,
    NotFound,
)
from fulfillment.domain.money import Money
from fulfillment.domain.shipping import (
    LabelPurchase,
    LabelReference,
    ManifestRequest,
    PickupReference,
    PickupRequest,
)
from fulfillment.domain.tracking import TrackingException, TrackingStatus
from fulfillment.temporal.errors import to_application_error
from shipping_samples import (
    RECIPIENT_US,
    SENDER_US,
    WEDNESDAY_NOON,
    DictNotes,
    american,
    parcel,
    shipment,
)

S, X = TrackingStatus, TrackingException
SECTION = {"api_key": SecretStr(KEY)}


@pytest.fixture
def there() -> FakeEasyPost:
    """Give the other side."""
    return FakeEasyPost()


@pytest.fixture
def notes() -> DictNotes:
    """Give what is remembered here."""
    return DictNotes()


@pytest_asyncio.fixture
async def carrier(there: FakeEasyPost, notes: DictNotes) -> AsyncIterator[EasyPostCarrier]:
    """Give the client."""
    async with open_network(SECTION, notes, there.transport) as opened:
        yield opened


def wish(service: str = "GroundAdvantage", parcel_ref: str = "P1") -> LabelPurchase:
    """Return the wish for one of two parcels' labels."""
    return LabelPurchase(
        carrier_id="easypost-USPS",
        service_id=service,
        order_id="o-1",
        shipment=american(parcels=(parcel(), parcel(parcel_ref="P2"))),
        parcel_ref=parcel_ref,
        sender=SENDER_US,
        recipient=RECIPIENT_US,
        serial=1,
    )


def pickup_request(*labels: LabelReference) -> PickupRequest:
    """Return the wish that USPS comes for these."""
    return PickupRequest(
        carrier_id="easypost-USPS",
        warehouse_id="W",
        on=date(2026, 3, 4),
        window_start=WEDNESDAY_NOON,
        window_end=WEDNESDAY_NOON + timedelta(hours=2),
        parcels=max(1, len(labels)),
        address=SENDER_US,
        labels=labels,
    )


def shown(error: FulfillmentError) -> str:
    """Return all that an error says, on its way through Temporal too."""
    return f"{error!r} {error.problems} {to_application_error(error).details}"


NOBODY_MAY_SEE = (KEY, "Sparrow", "Swan", "Townsend", "Harbor", "94107", "5555555555")


# --- rates -------------------------------------------------------------------------------


async def test_no_rates_are_a_refusal(there: FakeEasyPost, carrier: EasyPostCarrier) -> None:
    """With the carrier that had none; other networks go on."""
    there.services = {}
    rates = await carrier.quote_rates(american())
    assert rates.quotes == ()
    assert "none (USPS rate_error)" in rates.refusals[0].reason


async def test_a_declined_address_is_a_refusal(
    there: FakeEasyPost, carrier: EasyPostCarrier
) -> None:
    """By EasyPost's code and the field; nothing of the address stands there."""
    there.before["POST shipments"] = [(422, refusal("ADDRESS.VERIFY.FAILURE", "to_address.zip"))]
    rates = await carrier.quote_rates(american())
    reason = rates.refusals[0].reason
    assert "ADDRESS.VERIFY.FAILURE to_address.zip" in reason
    assert not [text for text in NOBODY_MAY_SEE if text in reason]


async def test_it_is_not_asked_for_what_it_does_not_take(
    there: FakeEasyPost, carrier: EasyPostCarrier
) -> None:
    """Each reason is named, and no question is asked."""
    dangerous = american(parcels=(parcel(hazard_class="3"),))
    for sent, reason in (
        (dangerous, "no hazardous goods"),
        (shipment("BE"), "no customs form"),
        (american(recipient=None), "the addresses of sender and recipient"),
    ):
        assert reason in (await carrier.quote_rates(sent)).refusals[0].reason
        assert reason in "; ".join(map(str, carrier.objections(sent)))
    assert not there.asked


async def test_a_service_takes_all_parcels_or_none(
    there: FakeEasyPost, carrier: EasyPostCarrier
) -> None:
    """Costs add up, the slowest parcel is the projected delivery."""
    two = american(parcels=(parcel(), parcel(parcel_ref="P2")))
    rates = await carrier.quote_rates(two)
    costs = {quote.service_id: quote.cost.amount_minor for quote in rates.quotes}
    assert costs == {"GroundAdvantage": 1214, "Priority": 1484, "Express": 6830}
    assert there.asked == {"POST shipments": 2}


# --- labels ------------------------------------------------------------------------------


@pytest.mark.parametrize("label_format", ["PDF", "PNG", "ZPL"])
@pytest.mark.parametrize("drawn", [None, "PNG"])
async def test_a_label_comes_in_the_format_that_is_set(
    there: FakeEasyPost, notes: DictNotes, label_format: str, drawn: str | None
) -> None:
    """Also where the carrier draws another one: then it is converted."""
    there.drawn = drawn
    section = {**SECTION, "label_format": SecretStr(label_format)}
    async with open_network(section, notes, there.transport) as opened:
        if (label_format, drawn) == ("PNG", None):
            there.drawn = "PNG"
        label = await opened.buy_label("k", wish())
    assert label.media_type == shipments.MEDIA_TYPES[label_format]
    assert label.document
    assert label.cost == Money(amount_minor=607, currency="USD")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("route", ["POST shipments", "POST buy", "GET get", "POST rerate"])
async def test_a_lost_answer_never_buys_twice(
    there: FakeEasyPost, carrier: EasyPostCarrier, notes: DictNotes, route: str, when: str
) -> None:
    """Before it acted or after: whoever asks again with the key gets the one label."""
    getattr(there, when)[route] = [None, None]
    said = []
    for _ in range(4):
        try:
            label = await carrier.buy_label("k", wish())
            break
        except CarrierUnavailable as error:
            said.append(shown(error))
    assert not [text for text in NOBODY_MAY_SEE if text in str(said)]
    assert await carrier.buy_label("k", wish()) == label
    assert there.paid == [label.carrier_reference]
    notes.texts.clear()
    assert await carrier.buy_label("k", wish()) == label
    assert there.paid == [label.carrier_reference]


async def test_two_at_once_pay_once(there: FakeEasyPost, carrier: EasyPostCarrier) -> None:
    """Whoever notes a shipment second pays for the first one's, which is sold once."""
    first, second = await asyncio.gather(
        carrier.buy_label("k", wish()), carrier.buy_label("k", wish())
    )
    assert first == second
    assert there.paid == [first.carrier_reference]
    assert there.asked["POST shipments"] == 2


async def test_a_purchase_under_way_is_not_repeated(
    there: FakeEasyPost, carrier: EasyPostCarrier
) -> None:
    """EasyPost says that somebody is buying it: we ask, and wait."""
    there.before["POST buy"] = [(422, refusal("SHIPMENT.PURCHASE.IN_PROGRESS"))]
    with pytest.raises(CarrierUnavailable):
        await carrier.buy_label("k", wish())
    assert there.paid == []
    assert (await carrier.buy_label("k", wish())).tracking_number
    assert len(there.paid) == 1


async def test_an_expired_rate_is_asked_anew(there: FakeEasyPost, carrier: EasyPostCarrier) -> None:
    """Once, and bought at today's price."""
    there.before["POST buy"] = [(422, refusal("SHIPMENT.RATE.EXPIRED"))]
    there.services["GroundAdvantage"] = ("6.50", 3)
    label = await carrier.buy_label("k", wish())
    assert label.cost == Money(amount_minor=650, currency="USD")
    assert there.asked["POST rerate"] == 1


async def test_a_service_that_is_gone_is_named(
    there: FakeEasyPost, carrier: EasyPostCarrier
) -> None:
    """With those that are there."""
    del there.services["GroundAdvantage"]
    with pytest.raises(NoServiceAvailable, match=r"GroundAdvantage, came USPS Express, USPS Prio"):
        await carrier.buy_label("k", wish())


async def test_half_a_shipment_is_finished_not_repeated(
    there: FakeEasyPost, carrier: EasyPostCarrier
) -> None:
    """The first parcel's label stands while the second's is bought later."""
    first = await carrier.buy_label("k/P1", wish())
    there.before["POST buy"] = [(500, {}), (422, refusal("SHIPMENT.POSTAGE.FAILURE"))]
    with pytest.raises(CarrierUnavailable):
        await carrier.buy_label("k/P2", wish(parcel_ref="P2"))
    with pytest.raises(CarrierRefused, match=r"POSTAGE\.FAILURE"):
        await carrier.buy_label("k/P2", wish(parcel_ref="P2"))
    second = await carrier.buy_label("k/P2", wish(parcel_ref="P2"))
    assert await carrier.buy_label("k/P1", wish()) == first
    assert sorted(there.paid) == sorted([first.carrier_reference, second.carrier_reference])


async def test_a_label_that_was_given_back_is_not_sold_again(
    there: FakeEasyPost, carrier: EasyPostCarrier
) -> None:
    """Its key is spent; a rejected refund is said so."""
    label = (await carrier.buy_label("k", wish())).reference
    await carrier.void_label("v", label)
    with pytest.raises(CarrierRefused, match="given back"):
        await carrier.buy_label("k", wish())
    used = (await carrier.buy_label("k2", wish())).reference
    there.before["POST refund"] = [(422, refusal("SHIPMENT.REFUND.UNAVAILABLE"))]
    with pytest.raises(CarrierRefused, match=r"REFUND\.UNAVAILABLE"):
        await carrier.void_label("v2", used)
    with pytest.raises(NotFound):
        await carrier.void_label("v3", used.model_copy(update={"carrier_reference": ""}))


# --- failures ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "expected"),
    [("7", 7), ("", None), ("soon", None), ("999999", 3600)],
    ids=["seconds", "nothing", "nonsense", "too long"],
)
async def test_it_is_left_alone_as_long_as_it_asks(
    there: FakeEasyPost, carrier: EasyPostCarrier, header: str, expected: int | None
) -> None:
    """429 with Retry-After: Temporal tries again then."""
    there.headers = {"Retry-After": header}
    there.before["POST shipments"] = [(429, refusal("RATE_LIMITED"))]
    with pytest.raises(CarrierUnavailable, match="429 RATE_LIMITED") as raised:
        await carrier.quote_rates(american())
    delay = None if expected is None else timedelta(seconds=expected)
    assert raised.value.retry_after == delay
    assert to_application_error(raised.value).next_retry_delay == delay


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, CarrierUnavailable),
        (503, CarrierUnavailable),
        (401, CarrierRefused),
        (402, CarrierRefused),
        (404, NotFound),
        (422, CarrierRefused),
    ],
)
async def test_what_goes_wrong_says_nothing_of_customer_or_key(
    there: FakeEasyPost, carrier: EasyPostCarrier, status: int, kind: type[FulfillmentError]
) -> None:
    """The status, the code, the field; none of the texts."""
    there.before["POST trackers"] = [(status, refusal("SOME.CODE", "street1", "388 Townsend"))]
    label = LabelReference(carrier_id="easypost-USPS", tracking_number="9400")
    with pytest.raises(kind) as raised:
        await carrier.track(label)
    assert f"status {status} SOME.CODE street1" in str(raised.value)
    assert not [text for text in NOBODY_MAY_SEE if text in shown(raised.value)]


async def test_nonsense_is_no_answer() -> None:
    """HTML with status 200, an empty object, a list; what is missing is named."""
    for content, named in (
        (b"<html>", "expected JSON"),
        (b"{}", r"tracker\.id"),
        (b"[]", "tracker"),
        (b'{"id": 7, "tracking_code": "T"}', r"tracker\.id"),
    ):
        answer = httpx.MockTransport(lambda _, body=content: httpx.Response(200, content=body))
        async with open_network(SECTION, DictNotes(), answer) as carrier:
            with pytest.raises(CarrierAnswerInvalid, match=named):
                await carrier.track(LabelReference(carrier_id="easypost-X", tracking_number="T"))


@pytest.mark.parametrize(
    "url", ["http://files.example/1.pdf", "https://files.example/1.zpl"], ids=["plain", "no PDF"]
)
async def test_a_label_that_is_none_is_refused(
    there: FakeEasyPost, carrier: EasyPostCarrier, url: str
) -> None:
    """By its address, or by what it begins with; the purchase is found again."""
    bought = await carrier.buy_label("k", wish())
    there.objects[bought.carrier_reference]["postage_label"]["label_url"] = url
    with pytest.raises(CarrierAnswerInvalid, match=r"document|label"):
        await carrier.buy_label("k", wish())
    assert len(there.paid) == 1


# --- pickups, manifests, addresses -------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("route", ["POST pickups", "POST buy", "GET get"])
async def test_a_pickup_is_booked_once(
    there: FakeEasyPost, carrier: EasyPostCarrier, route: str, when: str
) -> None:
    """Whatever answer is lost."""
    label = (await carrier.buy_label("k", wish())).reference
    getattr(there, when)[route] = [None, None]
    for _ in range(4):
        try:
            booked = await carrier.book_pickup("p", pickup_request(label))
            break
        except CarrierUnavailable:
            continue
    pickups = [key for key, found in there.objects.items() if found.get("status") == "scheduled"]
    assert pickups == [booked.reference]
    await carrier.cancel_pickup("c", PickupReference(carrier_id="x", reference=booked.reference))
    with pytest.raises(CarrierRefused, match="called off"):
        await carrier.book_pickup("p", pickup_request(label))


async def test_a_carrier_that_does_not_come_is_named(carrier: EasyPostCarrier) -> None:
    """No pickup rate of its; no label to come for."""
    label = (await carrier.buy_label("k", wish())).reference
    other = pickup_request(label).model_copy(update={"carrier_id": "easypost-UPS"})
    with pytest.raises(CarrierRefused, match="none of UPS"):
        await carrier.book_pickup("p", other)
    with pytest.raises(CarrierRefused, match="a label that was bought"):
        await carrier.book_pickup("p2", pickup_request())


async def test_a_scan_form_is_made_once(
    there: FakeEasyPost, carrier: EasyPostCarrier, notes: DictNotes
) -> None:
    """A lost answer is found by its first parcel; another parcel is not on it."""
    label = (await carrier.buy_label("k", wish())).reference
    other = (await carrier.buy_label("k2", wish())).reference
    there.after["POST scan_forms"] = [None]
    request = ManifestRequest(
        carrier_id="easypost-USPS", warehouse_id="W", on=date(2026, 3, 4), labels=(label,)
    )
    with pytest.raises(CarrierUnavailable):
        await carrier.close_manifest("m", request)
    manifest = await carrier.close_manifest("m", request)
    assert there.asked["POST scan_forms"] == 1
    assert manifest.document is not None
    more = request.model_copy(update={"labels": (label, other)})
    with pytest.raises(CarrierRefused, match=f"one without {other.tracking_number}"):
        await carrier.close_manifest("m2", more)
    form = there.objects[manifest.reference]
    form["status"] = "failed"
    with pytest.raises(CarrierRefused, match="failed"):
        await carrier.close_manifest("m", request)
    notes.texts.clear()


async def test_an_address_is_verified(carrier: EasyPostCarrier) -> None:
    """Good, or not found, by the field."""
    assert (await carrier.verify_address(SENDER_US)).problems == ()
    nowhere = SENDER_US.model_copy(update={"street": ("000 unknown street",)})
    (problem,) = (await carrier.verify_address(nowhere)).problems
    assert (problem.path, problem.came) == ("address", "E.ADDRESS.NOT_FOUND")
