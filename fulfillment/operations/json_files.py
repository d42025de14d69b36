"""Reading JSON that people wrote: what is wrong is told with its line and column."""

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from fulfillment.domain.errors import FulfillmentError, Problem

ErrorT = TypeVar("ErrorT", bound=FulfillmentError)

_REMEDY = "correct it, for example with an editor that knows JSON"


def parse_json(text: str | bytes, source: str, wrong: type[ErrorT]) -> Any:  # noqa: ANN401 - whatever it holds
    """Return what a JSON text holds.

    Args:
        text: the text, or its bytes in UTF-8, with or without a byte order mark.
        source: where it came from, for the message.
        wrong: what is raised if it can't be read.

    Raises:
        FulfillmentError: it is no JSON, of the kind `wrong`.

    """
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8-sig")
        return json.loads(decoded, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _unreadable(wrong, f"{source}: {where}", f"a mistake there ({error.msg})") from error
    except UnicodeDecodeError as error:
        expected = f"byte {error.object[error.start]:#04x} at offset {error.start}"
        raise _unreadable(wrong, source, f"{expected}, which is no UTF-8") from error
    except RecursionError as error:
        raise _unreadable(wrong, source, "lists or objects nested beyond reason") from error
    except ValueError as error:
        raise _unreadable(wrong, source, str(error)) from error


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            message = f"the field {name!r} twice in one object"
            raise ValueError(message)
        fields[name] = value
    return fields


def _no_number(name: str) -> None:
    message = f"{name}, which is no JSON number"
    raise ValueError(message)


def _unreadable(wrong: type[ErrorT], path: str, came: str) -> FulfillmentError:
    return wrong.of(Problem(path=path, expected="valid JSON", came=came, remedy=_REMEDY))
