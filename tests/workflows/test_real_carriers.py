"""An order that goes with a carrier who is paid at once, is down at times, and says no at times."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr
from temporalio.client import Client

from fake_easypost import DOCUMENTS, KEY, PASS, Answer, FakeEasyPost, refusal, tracker
from floor_driver import place
from fulfillment.carriers.all_carriers import AllCarriers
from fulfillment.carriers.easypost import trackers
from fulfillment.carriers.easypost.carrier import EasyPostCarrier
from fulfillment.carriers.easypost.http import EasyPostHttp
from fulfillment.carriers.networks import DatabaseNotes
from fulfillment.domain.lifecycle import Stage
from fulfillment.operations import floor
from fulfillment.operations.tracking import record_way
from fulfillment.ports import Ports
from histories import audited_plant

DOWN: Answer = (503, {})


def easypost_alone(there: FakeEasyPost) -> Callable[[Ports], Ports]:
    """Return what puts EasyPost in the place of all carriers."""

    def change(ports: Ports) -> Ports:
        http = EasyPostHttp(SecretStr(KEY), transport=there.transport)
        network = EasyPostCarrier(http, DatabaseNotes(ports.database))
        return replace(ports, carrier=AllCarriers([network], ports.clock))

    return change


async def test_a_prepaid_label_is_never_forgotten(client: Client, tmp_path: Path) -> None:
    """Down: the order is blocked with the reason, and goes on by itself when it is back.

    Half bought: the first parcel's label is given back, and both are bought with the next try.
    """
    there = FakeEasyPost()
    there.before["POST buy"] = [None, PASS, (422, refusal("SHIPMENT.POSTAGE.FAILURE"))]
    there.after["POST buy"] = [None]
    change, rest = easypost_alone(there), timedelta(seconds=1)
    async with audited_plant(client, tmp_path, change=change, carrier_rest=rest) as shop:
        order = await place(shop, "prepaid", ("MUG", 1), ("SOAP", 1))
        share = await order.share()
        await share.to(Stage.PACKING)
        there.before["POST shipments"] = [DOWN, DOWN]
        await share.pack()
        await share.noted("blocked: EasyPost: expected a success, came status 503")
        await share.noted("blocked: EasyPost: expected a success, came status 422")
        await floor.retry_step(shop.engine, share.fulfillment_id)
        status = await share.at(Stage.AWAITING_PICKUP)

        async with shop.database.reading() as tx:
            labels = await tx.parcels.labels(share.fulfillment_id)
            document = await tx.parcels.document(labels[0].document_id)
        assert {label.carrier_id for label in labels} == {"easypost-USPS"}
        assert {(label.cost_minor, label.currency) for label in labels} == {(607, "USD")}
        assert (document.content, document.media_type) == (DOCUMENTS["pdf"], "application/pdf")
        live = {label.carrier_reference for label in labels}
        paid = set(there.paid)
        given_back = {key for key in paid if there.objects[key]["refund_status"]}
        assert (len(live), live | given_back, live & given_back) == (2, paid, set())

        await share.hand_over()
        await share.at(Stage.IN_TRANSIT)
        for number in status.tracking_numbers:
            told = tracker(number, ("in_transit", "x"), ("failure", "lost"), ("delivered", "y"))
            events = trackers.events_of(trackers.parse_response(told))
            assert (await record_way(shop.engine, events)).news
            assert not (await record_way(shop.engine, events)).news
        assert "completed" == await order.ended()
        async with shop.database.reading() as tx:
            way = await tx.parcels.tracking(labels[0].tracking_number)
        assert [record.exception for record in way] == [None, "lost", None]
        assert way[-1].raw_reference == "trk_1"
