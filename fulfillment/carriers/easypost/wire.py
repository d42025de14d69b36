"""What goes over the wire: requests, answers, and amounts and sizes in EasyPost's units.

Unknown fields are ignored, optional ones may be missing or null, a missing required one is named.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Currency, Value
from fulfillment.domain.errors import CarrierAnswerInvalid, Problem
from fulfillment.domain.money import EXPONENTS, Money
from fulfillment.domain.units import Dimensions

NETWORK = "easypost"
PREFIX = f"{NETWORK}-"

MM_TENTHS_PER_INCH = 254
"""An inch is 25.4 mm by definition (international yard and pound agreement of 1959)."""
NANOGRAMS_PER_OUNCE = 28_349_523_125
"""An avoirdupois ounce is 28.349523125 g by definition (the same agreement)."""
NANO = 10**9

AnswerT = TypeVar("AnswerT", bound="Answer")


@dataclass(frozen=True)
class Request:
    """A request as it is sent: method, path below the API's root, JSON body and query."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] | None = None


def _exact(value: object) -> Decimal:
    """Return a decimal as it stands in JSON; the client reads numbers with a point as Decimal."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        message = "a decimal number"
        raise ValueError(message)  # noqa: TRY004 - pydantic turns only this one into a field's error
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        message = "a decimal number"
        raise ValueError(message) from error
    if not number.is_finite() or number < 0:
        message = "a finite amount of zero or more"
        raise ValueError(message)
    return number


Amount = Annotated[Decimal, BeforeValidator(_exact)]
"""An amount in major units, exactly as it came."""


class Answer(Value):
    """A part of an answer, in which null is as good as missing."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: object) -> object:
        if not isinstance(value, Mapping):
            return value
        return {name: each for name, each in value.items() if each is not None}


class Rate(Answer):
    """What a service of a carrier costs for one parcel."""

    id: str
    carrier: str
    service: str
    rate: Amount
    currency: Currency
    delivery_days: Annotated[int, Field(ge=0)] | None = None
    est_delivery_days: Annotated[int, Field(ge=0)] | None = None
    delivery_date: str | None = None

    @property
    def cost(self) -> Money:
        """Return the cost; a fraction of a minor unit counts as a whole one."""
        return money_of(self.rate, self.currency)

    @property
    def days(self) -> int | None:
        """Return the working days to delivery, or None where nobody says."""
        return self.delivery_days if self.delivery_days is not None else self.est_delivery_days


class CarrierMessage(Answer):
    """Why a carrier account has no rates; its text may quote an address and is not read."""

    carrier: str = ""
    type: str = ""


def money_of(amount: Decimal, currency: str) -> Money:
    """Return an amount of major units in minor ones, rounded up: never less than is charged."""
    minor = amount.scaleb(EXPONENTS.get(currency, 2))
    return Money(
        amount_minor=int(minor.to_integral_value(rounding=ROUND_CEILING)), currency=currency
    )


def ounces(weight_g: int) -> float:
    """Return a weight in ounces with one decimal, rounded up: never less than the scales say."""
    return -(-weight_g * NANO * 10 // NANOGRAMS_PER_OUNCE) / 10


def inches(length_mm: int) -> float:
    """Return a length in inches with one decimal, rounded up: never less than the tape says."""
    return -(-length_mm * 100 // MM_TENTHS_PER_INCH) / 10


def parcel_body(outer: Dimensions, gross_weight_g: int) -> dict[str, float]:
    """Return a parcel's size and weight."""
    return {
        "length": inches(outer.length_mm),
        "width": inches(outer.width_mm),
        "height": inches(outer.height_mm),
        "weight": ounces(gross_weight_g),
    }


def address_body(address: Address) -> dict[str, str]:
    """Return an address; EasyPost has two lines for the street, so the rest joins the second."""
    fields = {
        "name": address.name,
        "company": address.company or "",
        "street1": address.street[0],
        "street2": ", ".join(address.street[1:]),
        "city": address.city,
        "state": address.region,
        "zip": address.postal_code,
        "country": address.country,
        "phone": address.phone or "",
    }
    return {name: value for name, value in fields.items() if value}


def carrier_id_of(carrier: str) -> str:
    """Return our id of a carrier behind EasyPost, as `easypost-USPS`."""
    return PREFIX + _identifier(carrier)


def service_id_of(service: str) -> str:
    """Return our id of a service."""
    return _identifier(service)


def carrier_of(carrier_id: str) -> str:
    """Return EasyPost's name of a carrier."""
    return carrier_id.removeprefix(PREFIX)


def read(kind: type[AnswerT], payload: object, what: str) -> AnswerT:
    """Return an answer as its model.

    Raises:
        CarrierAnswerInvalid: each missing or wrong field is named; what came there is not shown.

    """
    try:
        return kind.model_validate(payload)
    except ValidationError as error:
        problems = [
            Problem(
                path=".".join(map(str, (f"EasyPost {what}", *found["loc"]))),
                expected="a field as its interface says",
                came=found["type"].replace("_", " "),
            )
            for found in error.errors(include_input=False, include_context=False, include_url=False)
        ]
        raise CarrierAnswerInvalid(
            "; ".join(str(problem) for problem in problems), problems
        ) from None


def _identifier(name: str) -> str:
    kept = "".join(each if each.isascii() and each.isalnum() else "-" for each in name)
    return kept.strip("-")[:50] or "unnamed"
