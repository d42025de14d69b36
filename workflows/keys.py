"""Effect keys of one workflow, with a counter for what is done again on purpose."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from fulfillment.messages.continuing import Occurrences
    from fulfillment.temporal.identifiers import effect_key

_MOMENT = re.compile(r"\d{8}T\d{6}\.\d{6}Z")


def moment(at: datetime | None = None) -> str:
    """Return the time, or another one, as the subject of what people or timers cause.

    A workflow that is started again does not meet the same requests in the same sequence: a count
    alone would give another one an old key. A replay sees the same time.
    """
    return f"{at or workflow.now():%Y%m%dT%H%M%S.%fZ}"


class Keys:
    """Gives each deliberate doing of a step its own key; retries and replays keep theirs."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self._times: Counter[tuple[str, str]] = Counter()

    def next(self, step: str, subject: str = "-") -> str:
        """Return the key of the next doing of a step for a subject."""
        self._times[step, subject] += 1
        return effect_key(workflow.info().workflow_id, step, subject, self._times[step, subject])

    def carried(self) -> tuple[Occurrences, ...]:
        """Return what the next run counts on from; a moment never comes again."""
        return tuple(
            Occurrences(step=step, subject=subject, times=times)
            for (step, subject), times in self._times.items()
            if not _MOMENT.fullmatch(subject)
        )

    def restore(self, carried: Iterable[Occurrences]) -> None:
        """Count on from what an earlier run has done."""
        self._times.update({(one.step, one.subject): one.times for one in carried})
