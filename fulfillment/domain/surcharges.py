"""What a carrier takes on top of freight: for remote areas, great parcels, and private doors."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from fulfillment.domain.base import Country, StrictValue
from fulfillment.domain.units import Dimensions, Millimeters

MAX_AMOUNT_MINOR = 10**9
SurchargeMinor = Annotated[int, Field(gt=0, le=MAX_AMOUNT_MINOR)]
"""What a parcel costs more; a surcharge of nothing is left out."""

INWARD_LENGTH = 3
"""The last characters of a British postcode, which name the street and not the area."""


def squeezed(postal_code: str) -> str:
    """Return a postal code in capitals, without what people write between its characters."""
    return "".join(c for c in postal_code.upper() if c.isalnum())


def _area(text: str) -> str:
    first, dash, last = (part.strip() for part in text.partition("-"))
    ends = (squeezed(first), squeezed(last) if dash else squeezed(first))
    if not all(ends) or len(ends[0]) != len(ends[1]) or ends[0] > ends[1]:
        message = f"a prefix such as 97, or a range of equal length such as 25849-25869, not {text}"
        raise ValueError(message)
    return f"{ends[0]}-{ends[1]}" if dash else ends[0]


PostalArea = Annotated[str, Field(max_length=25), AfterValidator(_area)]
"""The beginning of postal codes, or a range of such beginnings of one length."""


class RemoteArea(StrictValue):
    """Postal codes of a country that are farther away than the map says."""

    country: Country
    postal_codes: tuple[PostalArea, ...] = ()
    """Prefixes and ranges; none means the whole country."""

    def covers(self, country: str, postal_code: str) -> bool:
        """Return whether a destination lies there."""
        if country != self.country:
            return False
        code = squeezed(postal_code)
        if country == "GB" and len(code) > INWARD_LENGTH + 1:
            code = code[:-INWARD_LENGTH]  # or KW1 5AA would lie in KW15
        return not self.postal_codes or any(_within(code, area) for area in self.postal_codes)


def _within(code: str, area: str) -> bool:
    first, _, last = area.partition("-")
    beginning = code[: len(first)]
    return len(beginning) == len(first) and first <= beginning <= (last or first)


class RemoteAreaSurcharge(StrictValue):
    """For each parcel to one of these areas."""

    amount_minor: SurchargeMinor
    areas: Annotated[tuple[RemoteArea, ...], Field(min_length=1)]

    def applies(self, country: str, postal_code: str) -> bool:
        """Return whether a destination lies in one of the areas."""
        return any(area.covers(country, postal_code) for area in self.areas)


class OversizeSurcharge(StrictValue):
    """For each parcel that is longer, or longer and thicker, than a limit; once for both."""

    amount_minor: SurchargeMinor
    over_length_mm: Millimeters | None = None
    """Of the longest side."""
    over_length_plus_girth_mm: Millimeters | None = None

    def applies(self, outer: Dimensions) -> bool:
        """Return whether a parcel is over a limit; one that is at it is not."""
        longest, around = longest_side_mm(outer), length_plus_girth_mm(outer)
        too_long = self.over_length_mm is not None and longest > self.over_length_mm
        most = self.over_length_plus_girth_mm
        return too_long or (most is not None and around > most)

    @model_validator(mode="after")
    def _over_something(self) -> Self:
        if self.over_length_mm is None and self.over_length_plus_girth_mm is None:
            message = "over_length_mm, over_length_plus_girth_mm, or both"
            raise ValueError(message)
        return self


class ResidentialSurcharge(StrictValue):
    """For each parcel to a private home."""

    amount_minor: SurchargeMinor


class Surcharges(StrictValue):
    """What a service takes on top of freight and fuel; each once a parcel, where it applies."""

    remote_area: RemoteAreaSurcharge | None = None
    oversize: OversizeSurcharge | None = None
    residential: ResidentialSurcharge | None = None


def longest_side_mm(outer: Dimensions) -> int:
    """Return how long the longest side is, in millimeters."""
    return max(outer.length_mm, outer.width_mm, outer.height_mm)


def length_plus_girth_mm(outer: Dimensions) -> int:
    """Return the longest side and once around the two others, in millimeters.

    Source: UPS and FedEx service guides (length plus girth).

    """
    return 2 * (outer.length_mm + outer.width_mm + outer.height_mm) - longest_side_mm(outer)
