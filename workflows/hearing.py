"""What a signal says, where it can be read; decided once, and the same in every replay."""

from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.errors import FulfillmentError, Problem
    from fulfillment.temporal.unreadable import TaskUnreadable, Unreadable

UNREAD = Unreadable(
    problems=(Problem(path="payload", expected="one that can be read", came="one that could not"),)
)
"""Why a signal was refused that could be read by now."""


class Hearing:
    """Tells whether signals could be read when they came; one for each workflow.

    A signal may come from anybody, encrypted with another key or not at all. It is refused like any
    other nonsense, and stays refused in a replay, although the key was added meanwhile; that is
    what the patch marker in the history says. One that could be read then and can't now fails the
    task until its key is back.
    """

    def __init__(self) -> None:
        """Begin with the first signal."""
        self._count = 0

    def refusal(self, payload: tuple[Any, ...]) -> FulfillmentError | None:
        """Return why a signal's payload is refused unread, or None if it can be read.

        Raises:
            TaskUnreadable: it was read when it came, and can't be read now.

        """
        self._count += bool(payload)
        unreadable = payload[0] if payload and isinstance(payload[0], Unreadable) else None
        if not payload or not (unreadable or workflow.unsafe.is_replaying()):
            return None
        if workflow.patched(f"unreadable-signal-{self._count}"):
            return (unreadable or UNREAD).error()
        if unreadable:
            raise TaskUnreadable(str(unreadable.error()))
        return None
