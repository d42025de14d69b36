"""The codec: what goes in comes out, what was changed does not, and nothing is shown."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from fulfillment.domain.errors import (
    EncryptionKeyUnknown,
    PayloadTampered,
    PayloadUnreadable,
    PlaintextRefused,
)
from fulfillment.domain.keyring import EncryptionKey, Keyring
from fulfillment.temporal.encryption import NONCE_BYTES, EncryptionCodec
from fulfillment.temporal.plugin import data_converter
from fulfillment.temporal.unreadable import KEY_ID

OLD = EncryptionKey("old", bytes(range(32)))
NEW = EncryptionKey("new", bytes(range(32, 64)))
CODEC = EncryptionCodec(Keyring((NEW, OLD)))
CANARY = "Ada Lovelace, Reeperbahn 1"

payloads = st.builds(
    Payload,
    metadata=st.dictionaries(st.text(max_size=20), st.binary(max_size=40), max_size=4),
    data=st.binary(max_size=2000),
)


def key_of(payload: Payload) -> str:
    """Return which key a payload says that it is of."""
    return payload.metadata[KEY_ID].decode()


@given(payload=payloads)
async def test_what_goes_in_comes_out(payload: Payload) -> None:
    """Data and metadata alike, whatever they are."""
    [sealed] = await CODEC.encode([payload])
    assert {"encoding": b"binary/encrypted", KEY_ID: b"new"} == dict(sealed.metadata)
    assert [payload] == await CODEC.decode([sealed])


def test_the_same_is_never_encrypted_alike() -> None:
    """Each payload has a nonce of its own, and shows nothing of itself but its length."""
    plain = Payload(metadata={"encoding": b"json/plain"}, data=CANARY.encode())
    sealed = [CODEC.encrypt(plain).data for _ in range(200)]
    assert 200 == len({data[:NONCE_BYTES] for data in sealed})
    assert not any(CANARY.encode() in data or b"json/plain" in data for data in sealed)


@given(payload=payloads, choice=st.data())
def test_what_was_changed_is_refused(payload: Payload, choice: st.DataObject) -> None:
    """Any bit of it: nonce, content and tag."""
    sealed = CODEC.encrypt(payload)
    changed = bytearray(sealed.data)
    changed[choice.draw(st.integers(0, len(changed) - 1))] ^= 1 << choice.draw(st.integers(0, 7))
    sealed.data = bytes(changed)
    with pytest.raises(PayloadTampered):
        CODEC.decrypt(sealed)


@given(payload=payloads, length=st.integers(0, 60))
def test_what_was_cut_is_refused(payload: Payload, length: int) -> None:
    """Down to nothing at all."""
    sealed = CODEC.encrypt(payload)
    sealed.data = sealed.data[: min(length, len(sealed.data) - 1)]
    with pytest.raises(PayloadTampered):
        CODEC.decrypt(sealed)


def test_the_key_id_is_bound() -> None:
    """The same key under another id does not open what it encrypted."""
    alias = EncryptionKey("alias", NEW.secret)
    sealed = CODEC.encrypt(Payload(data=b"x"))
    sealed.metadata[KEY_ID] = b"alias"
    with pytest.raises(PayloadTampered):
        EncryptionCodec(Keyring((alias, NEW))).decrypt(sealed)


def test_rotation() -> None:
    """The first key encrypts, each decrypts; once one is gone, what it encrypted is not read."""
    before = EncryptionCodec(Keyring((OLD,))).encrypt(Payload(data=b"x"))
    after = CODEC.encrypt(Payload(data=b"y"))
    assert ("old", "new") == (key_of(before), key_of(after))
    assert (b"x", b"y") == (CODEC.decrypt(before).data, CODEC.decrypt(after).data)
    with pytest.raises(EncryptionKeyUnknown, match=r"\(new\), came one of key 'old'; add that key"):
        EncryptionCodec(Keyring((NEW,))).decrypt(before)


def test_plaintext_is_refused_unless_it_is_accepted() -> None:
    """With what to do, and nothing of what came."""
    plain = Payload(metadata={"encoding": b"json/plain"}, data=CANARY.encode())
    with pytest.raises(PlaintextRefused, match="FULFILLMENT_ENCRYPTION_ACCEPT_PLAINTEXT") as caught:
        CODEC.decrypt(plain)
    assert CANARY not in str(caught.value)
    lenient = EncryptionCodec(Keyring((NEW,)), accept_plaintext=True)
    assert plain == lenient.decrypt(plain)


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        (lambda p: Payload(data=p.data), PlaintextRefused),
        (lambda p: Payload(metadata={**p.metadata, KEY_ID: b"none"}), EncryptionKeyUnknown),
        (lambda _: Payload(metadata={"encoding": b"binary/encrypted"}), EncryptionKeyUnknown),
        (lambda p: Payload(metadata=p.metadata, data=p.data[::-1]), PayloadTampered),
    ],
)
async def test_a_client_gets_a_typed_error(
    broken: Callable[[Payload], Payload], kind: type[PayloadUnreadable]
) -> None:
    """By the converter that it uses, without secrets or content."""
    converter = data_converter(CODEC)
    [sealed] = await converter.encode([CANARY])
    with pytest.raises(kind) as caught:
        await converter.decode([broken(sealed)], [str])
    shown = f"{caught.value}{caught.value.problems}"
    for secret in (CANARY, NEW.secret.hex(), NEW.setting().partition(":")[2]):
        assert secret not in shown


async def test_who_has_no_key_is_told_which() -> None:
    """A client without any key does not stumble over what it gets."""
    sealed = await data_converter(CODEC).encode([CANARY])
    with pytest.raises(EncryptionKeyUnknown, match="came one of key 'new'; set FULFILLMENT_ENCR"):
        await data_converter().decode(sealed, [str])


async def test_failures_are_encrypted() -> None:
    """Message, trace and details of an error and of its cause; its type stays readable."""
    converter = data_converter(CODEC)
    failure = Failure()
    error = ApplicationError(CANARY, {"street": CANARY}, type="address_rejected")
    try:
        raise error from ValueError(CANARY)
    except ApplicationError:
        await converter.encode_failure(error, failure)
    assert CANARY.encode() not in failure.SerializeToString()
    assert b"test_encryption.py" not in failure.SerializeToString()
    assert "address_rejected" == failure.application_failure_info.type

    known = await converter.decode_failure(failure)
    assert isinstance(known, ApplicationError)
    assert (CANARY, [{"street": CANARY}]) == (known.message, list(known.details))
    assert CANARY in str(known.cause)


def test_keys_are_parsed_and_never_shown() -> None:
    """By id, in their order; what is wrong is told without what came."""
    ring = Keyring.parse(f"{NEW.setting()}, {OLD.setting()}")
    assert Keyring((NEW, OLD)) == ring
    assert "new" in repr(ring)
    assert NEW.setting().partition(":")[2] not in repr(ring)
    assert repr(NEW.secret) not in repr(ring)
    assert None is Keyring.parse(" , ")
    short = base64.b64encode(bytes(16)).decode()
    for wrong in (
        "k",
        "k:",
        f"k:{short}",
        f"a b:{short}",
        "k:!",
        f"{OLD.setting()},{OLD.setting()}",
    ):
        with pytest.raises(ValueError, match=r"id:key for each|each id once|id once") as caught:
            Keyring.parse(wrong)
        assert short not in str(caught.value)
