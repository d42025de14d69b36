"""Reading a storefront's payload field by field; what is wrong is named by its path in there."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationError

from fulfillment.domain.base import Identifier, StrictValue
from fulfillment.domain.errors import InvalidOrder, Problem
from fulfillment.domain.orders import SHOWN_LENGTH, Order, Urgency, problems_of

CORRECT = "correct it in the storefront, then send the order again"

ShopName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{0,20}$")]

_URGENCIES = (
    (
        Urgency.EXPRESS,
        (
            *("express", "expedited", "overnight", "rush", "same day", "next day", "nextday"),
            *("1 day", "one day", "2 day", "two day", "2nd day", "second day"),
        ),
    ),
    (Urgency.ECONOMY, ("economy", "saver", "budget")),
)
"""Words of a shipping method's name; the first row with one of them decides, else STANDARD."""

_WORDS = {
    "email": "an e-mail address",
    "country": "a country's two letters (ISO 3166-1)",
    "currency": "a currency's three letters (ISO 4217)",
    "sku": "1 to 64 letters, digits, dots, hyphens and underscores",
}
"""What some of our fields are, in better words than a pattern."""

_REMEDIES = {
    "email": "; or set fallback_email, where letters go to customers without an address",
    "sku": "; or map it: skus = {{{came}: …}}",
}
"""What else helps, besides correcting it."""

_GIFT_MESSAGES = ("gift message", "gift note", "gift text", "gift card message")
_GIFT_WRAPS = ("gift wrap", "gift wrapping", "gift wrapped")
_GIFT_MARKS = ("gift", "is gift", "this is a gift", "send as gift")
_COUNTRY = re.compile(r"[A-Z]{2}")
_NAMED = ".properties"
_NAMED_BELOW = re.compile(r"\.properties\..*", re.DOTALL)
_NO = ("", "no", "false", "0", "off", "none")


class Merchant(StrictValue):
    """What only the merchant knows about the storefront's orders."""

    shop: ShopName = ""
    """Stands in the order's id, as `woo-<shop>-727`, where two shops run the same software."""
    skus: dict[str, Identifier] = Field(default_factory=dict)
    """SKUs by Shopify variant id, by WooCommerce `product_id:variation_id`, or by their own SKU."""
    unshipped: tuple[str, ...] = ()
    """What never ships (keys as of `skus`); WooCommerce orders don't say what is virtual."""
    notes_are_gifts: bool = False
    """Whether the customer's note is a gift's card even if nothing else says it is a gift."""
    fallback_email: str = ""
    """Where letters to customers go who left no address; else their orders are refused."""
    allow_test: bool = False
    """Whether test orders are taken for real ones."""
    unclear_refunds_stop: bool = False
    """Whether a refund that may be of goods, and doesn't say of which, stops an order on record."""

    def sku_of(self, keys: Iterable[str]) -> str:
        """Return the SKU that the first mapped key stands for; "" if none is mapped."""
        return next((self.skus[key] for key in keys if key in self.skus), "")

    def ships(self, keys: Iterable[str]) -> bool:
        """Return whether none of the keys is of something that never ships."""
        return not any(key in self.unshipped for key in keys if key)

    def order_id(self, storefront: str, number: str) -> str:
        """Return our id of the storefront's order, such as `shopify-450789469`."""
        return "-".join(part for part in (storefront, self.shop, number) if part)


def refused(path: str, expected: str, came: object, remedy: str = CORRECT) -> InvalidOrder:
    """Return the error that names one field of the payload."""
    return refusal(Problem(path=path, expected=expected, came=shown(came), remedy=remedy))


def refusal(problem: Problem) -> InvalidOrder:
    """Return the error of one problem."""
    return InvalidOrder(str(problem), (problem,))


def shown(value: object) -> str:
    """Return what came in words, cut where it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping | list | tuple):
        return f"{type(value).__name__} of {len(value)}"
    words = repr(value)
    return words if len(words) <= SHOWN_LENGTH else f"{words[: SHOWN_LENGTH - 3]}..."


class Part:
    """An object of the payload and where it stands; `null` is the same as absent."""

    def __init__(self, fields: Mapping[str, Any], path: str = "") -> None:
        """Keep the fields and the path that leads here."""
        self.fields = fields
        self.path = path

    def at(self, name: str) -> str:
        """Return the path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        """Return whether the field came with anything."""
        return self.fields.get(name) is not None

    def raw(self, name: str) -> Any:  # noqa: ANN401 - whatever came
        """Return the field as it came."""
        return self.fields.get(name)

    def text(self, name: str) -> str:
        """Return a text without outer spaces; "" if there is none."""
        value = self.raw(name)
        if value is not None and not isinstance(value, str):
            raise wrong(self, name, "a text")
        return (value or "").strip()

    def flag(self, name: str) -> bool:
        """Return a truth value; false if there is none."""
        value = self.raw(name)
        if value is not None and not isinstance(value, bool):
            raise wrong(self, name, "true or false")
        return bool(value)

    def count(self, name: str) -> int:
        """Return a number of units."""
        value = self.raw(name)
        limit = 9_999
        if type(value) is not int or abs(value) > limit:
            raise wrong(self, name, f"a whole number of at most {limit}")
        return value

    def identity(self, name: str) -> str:
        """Return a number by which the storefront knows something, as digits; "" if none."""
        value = self.raw(name)
        if value is None:
            return ""
        text = value if isinstance(value, str) else str(value) if type(value) is int else ""
        if not re.fullmatch(r"[0-9]{1,24}", text):
            raise wrong(self, name, "an id of digits")
        return text

    def part(self, name: str) -> "Part | None":
        """Return an object in here, if there is one."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise wrong(self, name, "an object")
        return Part(value, self.at(name))

    def parts(self, name: str) -> list["Part"]:
        """Return the objects of a list in here; none if there is no list."""
        value = self.raw(name)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise wrong(self, name, "a list of objects")
        found = []
        for position, entry in enumerate(value):
            path = f"{self.at(name)}[{position}]"
            if not isinstance(entry, Mapping):
                raise refused(path, "an object", entry)
            found.append(Part(entry, path))
        return found


def wrong(part: Part, name: str, expected: str, remedy: str = CORRECT) -> InvalidOrder:
    """Return the error that names a field of a part of the payload."""
    return refused(part.at(name), expected, part.raw(name), remedy)


def gathered(makers: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return what all makers make, or all their problems in one error.

    Raises:
        InvalidOrder: at least one of them refused.

    """
    made: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, make in makers.items():
        try:
            made[name] = make()
        except InvalidOrder as refusal:
            problems.extend(refusal.problems)
    if problems:
        raise InvalidOrder.of(*problems)
    return made


def built(data: Mapping[str, Any], paths: Mapping[str, str]) -> Order:
    """Return the order of the data.

    Args:
        data: the fields of an Order.
        paths: where our fields stand in the payload; the longest beginning that fits is taken.

    Raises:
        InvalidOrder: what the payload holds is no value of an Order; by the payload's paths.

    """
    try:
        return Order.model_validate(dict(data))
    except ValidationError as error:
        raise InvalidOrder.of(*(theirs(found, paths) for found in problems_of(error))) from error


def theirs(problem: Problem, paths: Mapping[str, str]) -> Problem:
    """Return a problem of ours by the path, and in the words, of the storefront."""
    fitting = [ours for ours in paths if re.match(rf"{re.escape(ours)}(?![\w])", problem.path)]
    ours = max(fitting, key=len, default="")
    # What is below properties is a name that the customer may have made up.
    within = "" if ours.endswith(_NAMED) else _NAMED_BELOW.sub(_NAMED, problem.path[len(ours) :])
    path = paths.get(ours, "") + within
    field = problem.path.split(".")[-1]
    remedy = CORRECT + _REMEDIES.get(field, "").format(came=problem.came)
    expected = _WORDS.get(field, problem.expected)
    return problem.model_copy(update={"path": path, "expected": expected, "remedy": remedy})


def wishes(entries: Iterable[Part], names: tuple[str, ...]) -> dict[str, str]:
    """Return what a customer wants done, by name; hidden (`_…`) and empty entries are left out.

    Args:
        entries: objects with a name and a value.
        names: the fields that may hold the name shown; the first that does counts. The last one
            says whether the entry is hidden.

    """
    found: dict[str, str] = {}
    for entry in entries:
        name = next((text for field in names if (text := entry.text(field))), "")
        value = entry.raw("value")
        if not name or entry.text(names[-1]).startswith("_") or value is None:
            continue
        if not isinstance(value, str | int | float):
            raise wrong(entry, "value", "a text or a number")
        text = str(value).strip()
        if text:
            found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def gift_of(attributes: Mapping[str, str], note: str, merchant: Merchant) -> dict[str, Any] | None:
    """Return the gift that the order's attributes and the customer's note speak of, if any.

    The note is the card's text only where something says that it is a gift: on a gift the packing
    slip shows no prices, and "please ring twice" is no card.
    """
    plain = {
        re.sub(r"[\s_-]+", " ", name).strip().casefold(): value
        for name, value in attributes.items()
    }
    wrap = any(_yes(plain.get(name, "")) for name in _GIFT_WRAPS)
    marked = wrap or any(_yes(plain.get(name, "")) for name in _GIFT_MARKS)
    message = next((plain[name] for name in _GIFT_MESSAGES if plain.get(name)), "")
    if not message and (marked or merchant.notes_are_gifts):
        message = note
    return {"message": message or None, "wrap": wrap} if marked or message else None


def _yes(value: str) -> bool:
    return value.strip().casefold() not in _NO


def billed_to(order: Part, name: str, country: str) -> dict[str, str]:
    """Return the country that the bill goes to, where the storefront says one."""
    code = (order.part(name) or Part({}, name)).text(country).upper()
    return {"billing_country": code} if _COUNTRY.fullmatch(code) else {}


def urgency_of(names: Iterable[str]) -> Urgency:
    """Return how fast a shipping method of these names is meant to be."""
    words = " ".join(re.findall(r"[a-z0-9]+", " ".join(names).casefold()))
    for urgency, marks in _URGENCIES:
        if any(f" {mark} " in f" {words} " for mark in marks):
            return urgency
    return Urgency.STANDARD
