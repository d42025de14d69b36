"""Where a parcel is, as told by its carrier in events that may come late, twice or out of order."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from functools import reduce
from typing import Self

from pydantic import model_validator

from fulfillment.domain.base import Instant, Value


class TrackingStatus(StrEnum):
    """How far a parcel has come."""

    LABEL_CREATED = "label_created"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    RETURNED = "returned"
    """Back at the sender."""
    EXCEPTION = "exception"
    """Held up: no progress, until it moves on."""


class TrackingException(StrEnum):
    """Why a parcel is held up or comes back."""

    ADDRESS_PROBLEM = "address_problem"
    REFUSED = "refused"
    """By who was to receive it."""
    DAMAGED = "damaged"
    LOST = "lost"
    HELD_AT_CUSTOMS = "held_at_customs"
    RETURNED_TO_SENDER = "returned_to_sender"
    """On its way back, or back."""
    DELAYED = "delayed"
    OTHER = "other"


PROGRESS = {
    TrackingStatus.LABEL_CREATED: 0,
    TrackingStatus.PICKED_UP: 1,
    TrackingStatus.IN_TRANSIT: 2,
    TrackingStatus.OUT_FOR_DELIVERY: 3,
    TrackingStatus.DELIVERED: 4,
    TrackingStatus.RETURNED: 5,
}
"""How far each status is; an exception is no distance."""

FINAL = (TrackingStatus.DELIVERED, TrackingStatus.RETURNED)


class TrackingEvent(Value):
    """One message of a carrier about a parcel."""

    event_id: str
    """The carrier's, or made from its content; the same event twice has the same id."""
    tracking_number: str
    status: TrackingStatus
    at: Instant
    """When it happened, not when it was told."""
    place: str = ""
    reason: str = ""
    exception: TrackingException | None = None
    """What is wrong; of an exception or a return alone."""
    projected_delivery: date | None = None
    """The day of delivery that the carrier expected then."""
    raw_reference: str = ""
    """What the carrier calls its own message."""

    @model_validator(mode="after")
    def _wrong_only_where_held_up(self) -> Self:
        held_up = self.status in (TrackingStatus.EXCEPTION, TrackingStatus.RETURNED)
        if self.exception is not None and not held_up:
            message = f"no exception with status {self.status}, not {self.exception}"
            raise ValueError(message)
        return self


class TrackingState(Value):
    """Where a parcel stands: its status, the furthest it has come, and as of when."""

    status: TrackingStatus = TrackingStatus.LABEL_CREATED
    furthest: TrackingStatus = TrackingStatus.LABEL_CREATED
    """The furthest status reached; never an exception."""
    as_of: Instant | None = None
    """Time of the latest event that counted."""
    exception: TrackingException | None = None
    """What is wrong, while something is."""
    projected_delivery: date | None = None
    """By the latest event that told one; the delivery's own day is `as_of`, once delivered."""
    projected_as_of: Instant | None = None


def advance(state: TrackingState, event: TrackingEvent) -> TrackingState:
    """Return the state after an event; it never runs backwards.

    The projected delivery follows the latest event that tells one, whatever its status.

    Invariants: `furthest` never falls, and a status other than exception is the furthest. Delivered
    and returned are final, but for a delivery that turns out to be a return. An exception counts
    unless it is older than what is known; it ends when a newer event is as far as the furthest.
    A late or repeated event is for the record and leaves the state as it is.
    """
    return _moved(_projected(state, event), event)


def _projected(state: TrackingState, event: TrackingEvent) -> TrackingState:
    older = state.projected_as_of is not None and event.at < state.projected_as_of
    if event.projected_delivery is None or older:
        return state
    return state.model_copy(
        update={"projected_delivery": event.projected_delivery, "projected_as_of": event.at}
    )


def _moved(state: TrackingState, event: TrackingEvent) -> TrackingState:
    if event.status is TrackingStatus.EXCEPTION:
        return _held_up(state, event)
    far, known = PROGRESS[event.status], PROGRESS[state.furthest]
    late = state.as_of is not None and event.at < state.as_of
    if far < known or (far == known and (late or state.status in FINAL)):
        return state
    as_of = state.as_of if late else event.at
    if late and state.status is TrackingStatus.EXCEPTION and event.status not in FINAL:
        return state.model_copy(update={"furthest": event.status})
    return state.model_copy(
        update={
            "status": event.status,
            "furthest": event.status,
            "as_of": as_of,
            "exception": event.exception,
        }
    )


def state_after(events: Iterable[TrackingEvent]) -> TrackingState:
    """Return the state after events, in the sequence given; each event once."""
    return reduce(advance, events, TrackingState())


def _held_up(state: TrackingState, event: TrackingEvent) -> TrackingState:
    late = state.as_of is not None and event.at < state.as_of
    if late or state.status in FINAL:
        return state
    return state.model_copy(
        update={
            "status": TrackingStatus.EXCEPTION,
            "as_of": event.at,
            "exception": event.exception or TrackingException.OTHER,
        }
    )
