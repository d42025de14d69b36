"""`fulfillment encryption-key` and `fulfillment codec-server`: encrypted histories."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from fulfillment.domain.errors import FulfillmentError, Problem, Refused
from fulfillment.domain.keyring import KEY_BYTES, EncryptionKey, Keyring
from fulfillment.entrypoints.console import UNREACHABLE, errors, refuse, say
from fulfillment.settings import load_settings
from fulfillment.temporal.unreadable import KEYS_VARIABLE

HOST, PORT = "127.0.0.1", 8234


def encryption_key(
    key_id: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="Stands beside what it encrypts; else today's date."),
    ] = None,
) -> None:
    """Make an encryption key and print the line that sets it, with those that are set behind it."""
    try:
        known = load_settings().keyring()
        made = _made(key_id or f"{datetime.now(UTC):k%Y-%m-%d}", known)
    except FulfillmentError as error:
        raise typer.Exit(refuse(error)) from error
    line = ",".join(key.setting() for key in (made, *(known.keys if known else ())))
    say(
        "Secret; whoever has it reads every history. Set it for workers, serve and",
        console=errors(),
    )
    say("commands alike, and keep it as long as a history or backup lasts:", console=errors())
    say(f"export {KEYS_VARIABLE}={line}")


def codec_server(
    host: Annotated[str, typer.Option(help="Where to listen; 0.0.0.0 is everywhere.")] = HOST,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = PORT,
) -> None:
    """Decrypt payloads for the Temporal UI and CLI until SIGTERM or Ctrl-C."""
    # What it takes to serve is not for every other command to load.
    from fulfillment.entrypoints.http import serving  # noqa: PLC0415

    def tell(line: str) -> None:
        say(f"codec: {line}", console=errors())

    try:
        asyncio.run(serving.serve_codec(load_settings(), host, port, tell=tell))
    except FulfillmentError as error:
        refuse(error)
        raise typer.Exit(UNREACHABLE) from error


def _made(key_id: str, known: Keyring | None) -> EncryptionKey:
    made = EncryptionKey(key_id, os.urandom(KEY_BYTES))
    try:
        Keyring.parse(made.setting())
    except ValueError:
        expected = "letters, digits, dot, dash and underscore, 64 at most"
        raise _wrong_id(key_id, expected, "take another id") from None
    if known is not None and known.find(key_id):
        raise _wrong_id(key_id, "a new id", "an id stands for one key for ever; take another one")
    return made


def _wrong_id(key_id: str, expected: str, remedy: str) -> FulfillmentError:
    return Refused.of(Problem(path="ID", expected=expected, came=key_id, remedy=remedy))
