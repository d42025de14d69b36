"""Encrypts every payload before it leaves the process, and decrypts what comes.

AES-256-GCM with a fresh random 96-bit nonce for each payload. The whole payload is encrypted, its
own metadata included; outside stand the encoding and the id of the key, and the id is bound as
associated data, so that it can't be exchanged.

Source: NIST SP 800-38D; a random nonce allows 2^32 payloads a key (section 8.3), so rotate before.
"""

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from fulfillment.domain.errors import (
    EncryptionKeyUnknown,
    PayloadTampered,
    PayloadUnreadable,
    PlaintextRefused,
    Problem,
)
from fulfillment.domain.keyring import Keyring
from fulfillment.temporal.unreadable import ENCRYPTED, KEY_ID, KEYS_VARIABLE, mark

NONCE_BYTES = 12
ACCEPT_VARIABLE = "FULFILLMENT_ENCRYPTION_ACCEPT_PLAINTEXT"
_PURPOSE = b"fulfillment-engine/payload/1/"


class EncryptionCodec(PayloadCodec):
    """What every payload goes through last on its way out, and first on its way in."""

    def __init__(self, keyring: Keyring, *, accept_plaintext: bool = False) -> None:
        """Make the codec.

        Args:
            keyring: the first key encrypts, all decrypt.
            accept_plaintext: whether payloads from before the encryption are taken too.

        """
        self._keyring = keyring
        self._accept_plaintext = accept_plaintext
        self._ciphers = {key.key_id: AESGCM(key.secret) for key in keyring.keys}

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads encrypted, each for itself."""
        return [self.encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads as they were; in the place of what can't be read, a mark."""
        return [self._opened(payload) for payload in payloads]

    def encrypt(self, payload: Payload) -> Payload:
        """Return the payload encrypted with the first key."""
        key_id = self._keyring.first.key_id
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[key_id].encrypt(nonce, payload.SerializeToString(), _bound(key_id))
        return Payload(
            metadata={"encoding": ENCRYPTED, KEY_ID: key_id.encode()}, data=nonce + sealed
        )

    def decrypt(self, payload: Payload) -> Payload:
        """Return the payload as it was.

        Raises:
            PlaintextRefused: it is not encrypted.
            EncryptionKeyUnknown: its key is not set.
            PayloadTampered: it was changed, or the key of that id is another one.

        """
        if not is_encrypted(payload):
            if self._accept_plaintext:
                return payload
            raise _plaintext()
        key_id = payload.metadata[KEY_ID].decode("ascii", "replace")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise _unknown(key_id, self._keyring.ids)
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            return Payload.FromString(cipher.decrypt(nonce, sealed, _bound(key_id)))
        except (InvalidTag, ValueError, DecodeError):
            raise _tampered(key_id) from None

    def _opened(self, payload: Payload) -> Payload:
        try:
            return self.decrypt(payload)
        except PayloadUnreadable as error:
            return mark(error)


def is_encrypted(payload: Payload) -> bool:
    """Return whether a payload says that it is encrypted by us."""
    return payload.metadata.get("encoding") == ENCRYPTED


def _bound(key_id: str) -> bytes:
    return _PURPOSE + key_id.encode()


def _plaintext() -> PayloadUnreadable:
    problem = Problem(
        path="payload",
        expected="an encrypted one",
        came="plaintext",
        remedy=f"give who sent it the same {KEYS_VARIABLE} (the Temporal CLI: --codec-endpoint; a "
        f"signal may also carry nothing); for orders from before the encryption, set "
        f"{ACCEPT_VARIABLE}=true until they have ended",
    )
    return PlaintextRefused(str(problem), [problem])


def _unknown(key_id: str, known: Sequence[str]) -> PayloadUnreadable:
    problem = Problem(
        path="payload",
        expected=f"one encrypted with a key that is set ({', '.join(known)})",
        came=f"one of key {_shown(key_id)}",
        remedy=f"add that key to {KEYS_VARIABLE} behind the others, everywhere, and start again",
    )
    return EncryptionKeyUnknown(str(problem), [problem])


def _tampered(key_id: str) -> PayloadUnreadable:
    problem = Problem(
        path="payload",
        expected=f"one as it was encrypted with key {key_id}",
        came="a changed one, or one of another key under that id",
        remedy=f"see that {KEYS_VARIABLE} gives {key_id} the same key everywhere",
    )
    return PayloadTampered(str(problem), [problem])


def _shown(key_id: str) -> str:
    # Whoever sends a payload chooses what stands there.
    return repr(key_id[:64])
