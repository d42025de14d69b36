"""The one place where a process that used Temporal's SDK ends.

The SDK's Rust threads hand each result to the event loop while they hold the interpreter lock,
and let go of it in the system call that wakes the loop. When that result was the last one
awaited, the main thread runs on into the interpreter's finalization, and the Rust thread that
then asks for the lock again is torn down in mid-call: "PyGILState_Release: thread state must be
current when releasing", or SIGSEGV, after correct output, in about one run of eight. Those
threads can't be joined from Python. So everything that a normal exit does for the program is
done here in the same order (threads joined, exit functions run, streams flushed), and the
interpreter itself is then left without being taken apart.

For pytest, in the top-level conftest::

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
        code = yield
        clean_exit.leave(int(code))
"""

import asyncio
import atexit
import contextlib
import gc
import os
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn, TextIO

INTERRUPTED = 130
_FLUSH_FAILED = 120


def run(
    main: Coroutine[Any, Any, int | None] | Callable[[], Coroutine[Any, Any, int | None]],
) -> NoReturn:
    """Run a command's coroutine to its end and leave the process with its exit code.

    Args:
        main: the coroutine, or what makes it; returns an exit code, None for success.

    """
    coroutine = main() if callable(main) else main
    command(lambda: asyncio.run(coroutine))


def command(main: Callable[[], int | None]) -> NoReturn:
    """Run a command and leave the process with its exit code.

    An exception is reported as the interpreter would, with code 1; SystemExit keeps its code;
    a keyboard interrupt gives 130.

    Args:
        main: the command; returns an exit code, None for success.

    """
    # What was imported stays: each of the collector's full rounds would look at all of it.
    gc.freeze()
    try:
        code = main()
    except SystemExit as end:
        code = _exit_code(end)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BaseException as error:  # noqa: BLE001 - the process ends here; nothing above would report it
        sys.excepthook(type(error), error, error.__traceback__)
        code = 1
    leave(code or 0)


def leave(code: int) -> NoReturn:
    """End the process as the interpreter would, except for taking the interpreter apart.

    Args:
        code: the exit code.

    """
    try:
        _finish()
    except KeyboardInterrupt:
        code = INTERRUPTED
    flushed = [_flush(stream) for stream in (sys.stdout, sys.stderr)]
    os._exit(code if all(flushed) or code else _FLUSH_FAILED)


def _finish() -> None:
    # The same private two that the interpreter (and multiprocessing) calls; the first also
    # wakes the idle threads of executors, which joining them by hand would not.
    threading._shutdown()  # type: ignore[attr-defined] # noqa: SLF001
    atexit._run_exitfuncs()  # noqa: SLF001


def _exit_code(end: SystemExit) -> int:
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{end.code}\n")
    return 1


def _flush(stream: TextIO | None) -> bool:
    if stream is None or stream.closed:
        return True
    try:
        stream.flush()
    except OSError:
        return False
    return True
