"""Registers the product's search attributes on any Temporal server, as often as one likes."""

from collections.abc import Mapping, Sequence
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.temporal.search_attributes import ALL, type_name
from fulfillment.temporal.setup_errors import SearchAttributeConflict, SearchAttributesRefused

_REFUSALS = frozenset(
    {
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.UNIMPLEMENTED,
    }
)


async def register_search_attributes(client: Client) -> tuple[str, ...]:
    """Register what is missing of the product's search attributes.

    Args:
        client: a client of the server and namespace that shall know them.

    Returns:
        The names that were added, in the product's order; empty when all were there.

    Raises:
        SearchAttributeConflict: one exists with another type; nothing was added.
        SearchAttributesRefused: this client may not do it; says which commands do.

    """
    try:
        missing = missing_attributes(await registered_types(client))
        if missing:
            await _add(client, missing)
    except RPCError as error:
        if error.status not in _REFUSALS:
            raise
        raise _refused(client.namespace, error) from error
    return tuple(key.name for key in missing)


async def registered_types(client: Client) -> Mapping[str, int]:
    """List the custom search attributes that the client's namespace knows.

    Args:
        client: the client whose namespace is asked.

    Returns:
        The numeric type of each attribute by its name.

    """
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    return dict(listed.custom_attributes)


def missing_attributes(known: Mapping[str, int]) -> tuple[SearchAttributeKey[Any], ...]:
    """Tell which of the product's attributes a server still lacks.

    Args:
        known: the numeric type of each custom attribute by its name.

    Returns:
        The missing ones, in the product's order.

    Raises:
        SearchAttributeConflict: one is known with another type.

    """
    conflicts = [
        _conflict(key, known[key.name])
        for key in ALL
        if key.name in known and known[key.name] != int(key.indexed_value_type)
    ]
    if conflicts:
        raise SearchAttributeConflict.of(*conflicts)
    return tuple(key for key in ALL if key.name not in known)


def registration_commands(namespace: str) -> Sequence[str]:
    """Spell out what an operator runs where this product may not register by itself.

    Args:
        namespace: the namespace that shall know the attributes.

    Returns:
        One command per attribute.

    """
    return [
        f"temporal operator search-attribute create --namespace {namespace}"
        f" --name {key.name} --type {type_name(key)}"
        for key in ALL
    ]


async def _add(client: Client, missing: Sequence[SearchAttributeKey[Any]]) -> None:
    types = {key.name: wire_type(key) for key in missing}
    request = AddSearchAttributesRequest(search_attributes=types, namespace=client.namespace)
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        # Another worker that starts at the same moment may have been faster.
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise


def wire_type(key: SearchAttributeKey[Any]) -> "IndexedValueType.ValueType":
    """Return an attribute's type as the operator service takes it."""
    return IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{key.indexed_value_type.name}")


def _conflict(key: SearchAttributeKey[Any], came: int) -> Problem:
    wire_name = next(name for name, number in IndexedValueType.items() if number == came)
    return Problem(
        path=f"search attribute {key.name}",
        expected=f"type {type_name(key)}",
        came=wire_name.removeprefix("INDEXED_VALUE_TYPE_").title().replace("_", ""),
        remedy=f"remove it (temporal operator search-attribute remove --name {key.name})"
        " or use another namespace",
    )


def _refused(namespace: str, error: RPCError) -> FulfillmentError:
    commands = "\n  ".join(registration_commands(namespace))
    cloud = " ".join(f'--sa "{key.name}={type_name(key)}"' for key in ALL)
    return SearchAttributesRefused.of(
        Problem(
            path=f"search attributes of namespace {namespace}",
            expected="leave to register them",
            came=f"{error.status.name}: {error.message}",
            remedy="have an operator run once:\n  "
            f"{commands}\nor, on Temporal Cloud:\n"
            f"  tcld namespace search-attributes add --namespace {namespace} {cloud}",
        )
    )
