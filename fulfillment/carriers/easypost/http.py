"""The HTTP client: sends a request, and turns what goes wrong into the domain's errors.

Neither the key nor what a customer is called or lives stands in an error: of an answer that refuses
only the status, EasyPost's code and the names of fields are kept.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx
from pydantic import SecretStr

from fulfillment.carriers.easypost.wire import Request
from fulfillment.domain.errors import (
    CarrierAnswerInvalid,
    CarrierRefused,
    CarrierUnavailable,
    NotFound,
    Problem,
)

BASE_URL = "https://api.easypost.com/v2"
USER_AGENT = "fulfillment-engine/1"
MAX_DOCUMENT_BYTES = 10_000_000
TOO_MANY_REQUESTS, NOT_FOUND, SERVER_ERROR, ERROR = 429, 404, 500, 400
LONGEST_REST = timedelta(hours=1)

_CODE = re.compile(r"[A-Z0-9_.]{1,80}")
_FIELD = re.compile(r"[a-z0-9_.\[\]]{1,80}")


class EasyPostHttp:
    """Asks EasyPost, each question once: who may ask again is decided by the caller."""

    def __init__(
        self,
        api_key: SecretStr,
        *,
        base_url: str = BASE_URL,
        timeout: timedelta = timedelta(seconds=8),
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Keep the key, which goes to the API's root alone; `transport` is for tests."""
        self._key = api_key
        self._base_url = base_url.rstrip("/")
        # Neither a proxy of the environment nor a redirect decides where the key goes.
        self._client = httpx.AsyncClient(
            timeout=timeout.total_seconds(),
            trust_env=False,
            follow_redirects=False,
            transport=transport,
            headers={"user-agent": USER_AGENT},
        )

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def send(self, request: Request) -> Any:  # noqa: ANN401 - each answer has its own parser
        """Send a request and return what its JSON holds; numbers with a point are Decimals.

        Raises:
            CarrierUnavailable: no answer, too many questions, or a failure on their side; what
                changes something may have been done.
            CarrierAnswerInvalid: the answer is no JSON.
            CarrierRefused: they said no.
            NotFound: they know nothing of it.

        """
        response = await self._sent(
            request.method,
            f"{self._base_url}{request.path}",
            json=request.body,
            params=request.query,
            auth=(self._key.get_secret_value(), ""),
        )
        _require_success(response)
        return _json_of(response)

    async def download(self, url: str) -> bytes:
        """Return a document, which lies elsewhere: without the key, by https alone.

        Raises:
            CarrierUnavailable: it does not come.
            CarrierAnswerInvalid: its address is none by https, or it is too large.

        """
        if httpx.URL(url).scheme != "https":
            raise CarrierAnswerInvalid.of(_problem("document", "an https address", "another one"))
        response = await self._sent("GET", url)
        if response.status_code != httpx.codes.OK:
            raise CarrierUnavailable.of(
                _problem("document", "status 200", f"{response.status_code}")
            )
        if not 0 < len(response.content) <= MAX_DOCUMENT_BYTES:
            came = f"{len(response.content)} bytes"
            raise CarrierAnswerInvalid.of(
                _problem("document", f"1 to {MAX_DOCUMENT_BYTES} bytes", came)
            )
        return response.content

    async def _sent(self, method: str, url: str, **how: Any) -> httpx.Response:  # noqa: ANN401
        try:
            return await self._client.request(method, url, **how)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            came = "none in time" if isinstance(error, httpx.TimeoutException) else "no connection"
            # Not `from error`: what httpx raises holds the request, and in it the key.
            raise CarrierUnavailable.of(_problem("", "an answer", came)) from None


def _require_success(response: httpx.Response) -> None:
    status = response.status_code
    if status < ERROR:
        return
    reason, fields = _why(response)
    came = " ".join(part for part in (f"status {status}", reason, ", ".join(fields)) if part)
    problem = _problem("", "a success", came)
    if status == TOO_MANY_REQUESTS or status >= SERVER_ERROR:
        unavailable = CarrierUnavailable(str(problem), [problem])
        unavailable.retry_after = _retry_after(response.headers.get("retry-after", ""))
        raise unavailable
    if status == NOT_FOUND:
        raise NotFound.of(problem)
    raise CarrierRefused(str(problem), [problem], reason=reason)


def _why(response: httpx.Response) -> tuple[str, list[str]]:
    """Return EasyPost's code and the fields that are wrong; nothing that may be somebody's."""
    try:
        payload = json.loads(response.content)
    except (ValueError, RecursionError):
        return "", []
    error = payload.get("error") if isinstance(payload, Mapping) else None
    if not isinstance(error, Mapping):
        return "", []
    code, details = str(error.get("code", "")), error.get("errors") or []
    fields = [
        str(detail.get("field", ""))
        for detail in (details if isinstance(details, list) else [])
        if isinstance(detail, Mapping)
    ]
    shown = [field for field in fields if _FIELD.fullmatch(field)]
    return (code if _CODE.fullmatch(code) else ""), shown


def _json_of(response: httpx.Response) -> Any:  # noqa: ANN401 - whatever it holds
    try:
        return json.loads(response.content, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise CarrierAnswerInvalid.of(_problem("", "JSON", "something else")) from None


def _retry_after(value: str) -> timedelta | None:
    """Return what Retry-After asks for, an hour at most: seconds, or a date (RFC 9110, 10.2.3)."""
    if value.isascii() and value.isdecimal():
        return min(timedelta(seconds=int(value[:6])), LONGEST_REST)
    try:
        wait = parsedate_to_datetime(value) - datetime.now(UTC)
    except (TypeError, ValueError):
        return None
    return min(max(wait, timedelta(0)), LONGEST_REST)


def _problem(what: str, expected: str, came: str) -> Problem:
    return Problem(path=f"EasyPost {what}".strip(), expected=expected, came=came)
