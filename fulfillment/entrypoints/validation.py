"""What people type or keep in files, read with errors that name each wrong field."""

import sys
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from fulfillment.domain.errors import FulfillmentError, Problem, Refused
from fulfillment.domain.orders import problems_of
from fulfillment.operations.json_files import parse_json

ModelT = TypeVar("ModelT", bound=BaseModel)


def validated(model: type[ModelT], data: Any) -> ModelT:  # noqa: ANN401 - whatever came
    """Return the model that the data describes.

    Raises:
        Refused: naming each wrong field, with what was expected and what came.

    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Refused.of(*problems_of(error)) from error


def read_bytes(path: Path, wrong: type[FulfillmentError]) -> bytes:
    """Return what is in a file, or on standard input for `-`.

    Raises:
        FulfillmentError: it can't be read, of the kind `wrong`.

    """
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        problem = Problem(
            path=str(path),
            expected="a file that can be read",
            came=error.strerror or str(error),
            remedy="check the name, or give - for standard input",
        )
        raise wrong.of(problem) from error


def read_json(path: Path, wrong: type[FulfillmentError]) -> Any:  # noqa: ANN401 - whatever it holds
    """Return what a JSON file holds.

    Raises:
        FulfillmentError: it can't be read or is no JSON, of the kind `wrong`.

    """
    return parse_json(read_bytes(path, wrong), source_of(path), wrong)


def source_of(path: Path) -> str:
    """Return what to call a file in messages."""
    return "standard input" if str(path) == "-" else str(path)
