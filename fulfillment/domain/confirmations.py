"""What people say they did, and whether it fits what was planned."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError

from fulfillment.domain.base import Identifier, Value
from fulfillment.domain.errors import ConfirmationRefused, Problem
from fulfillment.domain.gs1 import scanned_sscc
from fulfillment.domain.lifecycle import STEPS, Stage
from fulfillment.domain.orders import problems_of
from fulfillment.domain.picking import Picked, Shortage
from fulfillment.domain.put_backs import NotBack
from fulfillment.domain.tracking_numbers import named, number_in, plain
from fulfillment.domain.units import Grams

UNKNOWN = "unknown"
Remark = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
"""What a person says to something; without NUL, which no database keeps."""

Person = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]*$")]


class Confirmation(Value):
    """A step done as planned, by a person; the floor's scanner adds what it saw."""

    by: Person = UNKNOWN
    note: Remark = ""


class PickConfirmation(Confirmation):
    """Picking is done; `picked` empty means as planned."""

    picked: tuple[Picked, ...] = ()


class SortConfirmation(Confirmation):
    """Sorting is done; `slot` is the put wall slot that the goods were put into."""

    slot: str | None = None


class WeightOverride(Value):
    """A supervisor lets a parcel go whose weight is not the expected one, and says why."""

    by: Person
    reason: Annotated[Remark, Field(min_length=1)]


class PackConfirmation(Confirmation):
    """Packing is done; `cartons` are the carton types taken, in the plan's order.

    `weights_g` is what the scales said of each packed carton, in the order of `cartons`, or of the
    plan where none are named; empty means that nothing was weighed.
    """

    cartons: tuple[str, ...] = ()
    weights_g: tuple[Grams, ...] = ()
    override: WeightOverride | None = None


class CartonChange(Confirmation):
    """Other cartons are wanted than planned: these and no others, one entry for each."""

    cartons: Annotated[tuple[Identifier, ...], Field(min_length=1, max_length=100)]


class HandoverConfirmation(Confirmation):
    """The carrier took the parcels; what was scanned on them proves which."""

    carrier: str | None = None
    tracking_numbers: tuple[str, ...] = ()
    ssccs: tuple[str, ...] = ()
    """As the scanner gave them: 18 digits, with or without AI 00 and symbology identifier."""


class PutBackConfirmation(Confirmation):
    """The goods of a canceled fulfillment are back in their bins, as its task says."""

    not_back: Annotated[tuple[NotBack, ...], Field(max_length=500)] = ()
    """Units that are not: lost on their way or damaged. They are written off."""


class ShortPick(Confirmation, Shortage):
    """A bin held less than planned; the person says how many were found."""


ConfirmationT = TypeVar("ConfirmationT", bound=Confirmation)


def parse_confirmation(kind: type[ConfirmationT], data: Any) -> ConfirmationT:  # noqa: ANN401
    """Return what a signal meant: nothing, `{}` or null is "done as planned, by unknown".

    Raises:
        ConfirmationRefused: the data is something else than the step's fields.

    """
    if data is None or data == "":
        return kind()
    try:
        return kind.model_validate({"by": data[:80]} if isinstance(data, str) else data)
    except ValidationError as error:
        raise ConfirmationRefused.of(*problems_of(error)) from error


def check_stage(now: Stage, needed: Stage) -> None:
    """Check that a confirmation comes at its stage.

    Raises:
        ConfirmationRefused: too early, too late, or after a cancellation.

    """
    if now is needed:
        return
    remedy = "confirm the earlier steps first"
    if now is Stage.CANCELED:
        remedy = "the fulfillment was canceled; put the goods back"
    elif needed is Stage.CANCELED:
        remedy = "it is not canceled; nothing is to be put back"
    elif now not in STEPS or STEPS.index(now) > STEPS.index(needed):
        remedy = "this step is done already; nothing is left to confirm"
    problem = Problem(path="stage", expected=needed.value, came=now.value, remedy=remedy)
    raise ConfirmationRefused.of(problem)


def check_person(assignee: str | None, by: str) -> None:
    """Check that the one who confirms is the one to whom the task was given, if anyone.

    Raises:
        ConfirmationRefused: the task is somebody else's.

    """
    if assignee and by not in (assignee, UNKNOWN):
        remedy = f"let {assignee} confirm, or have the task reassigned"
        raise ConfirmationRefused.of(
            Problem(path="person", expected=assignee, came=by, remedy=remedy)
        )


def check_sorted(slot: str, confirmation: SortConfirmation) -> None:
    """Check that the goods were put into their slot.

    Raises:
        ConfirmationRefused: another slot was scanned.

    """
    if confirmation.slot not in (None, slot):
        _refuse("slot", slot, str(confirmation.slot), f"move the goods to slot {slot}")


def check_packed(cartons: Sequence[str], confirmation: PackConfirmation) -> None:
    """Check that the planned cartons were taken.

    Raises:
        ConfirmationRefused: other cartons, or another number of them.

    """
    taken = sorted(confirmation.cartons)
    if taken and taken != sorted(cartons):
        remedy = "pack as planned, or ask for other cartons first (`floor change-cartons`)"
        _refuse("cartons", ", ".join(cartons), ", ".join(confirmation.cartons), remedy)


def check_handed_over(
    carrier: str,
    tracking_numbers: Sequence[str],
    ssccs: Sequence[str],
    confirmation: HandoverConfirmation,
) -> None:
    """Check that the right carrier took exactly the fulfillment's parcels, with their own labels.

    Raises:
        ConfirmationRefused: another carrier, a foreign parcel, or one missing.

    """
    if confirmation.carrier not in (None, carrier):
        _refuse("carrier", carrier, str(confirmation.carrier), "keep the parcels for their carrier")
    scanned = [number_in(scan) for scan in confirmation.tracking_numbers]
    _check_scanned("parcels", [plain(number) for number in tracking_numbers], scanned)
    _check_scanned("SSCCs", ssccs, [scanned_sscc(scan) for scan in confirmation.ssccs])


def _check_scanned(path: str, expected: Sequence[str], scanned: Sequence[str]) -> None:
    if not scanned or sorted(scanned) == sorted(expected):
        return
    foreign = sorted(set(scanned) - set(expected))
    lacking = sorted(set(expected) - set(scanned))
    remedies = [
        f"keep back {', '.join(foreign)}" if foreign else "",
        f"scan {', '.join(lacking)}" if lacking else "",
        "" if foreign or lacking else "scan each parcel once",
    ]
    came = ", ".join(each if each in expected else named(each) for each in scanned)
    _refuse(path, ", ".join(expected), came, " and ".join(filter(None, remedies)))


def _refuse(path: str, expected: str, came: str, remedy: str) -> None:
    problem = Problem(path=path, expected=expected, came=came, remedy=remedy)
    raise ConfirmationRefused.of(problem)
