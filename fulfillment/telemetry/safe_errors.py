"""What may be said of an error: its kind and where it happened, never its text.

An error's text may quote what came in: a name, a street, a phone number. Its class, its stable code
and the lines of code it passed through can't.
"""

import traceback
from pathlib import Path
from typing import Any

from temporalio.exceptions import ApplicationError

import fulfillment
from fulfillment.domain.errors import FulfillmentError

_ROOT = f"{Path(fulfillment.__file__).parents[1]}/"

DEPTH = 5
"""Causes that are followed."""

FRAMES = 12
"""Lines of code that are named, the innermost ones."""


def kind_of(error: BaseException) -> str:
    """Return an error's class, with its stable code where it has one."""
    name, code = type(error).__qualname__, code_of(error)
    return f"{name}[{code}]" if code else name


def code_of(error: BaseException) -> str:
    """Return an error's stable code, as `store_busy`; "" where it has none."""
    if isinstance(error, FulfillmentError):
        return error.code
    return (error.type or "") if isinstance(error, ApplicationError) else ""


def _short(filename: str) -> str:
    """Return a file's place without where this machine keeps its programs."""
    return filename.rpartition("site-packages/")[2].removeprefix(_ROOT)


def described(error: BaseException, depth: int = DEPTH) -> dict[str, Any]:
    """Return class, code, lines of code and causes of an error, as plain data."""
    found: dict[str, Any] = {"type": type(error).__qualname__}
    if code := code_of(error):
        found["code"] = code
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    if frames:
        found["at"] = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth:
        found["cause"] = described(cause, depth - 1)
    return found
