"""Webhooks by HTTP: signed, to whom they may go, and nowhere else."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from fulfillment.domain.webhook_events import Message
from fulfillment.domain.webhooks import Answer, Endpoint, WebhookRules
from fulfillment.notifications.webhook_sender import HttpWebhookSender
from fulfillment.temporal.dev_server import free_port
from webhook_receiver import Receiver, Reply

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the standard's example
NOW = datetime.now(UTC)
LOCAL = WebhookRules(allow_loopback=True)
LIMIT = timedelta(seconds=5)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a merchant who listens."""
    with Receiver().listening() as running:
        yield running


def endpoint(url: str) -> Endpoint:
    """Return an endpoint at that URL."""
    return Endpoint(endpoint_id="e", url=url, secret=SecretStr(SECRET), created_at=NOW)


def message() -> Message:
    """Return a message with a letter that is no ASCII."""
    return Message(
        message_id="msg_1",
        order_id="A-1",
        sequence=1,
        type="order.on_hold",
        at=datetime(2026, 11, 23, 10, 0, 0, 5, tzinfo=UTC),
        data={"order": {"order_id": "Ä-1"}},
    )


async def sent(url: str, rules: WebhookRules = LOCAL, tls: ssl.SSLContext | None = None) -> Answer:
    """Make one attempt at that URL."""
    async with HttpWebhookSender(rules, LIMIT, tls) as sender:
        return await sender.send(endpoint(url), message(), datetime.now(UTC))


async def test_a_message_is_signed_as_the_standard_says(receiver: Receiver) -> None:
    """Type, timestamp and data; id and time are signed with the body."""
    assert await sent(receiver.url) == Answer(status=204)
    [request] = receiver.received
    assert request.verified(SECRET) == {
        "type": "order.on_hold",
        "timestamp": "2026-11-23T10:00:00.000005Z",
        "data": {"order": {"order_id": "Ä-1"}},
    }
    assert request.headers["webhook-id"] == "msg_1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"


async def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    """It is an answer that is no success, wherever it leads."""
    receiver.answer_with(Reply(307, {"Location": receiver.url}))
    answer = await sent(receiver.url)
    assert (answer.status, answer.accepted) == (307, False)
    assert len(receiver.received) == 1


async def test_a_name_that_leads_inside_is_not_connected_to(receiver: Receiver) -> None:
    """What counts is where the name leads when it is used, not what it is called."""
    url = receiver.url.replace("127.0.0.1", "localhost")
    for rules in (WebhookRules(), WebhookRules(allow_private=True)):
        assert "private address" in (await sent(url, rules)).error
    assert receiver.received == []
    assert (await sent(url)).accepted
    assert receiver.received[0].headers["host"] == f"localhost:{receiver.port}"


async def test_what_went_wrong_is_an_answer(receiver: Receiver) -> None:
    """Nobody listens, nobody knows the name, or the answer takes too long."""
    assert "no connection" in (await sent(f"http://127.0.0.1:{free_port()}/")).error
    assert "not known" in (await sent("https://nowhere.invalid/")).error
    for host in (f"{'a' * 64}.example", "a..b"):
        assert "no connection" in (await sent(f"https://{host}/")).error
    receiver.answer_with(Reply(after_seconds=1))
    async with HttpWebhookSender(LOCAL, timedelta(seconds=0.2)) as sender:
        answer = await sender.send(endpoint(receiver.url), message(), NOW)
    assert answer == Answer(error="no answer within 0.2 s")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ("soon", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
)
async def test_retry_after_is_read(receiver: Receiver, value: str, seconds: int | None) -> None:
    """Seconds, or a date; anything else is no wish."""
    receiver.answer_with(Reply(503, {"Retry-After": value}))
    wish = (await sent(receiver.url)).wish
    assert (None if wish is None else wish.total_seconds()) == seconds


def certificate(name: str, folder: Path) -> Path:
    """Make a certificate of that name, signed by itself; return its file with the key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file = folder / f"{name}.pem"
    shape = serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(pem, shape, plain) + made.public_bytes(pem))
    return file


@pytest.mark.parametrize(("name", "holds"), [("localhost", True), ("other.test", False)])
async def test_the_certificate_is_that_of_the_name(
    tmp_path: Path, name: str, *, holds: bool
) -> None:
    """Though the address is what is connected to."""
    file = certificate(name, tmp_path)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    with Receiver(serving).listening() as receiver:
        tls = ssl.create_default_context(cafile=str(file))
        answer = await sent(f"https://localhost:{receiver.port}/", LOCAL, tls)
    assert holds == answer.accepted
    assert holds == (answer.error == "")
