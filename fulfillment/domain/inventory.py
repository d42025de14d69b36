"""Stock as a double-entry ledger of physical goods, and claims on it."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Value


class AccountKind(StrEnum):
    """Where goods can be, and where they come from or end."""

    SUPPLIER = "supplier"
    PRODUCTION = "production"
    ADJUSTMENT = "adjustment"
    BIN = "bin"
    CART = "cart"
    PUT_WALL = "put_wall"
    CARTON = "carton"
    CARRIER = "carrier"
    UNDELIVERED = "undelivered"
    """In a parcel that was given up: with the carrier, or nobody knows where."""
    CUSTOMER = "customer"
    RETURNED = "returned"
    QUARANTINE = "quarantine"
    REFURBISH = "refurbish"
    SCRAP = "scrap"


SOURCES = frozenset({AccountKind.SUPPLIER, AccountKind.PRODUCTION, AccountKind.ADJUSTMENT})
"""Accounts that may go negative: goods enter the books from them."""


class Account(Value):
    """A place in the ledger: a kind and which one of it."""

    kind: AccountKind
    ref: str = ""

    def __str__(self) -> str:
        """Return the account's name in the ledger, as `bin:BER-A03-07`."""
        return f"{self.kind.value}:{self.ref}"

    @classmethod
    def parse(cls, name: str) -> "Account":
        """Return the account of that ledger name."""
        kind, _, ref = name.partition(":")
        return cls(kind=AccountKind(kind), ref=ref)


class Movement(Value):
    """So many units of a SKU and lot go from one account to another: one double-entry row."""

    sku: str
    lot: str = ""
    quantity: Annotated[int, Field(gt=0)]
    source: Account
    target: Account


class StockLevel(Value):
    """What of a SKU a warehouse has on its shelves, and what of that is claimed."""

    warehouse_id: str
    sku: str
    on_hand: int
    claimed: int
    expired: int = 0
    """Units on hand that may not ship any more, where the one who asked has looked for them."""

    @property
    def available(self) -> int:
        """Return what can still be promised."""
        return max(0, self.on_hand - self.claimed - self.expired)


class BinStock(Value):
    """Units of a SKU and lot in one bin, less what other pick lists have bound there."""

    bin_id: str
    aisle: int
    cell: int
    sku: str
    lot: str = ""
    expires_on: date | None = None
    """The last day on which they may be used; None for what keeps."""
    ships_until: date | None = None
    """The last day on which they may leave."""
    quantity: int
