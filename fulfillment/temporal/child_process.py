"""Programs that are started here, write into a log, and are surely stopped again."""

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

_POLL_SECONDS = 0.05
_LOG_LINES = 15


class Program(Protocol):
    """A process of ours, as asyncio has it."""

    @property
    def pid(self) -> int:
        """Return its process id."""

    @property
    def returncode(self) -> int | None:
        """Return its exit code, the negative signal where one ended it, None as long as it runs."""

    def kill(self) -> None:
        """Send SIGKILL."""

    def send_signal(self, signal: int, /) -> None:
        """Send a signal."""

    async def wait(self) -> int:
        """Wait until it has ended, and return its exit code."""


@dataclass(frozen=True)
class ChildProcess:
    """A program that was started here, in a session of its own, with the log that it writes to."""

    process: Program
    log: Path
    _began: int
    """How long the log was when it started."""

    @classmethod
    async def start(cls, command: Sequence[str], environ: Mapping[str, str], log: Path) -> Self:
        """Start a program; what it says is appended to the log.

        Args:
            command: the arguments, the program first.
            environ: all that it shall know of variables.
            log: where it writes; its folder is made if it is not there.

        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            began = output.tell()
            process = await asyncio.create_subprocess_exec(
                *command,
                env=dict(environ),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # In a session of its own, so that Ctrl-C reaches only who started it, who stops it.
                start_new_session=True,
            )
        return cls(process, log, began)

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self.process.pid

    @property
    def code(self) -> int | None:
        """Return its exit code, or None as long as it runs."""
        return self.process.returncode

    async def kill(self) -> None:
        """Kill it by SIGKILL, as a power cut would; return when it is gone."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def stop(self, limit_seconds: float) -> int:
        """Stop it by SIGTERM and return its exit code; killed when it takes longer."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(limit_seconds):
                return await self.process.wait()
        except TimeoutError:
            self.process.kill()
            return await self.process.wait()

    async def until(self, said: Callable[[str], bool], limit_seconds: float) -> str:
        """Wait until the log has a line that is looked for, and return it.

        Raises:
            EndedEarly: it ended before, or did not say it in time.

        """
        try:
            async with asyncio.timeout(limit_seconds):
                while not (found := [line for line in self.log_lines() if said(line)]):
                    if self.code is not None:
                        raise self.ended_early()
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise self.ended_early(limit_seconds) from None
        return found[-1]

    def log_lines(self) -> list[str]:
        """Return what was written to its log since it started; several may share it."""
        return self.log.read_bytes()[self._began :].decode("utf-8", "replace").splitlines()

    def ended_early(self, limit_seconds: float | None = None) -> "EndedEarly":
        """Return the error that it ended, or took longer than its limit; shows the log's end."""
        came = f"it ended with code {self.code}"
        if limit_seconds is not None:
            came = f"it did not within {limit_seconds:g} s"
        tail = "\n  ".join(self.log_lines()[-_LOG_LINES:])
        return EndedEarly(f"{came}; the end of {self.log}:\n  {tail}")


class EndedEarly(Exception):
    """A program is not what it was started for; the message says what came, with its log's end."""
