"""Settings of HTTP: keys, secrets, and what the merchant says."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from fulfillment import bootstrap
from fulfillment.domain.access import ApiKey, Role, hash_of
from fulfillment.settings import Settings, SettingsInvalid, load_settings
from fulfillment.storefronts.mapping import Merchant

KEYS = tuple(
    ApiKey(name=f"the-{role.value}", role=role, sha256=hash_of(role.value)) for role in Role
)


def test_secrets_reach_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is passed on by the environment is read as it was, and shown nowhere else."""
    settings = Settings(api_keys=KEYS, shopify_webhook_secret=SecretStr("the secret"))
    assert "the secret" not in repr(settings)
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings


def test_a_merchants_file_is_read(tmp_path: Path) -> None:
    """Without one, nothing is said."""
    assert bootstrap.merchant(Settings()) == Merchant()
    file = tmp_path / "merchant.json"
    file.write_text('{"shop": "berlin", "skus": {"93:0": "MUG"}}')
    assert bootstrap.merchant(Settings(merchant=file)) == Merchant(
        shop="berlin", skus={"93:0": "MUG"}
    )


@pytest.mark.parametrize("text", ["no JSON", '{"shops": "berlin"}', '{"shop": "a b"}', None])
def test_a_wrong_merchants_file_is_refused(tmp_path: Path, text: str | None) -> None:
    """By its name, and by the field where it has one."""
    file = tmp_path / "merchant.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsInvalid, match=r"merchant\.json"):
        bootstrap.merchant(Settings(merchant=file))
