"""Which cartons an order needs, and where each item lies in them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import le
from typing import NamedTuple

from fulfillment.domain.base import Identifier, Value
from fulfillment.domain.catalog import CartonType, Orientation
from fulfillment.domain.errors import PlanInvalid, Problem, Unpackable
from fulfillment.domain.extreme_points import (
    Body,
    Preference,
    Size,
    Spot,
    fill,
    flat_first,
    lowering_sequence,
    row_first,
)
from fulfillment.domain.units import Dimensions, Grams


class PackItem(Value):
    """One unit to be packed; `item_ref` is `<line_no>/<unit>` and unique within the order."""

    item_ref: str
    line_no: int
    sku: Identifier
    name: str
    dimensions: Dimensions
    weight_g: Grams
    orientation: Orientation = Orientation.ANY
    fragile: bool = False
    segregation_group: str = "general"


class Placement(Value):
    """Where a unit lies: x along the carton's inner length, y its width, z up, from a low corner.

    `dx_mm`, `dy_mm`, `dz_mm` are the unit's sizes along these axes as it is turned.
    """

    item_ref: str
    line_no: int
    sku: Identifier
    x_mm: int
    y_mm: int
    z_mm: int
    dx_mm: int
    dy_mm: int
    dz_mm: int


class PackedCarton(Value):
    """A carton and what goes into it, in the order in which it goes in."""

    carton_id: Identifier
    placements: tuple[Placement, ...]
    gross_weight_g: int
    """Of the empty carton and its contents, without the fill."""
    void_mm3: int
    """What protective fill has to take up: the inside less the contents."""


class PackPlan(Value):
    """The cartons of an order."""

    cartons: tuple[PackedCarton, ...] = ()


class _Load(NamedTuple):
    """A carton and the spots taken in it."""

    carton: CartonType
    spots: tuple[Spot, ...]

    @property
    def volume_mm3(self) -> int:
        return sum(spot.body.volume_mm3 for spot in self.spots)

    @property
    def bodies(self) -> tuple[Body, ...]:
        return tuple(spot.body for spot in self.spots)


class _Rule(NamedTuple):
    """One way to fill a carton: in which sequence, and to which places."""

    sequence: Callable[[Body], tuple[int, ...]]
    prefer: Preference


def _heaviest_first(body: Body) -> tuple[int, ...]:
    return (body.fragile, -body.weight_g, -body.volume_mm3)


def _widest_first(body: Body) -> tuple[int, ...]:
    longest, middle, shortest = body.sides_mm
    return (body.fragile, -longest * middle, -shortest)


def _longest_first(body: Body) -> tuple[int, ...]:
    longest, middle, shortest = body.sides_mm
    return (body.fragile, -longest, -middle, -shortest)


_RULES = (
    _Rule(_heaviest_first, row_first),
    _Rule(_widest_first, flat_first),
    _Rule(_longest_first, flat_first),
)
"""Tried in this sequence; among equally good plans the first wins, so heavy goods lie low."""


def cartonize(items: Sequence[PackItem], cartons: Sequence[CartonType]) -> PackPlan:
    """Choose the cartons for these items, and a place for each item.

    As few cartons as the rules find, then the cheapest, then the smallest. Each segregation group
    has its own cartons; an upright item keeps its height vertical; nothing lies on a fragile item;
    each item rests with 80 % of its base or more on the floor or on others; no carton weighs more
    than it may. Placements stand in packing sequence: each can be lowered in from above, heavy
    ones as early and fragile ones as late as that allows. The same input gives the same plan.

    Raises:
        Unpackable: some items fit no carton; one problem per order line.
        PlanInvalid: two items have the same `item_ref`.

    Source: fewest cartons by first-fit-style construction, extreme points (Crainic, Perboli,
    Tadei 2008); not a proof of the minimum.

    """
    _refuse_duplicates(items)
    choices = sorted(cartons, key=lambda c: (c.cost_minor, c.inner.volume_mm3, c.carton_id))
    _refuse_unpackable(items, choices)
    by_ref = {item.item_ref: item for item in items}
    packed: list[PackedCarton] = []
    for group in sorted({item.segregation_group for item in items}):
        bodies = tuple(_body(item) for item in items if item.segregation_group == group)
        packed.extend(_packed(load, by_ref) for load in _loads(bodies, choices))
    return PackPlan(cartons=tuple(packed))


def _refuse_duplicates(items: Sequence[PackItem]) -> None:
    counts = Counter(item.item_ref for item in items)
    problems = [
        Problem(
            path=ref,
            expected="an item_ref of its own for each unit",
            came=f"the same for {count} units",
            remedy="number the units <line_no>/<unit>",
        )
        for ref, count in counts.items()
        if count > 1
    ]
    if problems:
        raise PlanInvalid.of(*problems)


def _refuse_unpackable(items: Sequence[PackItem], cartons: Sequence[CartonType]) -> None:
    kinds = {(item.line_no, item.sku): item for item in items if not _fits_any(item, cartons)}
    if kinds:
        raise Unpackable.of(*(_misfit(item, cartons) for item in kinds.values()))


def _fits_any(item: PackItem, cartons: Sequence[CartonType]) -> bool:
    return any(_fits(item, carton) and item.weight_g <= _payload_g(carton) for carton in cartons)


def _fits(item: PackItem, carton: CartonType) -> bool:
    inner = _size(carton.inner)
    return any(all(map(le, turn, inner)) for turn in _turns(item))


def _misfit(item: PackItem, cartons: Sequence[CartonType]) -> Problem:
    """Say why an item fits no carton, beside the largest there is."""
    largest = max(cartons, key=lambda c: (c.inner.volume_mm3, c.max_weight_g), default=None)
    offered = "there is none"
    if largest is not None:
        offered = (
            f"the largest, {largest.carton_id}, is {_measures(largest.inner)} inside and takes "
            f"{_payload_g(largest)} g"
        )
    if any(_fits(item, carton) for carton in cartons):
        reason = "too heavy for each carton it fits into"
    elif item.orientation is Orientation.UPRIGHT:
        reason = "too large standing upright"
    else:
        reason = "too large in every orientation"
    return Problem(
        path=f"line {item.line_no}",
        expected=f"an item that fits a carton ({offered})",
        came=f"{item.sku} of {_measures(item.dimensions)} and {item.weight_g} g, {reason}",
        remedy="add a carton type that takes it, correct its size in the catalog, or ship it apart",
    )


def _measures(size: Dimensions) -> str:
    return f"{size.length_mm} x {size.width_mm} x {size.height_mm} mm"


def _size(inner: Dimensions) -> Size:
    return (inner.length_mm, inner.width_mm, inner.height_mm)


def _payload_g(carton: CartonType) -> int:
    return carton.max_weight_g - carton.empty_weight_g


def _turns(item: PackItem) -> tuple[Size, ...]:
    """Return the ways in which an item may be turned, each once, always in the same sequence."""
    length, width, height = _size(item.dimensions)
    turns = {(length, width, height), (width, length, height)}
    if item.orientation is Orientation.ANY:
        turns |= {(length, height, width), (height, length, width)}
        turns |= {(width, height, length), (height, width, length)}
    return tuple(sorted(turns))


def _body(item: PackItem) -> Body:
    return Body(item.item_ref, _turns(item), item.weight_g, item.fragile)


def _loads(bodies: Sequence[Body], cartons: Sequence[CartonType]) -> list[_Load]:
    """Return the best of what the rules find for goods that may share a carton."""
    single = _cheapest_single(bodies, cartons)
    if single is not None:
        return [single]
    return min((_split(bodies, cartons, rule) for rule in _RULES), key=_expense)


def _expense(loads: Sequence[_Load]) -> tuple[int, int, int]:
    cost = sum(load.carton.cost_minor for load in loads)
    return (len(loads), cost, sum(load.carton.inner.volume_mm3 for load in loads))


def _cheapest_single(bodies: Sequence[Body], cartons: Sequence[CartonType]) -> _Load | None:
    """Return the first of the cartons that takes all the bodies, if a rule finds one."""
    volume = sum(body.volume_mm3 for body in bodies)
    weight = sum(body.weight_g for body in bodies)
    for carton in cartons:
        if volume > carton.inner.volume_mm3 or weight > _payload_g(carton):
            continue
        for rule in _RULES:
            load = _fill(bodies, carton, rule, whole=True)
            if len(load.spots) == len(bodies):
                return load
    return None


def _split(bodies: Sequence[Body], cartons: Sequence[CartonType], rule: _Rule) -> list[_Load]:
    """Take the carton that swallows the most volume until all is packed; then shrink each."""
    loads: list[_Load] = []
    left = bodies
    while left:
        loads.append(_fullest(left, cartons, rule))
        taken = {body.ref for body in loads[-1].bodies}
        left = tuple(body for body in left if body.ref not in taken)
    return [_cheapest_single(load.bodies, cartons) or load for load in loads]


def _fullest(bodies: Sequence[Body], cartons: Sequence[CartonType], rule: _Rule) -> _Load:
    """Return the load of the most volume; never an empty one, as each body fits some carton."""
    return max(
        (_fill(bodies, carton, rule) for carton in cartons), key=lambda load: load.volume_mm3
    )


def _fill(bodies: Sequence[Body], carton: CartonType, rule: _Rule, *, whole: bool = False) -> _Load:
    sequence = sorted(bodies, key=rule.sequence)
    inner, payload_g = _size(carton.inner), _payload_g(carton)
    return _Load(carton, fill(inner, payload_g, sequence, rule.prefer, whole=whole))


def _packed(load: _Load, items: Mapping[str, PackItem]) -> PackedCarton:
    carton = load.carton
    return PackedCarton(
        carton_id=carton.carton_id,
        placements=tuple(_placement(spot, items) for spot in lowering_sequence(load.spots)),
        gross_weight_g=carton.empty_weight_g + sum(body.weight_g for body in load.bodies),
        void_mm3=carton.inner.volume_mm3 - load.volume_mm3,
    )


def _placement(spot: Spot, items: Mapping[str, PackItem]) -> Placement:
    item = items[spot.body.ref]
    dx, dy, dz = spot.size
    return Placement(
        item_ref=item.item_ref,
        line_no=item.line_no,
        sku=item.sku,
        x_mm=spot.x,
        y_mm=spot.y,
        z_mm=spot.z,
        dx_mm=dx,
        dy_mm=dy,
        dz_mm=dz,
    )
