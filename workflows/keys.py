"""Effect keys of one workflow, with a counter for what is done again on purpose."""

from collections import Counter

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from fulfillment.temporal.identifiers import effect_key


class Keys:
    """Gives each deliberate doing of a step its own key; retries and replays keep theirs."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self._times: Counter[str] = Counter()

    def next(self, step: str, subject: str = "-") -> str:
        """Return the key of the next doing of a step."""
        self._times[step] += 1
        return effect_key(workflow.info().workflow_id, step, subject, self._times[step])
