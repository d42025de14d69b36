"""The outermost layer: headers that every answer has, and no error that leaves as a traceback."""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fulfillment.entrypoints.http.problems import InternalError, response_of
from fulfillment.telemetry.safe_errors import described

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""Answers are data, for nobody else and never a page."""

_log = logging.getLogger(__name__)


class Boundary:
    """Answers what nobody foresaw with a plain 500, and logs where it happened."""

    def __init__(self, app: ASGIApp) -> None:
        """Keep what is wrapped."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and see to its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *added]}
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends here
            _tell(scope, error)
            if begun:
                message = "the answer broke off"
                raise ConnectionError(message) from None
            sorry = InternalError("a mistake of ours; the log of `fulfillment serve` says where")
            await response_of(sorry)(scope, receive, sending)


def _tell(scope: Scope, error: Exception) -> None:
    # Without its message: that of a driver may quote what was stored.
    route = getattr(scope.get("route"), "path", "no route")
    kind, extra = type(error).__qualname__, {"error": described(error)}
    _log.error("%s at %s %s", kind, scope["method"], route, extra=extra)
