"""Everything that is refused, as problem+json; never a traceback, never a secret.

Source: RFC 9457 (Problem Details for HTTP APIs).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from temporalio.service import RPCError

from fulfillment.domain import errors
from fulfillment.domain.base import Value
from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.domain.orders import problems_in
from fulfillment.temporal.setup_errors import TemporalSetupError

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
"""When to ask again what a machine did not answer."""

STATUS: dict[type[FulfillmentError], int] = {
    errors.InvalidOrder: 422,
    errors.InvalidReceipt: 422,
    errors.EffectConflict: 422,
    errors.NotFound: 404,
    errors.Refused: 409,
    errors.Impossible: 409,
    errors.FulfillmentCanceled: 409,
    errors.Inconsistent: 409,
    errors.Unavailable: 503,
    TemporalSetupError: 503,
    FulfillmentError: 500,
}
"""The status of each error, by the nearest class of the tree that stands here."""


class ProblemDetails(Value):
    """Why something is not done; `application/problem+json` of RFC 9457."""

    type: str = Field(examples=["urn:fulfillment:order_conflict"])
    title: str = Field(examples=["Order conflict"])
    status: int = Field(examples=[409])
    detail: str
    """For people: what was expected, what came, what to do."""
    code: str = Field(examples=["order_conflict"])
    """For machines; never changes."""
    retryable: bool
    """Whether the same again, later, can help."""
    problems: tuple[Problem, ...] = ()
    """Each single thing that is wrong, with its path in the request where it has one."""


class HttpError(FulfillmentError):
    """Something that only HTTP knows is wrong."""

    status: ClassVar[int] = 400

    def headers(self) -> dict[str, str]:
        """Return the headers that the status asks for."""
        return {}


class InvalidRequest(HttpError):
    """A parameter or a body is not what the route takes."""

    code = "invalid_request"
    status = 422


class MalformedBody(HttpError):
    """The body is no JSON."""

    code = "malformed_body"


class UnsupportedMedia(HttpError):
    """The body is of a type that is not taken."""

    code = "unsupported_media_type"
    status = 415


class InternalError(HttpError):
    """A mistake of ours."""

    code = "internal_error"
    status = 500


class TemporalFailed(errors.Unavailable):
    """Temporal answered with an error of its own."""

    code = "temporal"


_BODIES = {
    "/v1/orders": errors.InvalidOrder,
    "/v1/stock/receipts": errors.InvalidReceipt,
    "/v1/stock/adjustments": errors.InvalidReceipt,
    "/v1/stock/expiries": errors.InvalidReceipt,
}
"""What a wrong body is called, where the operation has a word for it."""


def install(app: FastAPI) -> None:
    """Have the app answer every error as problem+json."""
    app.add_exception_handler(FulfillmentError, _answer)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RPCError, _answer_rpc)


def response_of(error: FulfillmentError) -> Response:
    """Return the answer that an error becomes."""
    details = ProblemDetails(
        type=f"urn:fulfillment:{error.code}",
        title=_title(error.code),
        status=_status(error),
        detail=str(error),
        code=error.code,
        retryable=error.retryable,
        problems=error.problems,
    )
    return _response(details, _headers(error))


def _status(error: FulfillmentError) -> int:
    if isinstance(error, HttpError):
        return error.status
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def _headers(error: FulfillmentError) -> dict[str, str]:
    if isinstance(error, HttpError):
        return error.headers()
    unavailable = _status(error) == STATUS[errors.Unavailable]
    return {"Retry-After": str(RETRY_SECONDS)} if unavailable else {}


def _title(code: str) -> str:
    return code.replace("_", " ").capitalize()


def _response(details: ProblemDetails, headers: Mapping[str, str]) -> Response:
    content = details.model_dump(mode="json")
    return JSONResponse(content, details.status, dict(headers), MEDIA_TYPE)


async def _answer(_: Request, error: Exception) -> Response:
    return response_of(cast("FulfillmentError", error))


async def _answer_rpc(_: Request, error: Exception) -> Response:
    status = cast("RPCError", error).status.name
    return response_of(TemporalFailed(f"Temporal answered {status}; the same again is safe"))


async def _answer_http(_: Request, error: Exception) -> Response:
    """Answer what routing refuses: an unknown path, or a method that the path does not have."""
    known = cast("HTTPException", error)
    code = {404: "no_such_route", 405: "method_not_allowed"}.get(known.status_code, "http_error")
    details = ProblemDetails(
        type=f"urn:fulfillment:{code}",
        title=_title(code),
        status=known.status_code,
        detail=f"{known.detail}; /openapi.json lists what there is",
        code=code,
        retryable=False,
    )
    return _response(details, known.headers or {})


async def _answer_invalid(request: Request, error: Exception) -> Response:
    findings = cast("RequestValidationError", error).errors()
    kind = InvalidRequest
    if request.method == "POST" and all(finding["loc"][0] == "body" for finding in findings):
        kind = _BODIES.get(request.url.path, InvalidRequest)  # type: ignore[assignment]
    return response_of(kind.of(*problems_in(_without_place(findings))))


def _without_place(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return findings whose location begins behind `body`, `query`, `path` or `header`."""
    return [{**finding, "loc": _rest(finding["loc"])} for finding in findings]


def _rest(location: Iterable[int | str]) -> tuple[int | str, ...]:
    place, *rest = location
    return tuple(rest or [place])
