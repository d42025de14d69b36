"""Who may ask what: API keys, and whether their roles may use the route."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote

from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from fulfillment.domain.access import ApiKey, Role, find_key
from fulfillment.domain.errors import Problem
from fulfillment.entrypoints.http.limits import WITHOUT_KEY, RateLimits, read_body
from fulfillment.entrypoints.http.problems import (
    HttpError,
    InvalidRequest,
    MalformedBody,
    UnsupportedMedia,
)
from fulfillment.entrypoints.http.roles import ROLES
from fulfillment.operations.engine import Engine
from fulfillment.operations.idempotency import claim_key
from fulfillment.operations.json_files import parse_json
from fulfillment.settings import Settings
from fulfillment.storefronts.mapping import Merchant

ReportT = TypeVar("ReportT", bound=BaseModel)

_MAKE_ONE = "make a key with `fulfillment api-key NAME ROLE`"


class KeysMissing(HttpError):
    """No API key is set, so that nobody may ask."""

    code = "no_api_keys"
    status = 503


class Unauthorized(HttpError):
    """The request has no API key, or one that is not known."""

    code = "unauthorized"
    status = 401

    def headers(self) -> dict[str, str]:
        """Return how to show a key."""
        return {"WWW-Authenticate": 'Bearer realm="fulfillment"'}


class Forbidden(HttpError):
    """The key's role is not for this."""

    code = "forbidden"
    status = 403


@dataclass(frozen=True)
class Service:
    """What every route works with."""

    engine: Engine
    settings: Settings
    merchant: Merchant
    rates: RateLimits
    under_way: set[asyncio.Future[Any]] = field(default_factory=set)
    """What goes on although its request was answered."""

    def keep(self, work: asyncio.Future[Any]) -> None:
        """Keep work until it has ended, however it ends."""

        def ended(_: asyncio.Future[Any]) -> None:
            self.under_way.discard(work)
            if not work.cancelled():
                work.exception()

        self.under_way.add(work)
        work.add_done_callback(ended)

    async def finish(self, seconds: float) -> None:
        """Wait for work that goes on, and give up what takes longer."""
        if not self.under_way:
            return
        _, late = await asyncio.wait(set(self.under_way), timeout=seconds)
        for work in late:
            work.cancel()
        await asyncio.gather(*late, return_exceptions=True)


@dataclass(frozen=True)
class Caller:
    """Who asks, and the engine that is asked."""

    engine: Engine
    key: ApiKey

    @property
    def name(self) -> str:
        """Return the key's name: who did it, where the request names nobody."""
        return self.key.name

    def sign(self, report: ReportT) -> ReportT:
        """Return what was reported, by who reported it: the key, where it names nobody."""
        named = "by" in report.model_fields_set
        return report if named else report.model_copy(update={"by": self.name})


@dataclass(frozen=True)
class Once:
    """The request's own key, by which it happens once."""

    engine: Engine
    key: str | None
    request_hash: str

    async def claim(self) -> str | None:
        """Put on record that the key stands for this request; return it, as an update's id.

        Raises:
            EffectConflict: it stands for another one.

        """
        if self.key is not None:
            await claim_key(self.engine, self.key, self.request_hash)
        return self.key


class StrictRequest(Request):
    """A request whose JSON is read as strictly as a file's."""

    async def json(self) -> Any:  # noqa: ANN401 - whatever it holds
        """Return what the body holds."""
        return parse_json(await self.body(), "body", MalformedBody)


class GuardedRoute(APIRoute):
    """A route that looks at the key before it reads the body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()
        method = "".join(self.methods or ())
        roles = ROLES.get(f"{method} {self.path}", frozenset())

        async def guarded(request: Request) -> Response:
            request.state.caller = _admitted(request, roles)
            _require_text(request)
            strict = StrictRequest(request.scope, request.receive)
            if await read_body(strict):
                _require_json(strict)
                await strict.json()
            return await answer(strict)

        return guarded


def service_of(request: Request) -> Service:
    """Return what the app works with."""
    service: Service = request.app.state.service
    return service


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


async def _once(
    request: Request,
    caller: Annotated[Caller, Depends(_caller)],
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=200,
            pattern=r"^[\x21-\x7e]+$",
            description="Your own key for this request: the same request again under it happens "
            "once; another request under it is refused with 422.",
            examples=["5f2b7a52-2f0e-4e39-9b1c-0e8f4f2b1a10"],
        ),
    ] = None,
) -> Once:
    key = f"http/{caller.name}/{idempotency_key}" if idempotency_key else None
    asked = f"{request.method} {request.url.path}\n".encode() + await request.body()
    return Once(caller.engine, key, hashlib.sha256(asked).hexdigest())


Asking = Annotated[Caller, Depends(_caller)]
OnceOnly = Annotated[Once, Depends(_once)]


def _admitted(request: Request, roles: frozenset[Role]) -> Caller:
    service = service_of(request)
    key = admit(request, service.settings.api_keys, service.rates, roles)
    return Caller(service.engine, key)


def admit(
    request: Request, keys: tuple[ApiKey, ...], rates: RateLimits, roles: frozenset[Role]
) -> ApiKey:
    """Return the key that a request shows, if its role may do this.

    Raises:
        KeysMissing: no key is set at all.
        Unauthorized: the request shows none that is set.
        TooManyRequests: the key asks too often, or too much is asked without one.
        Forbidden: the key's role is another one.

    """
    if not keys:
        message = f"expected at least one API key to be set, came none; {_MAKE_ONE}"
        raise KeysMissing(message)
    scheme, _, presented = request.headers.get("authorization", "").partition(" ")
    key = find_key(presented.strip(), keys) if scheme.lower() == "bearer" else None
    if key is None:
        rates.take(WITHOUT_KEY)
        raise _unauthorized(scheme)
    rates.take(key.name)
    if key.role not in roles:
        wanted = " or ".join(sorted(roles)) or "no role at all"
        message = f"expected a key of role {wanted}, came {key.name} of role {key.role.value}"
        raise Forbidden(message)
    return key


def _unauthorized(scheme: str) -> Unauthorized:
    problem = Problem(
        path="Authorization",
        expected="Bearer and an API key that is set",
        came="a key that is not known" if scheme.lower() == "bearer" else "none of the kind",
        remedy=_MAKE_ONE,
    )
    return Unauthorized(str(problem), [problem])


def _require_text(request: Request) -> None:
    """Refuse the NUL character, as bodies are: PostgreSQL's texts can't hold it."""
    query = unquote(request.scope["query_string"].decode("latin-1"))
    asked = {"path": request.scope["path"], "query": query}
    problems = [
        Problem(path=where, expected="a text without the NUL character", came="one with it")
        for where, text in asked.items()
        if "\x00" in text
    ]
    if problems:
        raise InvalidRequest("; ".join(map(str, problems)), problems)


def _require_json(request: Request) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        problem = Problem(
            path="Content-Type", expected="application/json", came=media_type or "nothing"
        )
        raise UnsupportedMedia(str(problem), [problem])
