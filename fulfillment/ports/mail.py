"""What is written to customers and staff, and who hands it over."""

from typing import Protocol

from fulfillment.domain.base import Value
from fulfillment.domain.notices import Letter, LetterFacts, NoticeKind


class Attachment(Value):
    """A document that goes with a mail."""

    name: str
    media_type: str
    content: bytes


class Mail(Value):
    """A message to a person, as text and, where it has that, as HTML."""

    recipient: str
    subject: str
    body: str
    html: str = ""
    language: str = "en"
    attachments: tuple[Attachment, ...] = ()


class Handed(Value):
    """What became of a mail that was handed over."""

    refused: str = ""
    """Why nobody will ever take it; "" if it was taken."""


class Notifier(Protocol):
    """Hands messages over, each key once."""

    async def send(self, key: str, mail: Mail) -> Handed:
        """Hand a message over; the same key again is the same message, which nobody sees twice.

        Raises:
            NotifierUnavailable: nobody answered; it is to be offered again.

        """


class LetterWriter(Protocol):
    """Puts what customers are told into words."""

    def customer_letter(self, kind: NoticeKind, facts: LetterFacts, locale: str) -> Letter:
        """Return a letter in the language of the locale, or in English."""


class SentMail(Protocol):
    """What was handed over, as far as it is kept."""

    async def erase(self, key: str) -> bool:
        """Remove the mail of a key for good; say whether there was one."""
