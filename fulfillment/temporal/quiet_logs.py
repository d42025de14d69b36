"""Keeps what errors quote out of the logs: their messages may say what a customer wrote."""

import logging
import traceback

LOGGERS = (
    "temporalio.activity",
    "temporalio.workflow",
    "temporalio.worker._activity",
    "temporalio.worker._workflow",
    "temporalio.worker._workflow_instance",
)
"""Where the SDK logs errors with their messages; these also stand, encrypted, in the history."""


class WithoutMessages(logging.Filter):
    """Leaves of a logged error where it happened and what kind it is."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let the record pass, without its error's message."""
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None:
            record.exc_text = described(error)
            record.exc_info = None
        return True


def described(error: BaseException) -> str:
    """Return the traces and kinds of an error and its causes, the first cause first."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.insert(0, cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n".join(_one(link) for link in chain)


def withhold_messages() -> None:
    """Have the SDK log errors without their messages; the same again changes nothing."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, WithoutMessages) for known in logger.filters):
            logger.addFilter(WithoutMessages())


def _one(error: BaseException) -> str:
    where = "".join(traceback.format_tb(error.__traceback__))
    return f"{where}{type(error).__module__}.{type(error).__qualname__} (message withheld)"
