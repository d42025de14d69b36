"""Parcels that do not arrive as they should: what a person decides of them, and what that means."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Identifier, Instant, Value
from fulfillment.domain.confirmations import Confirmation, Remark
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.errors import ConfirmationRefused, Problem
from fulfillment.domain.orders import ReplacementReason, problems_of
from fulfillment.domain.tracking import TrackingException, TrackingState, TrackingStatus

SILENCE = "silence"
"""The cause of a trouble where the carrier says nothing for too long."""

COMES_BACK = frozenset(
    {
        TrackingException.ADDRESS_PROBLEM,
        TrackingException.REFUSED,
        TrackingException.RETURNED_TO_SENDER,
        TrackingException.HELD_AT_CUSTOMS,
    }
)
"""Causes after which the goods are expected back; after the others they are lost."""


GIVING_UP = (Choice.RESHIP, Choice.REFUND)
"""Choices after which nobody waits for the parcel any more."""


class Trouble(Value):
    """A parcel that a person must decide about."""

    tracking_number: str
    cause: str
    """A tracking exception, or `silence`."""
    is_back: bool = False
    """Whether it is at the sender again."""

    @property
    def comes_back(self) -> bool:
        """Return whether its goods are expected back."""
        return self.is_back or self.cause in COMES_BACK


class Resolution(Confirmation):
    """What a person decides of the parcels in trouble: of all of them, or of some."""

    choice: Choice
    tracking_numbers: tuple[Identifier, ...] = ()
    """Of which parcels; none means all that are in trouble."""
    until: Instant | None = None
    """Until when to wait."""
    ship_to: Address | None = None
    """The new address."""
    reason: Remark = ""


def find_troubles(
    states: Iterable[tuple[str, TrackingState]],
    worked: Collection[str],
    *,
    silent: bool,
) -> tuple[Trouble, ...]:
    """Return the parcels that a person must decide about.

    Args:
        states: of each parcel that nobody has given up, by tracking number.
        worked: the exceptions that a person decides about; what comes back, always.
        silent: whether the carrier was silent for too long: then what has not arrived is in
            trouble.

    """
    found = (_trouble(number, state, worked, silent=silent) for number, state in states)
    return tuple(trouble for trouble in found if trouble is not None)


def _trouble(
    number: str, state: TrackingState, worked: Collection[str], *, silent: bool
) -> Trouble | None:
    if state.status is TrackingStatus.DELIVERED:
        return None
    if state.status is TrackingStatus.RETURNED:
        cause = state.exception or TrackingException.RETURNED_TO_SENDER
        return Trouble(tracking_number=number, cause=cause.value, is_back=True)
    held_up = state.status is TrackingStatus.EXCEPTION and state.exception
    if held_up and held_up in worked:
        return Trouble(tracking_number=number, cause=held_up.value)
    return Trouble(tracking_number=number, cause=SILENCE) if silent else None


def concerned(troubles: Sequence[Trouble], resolution: Resolution) -> tuple[Trouble, ...]:
    """Return the parcels in trouble that a resolution is about."""
    named = resolution.tracking_numbers
    return tuple(one for one in troubles if not named or one.tracking_number in named)


def check_resolution(troubles: Sequence[Trouble], resolution: Resolution, now: datetime) -> None:
    """Check that a decision is one that can be carried out.

    Raises:
        ConfirmationRefused: no parcel is in trouble, or not that one; a wait without a day that is
            to come, a new address without an address, or either where the choice has none.

    """
    in_trouble = [trouble.tracking_number for trouble in troubles]
    if not in_trouble:
        remedy = "nothing is to be decided; see `fulfillment orders track`"
        _refuse("exception", "a parcel in trouble", "none", remedy)
    foreign = sorted(set(resolution.tracking_numbers) - set(in_trouble))
    if foreign:
        remedy = "name parcels that are in trouble, or none to mean all of them"
        _refuse("tracking_numbers", ", ".join(in_trouble), ", ".join(foreign), remedy)
    _check_until(resolution, now)
    if (resolution.choice is Choice.NEW_ADDRESS) is not (resolution.ship_to is not None):
        came = "one" if resolution.ship_to else "none"
        remedy = "choose new_address and give the address, or neither"
        _refuse("ship_to", "an address with new_address alone", came, remedy)


def _check_until(resolution: Resolution, now: datetime) -> None:
    until = resolution.until
    if resolution.choice is not Choice.WAIT:
        if until is not None and resolution.choice is not Choice.NEW_ADDRESS:
            remedy = "leave `until` out, or choose wait"
            _refuse("until", "nothing unless it is a wait", until.isoformat(), remedy)
        return
    if until is None or until <= now:
        came = until.isoformat() if until else "none"
        _refuse("until", f"a time after {now.isoformat()}", came, "say until when to wait")


def parse_resolution(data: Any) -> Resolution:  # noqa: ANN401 - whatever a signal carries
    """Return what a signal meant; a word alone is the choice.

    Raises:
        ConfirmationRefused: it is no decision; nothing is decided by an empty one.

    """
    try:
        return Resolution.model_validate({"choice": data} if isinstance(data, str) else data)
    except ValidationError as error:
        raise ConfirmationRefused.of(*problems_of(error)) from error


REASONS = {
    TrackingException.DAMAGED.value: ReplacementReason.DAMAGED,
    TrackingException.LOST.value: ReplacementReason.LOST,
    TrackingException.DELAYED.value: ReplacementReason.LATE,
    SILENCE: ReplacementReason.LOST,
}
"""Why goods are sent again, by what was wrong with their parcel; else they were undeliverable."""


def reason_of(troubles: Sequence[Trouble]) -> ReplacementReason:
    """Return why goods of these parcels are sent again: the first one's cause."""
    return REASONS.get(troubles[0].cause, ReplacementReason.UNDELIVERABLE)


def _refuse(path: str, expected: str, came: str, remedy: str) -> None:
    problem = Problem(path=path, expected=expected, came=came, remedy=remedy)
    raise ConfirmationRefused.of(problem)
