"""The codec server of `make up`: a process beside the Temporal UI, on this machine alone."""

import asyncio
import secrets
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.settings import Settings
from fulfillment.temporal.dev_server import HOST

READY_SECONDS = 60.0
STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05
_MODULE = "fulfillment.entrypoints.cli"


class CodecFailed(FulfillmentError):
    """The codec server ended by itself, or was not ready in time."""

    code = "codec_failed"


class LocalCodec:
    """A codec server for the UI of a dev server; as a context it is started, and stopped.

    The dev server's UI can't show an API key, so that its address holds a ticket, made anew each
    time: it keeps other machines' and other pages' requests out, not this machine's own users.
    """

    def __init__(self, settings: Settings, *, port: int, ui_port: int) -> None:
        """Keep what is to be started.

        Args:
            settings: with the keys.
            port: where it listens.
            ui_port: where the UI is, whose pages may ask.

        """
        ticket = secrets.token_urlsafe(24)
        self.url = f"http://{HOST}:{port}/ui/{ticket}"
        """What the UI asks."""
        self.address = f"http://{HOST}:{port}"
        """What the Temporal CLI asks, with an API key."""
        self.log = settings.data_dir / "codec.log"
        self._port = port
        pages = f"http://{HOST}:{ui_port},http://localhost:{ui_port}"
        self._variables = {
            **settings.environment(),
            "FULFILLMENT_CODEC_UI_TICKET": ticket,
            "FULFILLMENT_CODEC_UI_ORIGINS": f"{pages},{settings.codec_ui_origins}".rstrip(","),
        }
        self._process: Process | None = None

    async def start(self, environment: Mapping[str, str]) -> Self:
        """Start it, and return once it serves.

        Args:
            environment: the rest of what the process gets.

        Raises:
            CodecFailed: it ended by itself.
            TimeoutError: it did not serve in time.

        """
        self.log.parent.mkdir(parents=True, exist_ok=True)
        began = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", _MODULE, "codec-server", "--port", str(self._port)),
                env={**environment, **self._variables},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._until_serving(self._process, began)
        except BaseException:
            await self.stop()
            raise
        return self

    async def _until_serving(self, process: Process, began: int) -> None:
        while "serves on" not in (said := _since(self.log, began)):
            if process.returncode is not None:
                raise _failed(self.log, said)
            await asyncio.sleep(_POLL_SECONDS)

    async def stop(self) -> None:
        """Stop it, if it runs."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _since(log: Path, began: int) -> str:
    return log.read_bytes()[began:].decode("utf-8", "replace")


def _failed(log: Path, said: str) -> FulfillmentError:
    came = f"it ended; it wrote to {log}:\n  {said.strip()}"
    return CodecFailed.of(Problem(path="codec server", expected="a process that serves", came=came))
