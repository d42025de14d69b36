"""Lets Temporal's SDK download its servers, with a limit, and in a process of its own.

The SDK downloads only as part of starting a server, and a download that hangs can't be taken
back inside the process. So ``python -m fulfillment.temporal.sdk_download`` does it, in a session
of its own that is killed as a whole, server included, once it is done or makes no progress.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from fulfillment.temporal import clean_exit

LIMIT_VARIABLE = "TEMPORAL_CLI_DOWNLOAD_SECONDS"
"""Seconds without a new byte after which a download is given up; 0 never tries."""

DEFAULT_LIMIT_SECONDS = 20.0
TIME_SKIPPING = "time-skipping"
_POLL_SECONDS = 0.2
_STARTUP_LIMIT = timedelta(seconds=60)


class DownloadFailed(Exception):
    """The SDK could not download; the message is its answer."""


async def download(
    version: str, folder: Path, *, environ: Mapping[str, str], command: Sequence[str] = ()
) -> Path:
    """Let the SDK download a server into an empty folder.

    Args:
        version: a release of the Temporal CLI such as ``v1.8.2``, or ``time-skipping``.
        folder: an empty folder of the caller's.
        environ: where the limit is read from, and what the download runs with.
        command: what downloads; this module by default.

    Returns:
        The executable that lies in the folder now.

    Raises:
        DownloadFailed: refused, hung or unusable; says which.

    """
    limit_seconds = limit(environ)
    if limit_seconds <= 0:
        message = f"not tried, {LIMIT_VARIABLE} is {limit_seconds:g}"
        raise DownloadFailed(message)
    argv = command or (sys.executable, "-m", __name__)
    process = await asyncio.create_subprocess_exec(
        *argv,
        version,
        str(folder),
        env=dict(environ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        answer = await _watched(process, folder, limit_seconds)
    finally:
        _kill_session(process.pid)
        await process.wait()
    return _executable(folder, answer)


def limit(environ: Mapping[str, str]) -> float:
    """Read how long a download may go without progress.

    Args:
        environ: the environment's variables.

    Returns:
        Seconds; the default where nothing readable is set.

    """
    try:
        return float(environ[LIMIT_VARIABLE])
    except (KeyError, ValueError):
        return DEFAULT_LIMIT_SECONDS


async def _watched(process: asyncio.subprocess.Process, folder: Path, limit_seconds: float) -> str:
    ended = asyncio.ensure_future(process.communicate())
    clock = asyncio.get_running_loop().time
    size, deadline = _size(folder), clock() + limit_seconds
    while not ended.done():
        await asyncio.wait([ended], timeout=_POLL_SECONDS)
        if (grown := _size(folder)) > size:
            size, deadline = grown, clock() + limit_seconds
        if clock() > deadline:
            ended.cancel()
            return f"no progress for {limit_seconds:g} s"
    _, errors = ended.result()
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""


def _size(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in folder.iterdir() if entry.is_file())


def _kill_session(leader: int) -> None:
    # The server that the SDK started stands in the same group, and outlives its starter.
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


def _executable(folder: Path, answer: str) -> Path:
    found = [path for path in folder.iterdir() if path.suffix != ".downloading"]
    if len(found) != 1:
        raise DownloadFailed(answer or "nothing was downloaded")
    return found[0]


async def _start_once(version: str, folder: str) -> None:
    if version == TIME_SKIPPING:
        server = await WorkflowEnvironment.start_time_skipping(
            download_dest_dir=folder, test_server_startup_timeout=_STARTUP_LIMIT
        )
    else:
        server = await WorkflowEnvironment.start_local(
            download_dest_dir=folder,
            dev_server_download_version=version,
            dev_server_startup_timeout=_STARTUP_LIMIT,
        )
    await server.shutdown()


if __name__ == "__main__":
    clean_exit.run(_start_once(*sys.argv[1:3]))
