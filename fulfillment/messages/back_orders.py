"""What is asked about the lines that are not in stock, and what became of it."""

from typing import Annotated

from pydantic import Field

from fulfillment.domain.back_order_choices import LineChoice
from fulfillment.domain.back_order_queue import Waiter
from fulfillment.domain.base import Value
from fulfillment.domain.confirmations import Person
from fulfillment.domain.orders import LineQuantity


class ChooseBackOrder(Value):
    """What the customer chooses for lines that are not in stock."""

    choices: Annotated[tuple[LineChoice, ...], Field(min_length=1, max_length=500)]
    by: Person = "unknown"


class BackOrderAnswer(Value):
    """What was done for each line, and what the order still waits for."""

    order_id: str
    done: tuple[str, ...]
    missing: tuple[LineQuantity, ...] = ()


class RecordBackOrderChoice(Value):
    """Put on record what was chosen, and cancel or let substitute what is to be."""

    key: str
    order_id: str
    choices: tuple[LineChoice, ...]
    by: Person


class BackOrderChosen(Value):
    """What a choice came to."""

    canceled: tuple[LineQuantity, ...] = ()
    missing: tuple[LineQuantity, ...] = ()
    """What the order waits for now."""
    nothing_left: bool = False
    """Whether nothing of the order is left: it ends as canceled."""
    woken: tuple[Waiter, ...] = ()
    """Others, who get what was given back."""
