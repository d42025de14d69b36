"""Money as a double-entry ledger: each posting moves an amount from one account to another.

Accounts are per order and currency; since a posting takes from one what it gives to another, all
accounts of an order sum to zero. What an order's payment has come to is the sum of its postings.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Currency, Instant, Value


class MoneyAccount(StrEnum):
    """Whose money it is, or where it is held."""

    CUSTOMER = "customer"
    """The payer: below zero by what others hold or have of them."""
    HELD = "held"
    """At the gateway, authorized and neither captured nor given back."""
    CAPTURED = "captured"
    """At the gateway, taken and not given back."""
    SHOP = "shop"
    """Paid in the shop, or on delivery."""
    OWED = "owed"
    """To be given back by the shop."""
    DISPUTED = "disputed"
    """Taken back by the payer's bank until the dispute is decided."""
    WRITTEN_OFF = "written_off"
    """Shipped and never paid; nobody asks for it any more."""


class PostingKind(StrEnum):
    """What a posting stands for."""

    AUTHORIZED = "authorized"
    LAPSED = "lapsed"
    """An authorization that another one has replaced."""
    CAPTURED = "captured"
    VOIDED = "voided"
    REFUNDED = "refunded"
    PAID = "paid"
    """In the shop, before the order came."""
    COLLECTED = "collected"
    """On delivery; known once it is to be given back."""
    OWED = "owed"
    DISPUTED = "disputed"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    WRITTEN_OFF = "written_off"


_A = MoneyAccount
ACCOUNTS: dict[PostingKind, tuple[MoneyAccount, MoneyAccount]] = {
    PostingKind.AUTHORIZED: (_A.CUSTOMER, _A.HELD),
    PostingKind.LAPSED: (_A.HELD, _A.CUSTOMER),
    PostingKind.CAPTURED: (_A.HELD, _A.CAPTURED),
    PostingKind.VOIDED: (_A.HELD, _A.CUSTOMER),
    PostingKind.REFUNDED: (_A.CAPTURED, _A.CUSTOMER),
    PostingKind.PAID: (_A.CUSTOMER, _A.SHOP),
    PostingKind.COLLECTED: (_A.CUSTOMER, _A.SHOP),
    PostingKind.OWED: (_A.SHOP, _A.OWED),
    PostingKind.DISPUTED: (_A.CAPTURED, _A.DISPUTED),
    PostingKind.DISPUTE_WON: (_A.DISPUTED, _A.CAPTURED),
    PostingKind.DISPUTE_LOST: (_A.DISPUTED, _A.CUSTOMER),
    PostingKind.WRITTEN_OFF: (_A.CUSTOMER, _A.WRITTEN_OFF),
}
"""Source and target of each kind."""

LEVELS: dict[str, dict[PostingKind, int]] = {
    "authorized_minor": {
        PostingKind.AUTHORIZED: 1,
        PostingKind.LAPSED: -1,
        PostingKind.PAID: 1,
    },
    "captured_minor": {PostingKind.CAPTURED: 1, PostingKind.PAID: 1},
    "voided_minor": {PostingKind.VOIDED: 1},
    "refunded_minor": {PostingKind.REFUNDED: 1},
}
"""What of a payment each kind adds to, or takes from."""


class Posting(Value):
    """An amount of an order's money, in minor units, that goes from one account to another."""

    kind: PostingKind
    amount_minor: Annotated[int, Field(gt=0)]
    fulfillment_id: str | None = None
    """For whose units it was captured or written off."""


class MoneyEntry(Posting):
    """A posting on record, under the key of the effect that made it."""

    key: str
    order_id: str
    reference: str | None = None
    """The gateway's, at that time."""
    currency: Currency
    source: MoneyAccount
    target: MoneyAccount
    at: Instant


def postings(
    kind: PostingKind, amount_minor: int, fulfillment_id: str | None = None
) -> list[Posting]:
    """Return the posting of an amount; none of nothing."""
    if not amount_minor:
        return []
    return [Posting(kind=kind, amount_minor=amount_minor, fulfillment_id=fulfillment_id)]


def levels_after(levels: dict[str, int], posted: Iterable[Posting]) -> dict[str, int]:
    """Return what a payment has come to after some postings, by the names of `LEVELS`."""
    after = dict(levels)
    for row in posted:
        for name, kinds in LEVELS.items():
            after[name] += kinds.get(row.kind, 0) * row.amount_minor
    return after


def balances(posted: Iterable[Posting]) -> dict[MoneyAccount, int]:
    """Return what is on each account after some postings, in minor units; they sum to zero."""
    found = dict.fromkeys(MoneyAccount, 0)
    for row in posted:
        source, target = ACCOUNTS[row.kind]
        found[source] -= row.amount_minor
        found[target] += row.amount_minor
    return found
