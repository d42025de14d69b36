"""What of a reason may stand where personal data may not: in search attributes, after erasure."""

from fulfillment.domain import errors
from fulfillment.domain.errors import FulfillmentError

WHOLE = ("stock", "broken", "availability", "delivery", "answer")
"""Reasons that name articles, fulfillments, days and what is wrong with a parcel only."""

SUBJECTS = ("address", "phone", "label", "destination", "customs", "payment", "risk")
"""What else holds an order; behind the colon may stand what the customer wrote."""

OTHER = "see its timeline"


def _codes(root: type[FulfillmentError]) -> set[str]:
    return {root.code}.union(*(_codes(child) for child in root.__subclasses__()))


CODES = frozenset(_codes(errors.FulfillmentError))


def public_reason(reason: str) -> str:
    """Return a reason without what the customer wrote: its subjects, each once.

    `address: 1 Main St is no street; phone: too short` becomes `address, phone`; what names only
    articles or fulfillments stays whole.
    """
    if all(name in SUBJECTS or name in CODES for name in reason.split(", ")):
        return reason
    first, *rest = reason.split("; ")
    if first and first.partition(": ")[0] not in WHOLE:
        first, rest = "", [first, *rest]
    subjects = [part.partition(":")[0] for part in rest]
    known = [name for name in subjects if name in SUBJECTS or name in CODES or name in WHOLE]
    shown = [first] * bool(first) + known
    return ", ".join(dict.fromkeys(shown)) or (OTHER if reason else "")
