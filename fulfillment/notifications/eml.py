"""Mails as .eml files in a folder: any mail program opens them, and nothing leaves the machine."""

import asyncio
import os
import re
import tempfile
from contextlib import suppress
from email.errors import MessageError
from email.message import EmailMessage
from pathlib import Path

from fulfillment.domain.errors import NotifierUnavailable
from fulfillment.notifications.message import digest, make_message
from fulfillment.ports import Clock, Handed, Mail

_READABLE = 80


class EmlFolder:
    """Puts each mail into a folder, once by its key, whole or not at all; for several processes."""

    def __init__(self, folder: Path, clock: Clock, *, sender: str) -> None:
        """Keep where mails go.

        Args:
            folder: made with the first mail.
            clock: gives a mail its date.
            sender: whose mails they are.

        """
        self._folder = folder
        self._clock = clock
        self._sender = sender

    async def send(self, key: str, mail: Mail) -> Handed:
        """Put a mail into the folder; under a key that was there already nothing changes.

        Raises:
            NotifierUnavailable: the folder can't be written to, or the mail is no mail.

        """
        try:
            await asyncio.to_thread(self._put, key, mail)
        except (OSError, ValueError, MessageError) as error:
            message = f"the mail {key} could not be put into {self._folder}: {error}"
            raise NotifierUnavailable(message) from error
        return Handed()

    async def erase(self, key: str) -> bool:
        """Remove the mail of a key for good; say whether there was one.

        Raises:
            NotifierUnavailable: the folder can't be written to.

        """
        try:
            await asyncio.to_thread(self.path(key).unlink)
        except FileNotFoundError:
            return False
        except OSError as error:
            message = f"the mail {key} could not be removed from {self._folder}: {error}"
            raise NotifierUnavailable(message) from error
        return True

    def path(self, key: str) -> Path:
        """Return where the mail of a key lies, once it was sent."""
        return self._folder / file_name(key)

    def _put(self, key: str, mail: Mail) -> None:
        target = self.path(key)
        if target.exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self._message(key, mail).as_bytes())
                file.flush()
                os.fsync(file.fileno())
            # A link, unlike a rename, never replaces the mail that another process has put there.
            with suppress(FileExistsError):
                os.link(name, target)
        finally:
            Path(name).unlink()

    def _message(self, key: str, mail: Mail) -> EmailMessage:
        return make_message(key, mail, self._sender, self._clock.now())


def file_name(key: str) -> str:
    """Return a file name for a key: readable, safe everywhere, and another one for another key."""
    readable = re.sub(r"[^A-Za-z0-9._-]+", "_", key).lstrip("._-")[:_READABLE]
    return f"{readable}-{digest(key)[:12]}.eml"
