"""What a customer may choose for the lines that are not in stock, and whether a choice fits."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from fulfillment.domain.base import Identifier, StrictValue, Value
from fulfillment.domain.errors import ConfirmationRefused, Problem
from fulfillment.domain.orders import LineQuantity, Order, Quantity


class BackOrderChoice(StrEnum):
    """What is done about a line that is not in stock."""

    WAIT = "wait"
    SHIP_REST = "ship_rest"
    """Ship what is there now, of an order that was to ship complete, and wait for the line."""
    SUBSTITUTE = "substitute"
    """Take another article that the order allows, if it is there first."""
    CANCEL = "cancel"


class LineChoice(StrictValue):
    """A choice for one line, or for some of its missing units."""

    line_no: Annotated[int, Field(gt=0)]
    choice: BackOrderChoice
    units: Quantity | None = None
    """How many missing units are canceled; all of them, if not given."""
    substitute: Identifier | None = None
    """Which article is taken instead."""

    @model_validator(mode="after")
    def _fits_the_choice(self) -> Self:
        if self.units is not None and self.choice is not BackOrderChoice.CANCEL:
            message = f"units with the choice cancel only, not with {self.choice.value}"
            raise ValueError(message)
        if (self.substitute is not None) != (self.choice is BackOrderChoice.SUBSTITUTE):
            message = "substitute with the choice substitute, and with no other"
            raise ValueError(message)
        return self


class ChoicePatience(Value):
    """How long a customer may think about a back-order, and what is done without an answer."""

    remind_after: timedelta
    decide_after: timedelta
    """After the reminder."""
    default: BackOrderChoice = BackOrderChoice.WAIT


def default_choices(
    order: Order, missing: Sequence[LineQuantity], default: BackOrderChoice
) -> tuple[LineChoice, ...]:
    """Return what is done for each missing line without an answer; what does not fit, waits."""
    return tuple(_default(order, line.line_no, default) for line in missing)


def _default(order: Order, line_no: int, default: BackOrderChoice) -> LineChoice:
    instead = order.line(line_no).substitutes
    if default is BackOrderChoice.SUBSTITUTE and instead:
        return LineChoice(line_no=line_no, choice=default, substitute=instead[0])
    fits = default is BackOrderChoice.CANCEL or (
        default is BackOrderChoice.SHIP_REST and order.ship_complete
    )
    return LineChoice(line_no=line_no, choice=default if fits else BackOrderChoice.WAIT)


def untold(missing: Sequence[LineQuantity], told: Mapping[int, int]) -> tuple[LineQuantity, ...]:
    """Return the lines of which more is missing than the customer was told, by line number."""
    return tuple(line for line in missing if line.quantity > told.get(line.line_no, 0))


def still_told(missing: Sequence[LineQuantity], told: Mapping[int, int]) -> dict[int, int]:
    """Return what of it still holds: units that came, and are missing again, are news."""
    units = {line.line_no: line.quantity for line in missing}
    return {line_no: min(old, units[line_no]) for line_no, old in told.items() if line_no in units}


def open_choices(order: Order, missing: Sequence[LineQuantity]) -> tuple[BackOrderChoice, ...]:
    """Return what the customer can choose from, in the order in which it is offered."""
    lines = {line.line_no for line in missing}
    if not lines:
        return ()
    instead = any(line.substitutes for line in order.lines if line.line_no in lines)
    return (
        BackOrderChoice.WAIT,
        *[BackOrderChoice.SHIP_REST] * order.ship_complete,
        *[BackOrderChoice.SUBSTITUTE] * instead,
        BackOrderChoice.CANCEL,
    )


def check_choices(
    order: Order, missing: Sequence[LineQuantity], choices: Sequence[LineChoice]
) -> None:
    """Check that choices fit what an order waits for.

    Raises:
        ConfirmationRefused: a line that is not back-ordered or comes twice, more units than are
            missing, an article that the order does not allow, or an order that ships what is there
            anyway; each by its path.

    """
    problems = [
        problem
        for number, chosen in enumerate(choices)
        for problem in _problems(f"choices[{number}]", order, missing, chosen)
    ]
    lines = [chosen.line_no for chosen in choices]
    if len(set(lines)) < len(lines):
        twice = next(no for no in lines if lines.count(no) > 1)
        problems.append(_problem("choices", "each line once", f"line {twice} more than once"))
    if problems:
        raise ConfirmationRefused.of(*problems)


def _problems(
    path: str, order: Order, missing: Sequence[LineQuantity], chosen: LineChoice
) -> Iterator[Problem]:
    units = {line.line_no: line.quantity for line in missing}
    if chosen.line_no not in units:
        waits = ", ".join(map(str, sorted(units))) or "none now"
        yield _problem(f"{path}.line_no", f"a back-ordered line: {waits}", str(chosen.line_no))
        return
    if chosen.units is not None and chosen.units > units[chosen.line_no]:
        most = f"at most the {units[chosen.line_no]} units that are missing"
        yield _problem(f"{path}.units", most, str(chosen.units))
    if chosen.choice is BackOrderChoice.SHIP_REST and not order.ship_complete:
        came = "one that ships what is there anyway"
        yield _problem(f"{path}.choice", "an order that was to ship complete", came)
    allowed = order.line(chosen.line_no).substitutes
    if chosen.substitute is not None and chosen.substitute not in allowed:
        known = ", ".join(allowed) or "none is"
        expected = f"an article that the order allows instead: {known}"
        yield _problem(f"{path}.substitute", expected, chosen.substitute)


def _problem(path: str, expected: str, came: str) -> Problem:
    remedy = "see what is missing with `fulfillment orders show`, and choose again"
    return Problem(path=path, expected=expected, came=came, remedy=remedy)
