"""Whether what the packer says was packed is what was planned: the cartons, and their weights."""

from collections import deque
from collections.abc import Sequence

from fulfillment.domain.confirmations import PackConfirmation, WeightOverride, check_packed
from fulfillment.domain.errors import ConfirmationRefused, Problem
from fulfillment.domain.weighing import Weighing

_RECOUNT = (
    "open it, count the items and check each; if all is right, have a supervisor override it "
    "with a reason"
)


def check_pack(
    cartons: Sequence[str],
    expected_g: Sequence[int],
    confirmation: PackConfirmation,
    weighing: Weighing,
) -> None:
    """Check that the planned cartons were taken, and that each weighs what it should.

    Raises:
        ConfirmationRefused: other cartons, or another number of them or of weights; a weight that
            is off and that no supervisor has overridden.

    """
    check_packed(cartons, confirmation)
    if not confirmation.weights_g:
        return
    if len(confirmation.weights_g) != len(cartons):
        expected = f"{len(cartons)}, one for each carton"
        _refuse("weights", expected, f"{len(confirmation.weights_g)}", "weigh each carton")
    problems = weights_off(cartons, expected_g, confirmation, weighing)
    if problems and confirmation.override is None:
        raise ConfirmationRefused.of(*problems)
    if problems and confirmation.override is not None:
        _check_supervisor(confirmation.override, confirmation.by, weighing.supervisors)


def weights_off(
    cartons: Sequence[str],
    expected_g: Sequence[int],
    confirmation: PackConfirmation,
    weighing: Weighing,
) -> list[Problem]:
    """Return each carton whose weight is off: what was expected, what came, what to do.

    A plan that names no weights, as one of an earlier release, expects none.
    """
    weighed = zip(cartons, expected_g, weights_as_planned(cartons, confirmation), strict=False)
    return [
        Problem(
            path=f"weight of carton {number} ({carton})",
            expected=f"{expected} g, give or take {weighing.tolerated_g(expected)} g",
            came=f"{came} g, {_difference(came - expected)}",
            remedy=_RECOUNT,
        )
        for number, (carton, expected, came) in enumerate(weighed, start=1)
        if weighing.is_off(expected, came)
    ]


def weights_as_planned(cartons: Sequence[str], confirmation: PackConfirmation) -> tuple[int, ...]:
    """Return the weights in the plan's order, in whatever order the cartons were named.

    Empty where nothing was weighed. The confirmation names the plan's cartons, or none.
    """
    if not confirmation.weights_g:
        return ()
    scales: dict[str, deque[int]] = {}
    for carton, weight_g in zip(
        confirmation.cartons or cartons, confirmation.weights_g, strict=True
    ):
        scales.setdefault(carton, deque()).append(weight_g)
    return tuple(scales[carton].popleft() for carton in cartons)


def _difference(grams: int) -> str:
    return f"{abs(grams)} g too {'heavy' if grams > 0 else 'light'}"


def _check_supervisor(override: WeightOverride, packer: str, supervisors: Sequence[str]) -> None:
    if supervisors and override.by not in supervisors:
        expected = f"one of {', '.join(supervisors)}"
        _refuse("supervisor", expected, override.by, "have one of them override it")
    if not supervisors and override.by == packer:
        expected = "somebody else than the packer"
        _refuse("supervisor", expected, override.by, "have a colleague check and override")


def _refuse(path: str, expected: str, came: str, remedy: str) -> None:
    problem = Problem(path=path, expected=expected, came=came, remedy=remedy)
    raise ConfirmationRefused.of(problem)
