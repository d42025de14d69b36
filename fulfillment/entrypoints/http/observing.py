"""The access log, the metrics and the span of every request; never its raw URL, nor its content."""

import logging
import time
import uuid
from typing import Any

from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fulfillment.telemetry import log_context, metrics, tracing

OFF: TelemetryConfig = {
    "auto_configure": False,
    "logs": False,
    "metrics": False,
    "tracing": False,
}
"""FastAPI's own would send URLs and errors' texts; `Observing` tells what may be told."""

REQUEST_ID = "x-request-id"
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
NO_ROUTE = "none"
QUIET = frozenset({"/healthz", "/readyz"})
"""Asked every few seconds by machines; counted, and logged only at DEBUG where they succeed."""

_log = logging.getLogger(__name__)


class Observing:
    """Gives each request an id, and tells when it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        """Keep what is wrapped."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell how it was answered."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        request_id = request_id_of(headers.get(REQUEST_ID, ""))
        begun, answer = time.perf_counter(), {"status": 500}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                named = (REQUEST_ID.encode(), request_id.encode())
                message = {**message, "headers": [*message.get("headers", []), named]}
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else "other"
        with log_context.request(request_id), tracing.request_span(method, headers) as span:
            try:
                await self.app(scope, receive, sending)
            finally:
                route = getattr(scope.get("route"), "path", NO_ROUTE)
                status = answer["status"]
                span.update_name(f"{method} {route}")
                span.set_attributes(
                    {
                        "http.request.method": method,
                        "http.route": route,
                        "http.response.status_code": status,
                    }
                )
                _tell(method, route, status, time.perf_counter() - begun, _ids(scope, status))


def request_id_of(came: str) -> str:
    """Return the caller's id if it is a UUID, else a new one: a free text could be anything."""
    try:
        return str(uuid.UUID(came))
    except ValueError:
        return str(uuid.uuid4())


def _ids(scope: Scope, status: int) -> dict[str, str]:
    # Of what was found alone: what stands in the URL of nothing is anybody's text.
    if status >= 400:  # noqa: PLR2004 - HTTP's own border
        return {}
    given: dict[str, Any] = scope.get("path_params", {})
    return {name: str(given[name]) for name in ("order_id", "fulfillment_id") if name in given}


def _tell(method: str, route: str, status: int, seconds: float, ids: dict[str, str]) -> None:
    metrics.HTTP_REQUESTS.labels(method, route, str(status)).inc()
    metrics.HTTP_SECONDS.labels(method, route).observe(seconds)
    level = logging.DEBUG if route in QUIET and status < 400 else logging.INFO  # noqa: PLR2004
    extra = {"method": method, "route": route, "status": status, **ids}
    _log.log(level, "answered", extra={**extra, "duration_ms": round(seconds * 1000, 1)})
