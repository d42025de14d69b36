"""A scenario: which orders come in, what goes wrong with them, and how each must end."""

from collections.abc import Iterator
from enum import StrEnum
from importlib.resources import files
from itertools import count
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from fulfillment.domain.base import Country, Currency, Identifier, StrictValue, Value
from fulfillment.domain.errors import InvalidReceipt, NotFound, Problem
from fulfillment.domain.lifecycle import OutcomeKind, Picking
from fulfillment.domain.orders import PaymentMethod, Urgency, problems_of
from fulfillment.domain.supply import Supplier, SupplySource
from fulfillment.messages import NoticeKind
from fulfillment.simulation.expected_books import ExpectedBooks

Count = Annotated[int, Field(ge=0, le=1_000)]
Seconds = Annotated[float, Field(ge=0, le=600)]


class Goods(StrEnum):
    """What an order is for."""

    PLENTY = "plenty"
    """Articles of one segregation group that both warehouses have."""
    MIXED = "mixed"
    """Articles that must not share a carton."""
    ENGRAVED = "engraved"
    """A present, with a card and an engraving."""
    SPLIT = "split"
    """One article that only Berlin has and one that only Rotterdam has."""
    AWAITED = "awaited"
    """An article that nobody has until a delivery arrives."""
    SCARCE = "scarce"
    """An article of which a bin holds less than the books say."""
    SCATTERED = "scattered"
    """Several units of an article that lies in more than one bin of Berlin."""
    REPLACEABLE = "replaceable"
    """An article that only Berlin has, in one bin; the customer takes another one for it."""
    FRAGILE = "fragile"
    """Glass, and food that may not share its carton."""
    HEAVY = "heavy"
    """Iron that costs much by air."""
    LISTED = "listed"
    """What the group's basket says, at the articles' own prices and tax."""


class Act(StrEnum):
    """What the robots do out of the ordinary about an order."""

    CANCEL = "cancel"
    """The customer cancels while its picking is open; the staff does not touch it."""
    CORRECT_ADDRESS = "correct_address"
    """The customer corrects the address that was found wrong."""
    WRONG_PICK = "wrong_pick"
    """A picker scans a wrong item first."""
    SHORT_PICK = "short_pick"
    """A picker finds less than planned."""
    SIGNALS = "signals"
    """The staff confirms by bare signals without payload, as from the Temporal UI."""
    REPLACE_PICKER = "replace_picker"
    """The picker goes home in mid-walk, and another one takes the batch over."""
    DURING_OUTAGE = "during_outage"
    """It gets its labels while the cyclists, who would be the cheapest, do not answer."""
    AFTER_OUTAGE = "after_outage"
    """The staff does not touch it before the cyclists answer again."""
    LOSE = "lose"
    """The carrier loses its parcel; the supervisor has the goods sent again."""
    REFUSE = "refuse"
    """Nobody takes its parcel at the door; the supervisor has it refunded."""
    LOSE_FOR_GOOD = "lose_for_good"
    """The carrier loses its parcel; the supervisor has it refunded."""
    PAY_OTHERWISE = "pay_otherwise"
    """Its card is declined, and the customer pays with another one."""
    ASK_CUSTOMER = "ask_customer"
    """The address is found wrong; the office asks the customer, and corrects it by the answer."""
    RELEASE = "release"
    """It is held for its risk, and the office, who knows the customer, lets it go on."""
    PRODUCE = "produce"
    """The workshop completes what it is to produce for the order."""
    DO_WITHOUT = "do_without"
    """The customer is asked about what is missing, and does without it."""
    CANCEL_PART = "cancel_part"
    """The customer cancels one unit when all are packed and labeled."""
    READDRESS = "readdress"
    """The customer moves when the parcel is labeled."""
    INTERCEPT = "intercept"
    """The customer cancels while the parcel is on its way."""
    RETRY_CAPTURE = "retry_capture"
    """The bank declines to pay for what has left; the office has it asked again."""
    EXCHANGE = "exchange"
    """It comes damaged; the customer sends it back, and wants another article for it."""
    REPLACE = "replace"
    """The wrong thing comes; the customer sends it back, and wants what was ordered."""
    RETURN_REFUSED = "return_refused"
    """The customer wants to send it back; the office refuses that."""
    NEVER_SENT = "never_sent"
    """The customer asks to send it back, and doesn't."""
    SUBMIT_AGAIN = "submit_again"
    """The storefront hands the same order in twice."""
    SUBMIT_CHANGED = "submit_changed"
    """The storefront hands in other content under the same id."""


class AddressKind(StrEnum):
    """Whether goods can be sent to an order's address."""

    USABLE = "usable"
    UNUSABLE = "unusable"


class Captured(StrEnum):
    """How much money must have been taken in the end."""

    DELIVERED = "delivered"
    """By us, what the delivered units cost."""
    SHIPPED = "shipped"
    """By us, what the units that left cost, though they did not arrive."""
    REFUNDED = "refunded"
    """The same, and all of it was given back."""
    BEFORE = "before"
    """By the storefront, all of it; nothing by us."""
    NOTHING = "nothing"


class Expectation(StrictValue):
    """How an order must end, and what must have happened on its way."""

    outcome: OutcomeKind
    summary: str
    """The outcome in words; `*` stands for anything."""
    fulfillments: Count
    """At least so many that delivered."""
    parcels: Count
    """At least so many that were handed over."""
    notices: dict[NoticeKind, Count]
    """Exactly so many messages to the customer, by kind; no others."""
    refusals: dict[str, Count] = Field(default_factory=dict)
    """Exactly so many things that the robots tried and that were refused, by what they tried."""
    captured: Captured | None = None
    """None where the books below say it."""
    books: ExpectedBooks | None = None
    """Exactly what the books say of it in the end, where it is told as a story."""


class Group(StrictValue):
    """Orders of one kind."""

    kind: Annotated[str, Field(min_length=1, max_length=40)]
    count: Annotated[int, Field(gt=0, le=1_000)]
    trouble: str = ""
    """What goes wrong, in a sentence, where it is told as a story."""
    goods: Goods = Goods.PLENTY
    basket: dict[Identifier, Annotated[int, Field(gt=0, le=100)]] = Field(default_factory=dict)
    """Units by SKU, of listed goods."""
    substitutes: tuple[Identifier, ...] = ()
    """What the customer takes in place of what nobody has."""
    payment: PaymentMethod = PaymentMethod.TO_AUTHORIZE
    card: str = "tok_visa"
    """The token of the card to authorize, by which the sandbox gateway knows how to behave."""
    urgency: Urgency = Urgency.STANDARD
    currency: Currency = "EUR"
    to: tuple[Country, ...] = ()
    """Where the customers live; empty means anywhere in Europe."""
    near_berlin: bool = False
    """Whether the customers live in the first of their country's homes; in Germany, by Berlin."""
    address: AddressKind = AddressKind.USABLE
    acts: tuple[Act, ...] = ()
    expect: Expectation


class FloorExpectation(StrictValue):
    """What must have happened in pick batches; at least so many of each."""

    largest_batch: Count
    """Orders in one walk."""
    withdrawn: Count
    """Orders that were canceled in mid-walk, and what of them lay in the cart put back."""
    other_bins: Count
    """Picks that were short, and found in another bin on the same walk."""
    pickers_replaced: Count
    """Walks that one person began and another one ended."""


class ShippingExpectation(StrictValue):
    """What must have happened between packing and the door; at least so many of each."""

    by_road: Count
    """Fulfillments that left by a service of that mode."""
    by_air: Count
    by_sea: Count
    across_borders: Count
    """Commercial invoices."""
    several_parcels: Count
    """Fulfillments of more than one parcel."""
    fallbacks: Count
    """Fulfillments that another carrier took, since one did not answer."""
    manifests: Count
    """Closed, with their pickup booked, and each parcel scanned."""
    missed_pickups: Count
    """Pickups to which nobody came, and that were booked again."""
    exceptions_resolved: Count
    """Parcels in trouble of which a person decided."""


class Delivery(StrictValue):
    """Goods that a supplier brings, so long after the first order is seen waiting for them."""

    sku: Identifier
    warehouse_id: Identifier
    quantity: Annotated[int, Field(gt=0)]
    after_seconds: Seconds


class Scenario(StrictValue):
    """A day in the life of the warehouses."""

    name: Identifier
    about: str
    seed: int
    prefix: Annotated[str, Field(pattern=r"^[A-Z]{1,8}$")]
    """What the ids of its orders begin with."""
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    deliveries: tuple[Delivery, ...] = ()
    absent: tuple[Identifier, ...] = ()
    """Articles that nobody has at first, besides those that are always awaited."""
    suppliers: tuple[Supplier, ...] = ()
    supply_sources: tuple[SupplySource, ...] = ()
    """Where they are given, what is missing is arranged for."""
    floor: FloorExpectation | None = None
    """Where it is given, the orders are picked in batches."""
    shipping: ShippingExpectation | None = None
    """Where it is given, parcels are fetched by manifest, and there are cyclists, who fail once."""

    @property
    def picking(self) -> Picking:
        """Return how the orders are picked."""
        return Picking.BATCH if self.floor else Picking.SINGLE

    @property
    def tells_stories(self) -> bool:
        """Return whether orders are told as stories, each with its books."""
        return any(group.expect.books for group in self.groups)

    @model_validator(mode="after")
    def _kinds_differ(self) -> Self:
        kinds = [group.kind for group in self.groups]
        repeated = [kind for kind in kinds if kinds.count(kind) > 1]
        if repeated:
            message = f"each kind once; {repeated[0]!r} came more than once"
            raise ValueError(message)
        return self

    def orders(self) -> Iterator[tuple[str, Group]]:
        """Yield the id of each order with its group, in the order in which they are handed in."""
        numbers = count(1)
        for group in self.groups:
            for _ in range(group.count):
                yield f"{self.prefix}-{next(numbers):03d}", group


class Script(Value):
    """What the robots are to do about an order, beyond the ordinary."""

    order_id: str
    acts: tuple[Act, ...] = ()

    def has(self, act: Act) -> bool:
        """Return whether the act is in the script."""
        return act in self.acts


def scenario_names() -> list[str]:
    """Return the names of the scenarios that come with the product."""
    folder = files("fulfillment.simulation") / "scenarios"
    names = [entry.name for entry in folder.iterdir() if entry.name.endswith(".json")]
    return sorted(name.removesuffix(".json") for name in names)


def load_scenario(name: str) -> Scenario:
    """Return a scenario that comes with the product.

    Raises:
        NotFound: there is none of that name.
        InvalidReceipt: its file is wrong; names each field.

    """
    if name not in scenario_names():
        known = ", ".join(scenario_names())
        remedy = "give one of these names"
        raise NotFound.of(Problem(path="scenario", expected=known, came=name, remedy=remedy))
    file = files("fulfillment.simulation") / "scenarios" / f"{name}.json"
    try:
        return Scenario.model_validate_json(file.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise InvalidReceipt.of(*problems_of(error)) from error
