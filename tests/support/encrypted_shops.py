"""Shops whose histories are encrypted, with the keys that a test gives them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHandle

from fulfillment import bootstrap
from fulfillment.domain.keyring import EncryptionKey
from fulfillment.settings import Settings
from fulfillment.temporal.registration import register_search_attributes
from fulfillment.temporal.unreadable import KEY_ID
from plant import Plant, plant

OLD = EncryptionKey("k-old", bytes(range(32)))
NEW = EncryptionKey("k-new", bytes(range(32, 64)))


def keys(*ring: EncryptionKey, **more: Any) -> dict[str, Any]:
    """Return the settings that encrypt with the first of these keys."""
    return {"encryption_keys": ",".join(key.setting() for key in ring), **more}


async def client_with(address: str, **settings: Any) -> Client:
    """Return a client of the product with these settings."""
    connected = await bootstrap.connect(Settings(**settings), address)
    await register_search_attributes(connected)
    return connected


@asynccontextmanager
async def encrypted_plant(
    address: str, folder: Path, *ring: EncryptionKey, **settings: Any
) -> AsyncIterator[Plant]:
    """Run a shop with these keys; without any, it does not encrypt."""
    wanted = keys(*ring, **settings)
    accepts = {n: v for n, v in wanted.items() if n.startswith("encryption_")}
    async with plant(await client_with(address, **accepts), folder, **wanted) as shop:
        yield shop


async def key_ids(handle: WorkflowHandle[Any, Any]) -> set[str]:
    """Return which keys the inputs, results and signals of a history are encrypted with."""
    found = set()
    for event in (await handle.fetch_history()).events:
        for payload in _payloads(event):
            found.add(payload.metadata[KEY_ID].decode() or "none")
    return found


def _payloads(message: Any) -> list[Payload]:
    """Return every payload in a message, search attributes and patch markers excepted."""
    if isinstance(message, Payload):
        return [message]
    found: list[Payload] = []
    for field, value in message.ListFields():
        if field.message_type is None or field.name in {"search_attributes", "header"}:
            continue
        if field.message_type.GetOptions().map_entry:
            entry = field.message_type.fields_by_name["value"]
            values = list(value.values()) if entry.message_type else []
        else:
            values = list(value) if field.is_repeated else [value]
        for one in values:
            found += _payloads(one)
    return found
