"""`fulfillment serve` and `fulfillment api-key`: the operations over HTTP."""

import asyncio
import logging
import secrets
from typing import Annotated

import typer
from temporalio.service import RPCError

from fulfillment.domain.access import ApiKey, Role, hash_of
from fulfillment.domain.base import Identifier
from fulfillment.domain.errors import FulfillmentError, Problem, Refused
from fulfillment.entrypoints.console import UNREACHABLE, Address, errors, refuse, say
from fulfillment.entrypoints.validation import validated
from fulfillment.settings import load_settings
from fulfillment.telemetry import logs

HOST, PORT = "127.0.0.1", 8000
KEY_BYTES = 32
VARIABLE = "FULFILLMENT_API_KEYS"

log = logging.getLogger(__name__)


def serve(
    host: Annotated[str, typer.Option(help="Where to listen; 0.0.0.0 is everywhere.")] = HOST,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = PORT,
    address: Address = None,
) -> None:
    """Serve the operations over HTTP until SIGTERM or Ctrl-C."""
    # What it takes to serve is not for every other command to load.
    from fulfillment.entrypoints.http import serving  # noqa: PLC0415

    def tell(line: str) -> None:
        log.info("http: %s", line)

    logs.begin("serve")
    try:
        settings = load_settings()
        asyncio.run(serving.serve(settings, host, port, temporal_address=address, tell=tell))
    except (FulfillmentError, RPCError) as error:
        if logs.is_json():
            tell(f"refused: {error}")
        else:
            refuse(error)
        raise typer.Exit(UNREACHABLE) from error


def api_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Goes on record with what it does.")],
    role: Annotated[Role, typer.Argument(metavar="ROLE", help=", ".join(Role))],
) -> None:
    """Make an API key and print the line that lets it in; the key itself is shown only now."""
    try:
        known = load_settings().api_keys
        if name in [key.name for key in known]:
            raise _name_taken(name)
        key = f"fk_{secrets.token_urlsafe(KEY_BYTES)}"
        made = validated(ApiKey, {"name": name, "role": role, "sha256": hash_of(key)})
    except FulfillmentError as error:
        raise typer.Exit(refuse(error)) from error
    line = ",".join(map(str, [*known, made]))
    say("The key, for who asks; it is kept nowhere:", console=errors())
    say(key)
    say("Its hash, for who serves; set before `fulfillment serve`:", console=errors())
    say(f"export {VARIABLE}={line}")


def _name_taken(name: Identifier) -> FulfillmentError:
    remedy = f"take another name, or take its entry out of {VARIABLE} first"
    return Refused.of(Problem(path="NAME", expected="a new name", came=name, remedy=remedy))
