"""What customers want done to a line, as far as it can be taken; named by where it stands."""

from collections.abc import Iterable

from pydantic import TypeAdapter, ValidationError

from fulfillment.domain.errors import InvalidOrder, Problem
from fulfillment.domain.orders import Note, WishName, problems_of
from fulfillment.storefronts.amounts import Reckoning
from fulfillment.storefronts.mapping import CORRECT, Part, wishes

_NAME: TypeAdapter[str] = TypeAdapter(WishName)
_TEXT: TypeAdapter[str] = TypeAdapter(Note)


def require_properties(
    lines: Iterable[Part], reckoning: Reckoning, field: str, names: tuple[str, ...]
) -> None:
    """Check what is wanted of the lines that are ours to ship.

    A property's name may be anything, somebody's address too: no path of ours has it in it.

    Args:
        lines: the payload's.
        reckoning: which of them are ours.
        field: where a line's properties stand.
        names: the fields that may hold a property's name, as for `wishes`.

    Raises:
        InvalidOrder: a name or text is too long, or no text that can be printed; by its position.

    """
    ours = {line.path for line in reckoning.shipped}
    entries = [entry for line in lines if line.path in ours for entry in line.parts(field)]
    problems = [found for entry in entries for found in _problems(entry, names)]
    if problems:
        raise InvalidOrder.of(*problems)


def _problems(entry: Part, names: tuple[str, ...]) -> Iterable[Problem]:
    if not isinstance(entry.raw("value"), str | int | float):
        return
    for name, text in wishes([entry], names).items():
        shown_by = next(field for field in names if entry.text(field))
        for rule, value, field in ((_NAME, name, shown_by), (_TEXT, text, "value")):
            try:
                rule.validate_python(value)
            except ValidationError as error:
                [found] = problems_of(error)
                yield found.model_copy(update={"path": entry.at(field), "remedy": CORRECT})
