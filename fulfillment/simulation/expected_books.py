"""What the books must say of an order whose story is told: money, lines and goods, to the unit."""

from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Identifier, StrictValue

Minor = Annotated[int, Field(ge=0)]
Units = Annotated[int, Field(ge=0, le=1_000)]


class MoneyLevels(StrictValue):
    """What a payment has come to, in minor units."""

    authorized: Minor = 0
    captured: Minor = 0
    voided: Minor = 0
    refunded: Minor = 0


class LineLevels(StrictValue):
    """What has become of an order's line, in units."""

    ordered: Units
    canceled: Units = 0
    delivered: Units = 0
    returned: Units = 0
    resent: Units = 0
    refunded: Units = 0


class GoodsLevels(StrictValue):
    """Where units of an article are that only one order's story moves."""

    shelf: int = 0
    """In bins, more (or fewer, below zero) than at the beginning."""
    customer: int = 0
    """With the customer: of the order, and of the order that took its place."""
    undelivered: int = 0
    """In parcels that were given up."""
    quarantine: int = 0
    scrap: int = 0


class ExpectedBooks(StrictValue):
    """What the books must say in the end; what is not named is zero."""

    money: MoneyLevels
    lines: dict[Identifier, LineLevels]
    """By SKU, each once in the order."""
    goods: dict[Identifier, GoodsLevels]
    labels_voided: Units = 0
    """Labels that were bought and given back to the carrier."""
    followed_by: dict[Identifier, Units] = Field(default_factory=dict)
    """Units by SKU of the order that takes its place, all delivered and at no cost."""
