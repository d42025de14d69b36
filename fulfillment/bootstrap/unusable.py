"""Settings that can not be used: expected, came, what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from fulfillment.carriers.registry import NETWORKS
from fulfillment.domain.errors import Problem
from fulfillment.domain.orders import problems_of
from fulfillment.settings import Settings, SettingsInvalid

DATA_VARIABLE = "FULFILLMENT_DATA_DIR"
CARRIER_VARIABLE = "FULFILLMENT_CARRIER"


def unusable(variable: str, came: str) -> SettingsInvalid:
    """Return the error for what a variable names, and what came of it."""
    problem = Problem(
        path=variable,
        expected="something that can be used",
        came=came,
        remedy="correct it, or unset it to have the default",
    )
    return SettingsInvalid.of(problem)


@contextmanager
def reading(variable: str, path: object) -> Iterator[None]:
    """Read and parse a file that a variable names.

    Raises:
        SettingsInvalid: it can't be read, or says something else than it should.

    """
    try:
        yield
    except OSError as error:
        raise unusable(variable, f"{path} ({error.strerror})") from error
    except ValidationError as error:
        problems = problems_of(error)
        in_file = [p.model_copy(update={"path": f"{path}: {p.path}"}) for p in problems]
        raise SettingsInvalid.of(*in_file) from error


def make_folder(settings: Settings) -> None:
    """Make the folder for data.

    Raises:
        SettingsInvalid: it can't be made.

    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        came = f"{settings.data_dir} ({error.strerror})"
        raise unusable(DATA_VARIABLE, came) from error


def network_unknown(name: str) -> SettingsInvalid:
    """Return the error for a network of carriers that there is not."""
    return SettingsInvalid.of(
        Problem(
            path=f"{CARRIER_VARIABLE}__{name.upper()}",
            expected=f"a network of carriers: {', '.join(sorted(NETWORKS))}",
            came="another one",
            remedy="correct the name, or unset it",
        )
    )


def section_invalid(name: str, error: ValidationError) -> SettingsInvalid:
    """Name each wrong setting of a network; what came is not shown, since it may be a key."""
    problems = [
        Problem(
            path=f"{CARRIER_VARIABLE}__{name}__{problem.path}".upper(),
            expected=problem.expected.removeprefix("Input should be "),
            came="a value that is not shown here",
            remedy="correct it (docs/carriers.md)",
        )
        for problem in problems_of(error)
    ]
    return SettingsInvalid.of(*problems)
