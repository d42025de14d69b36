"""A mail as it goes over the wire: always the same bytes for the same key, mail and time."""

import hashlib
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP

from fulfillment.ports import Mail

KEY_HEADER = "X-Fulfillment-Key"


def make_message(key: str, mail: Mail, sender: str, at: datetime) -> EmailMessage:
    """Return the message; a repeat under the same key has the same Message-ID.

    Raises:
        ValueError: an address or subject that can't stand in a header.
        MessageError: the same, found later.

    """
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = at
    message["Message-ID"] = f"<{digest(key)}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language
    message[KEY_HEADER] = key
    message.set_content(mail.body)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
        message.set_boundary(f"=_{digest(key)}")
    if mail.attachments:
        _attach(message, key, mail)
    return message


def _attach(message: EmailMessage, key: str, mail: Mail) -> None:
    for document in mail.attachments:
        kind, _, subtype = document.media_type.partition("/")
        message.add_attachment(
            document.content, maintype=kind, subtype=subtype, filename=document.name
        )
    message.set_boundary(f"=_{digest(key)}-all")


def digest(key: str) -> str:
    """Return what stands for a key where a key itself can't stand."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]
