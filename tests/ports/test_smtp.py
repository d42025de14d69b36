"""Mails by SMTP, to a real server on this machine."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from fulfillment.domain.errors import NotifierUnavailable
from fulfillment.notifications.smtp import SmtpNotifier
from fulfillment.notifications.smtp_server import SmtpServer
from fulfillment.ports import Handed, Mail, Notifier

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = "order/4711/notify_customer/shipped/1"
MAIL = Mail(
    recipient="ada@example.com",
    subject="Your order 4711 – ✓",
    body="Dear Ada,\n.\nhere it comes.\n",
    html="<p>Dear Ada</p>",
    language="en",
)
USER, PASSWORD = "shop@example.com", "s3cr:et/@"


class FixedClock:
    """Always noon."""

    def now(self) -> datetime:
        """Return the time."""
        return NOON


class Mailbox:
    """Takes mails, or answers as it is told to."""

    def __init__(self) -> None:
        """Begin empty."""
        self.mails: list[EmailMessage] = []
        self.answer = ""
        self.logged_in: list[bytes] = []

    async def handle_RCPT(  # noqa: N802 - the server's names
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient."""
        del server, session, options
        if address.startswith("gone@"):
            return "550 no such mailbox gone@example.com"
        if address.startswith("full@"):
            return "452 mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        del server, session
        content = envelope.original_content or b""
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return self.answer or "250 OK"

    def log_in(
        self, server: Any, session: Session, envelope: Envelope, mechanism: str, auth: Any
    ) -> AuthResult:
        """Let in who knows the password."""
        del server, session, envelope, mechanism
        known = isinstance(auth, LoginPassword) and auth.password == PASSWORD.encode()
        self.logged_in += [auth.login] if known else []
        return AuthResult(success=known, handled=False)


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def box() -> Iterator[tuple[Mailbox, int]]:
    """Run a mail server on this machine."""
    mailbox = Mailbox()
    server = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=mailbox.log_in,
        auth_require_tls=False,
    )
    server.start()
    yield mailbox, server.port
    server.stop()


def notifier_at(url: str) -> Notifier:
    """Return the notifier of a server."""
    return SmtpNotifier(SmtpServer.parse(url), FixedClock(), sender="orders@shop.example")


async def test_a_mail_arrives_as_it_was_written(box: tuple[Mailbox, int]) -> None:
    """Text and HTML, subject and dots, and under the same key the same Message-ID."""
    mailbox, port = box
    notifier = notifier_at(f"smtp://shop%40example.com:s3cr:et%2F%40@127.0.0.1:{port}")
    assert Handed() == await notifier.send(KEY, MAIL)
    assert Handed() == await notifier.send(KEY, MAIL)
    first, second = mailbox.mails
    assert [USER.encode()] * 2 == mailbox.logged_in
    assert (first["Subject"], first["To"]) == (MAIL.subject, MAIL.recipient)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["X-Fulfillment-Key"] == KEY
    text, html = first.get_body(("plain",)), first.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == MAIL.body
    assert html.get_content().strip() == MAIL.html


@pytest.mark.parametrize(
    ("recipient", "answer", "code"),
    [("gone@example.com", "", "550"), ("ada@example.com", "554 no spam", "554")],
)
async def test_what_is_refused_for_good(
    box: tuple[Mailbox, int], recipient: str, answer: str, code: str
) -> None:
    """It is said so, without the address, and is no reason to try again."""
    mailbox, port = box
    mailbox.answer = answer
    mail = MAIL.model_copy(update={"recipient": recipient})
    handed = await notifier_at(f"smtp://127.0.0.1:{port}").send(KEY, mail)
    assert handed == Handed(refused=f"the mail server refused it for good ({code})")


@pytest.mark.parametrize(
    ("recipient", "answer"), [("full@example.com", ""), ("a@b.de", "451 busy")]
)
async def test_what_may_be_taken_later(
    box: tuple[Mailbox, int], recipient: str, answer: str
) -> None:
    """The same mail is to be offered again."""
    mailbox, port = box
    mailbox.answer = answer
    mail = MAIL.model_copy(update={"recipient": recipient})
    with pytest.raises(NotifierUnavailable) as caught:
        await notifier_at(f"smtp://127.0.0.1:{port}").send(KEY, mail)
    assert recipient not in str(caught.value)


async def test_nobody_answers_or_lets_us_in(box: tuple[Mailbox, int]) -> None:
    """Neither is the mail's fault, and the password is not shown."""
    _, port = box
    for url in (f"smtp://127.0.0.1:{free_port()}", f"smtp://shop:wrong@127.0.0.1:{port}"):
        with pytest.raises(NotifierUnavailable) as caught:
            await notifier_at(url).send(KEY, MAIL)
        assert "wrong" not in str(caught.value)


async def test_no_header_can_be_smuggled_in(box: tuple[Mailbox, int]) -> None:
    """A line break in an address makes no mail, now or later."""
    mailbox, port = box
    mail = MAIL.model_copy(update={"recipient": "a@b.example\nBcc: c@d.example"})
    handed = await notifier_at(f"smtp://127.0.0.1:{port}").send(KEY, mail)
    assert (bool(handed.refused), mailbox.mails) == (True, [])


@pytest.mark.parametrize("url", ["http://a", "smtp://", "smtp://host/path", "smtp://h:port", "x"])
def test_what_is_no_mail_server(url: str) -> None:
    """It is refused without being shown."""
    with pytest.raises(ValueError, match=r"smtp://|Port|port"):
        SmtpServer.parse(url)


def test_servers_by_url() -> None:
    """Ports by their scheme, and whoever logs in."""
    assert SmtpServer.parse("smtps://u:p%40@mail.example") == SmtpServer(
        host="mail.example",
        port=465,
        tls=True,
        user="u",
        password="p@",  # noqa: S106 - made for this test
    )
    assert SmtpServer.parse("smtp://mail.example").port == 25
