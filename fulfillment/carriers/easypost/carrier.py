"""EasyPost as a CarrierClient."""

from fulfillment.carriers.easypost import addresses, trackers
from fulfillment.carriers.easypost.hand_over import HandOver
from fulfillment.carriers.easypost.label_sales import LabelSales
from fulfillment.carriers.easypost.wire import NETWORK, PREFIX, carrier_of
from fulfillment.domain.address_verdicts import AddressVerdict
from fulfillment.domain.addresses import Address
from fulfillment.domain.shipping import LabelReference
from fulfillment.domain.tracking import TrackingEvent


class EasyPostCarrier(LabelSales, HandOver):
    """The carriers behind one EasyPost account; their ids begin with `easypost-`."""

    name = NETWORK

    def speaks_for(self, carrier_id: str) -> bool:
        """Return whether a carrier is one behind EasyPost."""
        return carrier_id.startswith(PREFIX)

    async def track(self, label: LabelReference) -> tuple[TrackingEvent, ...]:
        """Return all that was told of a parcel."""
        request = trackers.to_request(label.tracking_number, carrier_of(label.carrier_id))
        return trackers.events_of(trackers.parse_response(await self.http.send(request)))

    async def verify_address(self, address: Address) -> AddressVerdict:
        """Return whether an address can be delivered to, and how the carrier writes it."""
        answer = await self.http.send(addresses.to_request(address))
        return addresses.parse_response(answer, address)
