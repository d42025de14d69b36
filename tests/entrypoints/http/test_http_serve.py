"""`fulfillment serve` and `fulfillment api-key` as a person runs them."""

import asyncio
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from temporalio.client import Client
from typer.testing import CliRunner

from fulfillment.domain.access import Role, find_key
from fulfillment.entrypoints import cli
from fulfillment.settings import load_settings
from http_shop import API_KEYS, KEYS
from plant import Plant, new_id, order_data

COMMAND = (sys.executable, "-m", "fulfillment.entrypoints.cli", "serve")


@pytest.fixture
def environment(shop: Plant, client: Client) -> dict[str, str]:
    """Give what a process needs to find the shop."""
    kept = {name: value for name, value in os.environ.items() if "FULFILLMENT" not in name}
    return {
        **kept,
        **shop.settings.environment(),
        "FULFILLMENT_API_KEYS": ",".join(map(str, API_KEYS)),
        "TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "TEMPORAL_CONFIG_FILE": os.devnull,
    }


@pytest.fixture
async def serving(environment: dict[str, str]) -> AsyncIterator[tuple[Process, str]]:
    """Give a serving process and its URL."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "--port", "0", env=environment, stderr=PIPE
    )
    try:
        assert process.stderr
        async with asyncio.timeout(60):
            line = (await process.stderr.readline()).decode()
        url = re.search(r"serves on (http://127\.0\.0\.1:\d+)", line)
        assert url, line
        yield process, url[1]
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_it_serves_and_stops_when_told(serving: tuple[Process, str]) -> None:
    """By SIGTERM, with code 0, and the request that is under way gets its answer."""
    process, url = serving
    headers = {"Authorization": f"Bearer {KEYS[Role.STOREFRONT]}"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as web:
        assert (await web.get("/healthz")).json() == {"status": "ok"}
        assert (await web.get("/readyz")).status_code == 200
        first = await web.get("/v1/orders", params={"limit": 1})
        assert first.status_code == 200
        assert "server" not in first.headers
        asked = asyncio.ensure_future(web.post("/v1/orders", json=order_data(new_id("serve"))))
        await asyncio.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        assert (await asked).status_code == 201
    async with asyncio.timeout(30):
        assert await process.wait() == 0
    assert process.stderr
    assert (await process.stderr.read()).decode().endswith(" INFO http: stopped\n")


async def test_a_port_in_use_is_refused(environment: dict[str, str]) -> None:
    """With what to do, and the code of what can't start."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = await asyncio.create_subprocess_exec(
            *COMMAND, "--port", port, env=environment, stderr=PIPE
        )
        _, told = await process.communicate()
    assert process.returncode == 2
    assert told.decode().startswith("address taken: --host and --port: expected")


def test_a_key_is_made_and_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is printed can be set as it is; keys that are set already stay."""
    monkeypatch.setenv("FULFILLMENT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FULFILLMENT_API_KEYS", str(API_KEYS[0]))
    made = CliRunner().invoke(cli.app, ["api-key", "scanner-1", "floor"])
    key, line = made.stdout.splitlines()
    assert (made.exit_code, len(key) > 40, key in line) == (0, True, False)
    monkeypatch.setenv(*line.removeprefix("export ").split("="))
    known = load_settings().api_keys
    assert [entry.name for entry in known] == [API_KEYS[0].name, "scanner-1"]
    assert find_key(key, known) == known[1]
    again = CliRunner().invoke(cli.app, ["api-key", "scanner-1", "floor"])
    assert (again.exit_code, "expected a new name" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("FULFILLMENT_API_KEYS", "shop:storefront:fk_the_key_itself"),
        ("FULFILLMENT_API_KEY", "fk_the_key_itself"),
        ("FULFILLMENT_SHOPIFY_WEBHOOK_SECRETS", "the_key_itself"),
    ],
)
def test_no_message_about_settings_shows_a_secret(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    """Neither one that is wrong nor one under a misspelt name."""
    monkeypatch.setenv(variable, value)
    refused = CliRunner().invoke(cli.app, ["api-key", "scanner-2", "floor"])
    assert refused.exit_code == 2
    assert "the_key_itself" not in refused.output
