"""Processes that used Temporal's SDK end as they should, every time."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from bench.clean_exit import measure

ROOT = Path(__file__).parents[2]
RUNS = 12
"""As plain Python would end them, one of 7 to one of 15 dies (docs/performance.md)."""


def ends(body: str, *, prelude: str = "") -> tuple[int, str, str]:
    """Run a command with a body and return its exit code and what it wrote."""
    script = "import asyncio, atexit, sys, threading, time\n"
    script += "from fulfillment.temporal import clean_exit\n" + prelude
    script += "async def main():\n" + textwrap.indent(body, "    ") + "\nclean_exit.run(main)\n"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT
    )
    return done.returncode, done.stdout, done.stderr


async def test_all_end_cleanly() -> None:
    """Neither a worker with a workflow nor a failed connection ever dies at the end."""
    result = await measure(RUNS, 2, bare=False)
    assert result == {"runs": RUNS, "clean": RUNS, "bare": False, "exit_codes": {"0": RUNS}}


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("return None", 0, ""),
        ("return 7", 7, ""),
        ("sys.exit(5)", 5, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit('told')", 1, "told\n"),
        ("raise KeyboardInterrupt", 130, ""),
    ],
)
def test_exit_codes(body: str, code: int, said: str) -> None:
    """The exit code is what plain Python would give, and 130 for an interrupt."""
    assert ends(body) == (code, "", said)


def test_an_error_is_reported() -> None:
    """An exception shows its traceback and gives code 1."""
    code, _, errors = ends("raise ValueError('broken')")
    assert (code, errors.splitlines()[-1]) == (1, "ValueError: broken")


def test_what_a_normal_end_does_is_done() -> None:
    """Threads are waited for, exit functions run, and buffered output is written."""
    prelude = """
def late():
    time.sleep(0.3)
    print("thread")
atexit.register(print, "exit function")
threading.Thread(target=late).start()
"""
    assert ends("print('main')", prelude=prelude) == (0, "main\nthread\nexit function\n", "")


def test_a_closed_pipe_gives_the_interpreters_code() -> None:
    """What can't be written at the end is not passed off as success."""
    script = "from fulfillment.temporal import clean_exit as e; print('x'); e.leave(0)"
    command = [sys.executable, "-c", script]
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=buffered) as it:
        assert it.stdout is not None
        it.stdout.close()
        assert it.wait() == 120


def test_an_interrupt_from_outside() -> None:
    """Ctrl-C ends a waiting command with 130 and no traceback."""
    script = textwrap.dedent("""
        import asyncio, signal
        from fulfillment.temporal import clean_exit
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run may ignore it
        async def main():
            asyncio.get_running_loop().call_later(0.2, lambda: print("ready", flush=True))
            await asyncio.sleep(60)
        clean_exit.run(main)
    """)
    command = [sys.executable, "-c", script]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=ROOT) as it:
        assert it.stdout is not None
        assert it.stdout.readline() == "ready\n"
        it.send_signal(signal.SIGINT)
        assert (it.wait(), *it.communicate()) == (130, "", "")


PYTEST_CONFTEST = """
from collections.abc import Generator
import pytest
from fulfillment.temporal import clean_exit

@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, object, object]:
    code = yield
    clean_exit.leave(int(code))
"""


@pytest.mark.parametrize(("assertion", "code"), [("assert True", 0), ("assert False", 1)])
def test_pytest_leaves_with_its_code_and_its_coverage(
    tmp_path: Path, assertion: str, code: int
) -> None:
    """A test run that leaves by this module still reports everything."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text(PYTEST_CONFTEST, encoding="utf-8")
    (tmp_path / "tests" / "test_it.py").write_text(f"def test_it():\n    {assertion}\n", "utf-8")
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}\n", encoding="utf-8")
    options = ["-p", "no:cacheprovider", f"--cov={tmp_path}", "--cov-report=term", "tests"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "TOTAL" in done.stdout
    assert f"1 {'failed' if code else 'passed'}" in done.stdout
    assert (tmp_path / ".coverage").exists()
