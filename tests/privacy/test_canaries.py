"""What a customer wrote is found nowhere in Temporal, in no log, in no URL; nor once erased."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from canaries import Crashing, Flock, Striking, carry, database_bytes, found_in
from encrypted_shops import NEW, keys
from erasing import KEPT, bytes_of, erase_all
from fulfillment import bootstrap
from fulfillment.entrypoints.http import problems
from fulfillment.settings import Settings
from fulfillment.telemetry import logs
from fulfillment.telemetry.logs import LogFormat, LogLevel
from fulfillment.temporal.dev_server import DevServer
from fulfillment.temporal.registration import register_search_attributes
from http_shop import app_of, client_of
from plant import Plant, plant

SEALED, OPEN = Flock("sealed"), Flock("open")
NEVER_KEPT = {"short"}
"""An update that is refused leaves no event."""


@contextmanager
def logged() -> Iterator[None]:
    """Have everything that is logged meanwhile written to stderr, as a worker and a server do."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    logs.configure(LogFormat.TEXT, LogLevel.INFO, "test")
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)


@asynccontextmanager
async def carried(
    server: DevServer, folder: Path, flock: Flock, **settings: Any
) -> AsyncIterator[tuple[Plant, list[str]]]:
    """Carry a flock through a shop of its own; give both, the orders by their ids."""
    client = await bootstrap.connect(Settings(data_dir=folder, **settings), server.address)
    await register_search_attributes(client)
    async with plant(
        client,
        folder,
        interceptors=[Crashing(flock)],
        change=lambda ports: replace(ports, carrier=Striking(ports.carrier, flock)),
        **settings,
    ) as shop:
        ids = await carry(shop, flock)
        await over_http(shop, ids)
        yield shop, ids


async def over_http(shop: Plant, ids: list[str]) -> None:
    """Ask for the orders as storefronts and operators do."""
    async with client_of(app_of(shop)) as web:
        for order_id in ids[:-1]:
            for path in ("", "/timeline", "/why"):
                assert (await web.get(f"/v1/orders/{order_id}{path}")).status_code == 200
            wrong = await web.post(f"/v1/orders/{order_id}/release", json={"by": "zoe"})
            assert wrong.headers["content-type"] == problems.MEDIA_TYPE


async def test_no_canary_is_found(
    file_server: DevServer,
    server_folder: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Not one with encryption on; every one with encryption off, so that the search can find.

    Once these are erased, no file of the shop has one but what must be kept.
    """
    with logged():
        async with carried(file_server, tmp_path / "1", SEALED, **keys(NEW)):
            pass
        assert found_in(database_bytes(server_folder), SEALED) == set()
        async with carried(file_server, tmp_path / "2", OPEN) as (shop, ids):
            assert found_in(database_bytes(server_folder), OPEN) == set(OPEN.all()) - NEVER_KEPT
            assert found_in(bytes_of(tmp_path / "2"), OPEN) > KEPT
            await erase_all(shop, OPEN, ids)
    assert found_in(bytes_of(tmp_path / "2"), OPEN) <= KEPT
    assert found_in(database_bytes(server_folder), SEALED) == set()
    text = "\n".join(capfd.readouterr()).encode()
    assert b"Completing activity as failed" in text
    assert b"route=/v1/orders/{order_id} status=200" in text
    assert (found_in(text, SEALED), found_in(text, OPEN)) == (set(), set())
