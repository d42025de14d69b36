"""The codec server that `make up` starts beside the UI of its Temporal server."""

from pathlib import Path

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload, Payloads

from encrypted_shops import NEW
from fulfillment.domain.keyring import Keyring
from fulfillment.entrypoints.local_codec import CodecFailed, LocalCodec
from fulfillment.settings import Settings
from fulfillment.temporal.dev_server import dev_server_command, free_port
from fulfillment.temporal.encryption import EncryptionCodec


async def test_the_ui_is_served_by_its_ticket(tmp_path: Path) -> None:
    """Its own page alone, without any API key; the process ends when told, and logs no payload."""
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'"Ada Lovelace"')
    sealed = EncryptionCodec(Keyring((NEW,))).encrypt(plain)
    settings = Settings(data_dir=tmp_path, encryption_keys=SecretStr(NEW.setting()))
    codec = LocalCodec(settings, port=free_port(), ui_port=8233)
    await codec.start({})
    try:
        async with httpx.AsyncClient() as web:
            body = MessageToDict(Payloads(payloads=[sealed]))
            page = {"Origin": "http://127.0.0.1:8233"}
            shown = await web.post(f"{codec.url}/decode", json=body, headers=page)
            assert MessageToDict(Payloads(payloads=[plain])) == shown.json()
            other = {"Origin": "http://127.0.0.1:8888"}
            assert (
                403 == (await web.post(f"{codec.url}/decode", json=body, headers=other)).status_code
            )
            # Without any API key, nobody comes in by the front.
            assert 503 == (await web.post(f"{codec.address}/decode", json=body)).status_code
    finally:
        await codec.stop()
    text = codec.log.read_text()
    assert "codec: stopped" in text
    assert "Lovelace" not in text
    assert codec.url.rpartition("/")[2] not in text


async def test_it_says_why_it_does_not_start(tmp_path: Path) -> None:
    """As without any key."""
    codec = LocalCodec(Settings(data_dir=tmp_path), port=free_port(), ui_port=8233)
    with pytest.raises(CodecFailed, match="fulfillment encryption-key"):
        await codec.start({})


def test_the_dev_server_is_told_where_its_ui_asks() -> None:
    """Only where it has a UI."""
    cli, url = Path("temporal"), "http://127.0.0.1:8234/ui/t"
    with_ui = dev_server_command(cli, port=1, ui_port=2, codec_url=url)
    assert url == with_ui[with_ui.index("--ui-codec-endpoint") + 1]
    assert url not in dev_server_command(cli, port=1, codec_url=url)
