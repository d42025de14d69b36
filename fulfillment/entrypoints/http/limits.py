"""How much and how often may be asked: request bodies, and requests of each key."""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fulfillment.domain.errors import Problem
from fulfillment.entrypoints.http.problems import HttpError, response_of

BODY_SECONDS = 20.0
"""How long a body may take to arrive."""

WITHOUT_KEY = "all who show no valid key or signature"
"""Whose bucket they share; no key is called so."""

_MOST_DIGITS = 19

ROUNDING = 1e-9
"""What a token may lack for the rounding of times: who waits as told gets in."""


class BodyTooLarge(HttpError):
    """The body has more bytes than are taken."""

    code = "body_too_large"
    status = 413


class BodyTooSlow(HttpError):
    """The body did not arrive in time."""

    code = "body_too_slow"
    status = 408
    retryable = True


class TooManyRequests(HttpError):
    """A key asks more often than it may; says in how many seconds to ask again."""

    code = "too_many_requests"
    status = 429
    retryable = True

    def __init__(self, message: str, wait_seconds: float) -> None:
        """Keep how long to wait."""
        super().__init__(message)
        self.wait_seconds = math.ceil(wait_seconds)

    def headers(self) -> dict[str, str]:
        """Return when to ask again."""
        return {"Retry-After": str(self.wait_seconds)}


class BodyLimit:
    """Refuses a body of too many bytes, whether its length is said beforehand or not."""

    def __init__(self, app: ASGIApp, limit_bytes: int) -> None:
        """Keep what is asked within the limit."""
        self.app = app
        self.limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count its body while it arrives."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        # What has more digits is beyond any limit, and no number to Python.
        digits = declared.lstrip(b"0")[:_MOST_DIGITS]
        if declared.isdigit() and int(digits or b"0") > self.limit_bytes:
            came = f"{int(digits)} bytes" + (" or more" if len(digits) == _MOST_DIGITS else "")
            await response_of(self._too_large(came))(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken <= self.limit_bytes:
                return message
            came = f"{taken} and more"
            raise self._too_large(came)

        await self.app(scope, counted, send)

    def _too_large(self, came: str) -> BodyTooLarge:
        problem = Problem(path="body", expected=f"at most {self.limit_bytes} bytes", came=came)
        return BodyTooLarge(str(problem), [problem])


async def read_body(request: Request) -> bytes:
    """Return the raw body.

    Raises:
        BodyTooLarge: it has too many bytes.
        BodyTooSlow: it did not arrive in time.

    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.body()
    except TimeoutError as error:
        message = f"expected the whole body within {BODY_SECONDS:g} s"
        raise BodyTooSlow(message) from error


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class RateLimits:
    """A bucket of tokens for each key: a request takes one, and they come back with time.

    Kept in memory, so that each serving process counts for itself.
    """

    def __init__(
        self, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Keep how fast buckets fill, how much they hold, and what tells seconds."""
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, name: str) -> None:
        """Take a token of a key's bucket.

        Raises:
            TooManyRequests: it is empty.

        """
        now = self._clock()
        bucket = self._buckets.setdefault(name, _Bucket(self._burst, now))
        gained = (now - bucket.filled_at) * self._per_second
        bucket.tokens = min(self._burst, bucket.tokens + gained)
        bucket.filled_at = now
        if bucket.tokens < 1 - ROUNDING:
            wait = (1 - bucket.tokens) / self._per_second
            message = (
                f"expected at most {self._per_second:g} requests a second from {name}, and "
                f"{self._burst} at once; ask again in {math.ceil(wait)} s"
            )
            raise TooManyRequests(message, wait)
        bucket.tokens -= 1
