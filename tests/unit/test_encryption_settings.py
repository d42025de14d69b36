"""Settings of encryption: passed on, never shown, and made by a command."""

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from fulfillment.domain.keyring import KEY_BYTES, EncryptionKey
from fulfillment.entrypoints import cli
from fulfillment.settings import Settings, SettingsInvalid, load_settings
from fulfillment.temporal.unreadable import KEYS_VARIABLE

KEY = EncryptionKey("k1", bytes(range(KEY_BYTES)))
SECRET = KEY.setting().partition(":")[2]


def test_keys_reach_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is passed on by the environment is read as it was, and shown nowhere else."""
    settings = Settings(encryption_keys=SecretStr(KEY.setting()), encryption_accept_plaintext=True)
    assert SECRET not in repr(settings)
    assert SECRET not in settings.model_dump_json()
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert settings == load_settings()
    ring = load_settings().keyring()
    assert ring is not None
    assert (KEY,) == ring.keys


def test_without_keys_nothing_is_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was before there was any encryption."""
    monkeypatch.delenv(KEYS_VARIABLE, raising=False)
    assert load_settings().keyring() is None


@pytest.mark.parametrize("name", [KEYS_VARIABLE, "FULFILLMENT_ENCRYPTION_KEY"])
def test_a_wrong_key_is_not_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Neither what is no key, nor a key under a name that sets nothing; nor in the trace."""
    monkeypatch.setenv(name, f"k1:{SECRET[:-8]}")
    with pytest.raises(SettingsInvalid) as caught:
        load_settings()
    error: BaseException | None = caught.value
    while error is not None:
        assert SECRET[:20] not in f"{error!r}{error}"
        error = error.__cause__ or error.__context__


def test_a_key_is_made_before_those_that_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the line that is printed rotates; an id is given once, and is one."""
    monkeypatch.setenv(KEYS_VARIABLE, KEY.setting())
    made = CliRunner().invoke(cli.app, ["encryption-key", "k2"])
    assert 0 == made.exit_code
    monkeypatch.setenv(KEYS_VARIABLE, made.stdout.strip().removeprefix(f"export {KEYS_VARIABLE}="))
    ring = load_settings().keyring()
    assert ring is not None
    assert ("k2", "k1") == ring.ids
    assert KEY == ring.find("k1")
    for wrong in ("k1", "a b"):
        refused = CliRunner().invoke(cli.app, ["encryption-key", wrong])
        assert 1 == refused.exit_code
        assert SECRET not in refused.output
    assert 0 == CliRunner().invoke(cli.app, ["encryption-key"]).exit_code


def test_the_codec_server_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one there is nothing to decrypt; it says how to make one."""
    monkeypatch.delenv(KEYS_VARIABLE, raising=False)
    refused = CliRunner().invoke(cli.app, ["codec-server"])
    assert (2, True) == (refused.exit_code, "fulfillment encryption-key" in refused.stderr)
