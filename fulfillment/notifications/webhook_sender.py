"""Webhooks by HTTP POST: signed, without redirects, to addresses that may be reached.

Source: Standard Webhooks 1.0: webhook-id, webhook-timestamp, webhook-signature.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from ipaddress import ip_address
from typing import Self

import httpx
from standardwebhooks import Webhook

from fulfillment.domain.webhook_events import Message
from fulfillment.domain.webhooks import Answer, Endpoint, WebhookRules, is_reachable

USER_AGENT = "fulfillment-engine-webhooks/1"


@cache
def _usual_certificates() -> ssl.SSLContext:
    """Trust whom a browser trusts; to read them takes a fiftieth of a second, hence once."""
    return httpx.create_ssl_context(trust_env=False)


class OutOfReach(Exception):
    """The endpoint's host has no address that we may connect to."""


class HttpWebhookSender:
    """Posts messages, each over a connection of its own.

    A name is resolved once for each attempt, and the address that was checked is the one that is
    connected to: so a name that answers otherwise the second time leads nowhere else.
    """

    def __init__(
        self, rules: WebhookRules, timeout: timedelta, tls: ssl.SSLContext | None = None
    ) -> None:
        """Keep what may be reached, how long an answer may take, and whose certificates hold."""
        self._rules = rules
        self._seconds = timeout.total_seconds()
        # Neither a proxy of the environment nor a redirect decides where it goes.
        self._client = httpx.AsyncClient(
            timeout=self._seconds,
            trust_env=False,
            follow_redirects=False,
            verify=tls or _usual_certificates(),
            # Connections are pooled by address: another name's there must not be taken for ours.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def __aenter__(self) -> Self:
        """Return the sender."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def send(self, endpoint: Endpoint, message: Message, now: datetime) -> Answer:
        """Sign a message and post it; whatever goes wrong on the way is an answer too."""
        body = message.body
        headers = signed_headers(endpoint, message, body, now)
        try:
            async with asyncio.timeout(self._seconds):
                request = await self._request(endpoint.url, headers, body)
                # What it says beyond its status is not read: it may be anything, of any size.
                response = await self._client.send(request, stream=True)
                await response.aclose()
        except OutOfReach as error:
            return Answer(error=str(error))
        except (TimeoutError, httpx.TimeoutException):
            return Answer(error=f"no answer within {self._seconds:g} s")
        except socket.gaierror as error:
            return Answer(error=f"the host is not known ({error.strerror})")
        # A ValueError is a name that can't be asked for: a label too long, or none.
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Answer(error=f"no connection ({type(error).__name__})")
        wish = response.headers.get("retry-after", "")
        return Answer(status=response.status_code, retry_after=_retry_after(wish, now))

    async def _request(self, url: str, headers: Mapping[str, str], body: str) -> httpx.Request:
        target = httpx.URL(url)
        address = await self._address(target)
        extensions = {"sni_hostname": target.host} if target.scheme == "https" else {}
        return self._client.build_request(
            "POST",
            target.copy_with(host=address),
            headers={**headers, "host": target.netloc.decode("ascii")},
            content=body.encode(),
            extensions=extensions,
        )

    async def _address(self, url: httpx.URL) -> str:
        port = url.port or {"https": 443, "http": 80}[url.scheme]
        resolve = asyncio.get_running_loop().getaddrinfo
        found = await resolve(url.host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        # All of them, or a host could pass by its one good address.
        if not addresses or not all(is_reachable(one, self._rules) for one in addresses):
            message = "its host is a private address, which the settings do not allow"
            raise OutOfReach(message)
        if url.scheme == "http" and not ip_address(addresses[0]).is_loopback:
            message = "http is for loopback alone"
            raise OutOfReach(message)
        return addresses[0]


def signed_headers(
    endpoint: Endpoint, message: Message, body: str, now: datetime
) -> dict[str, str]:
    """Return the headers of an attempt; while a rotation lasts, both secrets sign."""
    signatures = [
        Webhook(secret).sign(message.message_id, now, body) for secret in endpoint.secrets(now)
    ]
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": message.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _retry_after(value: str, now: datetime) -> timedelta | None:
    """Return what Retry-After asks for: seconds, or a date (RFC 9110, 10.2.3)."""
    if value.isascii() and value.isdecimal():
        return timedelta(seconds=min(int(value[:9]), 10**8))
    try:
        return parsedate_to_datetime(value) - now
    except (TypeError, ValueError, OverflowError):
        return None
