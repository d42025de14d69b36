"""Serving the application until told to stop."""

import asyncio
import ipaddress
import math
import signal
import socket
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from fulfillment import bootstrap
from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.entrypoints.http.app import make_app
from fulfillment.entrypoints.http.codec import make_codec_app
from fulfillment.operations.engine import Engine
from fulfillment.operations.storefront_inbox import keep_carrying_out
from fulfillment.settings import Settings, SettingsInvalid
from fulfillment.storefronts.mapping import Merchant
from fulfillment.temporal.unreadable import KEYS_VARIABLE

BACKLOG = 512


class AddressTaken(FulfillmentError):
    """Nothing can be served at this host and port."""

    code = "address_taken"


class _Server(uvicorn.Server):
    """A server that leaves signals to who started it: uvicorn would end by them at the end."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def serve(
    settings: Settings,
    host: str,
    port: int,
    *,
    temporal_address: str | None = None,
    tell: Callable[[str], None],
) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests that are under way.

    Args:
        settings: keys, secrets, limits, and the time that the last requests have.
        host: where to listen; only this machine reaches 127.0.0.1.
        port: 0 takes a free one.
        temporal_address: the Temporal server, where it was named.
        tell: is told where it serves, and that it stopped.

    Raises:
        AddressTaken: the host and port can't be listened at.
        FulfillmentError: as `bootstrap.engine`.

    """
    bootstrap.observe(settings, "serve", exposing=True)
    async with bootstrap.engine(settings, temporal_address) as engine:
        merchant = bootstrap.merchant(settings)
        app = make_app(engine, settings, merchant)
        async with bootstrap.exposing(settings, engine), _carrying_out(engine, merchant):
            await _until_stopped(app, settings, host, port, tell)
        await app.state.service.finish(settings.graceful_shutdown.total_seconds())
    tell("stopped")


@asynccontextmanager
async def _carrying_out(engine: Engine, merchant: Merchant) -> AsyncIterator[None]:
    """Carry out meanwhile what storefronts delivered and could not be carried out at once."""
    going_on = asyncio.ensure_future(keep_carrying_out(engine, merchant))
    try:
        yield
    finally:
        going_on.cancel()
        await asyncio.gather(going_on, return_exceptions=True)


async def serve_codec(
    settings: Settings, host: str, port: int, *, tell: Callable[[str], None]
) -> None:
    """Serve the codec to the Temporal UI and CLI, until SIGTERM or SIGINT.

    Raises:
        SettingsInvalid: no encryption key is set.
        AddressTaken: the host and port can't be listened at.

    """
    codec = bootstrap.encryption_codec(settings)
    if codec is None:
        raise SettingsInvalid.of(
            Problem(
                path=KEYS_VARIABLE,
                expected="the keys that histories are encrypted with",
                came="nothing",
                remedy="make one with `fulfillment encryption-key`, and set it everywhere",
            )
        )
    bootstrap.observe(settings, "codec-server", exposing=True)
    await _until_stopped(make_codec_app(codec, settings), settings, host, port, tell)
    tell("stopped")


async def _until_stopped(
    app: FastAPI, settings: Settings, host: str, port: int, tell: Callable[[str], None]
) -> None:
    server = _Server(
        uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=math.ceil(settings.graceful_shutdown.total_seconds()),
        )
    )
    _stop_on_signals(server)
    with _listening(host, port) as listening:
        tell(f"serves on {_url(host, listening.getsockname()[1])}")
        for line in _warnings(settings, host):
            tell(line)
        await server.serve(sockets=[listening])


def _stop_on_signals(server: uvicorn.Server) -> None:
    def stop() -> None:
        # Told twice, it waits for nobody.
        server.force_exit = server.should_exit
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise AddressTaken.of(
            Problem(
                path="--host and --port",
                expected="a host of this machine and a port that is free",
                came=f"{host} and {port} ({error.strerror or error})",
                remedy="stop what listens there, or take another port",
            )
        ) from error


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _warnings(settings: Settings, host: str) -> list[str]:
    lines = []
    if not settings.api_keys:
        lines.append("no API key is set, so nobody may ask: `fulfillment api-key NAME ROLE`")
    if not _is_local(host):
        lines.append(f"{host} is reached from elsewhere: put a proxy with TLS in front")
    return lines


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
