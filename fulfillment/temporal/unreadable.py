"""What can't be read passes as a mark: each receiver refuses it in the way that does no harm.

A codec that raised would fail the workflow task again and again, whatever the payload was for. So
the codec puts a mark in its place, and the converter decides by who asks:

- outside of a workflow the typed error is raised;
- in a workflow, what is loosely typed (a signal's payload, an order as a storefront sent it) is
  given as `Unreadable`, for the workflow to refuse;
- in a workflow, anything else fails the task, which goes on once the key or setting is mended; of
  an update, it is a refusal.

Light on purpose: workflows import this module.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
)

from fulfillment.domain import errors
from fulfillment.domain.errors import PayloadUnreadable, Problem

ENCODING = b"binary/unreadable"
ENCRYPTED = b"binary/encrypted"
KEY_ID = "encryption-key-id"
KEYS_VARIABLE = "FULFILLMENT_ENCRYPTION_KEYS"
_KINDS = {
    kind.code: kind
    for kind in (
        errors.PayloadUnreadable,
        errors.PlaintextRefused,
        errors.EncryptionKeyUnknown,
        errors.PayloadTampered,
    )
}


class Unreadable(BaseModel):
    """Stands where a payload could not be read; says why, and nothing of what came."""

    model_config = ConfigDict(frozen=True)

    code: str = PayloadUnreadable.code
    problems: tuple[Problem, ...] = ()

    def error(self) -> PayloadUnreadable:
        """Return why, as the domain's error."""
        kind = _KINDS.get(self.code, PayloadUnreadable)
        return kind("; ".join(map(str, self.problems)), self.problems)


class TaskUnreadable(Exception):
    """A workflow can't go on before the key or the setting that its payloads need is there."""


def mark(error: PayloadUnreadable) -> Payload:
    """Return what stands in the place of a payload that could not be read."""
    unreadable = Unreadable(code=error.code, problems=error.problems)
    return Payload(metadata={"encoding": ENCODING}, data=unreadable.model_dump_json().encode())


class UnreadableConverter(EncodingPayloadConverter):
    """Turns the mark into a refusal."""

    @property
    def encoding(self) -> str:
        """Return the mark's encoding."""
        return ENCODING.decode()

    def to_payload(self, value: Any) -> Payload | None:  # noqa: ANN401, ARG002 - the SDK's signature
        """Return None: nothing is ever sent this way."""
        return None

    def read(self, payload: Payload) -> Unreadable:
        """Return what the mark says."""
        try:
            return Unreadable.model_validate_json(payload.data)
        except ValueError:
            return Unreadable()

    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:  # noqa: ANN401
        """Return the mark, or raise what it says.

        Raises:
            PayloadUnreadable: outside of a workflow.
            TaskUnreadable: in a workflow, where something definite was expected.

        """
        unreadable = self.read(payload)
        if not (workflow.unsafe.in_sandbox() or workflow.in_workflow()):
            raise unreadable.error()
        if type_hint is None or type_hint is Any:
            return unreadable
        raise TaskUnreadable(str(unreadable.error()))


class SealedConverter(UnreadableConverter):
    """Refuses what is still encrypted when it comes here: no key is set at all."""

    @property
    def encoding(self) -> str:
        """Return the encoding of what is encrypted."""
        return ENCRYPTED.decode()

    def read(self, payload: Payload) -> Unreadable:
        """Return that a key is missing, and which."""
        problem = Problem(
            path="payload",
            expected="one that is not encrypted, since no key is set",
            came=f"one of key {payload.metadata[KEY_ID].decode('ascii', 'replace')[:64]!r}",
            remedy=f"set {KEYS_VARIABLE} as it is set elsewhere, and start again",
        )
        return Unreadable(code=errors.EncryptionKeyUnknown.code, problems=(problem,))


class FulfillmentPayloadConverter(CompositePayloadConverter):
    """The SDK's pydantic converter, which also knows the mark."""

    def __init__(self) -> None:
        """Take the converters that all share: the SDK makes one of these for each task."""
        self.converters = _CONVERTERS


def _converters() -> Iterator[EncodingPayloadConverter]:
    """Put pydantic's JSON in the place of the plain one, as the SDK's own does."""
    for kind in DefaultPayloadConverter.default_encoding_payload_converters:
        plain = isinstance(kind, JSONPlainPayloadConverter)
        yield PydanticJSONPlainPayloadConverter() if plain else kind
    yield from (UnreadableConverter(), SealedConverter())


_CONVERTERS = {converter.encoding.encode(): converter for converter in _converters()}
"""They keep nothing."""
