"""Spans of time as settings have them: each longer than zero, divided by the time scale."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from fulfillment.domain.lifecycle import Patience, Policy

SPANS = ("remind_after", "escalate_after", "then_after")
"""The spans of a patience."""


def _too_short(spans: list[str]) -> PydanticCustomError:
    what = " and ".join(spans)
    return PydanticCustomError("too_short", "{what} longer than zero", {"what": what})


def _lasts(span: timedelta) -> timedelta:
    if span <= timedelta(0):
        raise _too_short(["a duration"])
    return span


def _waits(patience: Patience) -> Patience:
    short = [span for span in SPANS if getattr(patience, span) <= timedelta(0)]
    if short:
        raise _too_short(short)
    return patience


Span = Annotated[timedelta, AfterValidator(_lasts)]
"""A duration longer than zero."""

Waits = Annotated[Patience, AfterValidator(_waits)]
"""A patience whose spans all are longer than zero."""


def hours(remind: int, escalate: int, then: int, policy: Policy) -> Patience:
    """Return a patience of so many hours each."""
    return Patience(
        remind_after=timedelta(hours=remind),
        escalate_after=timedelta(hours=escalate),
        then_after=timedelta(hours=then),
        policy=policy,
    )


def days(remind: int, escalate: int, then: int, policy: Policy) -> Patience:
    """Return a patience of so many days each."""
    return hours(24 * remind, 24 * escalate, 24 * then, policy)


def scaled(patience: Patience, time_scale: float) -> Patience:
    """Return a patience with the time scale applied."""
    spans = {span: getattr(patience, span) / time_scale for span in SPANS}
    return patience.model_copy(update=spans)
