"""What cancel does to each resource at each stage; the table that later stages extend."""

from enum import StrEnum

from fulfillment.domain.base import Value
from fulfillment.domain.lifecycle import CANCELABLE, Stage


class Resource(StrEnum):
    """Something an order holds that a cancellation must give back."""

    AUTHORIZATION = "authorization"
    CAPTURE = "capture"
    RESERVATION = "reservation"
    PICK_TASK = "pick_task"
    CARTON = "carton"
    LABEL = "label"
    PICKUP = "pickup"


class Undo(Value):
    """What happens to a resource, or why it can't be taken back any more."""

    action: str | None
    because: str = ""


VOID = Undo(action="void the authorization; nothing was captured")
RELEASE = Undo(action="release the claims, so that the stock can be promised again")
CLOSE = Undo(action="close the pick task; the goods still lie in their bins")

_TOO_LATE = {
    Stage.SORTING: "the goods have been picked",
    Stage.PACKING: "the goods have been picked and sorted",
    Stage.LABELING: "the goods have been packed",
    Stage.AWAITING_PICKUP: "the parcels are labeled and wait for the carrier",
    Stage.IN_TRANSIT: "the carrier has the parcels",
    Stage.DELIVERED: "the goods have been delivered",
    Stage.UNDELIVERED: "the goods were sent again or refunded",
}

TABLE: dict[Stage, dict[Resource, Undo]] = {
    stage: {
        Resource.AUTHORIZATION: VOID,
        Resource.RESERVATION: RELEASE,
        Resource.PICK_TASK: CLOSE,
    }
    for stage in CANCELABLE
}


def why_too_late(stage: Stage) -> str | None:
    """Return why a fulfillment at this stage can't be canceled, or None if it can."""
    return _TOO_LATE.get(stage)
