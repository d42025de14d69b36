"""Parcels that are not waited for any more, on SQL."""

from fulfillment.persistence.repositories.store import SqlStore, missing, select_by, update_by
from fulfillment.persistence.tables import given_up_parcels
from fulfillment.stores.given_up import GivenUpParcel, Whereabouts


class SqlGivenUpStore(SqlStore):
    """Parcels that are not waited for any more."""

    async def add(self, parcel: GivenUpParcel) -> None:
        """Put on record that a parcel is given up.

        Raises:
            Inconsistent: it is given up already.

        """
        await self._insert(given_up_parcels, [parcel.model_dump()])

    async def of_fulfillment(self, fulfillment_id: str) -> list[GivenUpParcel]:
        """Return those of a fulfillment, by id."""
        own = select_by(given_up_parcels, "fulfillment_id", order_by="parcel_id")
        rows = await self._rows(own, fulfillment_id=fulfillment_id)
        return [GivenUpParcel.model_validate(dict(row)) for row in rows]

    async def find(self, tracking_number: str) -> GivenUpParcel | None:
        """Return the one of that tracking number, or None."""
        one = select_by(given_up_parcels, "tracking_number")
        row = await self._row(one, tracking_number=tracking_number)
        return None if row is None else GivenUpParcel.model_validate(dict(row))

    async def set_goods(self, parcel_id: str, goods: Whereabouts) -> None:
        """Record where the goods are now; raises NotFound."""
        one = update_by(given_up_parcels, "parcel_id", "goods")
        if not await self._change(one, of_parcel_id=parcel_id, to_goods=goods):
            raise missing(parcel=parcel_id)
