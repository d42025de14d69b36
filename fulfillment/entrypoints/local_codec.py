"""The codec server of `make up`: a process beside the Temporal UI, on this machine alone."""

import secrets
import sys
from collections.abc import Mapping
from typing import Self

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.settings import Settings
from fulfillment.temporal.child_process import ChildProcess, EndedEarly
from fulfillment.temporal.dev_server import HOST

READY_SECONDS = 60.0
STOP_SECONDS = 10.0
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
        self._process: ChildProcess | None = None

    async def start(self, environment: Mapping[str, str]) -> Self:
        """Start it, and return once it serves.

        Args:
            environment: the rest of what the process gets.

        Raises:
            CodecFailed: it ended by itself, or did not serve in time.

        """
        command = (sys.executable, "-m", _MODULE, "codec-server", "--port", str(self._port))
        self._process = await ChildProcess.start(
            command, {**environment, **self._variables}, self.log
        )
        try:
            await self._process.until(lambda line: "serves on" in line, READY_SECONDS)
        except EndedEarly as error:
            await self.stop()
            raise _failed(error) from None
        except BaseException:
            await self.stop()
            raise
        return self

    async def stop(self) -> None:
        """Stop it, if it runs."""
        process, self._process = self._process, None
        if process is not None:
            await process.stop(STOP_SECONDS)


def _failed(error: EndedEarly) -> FulfillmentError:
    expected = "a process that serves"
    return CodecFailed.of(Problem(path="codec server", expected=expected, came=str(error)))
