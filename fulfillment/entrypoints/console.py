"""How commands ask the engine, what they print, and how they end.

Exit codes: 0 done; 1 refused, or findings; 2 wrong usage or settings, or nobody answers; 130 by
Ctrl-C.
"""

import asyncio
import getpass
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from pydantic import BaseModel, TypeAdapter
from rich.console import Console
from rich.table import Table
from rich.text import Text
from temporalio.service import RPCError

from fulfillment import bootstrap
from fulfillment.domain.errors import FulfillmentError, Unavailable
from fulfillment.domain.money import Money
from fulfillment.operations.engine import Engine
from fulfillment.settings import SettingsInvalid, load_settings
from fulfillment.telemetry.tracing import TracingInvalid
from fulfillment.temporal.setup_errors import TemporalSetupError

REFUSED = 1
UNREACHABLE = 2
INTERRUPTED = 130
PLAIN_WIDTH = 160
"""Columns of what goes into a pipe or file, which have none of their own."""

NOT_OURS = (Unavailable, TemporalSetupError, SettingsInvalid, TracingInvalid)
"""What is wrong around the request, and not with it."""


def me() -> str:
    """Return who is at the keyboard, for what is put on record with a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def flag(name: str, text: str) -> Any:  # noqa: ANN401 - typer's own marker
    """Return a flag that is off unless given, for a parameter without a default."""
    return typer.Option(name, help=text, default_factory=bool, show_default=False)


AsJson = Annotated[bool, flag("--json", "Print JSON instead of text.")]
Address = Annotated[
    str | None,
    typer.Option(
        "--address", metavar="HOST:PORT", help="The Temporal server; else as TEMPORAL_ADDRESS says."
    ),
]
By = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="PERSON",
        default_factory=me,
        show_default="whoever is logged in",
        help="Who does it; goes on record.",
    ),
]


def require_assignee(to: str | None, *, pool: bool) -> None:
    """Refuse an assignment to nobody, or to a person and the pool at once.

    Raises:
        typer.BadParameter: not exactly one of them was given.

    """
    if (to is None) is not pool:
        message = "either --to PERSON or --pool"
        raise typer.BadParameter(message)


def output() -> Console:
    """Return where results go; made anew, since tests and pipes replace the stream."""
    return _console(sys.stdout)


def errors() -> Console:
    """Return where refusals go."""
    return _console(sys.stderr)


def _console(stream: Any) -> Console:  # noqa: ANN401 - a text stream
    width = None if stream.isatty() else PLAIN_WIDTH
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def run(
    operation: Callable[[Engine], Awaitable[int | None]],
    address: str | None,
    *,
    as_json: bool = False,
) -> None:
    """Run a command's operation on the engine and end with its exit code.

    Args:
        operation: asks and prints; returns an exit code, None for 0.
        address: the Temporal server, where it was named.
        as_json: whether refusals are printed as JSON too.

    Raises:
        typer.Exit: always.

    """
    try:
        code = asyncio.run(_guarded(operation, address, as_json=as_json))
    except KeyboardInterrupt:
        code = INTERRUPTED
    raise typer.Exit(code)


async def _guarded(
    operation: Callable[[Engine], Awaitable[int | None]], address: str | None, *, as_json: bool
) -> int:
    try:
        settings = load_settings()
        bootstrap.observe(settings, "command")
        async with bootstrap.engine(settings, address) as engine:
            return await operation(engine) or 0
    except (FulfillmentError, RPCError) as error:
        return refuse(error, as_json=as_json)


def refuse(error: Exception, *, as_json: bool = False) -> int:
    """Print why something is not done, one line a problem, and return the exit code."""
    code = UNREACHABLE if isinstance(error, (*NOT_OURS, RPCError)) else REFUSED
    problems = error.problems if isinstance(error, FulfillmentError) else ()
    name = error.code if isinstance(error, FulfillmentError) else "temporal"
    if as_json:
        listed = [problem.model_dump() for problem in problems]
        print_json({"error": {"code": name, "message": str(error), "problems": listed}}, errors())
        return code
    for line in [str(problem) for problem in problems] or [str(error)]:
        say(f"{name.replace('_', ' ')}: {line}", "red", errors())
    return code


def say(text: str, style: str = "", console: Console | None = None) -> None:
    """Print a line, unwrapped; what could steer the terminal is shown instead of sent."""
    (console or output()).print(Text(visible(text), style=style), soft_wrap=True)


def print_json(value: Any, console: Console | None = None) -> None:  # noqa: ANN401 - whatever it is
    """Print a model, or what holds models, as JSON."""
    plain = _PLAIN.dump_python(value, mode="json")
    text = json.dumps(plain, indent=2, ensure_ascii=False)
    (console or output()).print(Text(text), soft_wrap=True)


_PLAIN: TypeAdapter[Any] = TypeAdapter(Any)


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str
) -> None:
    """Print a table, or a line where it has no rows."""
    if not rows:
        say(empty)
        return
    output().print(table(title, columns, rows))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """Return a table whose cells are folded rather than cut."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(Text(cell(value)) for value in row))
    return made


def moment(at: datetime) -> str:
    """Return a time as people read it, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def cell(value: object) -> str:
    """Return what stands in a cell."""
    if value is None or value == "":
        return "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(cell, value)) or "-"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, BaseModel) and not isinstance(value, Money):
        return visible(value.model_dump_json())
    return visible(getattr(value, "value", None) or str(value))


def visible(text: str) -> str:
    """Return the text with control characters replaced by their escapes, line ends excepted."""
    return "".join(
        char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text
    )
