"""The codec server: shows encrypted payloads to operators, in the Temporal UI and its CLI.

Source: Temporal's codec server protocol: POST /encode and /decode with JSON Payloads.
"""

import hmac
from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from starlette.responses import JSONResponse
from temporalio.api.common.v1 import Payload, Payloads

from fulfillment.domain.base import Value
from fulfillment.domain.errors import PayloadUnreadable, Problem
from fulfillment.entrypoints.http import problems
from fulfillment.entrypoints.http.boundary import Boundary
from fulfillment.entrypoints.http.limits import BodyLimit, RateLimits, read_body
from fulfillment.entrypoints.http.observing import OFF
from fulfillment.entrypoints.http.problems import HttpError, MalformedBody
from fulfillment.entrypoints.http.roles import OPERATIONS
from fulfillment.entrypoints.http.security import Forbidden, admit
from fulfillment.operations.json_files import parse_json
from fulfillment.settings import Settings
from fulfillment.temporal.encryption import EncryptionCodec, is_encrypted

BODY_LIMIT_BYTES = 8_000_000
"""Twice what a gRPC message of Temporal may have, since JSON spells bytes out."""

HEADERS = ("Authorization", "Authorization-Extras", "Content-Type", "X-Namespace")


class Undecodable(HttpError):
    """A payload can't be decrypted; says which key is missing, and nothing of its content."""

    code = "undecodable_payload"
    status = 422


class Health(Value):
    """The process answers."""

    status: str = "ok"


def make_codec_app(codec: EncryptionCodec, settings: Settings) -> FastAPI:
    """Return the application that encrypts and decrypts for whoever may ask.

    Args:
        codec: the product's own.
        settings: API keys, of which those for operations may ask; pages that may; the ticket.

    """
    app = FastAPI(
        title="Codec server",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        telemetry=OFF,
        redirect_slashes=False,
    )
    rates = RateLimits(settings.http_requests_per_second, settings.http_burst)
    origins = _origins(settings)
    ticket = settings.codec_ui_ticket.get_secret_value()

    async def change(request: Request, one: Callable[[Payload], Payload]) -> Response:
        _require_origin(request, origins)
        presented = request.path_params.get("ticket")
        if presented is None or not _is(presented, ticket):
            admit(request, settings.api_keys, rates, OPERATIONS)
        payloads = _payloads(await read_body(request))
        changed = Payloads(payloads=[_changed(one, payload) for payload in payloads])
        return JSONResponse(MessageToDict(changed))

    def readable(payload: Payload) -> Payload:
        return codec.decrypt(payload) if is_encrypted(payload) else payload

    async def decode(request: Request) -> Response:
        return await change(request, readable)

    async def encode(request: Request) -> Response:
        return await change(request, codec.encrypt)

    async def healthz() -> Health:
        return Health()

    for prefix in ("", "/ui/{ticket}"):
        app.add_api_route(f"{prefix}/decode", decode, methods=["POST"])
        app.add_api_route(f"{prefix}/encode", encode, methods=["POST"])
    app.add_api_route("/healthz", healthz)
    problems.install(app)
    app.add_middleware(BodyLimit, limit_bytes=BODY_LIMIT_BYTES)
    app.add_middleware(
        CORSMiddleware, allow_origins=origins, allow_methods=["POST"], allow_headers=HEADERS
    )
    app.add_middleware(Boundary)
    return app


def _origins(settings: Settings) -> list[str]:
    return [origin.rstrip("/") for origin in settings.codec_ui_origins.replace(",", " ").split()]


def _require_origin(request: Request, origins: list[str]) -> None:
    # A browser names the page that asks. What it may not read, it may not have done either.
    origin = request.headers.get("origin")
    if origin is not None and origin not in origins:
        message = (
            f"expected a page of {', '.join(origins) or 'none'}, came {origin[:100]!r}; "
            "FULFILLMENT_CODEC_UI_ORIGINS says which may ask"
        )
        raise Forbidden(message)


def _is(presented: str, ticket: str) -> bool:
    return bool(ticket) and hmac.compare_digest(presented.encode(), ticket.encode())


def _payloads(body: bytes) -> list[Payload]:
    document = parse_json(body, "body", MalformedBody)
    try:
        _require_list(document)
        return list(ParseDict(document, Payloads(), ignore_unknown_fields=True).payloads)
    except (ParseError, TypeError, AttributeError, ValueError):
        problem = Problem(
            path="body",
            expected="JSON Payloads, as the Temporal UI and CLI send them",
            came="something else",
        )
        # Without its cause, which quotes the body.
        raise MalformedBody(str(problem), [problem]) from None


def _require_list(document: object) -> None:
    # The parser passes over what is no object, as if nothing had been sent.
    if not isinstance(document, dict) or not isinstance(document.get("payloads", []), list):
        raise TypeError


def _changed(one: Callable[[Payload], Payload], payload: Payload) -> Payload:
    try:
        return one(payload)
    except PayloadUnreadable as error:
        raise Undecodable(str(error), error.problems) from error
