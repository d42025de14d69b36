"""What customers and staff are told: the facts of a letter, and who wants which."""

from enum import StrEnum

from fulfillment.domain.base import Value


class NoticeKind(StrEnum):
    """What a customer is told."""

    ACKNOWLEDGED = "acknowledged"
    ON_HOLD = "on_hold"
    QUESTION = "question"
    """Something about the order is asked; `detail` is what."""
    QUESTION_REMINDER = "question_reminder"
    BACK_ORDERED = "back_ordered"
    BACK_ORDER_REMINDER = "back_order_reminder"
    SUBSTITUTED = "substituted"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    EXCEPTION = "exception"
    """A parcel is held up, and a person looks into it."""
    EXCEPTION_RESOLVED = "exception_resolved"
    """What happens next; `detail` is what was chosen."""
    DELIVERED = "delivered"
    REFUNDED = "refunded"
    """`detail` is the amount with its currency."""
    CANCELED = "canceled"
    PARTLY_CANCELED = "partly_canceled"
    REJECTED = "rejected"
    ADDRESS_CHANGED = "address_changed"
    RETURN_REQUESTED = "return_requested"
    RETURN_APPROVED = "return_approved"
    RETURN_REFUSED = "return_refused"
    RETURN_REMINDER = "return_reminder"
    RETURN_RECEIVED = "return_received"
    RETURN_REFUNDED = "return_refunded"
    RETURN_REPLACED = "return_replaced"
    RETURN_LAPSED = "return_lapsed"


class NoticeWish(StrEnum):
    """Which messages a customer wants."""

    ALL = "all"
    ESSENTIAL = "essential"
    """What changes the order, asks for something, or says that it ships; not that all is well."""
    NONE = "none"


COURTESIES = frozenset(
    {
        NoticeKind.ACKNOWLEDGED,
        NoticeKind.OUT_FOR_DELIVERY,
        NoticeKind.DELIVERED,
        NoticeKind.RETURN_REQUESTED,
        NoticeKind.RETURN_RECEIVED,
    }
)
"""What a customer who wants only the essential is not told."""


def is_wanted(kind: NoticeKind, wish: NoticeWish) -> bool:
    """Return whether a customer of that wish is to be told."""
    return wish is NoticeWish.ALL or (wish is NoticeWish.ESSENTIAL and kind not in COURTESIES)


class LetterItem(Value):
    """So many of an article, by its name."""

    quantity: int
    name: str


class LetterParcel(Value):
    """A parcel on its way, and where to look for it."""

    carrier: str
    tracking_number: str
    link: str = ""
    """A page that follows it; "" where there is none."""


class LetterFacts(Value):
    """What a letter to a customer is made of."""

    order_id: str
    customer_name: str
    total: str
    """What the customer pays in all, with its currency."""
    detail: str = ""
    """The reason or the goods in question, in the engine's own words."""
    replaces: str = ""
    """The order whose goods this one is sent in the place of; "" where it is none."""
    items: tuple[LetterItem, ...] = ()
    parcels: tuple[LetterParcel, ...] = ()
    choices: tuple[str, ...] = ()
    """What the customer can choose, as the engine names it."""
    answer_by: str = ""
    """The last day for an answer, as 2026-12-05; "" where none is wanted."""
    expected: str = ""
    """The day on which missing goods are expected; "" where nobody knows."""
    return_id: str = ""
    """The RMA number, in letters about a return."""
    amount: str = ""
    """What is given back, with its currency."""
    until: str = ""
    """Until which day something is waited for, as 2026-11-25."""


class Letter(Value):
    """A message: its subject, its text, and the same as HTML where it has that."""

    subject: str
    body: str
    html: str = ""
    language: str = "en"


def language_of(locale: str, known: frozenset[str], fallback: str = "en") -> str:
    """Return the language of a locale such as `de-AT` or `de_AT.UTF-8`, where it is known.

    Source: the lookup of RFC 4647, section 3.4, on the primary subtag alone.
    """
    primary = locale.replace("_", "-").partition("-")[0].partition(".")[0].strip().lower()
    return primary if primary in known else fallback


def staff_letter(kind: str, subject: str, reason: str) -> Letter:
    """Return how people on the floor are pressed."""
    return Letter(
        subject=f"{kind}: {subject}",
        body=f"{subject} waits: {reason}.\nSee `fulfillment floor list`.\n",
    )
