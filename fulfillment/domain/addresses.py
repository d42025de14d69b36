"""Where goods go and whom to reach there."""

from typing import Annotated

from pydantic import Field, StringConstraints

from fulfillment.domain.base import Country, StrictValue
from fulfillment.domain.units import Place

Text = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class Address(StrictValue):
    """A postal address as people write it; whether it is usable is decided in verification."""

    name: Text
    company: str | None = None
    street: Annotated[tuple[Text, ...], Field(min_length=1, max_length=4)]
    city: str = ""
    region: str = ""
    """State, province or prefecture, where the country uses one."""
    postal_code: str = ""
    country: Country
    phone: str | None = None
    tax_id: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    """What customs know them by: an EORI, VAT or tax number."""
    place: Place | None = None
    """Where that is on Earth, if the storefront knows."""
    residential: Annotated[bool | None, Field(exclude_if=lambda told: told is None)] = None
    """Whether it is a private home; if nobody says so, it is one unless there is a company."""

    @property
    def is_residential(self) -> bool:
        """Return whether it is a private home."""
        return not self.company if self.residential is None else self.residential

    def lines(self) -> list[str]:
        """Return the address as the lines of a label."""
        town = " ".join(part for part in (self.postal_code, self.city, self.region) if part)
        return [
            line
            for line in (self.name, self.company or "", *self.street, town, self.country)
            if line
        ]
