"""The codec server: who may ask, what it answers, and with Temporal's own command line."""

import asyncio
import base64
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.client import Client

from encrypted_shops import NEW, OLD, encrypted_plant, keys
from floor_driver import place
from fulfillment import bootstrap
from fulfillment.domain.access import Role
from fulfillment.domain.keyring import Keyring
from fulfillment.domain.lifecycle import Stage
from fulfillment.entrypoints.http.codec import make_codec_app
from fulfillment.settings import Settings
from fulfillment.temporal.cli_binary import find_cli
from fulfillment.temporal.encryption import EncryptionCodec
from http_shop import API_KEYS, KEYS, PROBLEM

UI = "http://127.0.0.1:8233"
TICKET = "a-ticket-of-this-test"
OPERATOR = {"Authorization": f"Bearer {KEYS[Role.OPERATIONS]}"}
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"Ada Lovelace"')
CODEC = EncryptionCodec(Keyring((NEW,)))
SEALED = CODEC.encrypt(PLAIN)


def body(*payloads: Payload) -> Any:
    """Return what the Temporal UI sends."""
    return MessageToDict(Payloads(payloads=payloads))


@pytest.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of a codec server."""
    settings = Settings(
        **keys(NEW), api_keys=API_KEYS, codec_ui_origins=f"{UI}/", codec_ui_ticket=SecretStr(TICKET)
    )
    codec = bootstrap.encryption_codec(settings)
    assert codec is not None
    transport = httpx.ASGITransport(app=make_codec_app(codec, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://codec") as client:
        yield client


async def test_it_decodes_and_encodes(web: httpx.AsyncClient) -> None:
    """What is encrypted is shown, what is not stays; what it encrypts is decrypted again."""
    shown = await web.post("/decode", json=body(SEALED, PLAIN), headers=OPERATOR)
    assert (200, body(PLAIN, PLAIN)) == (shown.status_code, shown.json())
    assert "no-store" == shown.headers["cache-control"]
    sealed = await web.post("/encode", json=body(PLAIN), headers=OPERATOR)
    [entry] = sealed.json()["payloads"]
    assert base64.b64encode(b"binary/encrypted").decode() == entry["metadata"]["encoding"]
    again = await web.post("/decode", json=sealed.json(), headers=OPERATOR)
    assert body(PLAIN) == again.json()


async def test_only_operations_may_ask(web: httpx.AsyncClient) -> None:
    """By an API key of that role, or by the ticket in the address; nobody else."""
    for key, status in (
        ("", 401),
        ("nonsense", 401),
        (KEYS[Role.FLOOR], 403),
        (KEYS[Role.STOREFRONT], 403),
        (KEYS[Role.OPERATIONS], 200),
    ):
        for path in ("/decode", "/encode", "/ui/wrong/decode", "/ui/%20/encode"):
            headers = {"Authorization": f"Bearer {key}"}
            answer = await web.post(path, json=body(SEALED), headers=headers)
            assert status == answer.status_code, (key, path)
            assert status == 200 or PROBLEM == answer.headers["content-type"]
    by_ticket = await web.post(f"/ui/{TICKET}/decode", json=body(SEALED))
    assert body(PLAIN) == by_ticket.json()
    assert 200 == (await web.get("/healthz")).status_code


async def test_only_the_ui_may_ask_from_a_browser(web: httpx.AsyncClient) -> None:
    """Its page gets the headers that a browser wants; another page gets nothing done."""
    wish = {
        "Origin": UI,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-namespace,authorization",
    }
    allowed = await web.options(f"/ui/{TICKET}/decode", headers=wish)
    assert (200, UI) == (allowed.status_code, allowed.headers["access-control-allow-origin"])
    asked = {"Origin": UI, "X-Namespace": "default"}
    shown = await web.post(
        f"/ui/{TICKET}/decode?preserveStorageRefs=true", json=body(SEALED), headers=asked
    )
    assert (body(PLAIN), UI) == (shown.json(), shown.headers["access-control-allow-origin"])
    for origin in ("http://evil.example", "null", f"{UI}.evil.example"):
        assert 400 == (await web.options("/decode", headers={**wish, "Origin": origin})).status_code
        headers = {**OPERATOR, "Origin": origin}
        refused = await web.post("/decode", json=body(SEALED), headers=headers)
        assert (403, False) == (
            refused.status_code,
            "access-control-allow-origin" in refused.headers,
        )


async def test_without_a_ticket_an_empty_one_opens_nothing() -> None:
    """What is not set is no ticket."""
    settings = Settings(**keys(NEW), api_keys=API_KEYS)
    transport = httpx.ASGITransport(app=make_codec_app(CODEC, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://codec") as web:
        for path in ("/ui//decode", "/ui/%00/decode", "/ui/None/decode", "/decode/"):
            assert (await web.post(path, json=body(SEALED))).status_code in (401, 404)


async def test_what_it_can_not_read_is_refused(web: httpx.AsyncClient) -> None:
    """By what is wrong, and without what came."""
    foreign = EncryptionCodec(Keyring((OLD,))).encrypt(PLAIN)
    changed = Payload(metadata=SEALED.metadata, data=SEALED.data[::-1])
    for payload, says in ((foreign, "k-old"), (changed, "a changed one")):
        refused = await web.post("/decode", json=body(payload), headers=OPERATOR)
        assert (422, "undecodable_payload") == (refused.status_code, refused.json()["code"])
        assert says in refused.json()["detail"]
    for content in (
        b"{",
        b"[1]",
        b'{"payloads": "Ada"}',
        b'{"payloads": [{"data": 17}]}',
        b"1",
    ):
        wrong = await web.post("/decode", content=content, headers=OPERATOR)
        assert (400, "malformed_body") == (wrong.status_code, wrong.json()["code"]), content
        assert "Ada" not in wrong.text
    big = await web.post("/decode", content=b"x" * 8_000_001, headers=OPERATOR)
    assert 413 == big.status_code


async def test_operators_use_temporals_command_line(client: Client, tmp_path: Path) -> None:
    """Through `fulfillment codec-server` they see an order, and confirm a step of it by signal."""
    address = client.service_client.config.target_host
    environment = {
        **{name: value for name, value in os.environ.items() if "FULFILLMENT" not in name},
        **Settings(**keys(NEW), api_keys=API_KEYS, data_dir=tmp_path).environment(),
    }
    serving = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fulfillment.entrypoints.cli", "codec-server", "--port", "0"),
        env=environment,
        stderr=PIPE,
    )
    assert serving.stderr
    try:
        async with asyncio.timeout(60):
            line = (await serving.stderr.readline()).decode()
        [url] = re.findall(r"serves on (http://127\.0\.0\.1:\d+)", line)
        async with encrypted_plant(address, tmp_path, NEW) as shop:
            order = await place(shop, "by-cli")
            share = await order.share()
            see = ("--codec-endpoint", url, "--codec-auth", OPERATOR["Authorization"])
            subject = ("-w", share.handle.id, "--address", address)
            ask = ("workflow", "query", *subject, "--type", "status")
            assert "warehouse_id" not in await _temporal(*ask)
            assert '"warehouse_id":"BER"' in await _temporal(*ask, *see)
            said = ("--name", "picking_done", "--input", '{"by": "zoe"}')
            await _temporal("workflow", "signal", *subject, *said, *see)
            await share.at(Stage.SORTING)
            assert "zoe" == (await share.noted("picked")).by
            await _temporal("workflow", "signal", *subject, "--name", "sorting_done")
            await share.at(Stage.PACKING)
    finally:
        serving.terminate()
        rest = (await serving.stderr.read()).decode()
        await serving.wait()
    assert "codec: stopped\n" == rest


async def _temporal(*arguments: str) -> str:
    cli = (await find_cli()).path
    running = await asyncio.create_subprocess_exec(cli, *arguments, stdout=PIPE, stderr=PIPE)
    output, trouble = await running.communicate()
    assert running.returncode == 0, trouble.decode()
    return output.decode()
