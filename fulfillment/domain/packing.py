"""What the packer is told to do, carton by carton."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from fulfillment.domain.base import Identifier, Value
from fulfillment.domain.cartonization import PackedCarton, PackItem, PackPlan, Placement
from fulfillment.domain.catalog import CartonType, Orientation
from fulfillment.domain.orders import Order
from fulfillment.domain.shipping_decision import PlannedService
from fulfillment.domain.units import Dimensions
from fulfillment.domain.weighing import Weighing

_DECILITER_MM3 = 100_000


class StepKind(StrEnum):
    """What a step is about."""

    TAKE = "take"
    CHECK = "check"
    WRAP = "wrap"
    PAD = "pad"
    PUT = "put"
    FILL = "fill"
    CARD = "card"
    CLOSE = "close"
    WEIGH = "weigh"


class PackStep(Value):
    """One numbered sentence for the packer; `item_ref` where it is about one item."""

    number: int
    kind: StepKind
    text: str
    item_ref: str | None = None


class CartonSteps(Value):
    """All that is to be done for one carton, in this sequence, numbered from 1."""

    carton_number: int
    carton_id: Identifier
    inner: Dimensions
    fill_dl: int
    """Protective fill, in tenths of a liter, rounded up."""
    fill_g: int
    weight_g: int
    """What the packed carton should weigh, with its fill."""
    steps: tuple[PackStep, ...]


class PackSheet(Value):
    """A pack task as the floor keeps it: the plan, what it is made of, and the packer's steps.

    All that the steps and the pictures need stands here, so that a catalog that changes meanwhile
    does not change what is being packed.
    """

    order_id: Identifier
    plan: PackPlan
    items: tuple[PackItem, ...]
    steps: tuple[CartonSteps, ...]
    service: PlannedService | None = None
    """What the cartons were chosen for; None where no carrier quoted."""

    @property
    def carton_ids(self) -> tuple[str, ...]:
        """Return the carton types, in the plan's order."""
        return tuple(carton.carton_id for carton in self.plan.cartons)

    @property
    def weights_g(self) -> tuple[int, ...]:
        """Return what each packed carton should weigh, in the plan's order."""
        return tuple(carton.weight_g for carton in self.steps)


class Wishes(Value):
    """What the customer wants of the packer, beside the goods."""

    properties: Mapping[int, Mapping[str, str]] = Field(default_factory=dict)
    """By order line, such as an engraving, to be checked on each unit."""
    wrap: bool = False
    message: str | None = None
    """Goes into the first carton."""

    @classmethod
    def of(cls, order: Order) -> "Wishes":
        """Return what an order says."""
        properties = {line.line_no: line.properties for line in order.lines if line.properties}
        if order.gift is None:
            return cls(properties=properties)
        return cls(properties=properties, wrap=order.gift.wrap, message=order.gift.message)


def pack_sheet(
    plan: PackPlan,
    items: Sequence[PackItem],
    cartons: Sequence[CartonType],
    order: Order,
    weighing: Weighing,
) -> PackSheet:
    """Return what the floor keeps of a plan that puts these items into some of these cartons."""
    steps = pack_steps(plan, items, cartons, Wishes.of(order), weighing)
    return PackSheet(order_id=order.order_id, plan=plan, items=tuple(items), steps=steps)


def pack_steps(
    plan: PackPlan,
    items: Sequence[PackItem],
    cartons: Sequence[CartonType],
    wishes: Wishes = Wishes(),  # noqa: B008 - it is frozen
    weighing: Weighing = Weighing(),  # noqa: B008
) -> tuple[CartonSteps, ...]:
    """Put a plan into words: one list of steps per carton.

    Left and right are along the carton's length, front and back along its width, as the packer
    stands before its long side.
    """
    inner = {carton.carton_id: carton.inner for carton in cartons}
    by_ref = {item.item_ref: item for item in items}
    made = []
    for number, packed in enumerate(plan.cartons, start=1):
        work = _Work(packed, _inside(packed, inner), by_ref, wishes, weighing)
        made.append(work.steps(number, len(plan.cartons)))
    return tuple(made)


def _inside(packed: PackedCarton, inner: Mapping[str, Dimensions]) -> Dimensions:
    """Return a carton's inside; of an item's own box, the item's size."""
    if not packed.own_box:
        return inner[packed.carton_id]
    (place,) = packed.placements
    return Dimensions(length_mm=place.dx_mm, width_mm=place.dy_mm, height_mm=place.dz_mm)


def fill_deciliters(void_mm3: int) -> int:
    """Return the protective fill for a void, in tenths of a liter, rounded up."""
    return -(-void_mm3 // _DECILITER_MM3)


def liters(deciliters: int) -> str:
    """Return tenths of a liter as people read them, as "2.4 l"."""
    return f"{deciliters // 10}.{deciliters % 10} l"


class _Sentence(NamedTuple):
    kind: StepKind
    text: str
    item_ref: str | None = None


class _Work(NamedTuple):
    """One carton to be packed, and all that is known of it."""

    packed: PackedCarton
    inner: Dimensions
    items: Mapping[str, PackItem]
    wishes: Wishes
    weighing: Weighing

    def steps(self, number: int, count: int) -> CartonSteps:
        """Return all that is to be done, from the empty carton to the scales."""
        fill_dl = fill_deciliters(self.packed.void_mm3)
        fill_g = self.weighing.fill_g(fill_dl)
        weight_g = self.packed.gross_weight_g + fill_g
        sentences = [
            _Sentence(StepKind.TAKE, f"Take {self._called()} ({number} of {count})."),
            *(sentence for place in self.packed.placements for sentence in self._item(place)),
            *_fill(fill_dl, fill_g),
            *_card(self.wishes.message if number == 1 else None),
            _Sentence(StepKind.CLOSE, self._close()),
            self._weigh(weight_g),
        ]
        return CartonSteps(
            carton_number=number,
            carton_id=self.packed.carton_id,
            inner=self.inner,
            fill_dl=fill_dl,
            fill_g=fill_g,
            weight_g=weight_g,
            steps=tuple(
                PackStep(number=step, **sentence._asdict())
                for step, sentence in enumerate(sentences, start=1)
            ),
        )

    def _called(self) -> str:
        own = self.packed.own_box
        return (
            f"{self.packed.carton_id} in its own box" if own else f"carton {self.packed.carton_id}"
        )

    def _close(self) -> str:
        return (
            "Check that its box is shut." if self.packed.own_box else "Close and tape the carton."
        )

    def _item(self, place: Placement) -> Iterator[_Sentence]:
        """Yield what is done with an item: look at it, wrap it, pad it, put it in."""
        item = self.items[place.item_ref]
        called = f"Item {item.item_ref} ({_one_line(item.name)}, {item.sku})"
        for name, value in sorted(self.wishes.properties.get(item.line_no, {}).items()):
            text = f'{called}: check that {_one_line(name)} is "{_one_line(value)}".'
            yield _Sentence(StepKind.CHECK, text, item.item_ref)
        if self.wishes.wrap:
            yield _Sentence(StepKind.WRAP, f"{called}: wrap it as a gift.", item.item_ref)
        if item.fragile and not self.packed.own_box:
            thick = f" with {place.padding_mm} mm" if place.padding_mm else ""
            text = f"{called}: fragile, pad it{thick} on every side."
            yield _Sentence(StepKind.PAD, text, item.item_ref)
        yield _Sentence(StepKind.PUT, f"{called}: {self._put(place, item)}", item.item_ref)

    def _put(self, place: Placement, item: PackItem) -> str:
        if self.packed.own_box:
            return "leave it in its box."
        turned = f"{place.dx_mm} mm along the length, {place.dy_mm} mm deep, {place.dz_mm} mm high"
        along = _along("left", "right", place.x_mm, place.dx_mm, self.inner.length_mm)
        deep = _along("front", "back", place.y_mm, place.dy_mm, self.inner.width_mm)
        up = ", this side up" if item.orientation is Orientation.UPRIGHT else ""
        care = " Put nothing on top of it." if item.fragile else ""
        return f"put it {self._layer(place)}, {along}, {deep}{up}; it lies {turned}.{care}"

    def _layer(self, place: Placement) -> str:
        if place.z_mm == place.padding_mm:
            return f"{place.z_mm} mm above the bottom" if place.z_mm else "on the bottom"
        beneath = [low.item_ref for low in self.packed.placements if _carries(low, place)]
        if not beneath:
            return f"{place.z_mm} mm above the bottom"
        return f"on top of {' and '.join(beneath)}, {place.z_mm} mm above the bottom"

    def _weigh(self, weight_g: int) -> _Sentence:
        give = self.weighing.tolerated_g(weight_g)
        text = f"Weigh it: {weight_g} g, give or take {give} g; otherwise count the items again."
        return _Sentence(StepKind.WEIGH, text)


def _one_line(text: str) -> str:
    """Keep a text from a customer within its sentence."""
    return " ".join(text.split())


def _along(start: str, end: str, distance_mm: int, size_mm: int, room_mm: int) -> str:
    """Say how far from a wall, or against which; the packer reaches for a wall first."""
    if distance_mm == 0:
        return f"against the {start}"
    if distance_mm + size_mm == room_mm:
        return f"against the {end}"
    return f"{distance_mm} mm from the {start}"


def _carries(low: Placement, high: Placement) -> bool:
    """Say whether one stands on the other, with the padding of both between them."""
    between_mm = low.padding_mm + high.padding_mm
    return (
        low.z_mm + low.dz_mm + between_mm == high.z_mm
        and low.x_mm < high.x_mm + high.dx_mm + between_mm
        and high.x_mm < low.x_mm + low.dx_mm + between_mm
        and low.y_mm < high.y_mm + high.dy_mm + between_mm
        and high.y_mm < low.y_mm + low.dy_mm + between_mm
    )


def _fill(fill_dl: int, fill_g: int) -> list[_Sentence]:
    if not fill_dl:
        return []
    weighs = f", about {fill_g} g" if fill_g else ""
    text = f"Fill the void with {liters(fill_dl)} of protective fill{weighs}."
    return [_Sentence(StepKind.FILL, text)]


def _card(message: str | None) -> list[_Sentence]:
    said = _one_line(message or "")
    return [_Sentence(StepKind.CARD, f'Put in the gift message: "{said}".')] if said else []
