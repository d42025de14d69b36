"""The kinds of value that the rest of the domain is made of."""

import hashlib
import json
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    StringConstraints,
    field_validator,
)

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""An id that is safe in a workflow id, a file name, a URL and a barcode."""

FulfillmentId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
"""The id of a fulfillment: that of its order, and a number."""


def _in_utc(at: datetime) -> datetime:
    try:
        at.astimezone(UTC)
    except OverflowError as error:
        message = "a time within the years 1 to 9999 of UTC"
        raise ValueError(message) from error
    return at


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A point in time that knows its offset; naive times, and those that UTC has no year for, are
refused."""

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""An ISO 3166-1 alpha-2 code."""

HsCode = Annotated[str, StringConstraints(pattern=r"^\d{6}(\d{2}){0,2}$")]
"""A commodity code: the six digits of the Harmonized System, and up to four national ones."""


class Value(BaseModel):
    """A frozen value; unknown fields are ignored, so that a newer peer may send more.

    Its validator is made when it is first used: no process uses all of the hundreds of models, and
    to make them took a quarter of a command's start.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)


class StrictValue(BaseModel):
    """A frozen value from outside; an unknown field is refused, since it is most likely a typo."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, defer_build=True
    )

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: object) -> object:
        if isinstance(value, str) and "\x00" in value:
            # PostgreSQL's text can't hold it, and no printer could print it.
            message = "a text without the NUL character"
            raise ValueError(message)
        return value


def content_hash(value: BaseModel, exclude: AbstractSet[str] = frozenset()) -> str:
    """Return the SHA-256 of a value's canonical JSON, in hexadecimal, without some fields."""
    content = value.model_dump(mode="json", exclude=set(exclude))
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
