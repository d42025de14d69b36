"""Where the merchant listens: added, removed, given a new secret, enabled, disabled."""

import base64
import hashlib
import secrets

from pydantic import SecretStr

from fulfillment.domain.base import Identifier, Instant, StrictValue, Value, content_hash
from fulfillment.domain.errors import EffectConflict, FulfillmentError, NotFound, Problem, Refused
from fulfillment.domain.webhooks import (
    MOST_ENDPOINTS,
    PREFIX,
    Endpoint,
    WebhookRules,
    check_event_types,
    check_secret,
    check_url,
)
from fulfillment.operations.engine import Engine
from fulfillment.operations.webhook_waking import wake
from fulfillment.records import EffectRecord
from fulfillment.stores import UnitOfWork

SECRET_BYTES = 32


class EndpointWish(StrictValue):
    """Where a merchant listens, and for what."""

    endpoint_id: Identifier
    url: str
    event_types: tuple[str, ...] = ()
    """None means all; `order.*` is all of that kind."""
    secret: SecretStr | None = None
    """`whsec_…`; without one, one is made."""


class EndpointView(Value):
    """An endpoint, without its secrets."""

    endpoint_id: str
    url: str
    event_types: tuple[str, ...]
    enabled: bool
    disabled_because: str
    failing_since: Instant | None
    paused_until: Instant | None
    previous_until: Instant | None
    """Until when the secret before the last rotation signs too."""
    created_at: Instant


class EndpointSecret(Value):
    """An endpoint's new secret; it is shown this once."""

    endpoint: EndpointView
    secret: str


async def add_endpoint(
    engine: Engine, wish: EndpointWish, rules: WebhookRules, key: str | None = None
) -> EndpointSecret:
    """Put an endpoint on record; it hears of what happens from now on.

    Under the same `key` the same again has the same secret.

    Raises:
        Refused: the id is taken, or a URL, type or secret that can't be.
        EffectConflict: what was added under the key is no longer as it was.

    """
    secret = check_secret(wish.secret.get_secret_value()) if wish.secret else _new_secret()
    endpoint = Endpoint(
        endpoint_id=wish.endpoint_id,
        url=check_url(wish.url, rules),
        event_types=check_event_types(wish.event_types),
        secret=secret,
        created_at=engine.clock.now(),
    )
    async with engine.database.writing() as tx:
        known = await tx.webhooks.endpoint(wish.endpoint_id)
        if await _is_done(tx, key, known):
            return _with_secret(known or endpoint)
        if known:
            raise _taken(wish.endpoint_id)
        if len(await tx.webhooks.endpoints()) >= MOST_ENDPOINTS:
            raise _too_many()
        await tx.webhooks.add_endpoint(endpoint)
        await _note(engine, tx, key, endpoint)
    await wake(engine, [wish.endpoint_id])
    return _with_secret(endpoint)


async def list_endpoints(engine: Engine) -> list[EndpointView]:
    """Return all endpoints, by id."""
    async with engine.database.reading() as tx:
        return [_view(endpoint) for endpoint in await tx.webhooks.endpoints()]


async def remove_endpoint(engine: Engine, endpoint_id: str) -> None:
    """Remove an endpoint with its deliveries; the messages stay on record.

    Raises:
        NotFound: there is none of that id.

    """
    async with engine.database.writing() as tx:
        if not await tx.webhooks.remove_endpoint(endpoint_id):
            raise _unknown(endpoint_id)
    await wake(engine, [endpoint_id])


async def rotate_secret(
    engine: Engine,
    endpoint_id: str,
    rules: WebhookRules,
    secret: SecretStr | None = None,
    key: str | None = None,
) -> EndpointSecret:
    """Give an endpoint a new secret; for a while the old one signs too.

    Under the same `key` the same again has the same secret, and the old one still signs.

    Raises:
        NotFound: there is none of that id.
        Refused: the secret is none.
        EffectConflict: it was given another secret since it was given one under the key.

    """
    new = check_secret(secret.get_secret_value()) if secret else _new_secret()
    until = engine.clock.now() + rules.rotation
    async with engine.database.writing() as tx:
        known = await get_endpoint(tx, endpoint_id)
        if await _is_done(tx, key, known):
            return _with_secret(known)
        rotated = known.rotated(new, until)
        await tx.webhooks.save_endpoint(rotated)
        await _note(engine, tx, key, rotated)
    return _with_secret(rotated)


async def enable_endpoint(engine: Engine, endpoint_id: str) -> EndpointView:
    """Have an endpoint hear again of what happens from now on; waking it twice does no harm.

    Raises:
        NotFound: there is none of that id.

    """
    async with engine.database.writing() as tx:
        enabled = (await get_endpoint(tx, endpoint_id)).enabled_again()
        await tx.webhooks.save_endpoint(enabled)
    await wake(engine, [endpoint_id])
    return _view(enabled)


async def disable_endpoint(engine: Engine, endpoint_id: str, by: str) -> EndpointView:
    """Send nothing to an endpoint any more; what is pending is given up, and can be replayed.

    Raises:
        NotFound: there is none of that id.

    """
    async with engine.database.writing() as tx:
        disabled = (await get_endpoint(tx, endpoint_id)).disabled(f"disabled by {by}")
        await tx.webhooks.save_endpoint(disabled)
        await tx.webhooks.give_up(endpoint_id, disabled.disabled_because)
    return _view(disabled)


async def get_endpoint(tx: UnitOfWork, endpoint_id: str) -> Endpoint:
    """Return an endpoint; nobody else changes it before a writing transaction ends.

    Raises:
        NotFound: there is none of that id.

    """
    endpoint = await tx.webhooks.endpoint(endpoint_id)
    if endpoint is None:
        raise _unknown(endpoint_id)
    return endpoint


def require_enabled(endpoint: Endpoint) -> None:
    """Check that an endpoint is one that something can be sent to.

    Raises:
        Refused: it is disabled; says why.

    """
    if not endpoint.enabled:
        name = endpoint.endpoint_id
        raise Refused.of(
            Problem(
                path=f"endpoint {name}",
                expected="one that is enabled",
                came=endpoint.disabled_because,
                remedy=f"`fulfillment webhooks endpoints enable {name}` first",
            )
        )


async def _is_done(tx: UnitOfWork, key: str | None, known: Endpoint | None) -> bool:
    """Return whether an endpoint has the secret that it was given under a key."""
    earlier = await tx.effects.find(f"{key}/secret") if key else None
    if earlier is None:
        return False
    if known is None or earlier.result != _fingerprint(known):
        raise EffectConflict.of(
            Problem(
                path="Idempotency-Key",
                expected="an endpoint with the secret that it was given under this key",
                came="one that was given another since, or was removed",
                remedy="send it again under a key of its own",
            )
        )
    return True


async def _note(engine: Engine, tx: UnitOfWork, key: str | None, given: Endpoint) -> None:
    """Put on record which secret was given under a key; not the secret itself."""
    if key is None:
        return
    await tx.effects.add(
        EffectRecord(
            key=f"{key}/secret",
            step="give_webhook_secret",
            order_id=None,
            request_hash=content_hash(_view(given)),
            result=_fingerprint(given),
            at=engine.clock.now(),
        )
    )


def _fingerprint(endpoint: Endpoint) -> str:
    secret = endpoint.secret.get_secret_value()
    return hashlib.sha256(f"{endpoint.endpoint_id} {secret}".encode()).hexdigest()


def _new_secret() -> SecretStr:
    random = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")
    return SecretStr(f"{PREFIX}{random}")


def _view(endpoint: Endpoint) -> EndpointView:
    return EndpointView.model_validate(endpoint.model_dump())


def _with_secret(endpoint: Endpoint) -> EndpointSecret:
    return EndpointSecret(endpoint=_view(endpoint), secret=endpoint.secret.get_secret_value())


def _unknown(endpoint_id: str) -> FulfillmentError:
    remedy = "`fulfillment webhooks endpoints list` shows those there are"
    return NotFound.of(
        Problem(path="endpoint", expected="one on record", came=endpoint_id, remedy=remedy)
    )


def _taken(endpoint_id: str) -> FulfillmentError:
    remedy = "remove it first, or take another id; `rotate-secret` changes its secret"
    return Refused.of(
        Problem(path="endpoint_id", expected="a new id", came=endpoint_id, remedy=remedy)
    )


def _too_many() -> FulfillmentError:
    return Refused.of(
        Problem(
            path="endpoint_id",
            expected=f"at most {MOST_ENDPOINTS} endpoints",
            came="one more",
            remedy="remove one that is not used, or spread the messages behind one of them",
        )
    )
