"""Compares the books of orders whose stories are told with what they must say, to the unit."""

from collections.abc import Iterator, Mapping

from fulfillment.simulation.books_evidence import BooksEvidence
from fulfillment.simulation.cases import NO_FINDINGS, VERIFIED
from fulfillment.simulation.expected_books import ExpectedBooks
from fulfillment.simulation.robots import Diary


def judge_books(expect: ExpectedBooks, found: BooksEvidence, diary: Diary) -> Iterator[str]:
    """Yield what the books say otherwise than they must; each finding a sentence."""
    yield from _levels("money", expect.money.model_dump(), found.money.model_dump())
    taken = {"captured": expect.money.captured, "refunded": expect.money.refunded}
    asked = {name: getattr(found.at_gateway, name) for name in taken}
    yield from _levels("money at the gateway", taken, asked)
    yield from _each("line", expect.lines, found.lines)
    yield from _each("goods", expect.goods, found.goods)
    labels = {"voided": found.labels_voided}
    yield from _levels("labels", {"voided": expect.labels_voided}, labels)
    yield from _levels("goods sent in their place", expect.followed_by, found.followed_by)
    if found.followed_by_minor:
        yield f"goods sent in their place: expected nothing to pay, came {found.followed_by_minor}"
    yield from _verified(found.order_id, diary)


def _each(what: str, expected: Mapping[str, object], came: Mapping[str, object]) -> Iterator[str]:
    for sku in dict.fromkeys((*expected, *came)):
        yield from _levels(f"{what} {sku}", _fields(expected.get(sku)), _fields(came.get(sku)))


def _fields(levels: object) -> dict[str, int]:
    return {} if levels is None else dict(levels)  # type: ignore[call-overload]


def _levels(what: str, expected: Mapping[str, int], came: Mapping[str, int]) -> Iterator[str]:
    """Compare numbers by name; what is not named is zero."""
    for name in dict.fromkeys((*expected, *came)):
        if expected.get(name, 0) != came.get(name, 0):
            yield f"{what}, {name}: expected {expected.get(name, 0)}, came {came.get(name, 0)}"


def _verified(order_id: str, diary: Diary) -> Iterator[str]:
    answers = [e.answer for e in diary.entries if (e.action, e.order_id) == (VERIFIED, order_id)]
    if answers != [NO_FINDINGS]:
        said = "; ".join(answers) or "nobody having asked"
        yield f"verify after it: expected {NO_FINDINGS}, came {said}"
