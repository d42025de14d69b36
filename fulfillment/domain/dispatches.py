"""What carriers are asked: from a warehouse to an address, and with what parcels."""

from collections.abc import Sequence

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Instant
from fulfillment.domain.catalog import Warehouse
from fulfillment.domain.geography import require_place
from fulfillment.domain.shipping import Dispatch, ParcelSpec, Shipment


def dispatch_of(warehouse: Warehouse, ship_to: Address, ready_at: Instant) -> Dispatch:
    """Return from where and when goods leave for an address.

    Raises:
        NoServiceAvailable: nobody knows where the address is.

    """
    return Dispatch(
        origin=warehouse.place,
        origin_country=warehouse.address.country,
        origin_region=warehouse.address.region,
        destination=require_place(ship_to),
        destination_country=ship_to.country,
        destination_region=ship_to.region,
        destination_postal_code=ship_to.postal_code,
        residential=ship_to.is_residential,
        ready_at=ready_at,
        timezone=warehouse.timezone,
        cutoff=warehouse.pickup_at,
    )


def shipment_of(
    dispatch: Dispatch,
    parcels: Sequence[ParcelSpec],
    sender: Address | None = None,
    recipient: Address | None = None,
) -> Shipment:
    """Return parcels that leave together; carriers that price by address need both addresses."""
    asked = {"parcels": tuple(parcels), "sender": sender, "recipient": recipient}
    return Shipment.model_validate(dict(dispatch) | asked)
