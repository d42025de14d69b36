"""Reading the settings: each wrong variable is named, with what was expected and what came."""

import difflib
import os
from collections.abc import Mapping
from typing import Self

from pydantic import ValidationError
from pydantic_settings import SettingsError

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.domain.orders import problems_of
from fulfillment.settings.model import DATABASE_VARIABLE, NESTING, PREFIX, SECRET, Settings
from fulfillment.settings.patience import PATIENT
from fulfillment.settings.spans import SPANS

_REMEDY = "correct it, or unset it to have the default"
_DURATIONS = "a duration, as PT2H30M or 02:30:00"
_HIDDEN = "a value that is not shown here"


class SettingsInvalid(FulfillmentError):
    """A setting can't be used; each problem names its variable, one on a line."""

    code = "settings_invalid"

    @classmethod
    def of(cls, *problems: Problem) -> Self:
        """Make the error whose message is the problems, one on a line."""
        return cls("\n".join(str(problem) for problem in problems), problems)


def load_settings() -> Settings:
    """Read the settings from the environment; to be called once, where a program starts.

    Raises:
        SettingsInvalid: naming each wrong variable, with what was expected and what came.

    """
    misspelt = _misspelt(os.environ)
    if misspelt:
        raise SettingsInvalid.of(*misspelt)
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsInvalid.of(*map(_of_variable, problems_of(error))) from error
    except SettingsError as error:
        problem = Problem(
            path=f"{PREFIX}*", expected="values that can be read", came=f"{error}", remedy=_REMEDY
        )
        raise SettingsInvalid.of(problem) from error


def variables() -> list[str]:
    """Return the names of all variables that set something."""
    names = [name for name in Settings.model_fields if name != "database_url"]
    nested = [f"{name}{NESTING}{span}" for name in PATIENT for span in (*SPANS, "policy")]
    return [DATABASE_VARIABLE, *(f"{PREFIX}{name}".upper() for name in names + nested)]


def _misspelt(environ: Mapping[str, str]) -> list[Problem]:
    # Whatever else begins with the prefix may be for somebody else, such as the tests.
    known = variables()
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    close = {
        name: difflib.get_close_matches(name[len(PREFIX) :], _bare(known), 1, 0.8)
        for name in unknown
    }
    return [
        Problem(
            path=name,
            expected=(meant := _full(match[0])),
            came=f"{_shown(match[0], environ[name])} under a name that sets nothing",
            remedy=f"call it {meant}, or unset it",
        )
        for name, match in close.items()
        if match
    ]


def _shown(name: str, value: str) -> str:
    return _HIDDEN if name.lower() in SECRET else repr(value)


def _full(name: str) -> str:
    return name if name == DATABASE_VARIABLE else PREFIX + name


def _bare(names: list[str]) -> list[str]:
    return [name.removeprefix(PREFIX) for name in names]


def _of_variable(problem: Problem) -> Problem:
    path, expected = problem.path, problem.expected.removeprefix("Input should be ")
    name = DATABASE_VARIABLE if path in ("database_url", DATABASE_VARIABLE) else PREFIX + path
    return Problem(
        path=name.replace(".", NESTING).upper(),
        expected=_DURATIONS if "timedelta" in expected else expected,
        came=_HIDDEN if path.partition("[")[0].lower() in SECRET else problem.came,
        remedy=_REMEDY,
    )
