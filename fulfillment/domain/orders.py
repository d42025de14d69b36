"""An order as a storefront hands it in, and what follows from it alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Country, Currency, Identifier, Instant, StrictValue, Value
from fulfillment.domain.errors import InvalidOrder, Problem
from fulfillment.domain.money import Money, allocate
from fulfillment.domain.notices import NoticeWish

Minor = Annotated[int, Field(ge=0, le=10**12)]
Quantity = Annotated[int, Field(gt=0, le=9_999)]
SHOWN_LENGTH = 60
"""How much of a wrong value an error shows."""

Note = Annotated[str, Field(min_length=1, max_length=5000, pattern=r"^[^\x00]*$")]
WishName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]


class PaymentMethod(StrEnum):
    """How far the payment has come when the order arrives."""

    TO_AUTHORIZE = "to_authorize"
    """We authorize at verification and capture at hand-over."""
    AUTHORIZED = "authorized"
    """The storefront authorized; we capture at hand-over, by its reference."""
    PAID = "paid"
    """Paid already; never captured again."""
    ON_DELIVERY = "on_delivery"
    """The carrier collects."""


CAPTURED_BY_US = frozenset({PaymentMethod.TO_AUTHORIZE, PaymentMethod.AUTHORIZED})
"""What our gateway captures, and gives back; of what others took, they give back."""


class Urgency(StrEnum):
    """What the customer chose: how fast against how dear."""

    EXPRESS = "express"
    STANDARD = "standard"
    ECONOMY = "economy"


class Payment(StrictValue):
    """How the order is paid, with the storefront's or the card's reference."""

    method: PaymentMethod
    reference: str | None = None
    billing_country: Annotated[Country | None, Field(exclude_if=lambda told: told is None)] = None
    """Where the bill goes, if the storefront knows; looked at by the rules of risk alone."""

    @model_validator(mode="after")
    def _has_reference(self) -> Self:
        if self.method is not PaymentMethod.ON_DELIVERY and not self.reference:
            message = f"a reference is needed for the method {self.method.value}"
            raise ValueError(message)
        return self


class Customer(StrictValue):
    """Who ordered, and how to write to them."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
    phone: str | None = None
    locale: str = "en"
    """The language of what they are told, as `de` or `fr-CA`; English where we don't have it."""
    notices: NoticeWish = NoticeWish.ALL


class Gift(StrictValue):
    """A present: what the card says, and whether to wrap it."""

    message: Note | None = None
    wrap: bool = False


class OrderLine(StrictValue):
    """So many units of an article at a price, with the customer's wishes for them."""

    line_no: Annotated[int, Field(gt=0, le=1_000)]
    sku: Identifier
    quantity: Quantity
    unit_price_minor: Minor
    discount_minor: Minor = 0
    """Off the whole line."""
    tax_minor: Minor = 0
    """On the whole line, on top of the price."""
    substitutes: Annotated[tuple[Identifier, ...], Field(max_length=20)] = ()
    """What the customer takes at the same price where the article is to be had nowhere, the most
    preferred first."""
    properties: dict[WishName, Note] = Field(default_factory=dict)
    """What the customer wants done to it, as `{"engraving": "For Ada"}`."""

    @property
    def goods_minor(self) -> int:
        """Return the price of all units before discount and tax."""
        return self.quantity * self.unit_price_minor

    @model_validator(mode="after")
    def _discount_fits(self) -> Self:
        if self.discount_minor > self.goods_minor:
            message = f"a discount of at most {self.goods_minor} (quantity x unit price)"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _substitutes_are_others(self) -> Self:
        if len({self.sku, *self.substitutes}) <= len(self.substitutes):
            message = f"substitutes that differ from each other and from {self.sku}"
            raise ValueError(message)
        return self


class ReplacementReason(StrEnum):
    """Why goods are sent in the place of others."""

    LOST = "lost"
    DAMAGED = "damaged"
    UNDELIVERABLE = "undeliverable"
    """They came back, or will: refused, or the address did not do."""
    LATE = "late"
    """They are on their way still, and the customer was not to wait for them."""
    WRONG_ITEM = "wrong_item"
    MISSING_PARTS = "missing_parts"
    EXCHANGE = "exchange"
    """The customer wants another article instead."""


class Replaces(StrictValue):
    """The order whose goods an order is sent in the place of, and why."""

    order_id: Identifier
    reason: ReplacementReason


class Order(StrictValue):
    """A customer order; the contract with every storefront.

    Amounts are minor units of `currency`; a `total_minor`, if given, must be what the parts add up
    to.
    """

    order_id: Identifier
    placed_at: Instant
    currency: Currency
    customer: Customer
    ship_to: Address
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1, max_length=500)]
    shipping_minor: Minor = 0
    discount_minor: Minor = 0
    """Off the whole order, on top of what the lines have."""
    total_minor: Minor | None = None
    payment: Payment
    gift: Gift | None = None
    urgency: Urgency = Urgency.STANDARD
    deliver_by: date | None = None
    """The day by which it must arrive; on record, the promised one where the order named none."""
    ship_complete: bool = False
    """Wait until everything is there, instead of shipping what is."""
    replaces: Annotated[Replaces | None, Field(exclude_if=lambda value: value is None)] = None
    """Of what is sent in the place of another order's goods. Left out where there is none, so that
    an order on record keeps its content hash."""

    @model_validator(mode="before")
    @classmethod
    def _number_lines(cls, data: Any) -> Any:  # noqa: ANN401 - whatever the storefront sent
        if not isinstance(data, dict) or not isinstance(data.get("lines"), list | tuple):
            return data
        numbered = [
            {"line_no": number, **line} if isinstance(line, dict) else line
            for number, line in enumerate(data["lines"], 1)
        ]
        return {**data, "lines": numbered}

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        repeated = [
            no for no, count in Counter(li.line_no for li in self.lines).items() if count > 1
        ]
        if repeated:
            message = f"each line_no once; {repeated[0]} came more than once"
            raise ValueError(message)
        if self.discount_minor > sum(li.goods_minor - li.discount_minor for li in self.lines):
            message = "discount_minor of at most what the goods cost"
            raise ValueError(message)
        if self.replaces is not None and self.replaces.order_id == self.order_id:
            message = "replaces.order_id of another order"
            raise ValueError(message)
        if self.total_minor is not None and self.total_minor != self.amount_minor:
            message = f"total_minor {self.amount_minor}, what the parts add up to"
            raise ValueError(message)
        return self

    @property
    def amount_minor(self) -> int:
        """Return what the customer pays in all, in minor units."""
        lines = sum(li.goods_minor - li.discount_minor + li.tax_minor for li in self.lines)
        return lines + self.shipping_minor - self.discount_minor

    @property
    def amount(self) -> Money:
        """Return what the customer pays in all."""
        return Money(amount_minor=self.amount_minor, currency=self.currency)

    @property
    def unit_numbers(self) -> tuple[tuple[int, int], ...]:
        """Return each unit as (line number, number in its line), the latter from 1."""
        return tuple((li.line_no, unit) for li in self.lines for unit in range(1, li.quantity + 1))

    def line(self, line_no: int) -> OrderLine:
        """Return the line of that number."""
        return next(line for line in self.lines if line.line_no == line_no)


class LineQuantity(Value):
    """So many units of an order's line."""

    line_no: int
    sku: str
    quantity: int


def shortage(lines: Sequence[LineQuantity]) -> str:
    """Return what is missing, as people read it."""
    return ", ".join(f"{line.quantity} x {line.sku}" for line in lines)


def unit_amounts(order: Order) -> dict[int, list[int]]:
    """Return what each unit of each line costs the customer, in minor units.

    Order discount and shipping are spread over all units by the units' own net price, tax and line
    discount over the units of their line, each by largest remainder; so all units together cost
    exactly `order.amount_minor`, and a capture or a refund only ever adds units up.
    """
    own = {
        line.line_no: allocate(line.goods_minor - line.discount_minor, [1] * line.quantity)
        for line in order.lines
    }
    flat = [amount for amounts in own.values() for amount in amounts]
    spread = iter(
        zip(
            allocate(-order.discount_minor, flat), allocate(order.shipping_minor, flat), strict=True
        )
    )
    taxes = {line.line_no: allocate(line.tax_minor, [1] * line.quantity) for line in order.lines}
    return {
        line_no: [
            amount + tax + sum(next(spread))
            for amount, tax in zip(amounts, taxes[line_no], strict=True)
        ]
        for line_no, amounts in own.items()
    }


def parse_order(data: Any) -> Order:  # noqa: ANN401 - whatever came in
    """Return the order that the data describes.

    Raises:
        InvalidOrder: naming each wrong field by its path, with what was expected and what came.

    """
    if isinstance(data, Order):
        return data
    try:
        return (
            Order.model_validate_json(data) if isinstance(data, str) else Order.model_validate(data)
        )
    except ValidationError as error:
        raise InvalidOrder.of(*problems_of(error)) from error


def problems_of(error: ValidationError) -> list[Problem]:
    """Return pydantic's findings as problems with a path such as `lines[2].sku`."""
    return problems_in(error.errors(include_url=False, include_context=False))


def problems_in(findings: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Return findings of pydantic, where they come without their ValidationError."""
    # A list all of whose entries are wrong is told by its entries, not as too short besides.
    parents = {f["loc"][:end] for f in findings for end in range(1, len(f["loc"]))}
    return [
        Problem(
            path=_path(finding["loc"]),
            expected=_expected(finding["type"], finding["msg"]),
            came="nothing" if finding["type"] == "missing" else _came(finding["input"]),
        )
        for finding in findings
        if finding["type"] != "too_short" or finding["loc"] not in parents
    ]


def _path(location: tuple[int | str, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return "".join(steps).lstrip(".")


_EXPECTED = {"missing": "a value", "extra_forbidden": "no field of this name"}


def _expected(kind: str, message: str) -> str:
    said = message.removeprefix("Value error, ").removeprefix("Input should be ")
    return _EXPECTED.get(kind, said)


def _came(value: object) -> str:
    if isinstance(value, dict | list | tuple):
        return f"{type(value).__name__} of {len(value)}"
    shown = repr(value)
    return shown if len(shown) <= SHOWN_LENGTH else f"{shown[: SHOWN_LENGTH - 3]}..."
