"""What is noted of the services chosen for a fulfillment, and of those that were given up."""

from fulfillment.domain.base import Value
from fulfillment.domain.decisions import Decision
from fulfillment.domain.shipping import LabelReference, Quote
from fulfillment.stores import UnitOfWork


class Choice(Value):
    """The service that is bought for a fulfillment's parcels."""

    key: str
    """Of this choice: the effect's, and how many were given up before."""
    quote: Quote
    decision: Decision


class GivenUp(Value):
    """Labels of a choice that could not be bought for all parcels."""

    labels: tuple[LabelReference, ...]


class Earlier(Value):
    """What earlier attempts left: choices that were given up, and the one that stands."""

    given_up: tuple[GivenUp, ...] = ()
    choice: Choice | None = None


NOTHING_EARLIER = Earlier()


def choice_note(key: str) -> str:
    """Return where a choice is noted."""
    return f"choice/{key}"


def given_up_note(key: str) -> str:
    """Return where it is noted that a choice was given up."""
    return f"choice/{key}/given-up"


async def earlier_choices(tx: UnitOfWork, key: str) -> Earlier:
    """Return what earlier attempts at an effect left."""
    given_up: list[GivenUp] = []
    while True:
        number = f"{key}/{len(given_up) + 1}"
        noted = await tx.carrier_notes.among([choice_note(number), given_up_note(number)])
        left, chosen = noted.get(given_up_note(number)), noted.get(choice_note(number))
        if left is None:
            choice = None if chosen is None else Choice.model_validate_json(chosen)
            return Earlier(given_up=tuple(given_up), choice=choice)
        given_up.append(GivenUp.model_validate_json(left))
