"""`make up`: the whole engine on this machine, until Ctrl-C.

Uses the Temporal server that TEMPORAL_* variables name, or starts one of its own on the data
folder; starts workers, and starts another where one dies; and stops what it started.
"""

import argparse
import asyncio
import os
import shlex
import signal
import socket
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from fulfillment.domain.errors import FulfillmentError
from fulfillment.entrypoints.local_codec import LocalCodec
from fulfillment.entrypoints.stack import Stack, WorkerFailed
from fulfillment.settings import Settings, load_settings
from fulfillment.telemetry import logs
from fulfillment.telemetry.logs import tell
from fulfillment.temporal import clean_exit
from fulfillment.temporal.client import existing_server
from fulfillment.temporal.dev_server import HOST, free_port
from fulfillment.temporal.unreadable import KEYS_VARIABLE

PORT, UI_PORT, CODEC_PORT = 7233, 8233, 8234
"""Where people expect Temporal and its UI; others are taken where these are in use."""

CANNOT_START = 2
_PAUSE_SECONDS = 2.0


async def main() -> int:
    """Run everything until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m fulfillment.entrypoints.up", description=__doc__
    )
    parser.add_argument("--workers", type=int, default=1, help="how many worker processes")
    workers = parser.parse_args().workers
    logs.begin("up")
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        settings = load_settings()
        async with AsyncExitStack() as opened:
            stack = await _opened(settings, opened)
            await _until(stop, _serve(stack, workers))
            tell("stopping …")
    except FulfillmentError as error:
        tell(f"up: {error}")
        return CANNOT_START
    tell("stopped")
    return 0


async def _opened(settings: Settings, opened: AsyncExitStack) -> Stack:
    address = existing_server()
    if address:
        return await opened.enter_async_context(Stack(settings, address=address))
    port, ui_port = _port(PORT), _port(UI_PORT)
    if settings.keyring() is None:
        return await opened.enter_async_context(Stack(settings, port=port, ui_port=ui_port))
    codec = LocalCodec(settings, port=_port(CODEC_PORT), ui_port=ui_port)
    opened.push_async_callback(codec.stop)
    await codec.start(os.environ)
    tell(f"histories are encrypted; codec server for the UI and the CLI: {codec.address}")
    stack = Stack(settings, port=port, ui_port=ui_port, codec_url=codec.url)
    return await opened.enter_async_context(stack)


def _port(wanted: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            other = free_port()
            tell(f"port {wanted} is in use; taking {other}")
            return other
    return wanted


async def _until(stop: asyncio.Event, serving: Coroutine[None, None, None]) -> None:
    # A task of its own, so that it can be stopped in mid-start too.
    tasks = {asyncio.ensure_future(serving), asyncio.ensure_future(stop.wait())}
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    for task in done:
        task.result()


async def _serve(stack: Stack, workers: int) -> None:
    await stack.start_server()
    tell(f"Temporal: {stack.address}" + (f", UI {stack.ui_url}" if stack.ui_url else ""))
    pids = [await _start(stack) for _ in range(workers)]
    tell(_hints(stack))
    await asyncio.gather(*(_keep_alive(stack, pid) for pid in pids))


async def _start(stack: Stack) -> int:
    pid = await stack.start_worker()
    tell(f"worker {pid} polls task queue {stack.settings.task_queue}; log: {stack.worker_log}")
    return pid


async def _keep_alive(stack: Stack, pid: int) -> None:
    while True:
        code = await stack.worker_ended(pid)
        tell(f"worker {pid} ended with code {code}; starting another")
        pid = await _restarted(stack)


async def _restarted(stack: Stack) -> int:
    while True:
        try:
            return await _start(stack)
        except WorkerFailed as error:
            tell(str(error))
            await asyncio.sleep(_PAUSE_SECONDS)


def _hints(stack: Stack) -> str:
    folder = stack.settings.data_dir.absolute()
    keys = f"export {KEYS_VARIABLE}=…, as it is set here" if stack.settings.keyring() else ""
    lines = (
        "Try, in another terminal:",
        *filter(None, [keys]),
        f"export TEMPORAL_ADDRESS={stack.address} FULFILLMENT_DATA_DIR={shlex.quote(str(folder))}",
        f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH",
        "fulfillment catalog load samples/catalog.json",
        "python starter.py --no-follow --sample 3",
        "fulfillment orders list",
        "fulfillment floor list",
        "Ctrl-C here stops everything.",
    )
    return "\n".join([lines[0], *(f"  {line}" for line in lines[1:-1]), lines[-1]])


if __name__ == "__main__":
    clean_exit.run(main)
