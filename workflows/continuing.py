"""When a workflow whose history got long goes on as a new run, and how it says so.

The steps of a workflow raise `Continuing` where nothing is under way: no handler runs, no effect,
no child, which Temporal would cancel with the run that started it, and nothing that was asked is
unanswered. What is said while the old run ends is Temporal's to keep: the server does not let it
end before it has heard it, or gives it to the new run.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from fulfillment.messages.continuing import HoldCarried
    from fulfillment.temporal.unreadable import TaskUnreadable, Unreadable


class Continuing(Exception):
    """The workflow goes on as a new run; `held` says where in its steps, if on hold."""

    def __init__(self, held: HoldCarried | None = None) -> None:
        """Keep where it stands."""
        super().__init__("continues as new")
        self.held = held


def is_long(most_events: int | None) -> bool:
    """Return whether a new run is due, and no handler would be lost by it."""
    info = workflow.info()
    enough = most_events is not None and info.get_current_history_length() >= most_events
    due = enough or info.is_continue_as_new_suggested()
    return due and workflow.all_handlers_finished()


def handed_over(carried: object) -> object:
    """Return what the run before this one handed over; None where there was none.

    Raises:
        TaskUnreadable: it can't be read without a key that is missing.

    """
    if workflow.info().continued_run_id is None:
        return None
    if isinstance(carried, Unreadable):
        raise TaskUnreadable(str(carried.error()))
    return carried
