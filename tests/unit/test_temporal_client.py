"""Which server a client goes to, and what it says where there is none."""

from pathlib import Path

import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.client import GrpcCompression

from fulfillment.temporal.client import (
    connect,
    connect_arguments,
    existing_server,
    is_loopback,
)
from fulfillment.temporal.dev_server import HOST, free_port
from fulfillment.temporal.registration import missing_attributes, registration_commands
from fulfillment.temporal.search_attributes import ALL, CARRIER
from fulfillment.temporal.setup_errors import (
    ConfigurationInvalid,
    SearchAttributeConflict,
    ServerUnreachable,
)

PROFILES = """
[profile.default]
address = "127.0.0.1:1111"
namespace = "shop"
[profile.cloud]
address = "shop.example:7233"
api_key = "secret"
[profile.bare]
namespace = "other"
"""


@pytest.fixture
def toml(tmp_path: Path) -> str:
    """Write a temporal.toml and return its path."""
    (path := tmp_path / "temporal.toml").write_text(PROFILES, encoding="utf-8")
    return str(path)


def test_nothing_set_means_the_local_default() -> None:
    """Without arguments or environment it is the port everyone knows, uncompressed."""
    assert connect_arguments(environ={}) == {
        "target_host": "localhost:7233",
        "namespace": "default",
        "grpc_compression": GrpcCompression.NONE,
    }


def test_the_profile_is_used(toml: str) -> None:
    """A named profile gives address and key, and a distant server gets compressed calls."""
    environ = {"TEMPORAL_CONFIG_FILE": toml, "TEMPORAL_PROFILE": "cloud"}
    assert connect_arguments(environ=environ) == {
        "target_host": "shop.example:7233",
        "namespace": "default",
        "api_key": "secret",
        "tls": True,
    }


def test_arguments_win_over_variables_and_those_over_the_file(toml: str) -> None:
    """The nearer to the caller, the stronger."""
    environ = {"TEMPORAL_CONFIG_FILE": toml, "TEMPORAL_ADDRESS": "127.0.0.1:2222"}
    said = connect_arguments(address="127.0.0.1:3333", environ=environ)
    assert (said["target_host"], said["namespace"]) == ("127.0.0.1:3333", "shop")
    said = connect_arguments(namespace="mine", environ=environ)
    assert (said["target_host"], said["namespace"]) == ("127.0.0.1:2222", "mine")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        ({"TEMPORAL_ADDRESS": ""}, None),
        ({"TEMPORAL_NAMESPACE": "shop"}, None),
        ({"TEMPORAL_ADDRESS": "temporal:7233"}, "temporal:7233"),
    ],
)
def test_an_address_in_the_environment_is_an_existing_server(
    variables: dict[str, str], expected: str | None
) -> None:
    """Only an address says that a server exists already."""
    assert existing_server(variables) == expected


@pytest.mark.parametrize(("profile", "expected"), [("default", "127.0.0.1:1111"), ("bare", None)])
def test_an_address_in_the_profile_is_an_existing_server(
    toml: str, profile: str, expected: str | None
) -> None:
    """A profile without an address names no server."""
    environ = {"TEMPORAL_CONFIG_FILE": toml, "TEMPORAL_PROFILE": profile}
    assert existing_server(environ) == expected


def test_a_profile_that_is_not_there_is_an_error(toml: str) -> None:
    """A wrong TEMPORAL_PROFILE is told, with the variable's name."""
    environ = {"TEMPORAL_CONFIG_FILE": toml, "TEMPORAL_PROFILE": "nowhere"}
    with pytest.raises(ConfigurationInvalid, match=r"'nowhere' not found.*TEMPORAL_PROFILE"):
        connect_arguments(environ=environ)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("localhost:7233", True),
        ("127.0.0.2:7233", True),
        ("[::1]:7233", True),
        ("10.0.0.1:7233", False),
        ("temporal:7233", False),
    ],
)
def test_loopback_addresses(address: str, *, expected: bool) -> None:
    """Only what stays on this machine counts."""
    assert is_loopback(address) == expected


async def test_no_server_is_told_with_what_to_do() -> None:
    """A failed connection is one error: expected, came, what to do."""
    address = f"{HOST}:{free_port()}"
    with pytest.raises(ServerUnreachable, match=rf"{address} within 0\.2 s.*TEMPORAL_ADDRESS"):
        await connect(address=address, timeout_seconds=0.2, environ={})


def test_only_missing_attributes_are_added() -> None:
    """What is there with the right type is left alone."""
    known = {key.name: int(key.indexed_value_type) for key in ALL if key is not CARRIER}
    assert missing_attributes(known) == (CARRIER,)


def test_an_attribute_of_another_type_is_an_error() -> None:
    """The error says which type was expected and which came."""
    known = {"SlaDue": int(IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST)}
    with pytest.raises(SearchAttributeConflict, match="expected type Datetime, came KeywordList"):
        missing_attributes(known)


def test_the_commands_for_an_operator() -> None:
    """Each attribute has its command."""
    assert registration_commands("shop")[2] == (
        "temporal operator search-attribute create --namespace shop --name SlaDue --type Datetime"
    )
