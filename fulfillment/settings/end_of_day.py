"""How a day ends at the dock."""

from typing import Annotated, Any

from pydantic import BaseModel, field_serializer, field_validator
from pydantic_settings import NoDecode

from fulfillment.domain.base import Identifier
from fulfillment.domain.pickups import Pickups

Carriers = Annotated[tuple[Identifier, ...], NoDecode]
"""Carriers' ids, commas between."""


class EndOfDaySettings(BaseModel):
    """How a day ends at the dock: manifests, pickups and drop-off."""

    pickups: Pickups = Pickups.EACH
    """Whether a pickup is booked for each fulfillment, or one for all parcels of a manifest."""
    drop_off_carriers: Carriers = ()
    """To whom the parcels of a manifest are driven; no pickup is booked for those manifests."""
    end_of_day_carriers: Carriers = ()
    """Whose days end by Schedule, beside those of the tariffs and those with a manifest."""

    @field_validator("drop_off_carriers", "end_of_day_carriers", mode="before")
    @classmethod
    def _are_carriers(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the sources gave
        if not isinstance(value, str):
            return value
        return tuple(name.strip() for name in value.split(",") if name.strip())

    @field_serializer("drop_off_carriers", "end_of_day_carriers")
    def _as_names(self, carriers: tuple[str, ...]) -> str:
        return ",".join(carriers)
