"""The log: one line an event, as text or JSON, with ids and without personal data.

What this product logs is written so that it holds none. What libraries log is not ours to word, so
of their messages only the first line up to the first colon is kept, behind which they quote; and of
any error its kind and place, never its text (`safe_errors`).
"""

import logging
import os
import re
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from fulfillment.telemetry import log_context
from fulfillment.telemetry.safe_errors import described, kind_of

FORMAT_VARIABLE, LEVEL_VARIABLE = "FULFILLMENT_LOG_FORMAT", "FULFILLMENT_LOG_LEVEL"
OURS = ("fulfillment", "activities", "workflows", "worker")
WARNINGS = "py.warnings"
LEVELLED = (*OURS, "temporalio")
"""Loggers that log from the level that is set; all others warn at least."""

FRAMES_IN_A_LINE = 3
"""Lines of code that a line of text names, the innermost first; JSON names more."""

EXTRAS = (
    "code",
    "duration_ms",
    "error",
    "fulfillment_id",
    "method",
    "order_id",
    "request_id",
    "route",
    "status",
    "storefront",
    "wrong_fields",
)
"""What a caller may add to a line by `extra=`; all else is left out."""

CORE_FIELDS = ("activity_type", "run_id", "task_queue", "worker_task_queue", "workflow_id")
"""What is kept of the fields of the SDK's core, which quotes failures in others."""

_GRPC_CODE = re.compile(r"code: \W?(?P<code>[A-Za-z ]{2,40})")
_WARNED = re.compile(r"(?P<kind>.+?:\d+: \w+)")
"""The file, the line and the category of one of Python's warnings."""

_QUOTES_FROM = re.compile(r":|\n|\s*\(\{'")


class LogFormat(StrEnum):
    """How a line of the log is written."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """From which weight on a line is written."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class _Safe(logging.Handler):
    """The handler of this product's log, to be recognized where it is set up again."""


class _SafeStream(_Safe, logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to a stream."""


def configure(log_format: LogFormat, level: LogLevel, program: str) -> None:
    """Have everything that this process logs go to stderr, in this format.

    Args:
        log_format: text for people, JSON lines for machines.
        level: of our own lines and the SDK's; other libraries warn at least.
        program: stands in each JSON line, as `worker`.

    """
    root = logging.getLogger()
    for old in [handler for handler in root.handlers if isinstance(handler, _Safe)]:
        root.removeHandler(old)
    handler = _SafeStream(sys.stderr)
    handler.setFormatter(_JsonLine(program) if log_format is LogFormat.JSON else _TextLine())
    root.addHandler(handler)
    number = logging.getLevelNamesMapping()[level]
    root.setLevel(max(number, logging.WARNING))
    for name in LEVELLED:
        logging.getLogger(name).setLevel(number)


def begin(program: str, environ: Mapping[str, str] | None = None) -> None:
    """Set the log up where a program starts, before its settings are read and checked.

    A variable that can't be used has the default here, and is refused with the settings.
    """
    variables = os.environ if environ is None else environ
    configure(
        _one_of(LogFormat, variables.get(FORMAT_VARIABLE, "").lower(), LogFormat.TEXT),
        _one_of(LogLevel, variables.get(LEVEL_VARIABLE, "").upper(), LogLevel.INFO),
        program,
    )
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda ended: _log_uncaught(
        ended.exc_type, ended.exc_value, ended.exc_traceback
    )


def tell(line: str) -> None:
    """Say how it goes, to who started this program: plainly on stderr, or as a line of JSON."""
    if is_json():
        _log.info("%s", line)
        return
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def is_json() -> bool:
    """Return whether this process's log is written as JSON."""
    handlers = logging.getLogger().handlers
    return any(isinstance(handler.formatter, _JsonLine) for handler in handlers)


def message_of(record: logging.LogRecord) -> str:
    """Return a record's message without what it may quote."""
    shown = logging.makeLogRecord(record.__dict__)
    if isinstance(record.args, tuple):
        shown.args = tuple(_shown(arg) for arg in record.args)
    try:
        text = shown.getMessage()
    except (TypeError, ValueError):
        text = str(record.msg)
    if record.name.split(".")[0] in OURS:
        return text
    if record.name == WARNINGS and (warned := _WARNED.match(text)):
        return warned["kind"]
    return _QUOTES_FROM.split(text, maxsplit=1)[0].strip()


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return everything that a line says beside its message."""
    extras = {name: getattr(record, name) for name in EXTRAS if hasattr(record, name)}
    fields = {**log_context.context(record), **_of_core(record), **extras}
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        fields["error"] = described(error)
    return {name: value for name, value in fields.items() if value not in (None, "")}


def _shown(value: object) -> object:
    return kind_of(value) if isinstance(value, BaseException) else value


def _of_core(record: logging.LogRecord) -> dict[str, Any]:
    entry = getattr(record, "temporal_log", None)
    if entry is None:
        return {}
    fields = {name: entry.fields[name] for name in CORE_FIELDS if name in entry.fields}
    status = _GRPC_CODE.search(str(entry.fields.get("error", "")))
    subject = log_context.subject(str(fields.get("workflow_id", "")))
    return {**subject, **fields, **({"code": status["code"].strip()} if status else {})}


def _one_of(kind: Any, value: str, default: Any) -> Any:  # noqa: ANN401 - a StrEnum and its member
    return kind(value) if value in list(kind) else default


def _moment(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _log_uncaught(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    caught = error if error is not None else kind()
    _log.critical("ended by an error", exc_info=(kind, caught, trace))


class _JsonLine(JsonFormatter):
    """One JSON object a line."""

    def __init__(self, program: str) -> None:
        super().__init__()
        self._program = program

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _moment(record),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
            "program": self._program,
            "pid": record.process,
            **fields_of(record),
        }
        return self.serialize_log_record(line)


class _TextLine(logging.Formatter):
    """One line for people: when, how heavy, what, and the rest as name=value."""

    def format(self, record: logging.LogRecord) -> str:
        fields = fields_of(record)
        error = fields.pop("error", None)
        if error:
            fields["error"] = _in_a_line(error)
        rest = "".join(f" {name}={value}" for name, value in fields.items())
        return f"{_moment(record)} {record.levelname} {message_of(record)}{rest}"


def _in_a_line(error: Mapping[str, Any]) -> str:
    code = f"[{error['code']}]" if "code" in error else ""
    places = [place.replace(" ", ":") for place in error.get("at", [])[-FRAMES_IN_A_LINE:]]
    place = f"@{','.join(reversed(places))}" if places else ""
    cause = f"<-{_in_a_line(error['cause'])}" if "cause" in error else ""
    return f"{error['type']}{code}{place}{cause}"


_log = logging.getLogger(__name__)
