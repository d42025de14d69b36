"""Settings of the encryption of Temporal's histories, and of who may read them."""

from pydantic import BaseModel, SecretStr, field_validator
from pydantic_core import PydanticCustomError

from fulfillment.domain.keyring import Keyring


class EncryptionSettings(BaseModel):
    """What histories are encrypted with, and which pages may have them decrypted."""

    encryption_keys: SecretStr = SecretStr("")
    """What Temporal's histories are encrypted with, as `fulfillment encryption-key` prints it.

    id:key, commas between: the first encrypts, each decrypts. Without any nothing is encrypted.
    """
    encryption_accept_plaintext: bool = False
    """Whether payloads that are not encrypted are taken too; only while older orders still run."""
    codec_ui_origins: str = ""
    """Pages that may ask the codec server, as http://127.0.0.1:8233, commas between."""
    codec_ui_ticket: SecretStr = SecretStr("")
    """What stands in the address that a local Temporal UI asks; `make up` makes one by itself."""

    @field_validator("encryption_keys")
    @classmethod
    def _are_encryption_keys(cls, value: SecretStr) -> SecretStr:
        try:
            Keyring.parse(value.get_secret_value())
        except ValueError:
            message = "id:key for each, each id once, as `fulfillment encryption-key` prints"
            raise PydanticCustomError("encryption_keys", message) from None  # noqa: EM101 - its kind
        return value

    def keyring(self) -> Keyring | None:
        """Return the keys that histories are encrypted with; None where they are not."""
        return Keyring.parse(self.encryption_keys.get_secret_value())
