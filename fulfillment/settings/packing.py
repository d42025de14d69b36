"""Settings of packing: cartons, fill, and what the scales may say."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field, field_serializer, field_validator
from pydantic_settings import NoDecode

from fulfillment.domain.cartonization import PackRules
from fulfillment.domain.confirmations import Person
from fulfillment.domain.weighing import Weighing
from fulfillment.settings.spans import Span


class PackingSettings(BaseModel):
    """How goods are planned into cartons, and how a packed one is checked."""

    pack_support_percent: Annotated[int, Field(ge=0, le=100)] = 80
    """How much of its base each item in a carton rests on, at least."""
    pack_padding_mm: Annotated[int, Field(ge=0, le=1000)] = 15
    """How much protective fill lies on every side of a fragile item."""
    pack_minor_per_kg: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    """What a kilogram of chargeable weight counts, in minor units, when cartons are chosen."""
    pack_divisor_mm3_per_g: Annotated[int, Field(gt=0, le=1_000_000)] = 5000
    """How much outer volume the carriers charge like a gram."""
    pack_limit: Span = timedelta(seconds=4)
    """How long a plan of cartons may take before the best so far is taken."""
    fill_g_per_l: Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)] = 10.0
    """What a liter of protective fill weighs: crumpled paper about 10 g, air cushions about 2 g."""
    weight_tolerance_percent: Annotated[int, Field(ge=0, le=100)] = 3
    """How far a packed carton's weight may be from what is expected: this, or the grams below."""
    weight_tolerance_g: Annotated[int, Field(ge=0, le=100_000)] = 50
    supervisors: Annotated[tuple[Person, ...], NoDecode] = ()
    """Who may override what the floor's checks stop, commas between; nobody named: a colleague."""

    @field_validator("supervisors", mode="before")
    @classmethod
    def _are_names(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the sources gave
        if not isinstance(value, str):
            return value
        return tuple(name.strip() for name in value.split(",") if name.strip())

    @field_serializer("supervisors")
    def _supervisors_as_text(self, supervisors: tuple[Person, ...]) -> str:
        return ",".join(supervisors)

    def pack_rules(self) -> PackRules:
        """Return the rules of packing."""
        return PackRules(
            support_percent=self.pack_support_percent,
            padding_mm=self.pack_padding_mm,
            minor_per_kg=self.pack_minor_per_kg,
            divisor_mm3_per_g=self.pack_divisor_mm3_per_g,
        )

    def weighing(self) -> Weighing:
        """Return how a packed carton's weight is checked."""
        return Weighing(
            fill_g_per_l=self.fill_g_per_l,
            tolerance_percent=self.weight_tolerance_percent,
            tolerance_g=self.weight_tolerance_g,
            supervisors=self.supervisors,
        )
