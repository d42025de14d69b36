"""The keys that histories are encrypted with: the first encrypts, every one decrypts."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Self

from pydantic import TypeAdapter

from fulfillment.domain.base import Identifier

KEY_BYTES = 32
"""AES-256."""

_KEY_ID: TypeAdapter[str] = TypeAdapter(Identifier)


@dataclass(frozen=True)
class EncryptionKey:
    """A key and the id that stands beside whatever it has encrypted; never shown."""

    key_id: str
    secret: bytes = field(repr=False)

    def setting(self) -> str:
        """Return the key as a setting has it; this is the secret itself."""
        return f"{self.key_id}:{base64.b64encode(self.secret).decode()}"


@dataclass(frozen=True)
class Keyring:
    """At least one key, each id once; new payloads are encrypted with the first."""

    keys: tuple[EncryptionKey, ...]

    @property
    def first(self) -> EncryptionKey:
        """Return the key that encrypts."""
        return self.keys[0]

    @property
    def ids(self) -> tuple[str, ...]:
        """Return the ids of all keys, the one that encrypts first."""
        return tuple(key.key_id for key in self.keys)

    def find(self, key_id: str) -> EncryptionKey | None:
        """Return the key of that id, or None."""
        return next((key for key in self.keys if key.key_id == key_id), None)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the keys of a setting, `id:base64` separated by commas or white space, or None.

        Raises:
            ValueError: one of them is something else, or an id came twice; shows no part of them.

        """
        keys = tuple(_parse(entry) for entry in text.replace(",", " ").split())
        if len({key.key_id for key in keys}) < len(keys):
            message = "each id once"
            raise ValueError(message)
        return cls(keys) if keys else None


def _parse(entry: str) -> EncryptionKey:
    key_id, _, encoded = entry.partition(":")
    try:
        secret = base64.b64decode(encoded, validate=True)
        known = _KEY_ID.validate_python(key_id)
    except (binascii.Error, ValueError):
        secret, known = b"", ""
    # Outside of the handler, so that no chained error shows what came.
    if len(secret) != KEY_BYTES:
        message = f"id:key for each, the key being {KEY_BYTES} bytes in base64"
        raise ValueError(message)
    return EncryptionKey(known, secret)
