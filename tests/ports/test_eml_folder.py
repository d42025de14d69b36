"""Mails in a folder: each key once, whole, readable by any mail program."""

import asyncio
import email
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.errors import NotifierUnavailable
from fulfillment.notifications.eml import EmlFolder, file_name
from fulfillment.ports import Mail, Notifier

KEY = "order/4711/notify_customer/acknowledged/1"
MAIL = Mail(
    recipient="ada@example.com",
    subject="Wir haben Ihre Bestellung 4711 – vielen Dank",
    body="Guten Tag Ada Lovelace,\n\nRésumé: 2 × Mug, ¥1,290.\n.\nFrom us\n",
)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class FixedClock:
    """Always noon."""

    def now(self) -> datetime:
        """Return the time."""
        return NOON


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that is not there yet."""
    return tmp_path / "data" / "mail"


@pytest.fixture
def notifier(folder: Path) -> EmlFolder:
    """Return the notifier of that folder."""
    return EmlFolder(folder, FixedClock(), sender="orders@shop.example")


def names(folder: Path) -> list[str]:
    """Return all that lies in the folder."""
    return sorted(file.name for file in folder.iterdir())


def read(file: Path) -> EmailMessage:
    """Return a mail as a mail program reads it."""
    message = email.message_from_bytes(file.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def test_it_is_a_notifier(folder: Path) -> None:
    """The folder has the port's shape."""
    notifier: Notifier = EmlFolder(folder, FixedClock(), sender="orders@shop.example")
    assert isinstance(notifier, EmlFolder)


async def test_writes_a_mail(notifier: EmlFolder, folder: Path) -> None:
    """All of the mail can be read back, and nothing else lies in the folder."""
    await notifier.send(KEY, MAIL)
    message = read(notifier.path(KEY))
    assert {name: str(message[name]) for name in ("From", "To", "Subject")} == {
        "From": "orders@shop.example",
        "To": MAIL.recipient,
        "Subject": MAIL.subject,
    }
    assert message["Date"].datetime == NOON
    assert message["X-Fulfillment-Key"] == KEY
    assert message.get_content().replace("\r\n", "\n") == MAIL.body
    assert names(folder) == [file_name(KEY)]


async def test_a_repeat_leaves_the_first(notifier: EmlFolder, folder: Path) -> None:
    """The same key again writes nothing, whatever the mail says."""
    await notifier.send(KEY, MAIL)
    before = notifier.path(KEY).read_bytes()
    await notifier.send(KEY, MAIL.model_copy(update={"body": "other"}))
    assert (notifier.path(KEY).read_bytes(), len(names(folder))) == (before, 1)


async def test_the_same_mail_has_the_same_bytes(tmp_path: Path) -> None:
    """Nothing in a mail is left to chance, its Message-ID neither."""
    files = []
    for name in ("a", "b"):
        notifier = EmlFolder(tmp_path / name, FixedClock(), sender="orders@shop.example")
        await notifier.send(KEY, MAIL)
        files.append(notifier.path(KEY))
    assert files[0].read_bytes() == files[1].read_bytes()


async def test_many_at_the_same_time_write_one(folder: Path) -> None:
    """However many send under a key, one whole mail lies there, and no rest of another."""
    notifiers = [EmlFolder(folder, FixedClock(), sender="a@b.example") for _ in range(16)]
    await asyncio.gather(*(notifier.send(KEY, MAIL) for notifier in notifiers))
    assert names(folder) == [file_name(KEY)]
    assert read(folder / file_name(KEY))["Subject"] == MAIL.subject


async def test_another_key_is_another_mail(notifier: EmlFolder, folder: Path) -> None:
    """Every key has its own file and Message-ID."""
    keys = [KEY, KEY.replace("/", "_"), f"{KEY}0"]
    for key in keys:
        await notifier.send(key, MAIL)
    assert len(names(folder)) == 3
    assert len({read(notifier.path(key))["Message-ID"] for key in keys}) == 3


@pytest.mark.parametrize(
    "change", [{"subject": "two\nlines"}, {"recipient": "a@b.example\nBcc: c@d.example"}]
)
async def test_no_header_can_be_smuggled_in(
    notifier: EmlFolder, folder: Path, change: dict[str, str]
) -> None:
    """A line break in a header is refused, and nothing lies in the folder."""
    with pytest.raises(NotifierUnavailable, match=re.escape(KEY)):
        await notifier.send(KEY, MAIL.model_copy(update=change))
    assert names(folder) == []


async def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """Where nothing can be written a retry may help, later."""
    (tmp_path / "mail").write_text("a file")
    notifier = EmlFolder(tmp_path / "mail", FixedClock(), sender="orders@shop.example")
    with pytest.raises(NotifierUnavailable, match=re.escape(str(tmp_path))):
        await notifier.send(KEY, MAIL)


@given(key=st.text(max_size=300), other=st.text(max_size=300))
def test_file_names_are_safe_and_distinct(key: str, other: str) -> None:
    """Any key gives a plain file name, and another key another one."""
    name = file_name(key)
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\.eml", name)
    assert len(name) <= 100
    assert (name.casefold() == file_name(other).casefold()) == (key == other)
