"""Mails by SMTP: whatever the server takes is sent, what it refuses for good is said so."""

from email.errors import MessageError
from typing import Any

import aiosmtplib

from fulfillment.domain.errors import NotifierUnavailable
from fulfillment.notifications.message import make_message
from fulfillment.notifications.smtp_server import SmtpServer
from fulfillment.ports import Clock, Handed, Mail

PERMANENT = 500
"""From this reply code on the server will not take the mail, however often it is offered.

Source: RFC 5321, section 4.2.1.
"""
TIMEOUT_SECONDS = 8.0
"""Less than the activity has, so that it ends by itself."""


class SmtpNotifier:
    """Hands each mail to a mail server.

    SMTP knows no keys: where the answer to an accepted mail is lost, it is offered again under the
    same Message-ID, by which mailboxes tell a repeat.
    """

    def __init__(self, server: SmtpServer, clock: Clock, *, sender: str) -> None:
        """Keep where mails go."""
        self._server = server
        self._clock = clock
        self._sender = sender

    async def send(self, key: str, mail: Mail) -> Handed:
        """Hand a mail in; say why it never will be taken, where that is so.

        Raises:
            NotifierUnavailable: the server does not answer, does not let us in, or says "later".

        """
        try:
            message = make_message(key, mail, self._sender, self._clock.now())
        except (ValueError, MessageError):
            return Handed(refused="no mail can be made of it: an address or subject is none")
        try:
            await aiosmtplib.send(message, **self._options())
        except aiosmtplib.SMTPRecipientsRefused as error:
            return _refused([refusal.code for refusal in error.recipients], key, error)
        except (aiosmtplib.SMTPDataError, aiosmtplib.SMTPSenderRefused) as error:
            return _refused([error.code], key, error)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _unavailable(key, error) from error
        return Handed()

    async def erase(self, key: str) -> bool:
        """Say that nothing is kept here: what was handed in is no longer ours."""
        del key
        return False

    def _options(self) -> dict[str, Any]:
        server = self._server
        local = server.host in ("127.0.0.1", "::1", "localhost")
        must = bool(server.user) and not server.tls and not local
        return {
            "hostname": server.host,
            "port": server.port,
            "use_tls": server.tls,
            "start_tls": False if server.tls else (True if must else None),
            "username": server.user or None,
            "password": server.password or None,
            "timeout": TIMEOUT_SECONDS,
        }


def _refused(codes: list[int], key: str, error: Exception) -> Handed:
    if any(code < PERMANENT for code in codes):
        raise _unavailable(key, error)
    # The server's own words may quote the address.
    return Handed(refused=f"the mail server refused it for good ({max(codes)})")


def _unavailable(key: str, error: Exception) -> NotifierUnavailable:
    return NotifierUnavailable(f"the mail {key} could not be handed in: {type(error).__name__}")
