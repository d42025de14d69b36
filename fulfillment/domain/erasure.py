"""What is left of an order when its customer's data are erased: what the books need.

Kept are ids, articles, quantities, amounts, the country and the postal area; names, addresses,
contacts, wishes and messages go. The order is a valid order still.

Source: GDPR, articles 17 (erasure) and 4(5) (pseudonymization).
"""

from fulfillment.domain.addresses import Address
from fulfillment.domain.lifecycle import Outcome, OutcomeKind
from fulfillment.domain.orders import Customer, Gift, Order
from fulfillment.domain.reasons import public_reason

ERASED = "erased"
ERASED_MAIL = "erased@erased.invalid"
"""An address that no mail reaches (RFC 2606)."""

ERASE_ACTION = "erase_customer"
"""What the audit calls an erasure; why it was done is no text of the customer, and stays."""

AREA_LENGTH = 2
"""So much of a postal code says the region, and not the street."""


def erased_order(order: Order) -> Order:
    """Return the order without its customer's data; one that is erased already stays as it is."""
    return order.model_copy(
        update={
            "customer": Customer(name=ERASED, email=ERASED_MAIL, locale=order.customer.locale),
            "ship_to": _erased_address(order.ship_to),
            "gift": Gift(wrap=order.gift.wrap) if order.gift else None,
            "lines": tuple(line.model_copy(update={"properties": {}}) for line in order.lines),
        }
    )


def is_erased(order: Order) -> bool:
    """Return whether nothing is left to erase in an order."""
    return order == erased_order(order)


def erased_outcome(outcome: Outcome) -> Outcome:
    """Return how an order ended, without what the customer wrote."""
    if outcome.kind is not OutcomeKind.REJECTED:
        return outcome
    reason = public_reason(outcome.summary.removeprefix("rejected: "))
    return outcome.model_copy(update={"summary": f"rejected: {reason}"})


def erased_person(by: str, order: Order) -> str:
    """Return who did something, where that is not the customer."""
    ship_to, customer = order.ship_to, order.customer
    names = (customer.name, customer.email, customer.phone, ship_to.name, ship_to.phone)
    said = by.casefold()
    return ERASED if any(name and name.casefold() in said for name in names) else by


def _erased_address(address: Address) -> Address:
    return Address(
        name=ERASED,
        street=(ERASED,),
        postal_code=address.postal_code[:AREA_LENGTH],
        country=address.country,
    )
