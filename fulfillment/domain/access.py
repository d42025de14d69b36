"""Who may ask over HTTP: roles, and API keys, of which only hashes are kept."""

import hashlib
import hmac
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from fulfillment.domain.base import Identifier, Value

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal."""


class Role(StrEnum):
    """What a key is for."""

    STOREFRONT = "storefront"
    """Hands orders in and asks after them."""
    FLOOR = "floor"
    """Picks, sorts, packs, hands over, receives and counts."""
    OPERATIONS = "operations"
    """May do everything."""


class ApiKey(Value):
    """A key that may be used: its name goes on record, the key itself is known to its holder."""

    name: Identifier
    role: Role
    sha256: Digest

    def __str__(self) -> str:
        """Return the key as a setting has it."""
        return f"{self.name}:{self.role.value}:{self.sha256}"


def hash_of(key: str) -> str:
    """Return what is kept of a key; a key is random, so that a plain SHA-256 is enough."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def parse_api_keys(text: str) -> tuple[ApiKey, ...]:
    """Return the keys of a setting, `name:role:sha256` separated by commas or white space.

    Raises:
        ValueError: one of them is something else, or a name came twice.

    """
    keys = []
    for entry in text.replace(",", " ").split():
        name, role, digest = entry.split(":")
        keys.append(ApiKey(name=name, role=Role(role), sha256=digest))
    if len({key.name for key in keys}) < len(keys):
        message = "each name once"
        raise ValueError(message)
    return tuple(keys)


def find_key(presented: str, known: Iterable[ApiKey]) -> ApiKey | None:
    """Return the key that was presented, or None; takes as long whichever it is."""
    digest = hash_of(presented)
    found = None
    for key in known:
        if hmac.compare_digest(key.sha256, digest):
            found = key
    return found
