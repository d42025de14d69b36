"""Errors of the domain on their way through Temporal, and back."""

from temporalio.exceptions import ActivityError, ApplicationError

from fulfillment.domain import errors
from fulfillment.domain.errors import FulfillmentError, Problem


def _tree(root: type[FulfillmentError]) -> dict[str, type[FulfillmentError]]:
    known = {root.code: root}
    for child in root.__subclasses__():
        known |= _tree(child)
    return known


BY_CODE = _tree(errors.FulfillmentError)
"""Every class of the tree by its stable code, which is also Temporal's error type."""


def to_application_error(error: FulfillmentError) -> ApplicationError:
    """Return the error as Temporal carries it: code as type, problems as details."""
    return ApplicationError(
        str(error),
        [problem.model_dump() for problem in error.problems],
        type=error.code,
        non_retryable=not error.retryable,
        next_retry_delay=error.retry_after if isinstance(error, errors.Unavailable) else None,
    )


def from_failure(failure: BaseException | None) -> FulfillmentError | None:
    """Return the domain's error inside a failure from Temporal, or None if there is none."""
    while failure is not None:
        if isinstance(failure, FulfillmentError):
            return failure
        if isinstance(failure, ApplicationError) and failure.type in BY_CODE:
            return BY_CODE[failure.type](failure.message, _problems(failure))
        failure = getattr(failure, "cause", None) or failure.__cause__
    return None


def _problems(failure: ApplicationError) -> list[Problem]:
    rows = failure.details[0] if failure.details else []
    return [Problem.model_validate(row) for row in rows] if isinstance(rows, list) else []


def cause_of(error: ActivityError) -> FulfillmentError:
    """Return why an activity gave up, as the domain's error; reraise what is not the domain's."""
    known = from_failure(error)
    if known is None:
        raise error
    return known
