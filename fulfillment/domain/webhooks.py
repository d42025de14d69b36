"""Outward webhooks: endpoints, what became of each delivery, and when it is tried again.

Source: Standard Webhooks (headers, secrets, retries, 410 and 429).
"""

import base64
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import NoReturn

from pydantic import AnyUrl, SecretStr, ValidationError

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.errors import Problem, Refused
from fulfillment.domain.webhook_events import TEST, EventType

RETRY_AFTER = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long after each failed attempt the next one is made; the first is made at once."""

LONGEST_WISH = timedelta(days=1)
"""What an endpoint may ask for by Retry-After."""

PREFIX = "whsec_"
SECRET_BYTES = (24, 64)
"""How long a secret is, at least and at most."""

MOST_ENDPOINTS = 10
"""Each one under way takes one of a worker's activity slots."""

_GONE, _TOO_MANY, _UNAVAILABLE = 410, 429, 503
_LONGEST_URL = 2_000
_LABEL = re.compile(r"[a-z0-9_-]{1,63}", re.IGNORECASE)
_CLOUD_SECRETS = (
    IPv6Address("fd00:ec2::254"),
    IPv6Address("fd20:ce::254"),
    IPv4Address("100.100.100.200"),
)
"""The metadata servers of Amazon, Google and Alibaba that are not link-local, as all others are."""

_NAT64 = IPv6Network("64:ff9b::/96")


class DeliveryState(StrEnum):
    """Whether a message has reached an endpoint."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    """It is not tried any more; `error` says why. A replay tries again."""


class Endpoint(Value):
    """Where a merchant listens."""

    endpoint_id: str
    url: str
    event_types: tuple[str, ...] = ()
    """What it wants to hear; nothing means all, `order.*` all of that kind."""
    secret: SecretStr
    previous_secret: SecretStr | None = None
    previous_until: Instant | None = None
    """Until when the secret before the last rotation signs too."""
    enabled: bool = True
    disabled_because: str = ""
    failing_since: Instant | None = None
    """Since when nothing has arrived; None where the last attempt was answered well."""
    paused_until: Instant | None = None
    """Until when it has asked to be left alone."""
    created_at: Instant

    def wants(self, event_type: str) -> bool:
        """Return whether it wants to hear of this."""
        kind = f"{event_type.partition('.')[0]}.*"
        known = not self.event_types or event_type in self.event_types or kind in self.event_types
        return known or event_type == TEST

    def secrets(self, now: datetime) -> tuple[str, ...]:
        """Return what signs now; two while a rotation lasts."""
        live = [self.secret.get_secret_value()]
        if self.previous_secret and self.previous_until and now < self.previous_until:
            live.append(self.previous_secret.get_secret_value())
        return tuple(live)

    def rotated(self, secret: SecretStr, until: datetime) -> "Endpoint":
        """Return it with a new secret; the present one signs too until then."""
        changes = {
            "secret": secret,
            "previous_secret": self.secret,
            "previous_until": until,
        }
        return self.model_copy(update=changes)

    def disabled(self, because: str) -> "Endpoint":
        """Return it as one that nothing is sent to."""
        return self.model_copy(update={"enabled": False, "disabled_because": because})

    def enabled_again(self) -> "Endpoint":
        """Return it as one that has never failed."""
        changes = {"enabled": True, "disabled_because": ""}
        return self.model_copy(update={**changes, "failing_since": None, "paused_until": None})


class Delivery(Value):
    """What has become of one message at one endpoint."""

    message_id: str
    endpoint_id: str
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    next_attempt_at: Instant | None
    """Set while it is pending."""
    last_attempt_at: Instant | None = None
    status: int | None = None
    """The HTTP status of the last answer; None where none came."""
    error: str = ""
    """Why the last attempt failed, in our words; never the answer's own text."""


class Answer(Value):
    """What came of an attempt."""

    status: int | None = None
    retry_after: timedelta | None = None
    error: str = ""

    @property
    def accepted(self) -> bool:
        """Return whether it was taken: any 2xx."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own

    @property
    def gone(self) -> bool:
        """Return whether the endpoint wants nothing any more."""
        return self.status == _GONE

    @property
    def wish(self) -> timedelta | None:
        """Return for how long it asks to be left alone, at most a day."""
        if self.status not in (_TOO_MANY, _UNAVAILABLE) or self.retry_after is None:
            return None
        return min(max(self.retry_after, timedelta()), LONGEST_WISH)

    @property
    def why(self) -> str:
        """Return why it failed."""
        return self.error or f"HTTP {self.status}"


class WebhookRules(Value):
    """What can be set about webhooks, the time scale applied."""

    retry_after: tuple[timedelta, ...] = RETRY_AFTER
    sweep: timedelta = timedelta(minutes=1)
    """How long what was committed may wait if the waking was lost."""
    disable_after: timedelta = timedelta(days=5)
    """After so long of nothing but failures an endpoint is disabled."""
    rotation: timedelta = timedelta(days=1)
    """How long the old secret signs beside the new one."""
    allow_loopback: bool = False
    allow_private: bool = False

    def scaled(self, by: float) -> "WebhookRules":
        """Return the rules with the days of retries divided; how often one looks stays."""
        spans = {name: getattr(self, name) / by for name in ("disable_after", "rotation")}
        waits = tuple(wait / by for wait in self.retry_after)
        return self.model_copy(update={**spans, "retry_after": waits})


def delivery_after(
    delivery: Delivery, answer: Answer, now: datetime, rules: WebhookRules
) -> Delivery:
    """Return a delivery after an attempt: delivered, to be tried again, or given up.

    Invariants: one more attempt; after the last wait of the rules it is given up; the next attempt
    is never earlier than the endpoint has asked for.
    """
    attempts = delivery.attempts + 1
    made = {"attempts": attempts, "last_attempt_at": now, "status": answer.status}
    if answer.accepted:
        done = {"state": DeliveryState.DELIVERED, "next_attempt_at": None, "error": ""}
        return delivery.model_copy(update={**made, **done})
    if answer.gone or attempts > len(rules.retry_after):
        given_up = {"state": DeliveryState.FAILED, "next_attempt_at": None, "error": answer.why}
        return delivery.model_copy(update={**made, **given_up})
    wait = max(rules.retry_after[attempts - 1], answer.wish or timedelta())
    later = {"next_attempt_at": now + wait, "error": answer.why}
    return delivery.model_copy(update={**made, **later})


def endpoint_after(
    endpoint: Endpoint, answer: Answer, now: datetime, rules: WebhookRules
) -> Endpoint:
    """Return an endpoint after an attempt; one that is gone, or fails for days, is disabled."""
    if answer.accepted:
        return endpoint.model_copy(update={"failing_since": None})
    if answer.gone:
        return endpoint.disabled("it answered 410 Gone")
    since = endpoint.failing_since or now
    failing = endpoint.model_copy(update={"failing_since": since})
    if answer.wish is not None:
        failing = failing.model_copy(update={"paused_until": now + answer.wish})
    if now - since >= rules.disable_after:
        return failing.disabled(f"nothing but failures since {since:%Y-%m-%d %H:%M} UTC")
    return failing


def is_reachable(address: str, rules: WebhookRules) -> bool:
    """Return whether we may connect to an IP address: public ones, others as the rules allow.

    Those where clouds keep their secrets, multicast, unspecified and site-local ones (fec0::/10,
    which RFC 3879 has withdrawn) never.
    """
    ip = _embedded(ip_address(address))
    if ip.is_loopback:
        return rules.allow_loopback
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip.is_reserved:
        return False
    if ip in _CLOUD_SECRETS or (isinstance(ip, IPv6Address) and ip.is_site_local):
        return False
    return ip.is_global or rules.allow_private


def _embedded(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address inside an IPv6 one that only leads there."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def check_url(url: str, rules: WebhookRules) -> str:
    """Return a URL that may be an endpoint's.

    Raises:
        Refused: no URL, not https, with credentials or a fragment, or an address out of reach.

    """
    try:
        parsed = AnyUrl(url)
    except ValidationError:
        _refuse("url", "a URL", url)
    host = (parsed.host or "").strip("[]")
    if not _is_ip(host) and not all(map(_LABEL.fullmatch, host.removesuffix(".").split("."))):
        _refuse("url", "a host of labels of 1 to 63 letters, digits and hyphens", host)
    local = host == "localhost" or (_is_ip(host) and ip_address(host).is_loopback)
    if parsed.scheme != "https" and not (
        parsed.scheme == "http" and local and rules.allow_loopback
    ):
        remedy = "give an https URL; http is for loopback alone, where a setting allows it"
        _refuse("url", "https", parsed.scheme, remedy)
    if parsed.username or parsed.password or parsed.fragment or len(url) > _LONGEST_URL:
        expected = f"no credentials, no fragment, at most {_LONGEST_URL} characters"
        _refuse("url", expected, "another URL")
    if (_is_ip(host) and not is_reachable(host, rules)) or (local and not rules.allow_loopback):
        remedy = "FULFILLMENT_WEBHOOK_ALLOW_LOOPBACK and …_ALLOW_PRIVATE let it be reached"
        _refuse("url", "a host that is reached from everywhere", host, remedy)
    return url


def check_event_types(wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the types of events, each once.

    Raises:
        Refused: one is none of ours.

    """
    kinds = {f"{known.value.partition('.')[0]}.*" for known in EventType}
    for one in wanted:
        if one not in (*EventType, *kinds):
            _refuse("event_types", f"one of {', '.join((*kinds, *EventType))}", one)
    return tuple(dict.fromkeys(wanted))


def check_secret(secret: str) -> SecretStr:
    """Return a secret, `whsec_` and 24 to 64 bytes in base64.

    Raises:
        Refused: it is something else; says nothing of what came.

    """
    try:
        size = len(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
    except ValueError:
        size = 0
    least, most = SECRET_BYTES
    if not secret.startswith(PREFIX) or not least <= size <= most:
        expected = f"{PREFIX} and {least} to {most} bytes in base64"
        _refuse("secret", expected, "something else", "leave it out, and one is made")
    return SecretStr(secret)


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _refuse(path: str, expected: str, came: str, remedy: str = "") -> NoReturn:
    raise Refused.of(Problem(path=path, expected=expected, came=came, remedy=remedy))
