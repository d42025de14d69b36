"""Answers by update id, so that what was asked again after a continuation is not done again.

The server knows the updates of one run only: the same id, sent again because its answer was lost,
is a new update to the next run.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.base import Value
    from fulfillment.messages.continuing import AnswerCarried

V = TypeVar("V", bound=Value)

KEPT_ANSWERS = 20
"""The latest ones; an answer gets lost for seconds, while a run takes days."""


class Answers:
    """What the updates of this run and of those before it were answered."""

    def __init__(self) -> None:
        """Begin with none."""
        self._before: dict[str, AnswerCarried] = {}
        self._given: dict[str, Value] = {}

    def known(self) -> bool:
        """Return whether a run before this one has answered the update at hand."""
        return _update_id() in self._before

    async def once(self, kind: type[V], work: Callable[[], Awaitable[V]]) -> V:
        """Return what the update at hand was answered before; else do the work, and keep that.

        Raises:
            FulfillmentError: as the work; a refusal is not kept, since asking again is no repeat.

        """
        name = _update_id()
        if name in self._before:
            return kind.model_validate(self._before[name].answer)
        answer = await work()
        self._given[name] = answer
        return answer

    def carried(self) -> tuple[AnswerCarried, ...]:
        """Return the latest answers, for the next run."""
        given = (
            AnswerCarried(update_id=name, answer=answer.model_dump(mode="json"))
            for name, answer in self._given.items()
        )
        return (*self._before.values(), *given)[-KEPT_ANSWERS:]

    def restore(self, carried: Iterable[AnswerCarried]) -> None:
        """Know what the runs before this one have answered."""
        self._before = {each.update_id: each for each in carried}


def _update_id() -> str:
    update = workflow.current_update_info()
    return update.id if update else ""
