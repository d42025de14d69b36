"""The independent check of a pack plan; it knows the rules, not how the plan was made."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fulfillment.domain.cartonization import (
    PackedCarton,
    PackItem,
    PackPlan,
    PackRules,
    Placement,
)
from fulfillment.domain.catalog import CartonType, Orientation
from fulfillment.domain.errors import PlanInvalid, Problem
from fulfillment.domain.units import Dimensions

DEFAULT_RULES = PackRules()
TOLERANCE_G = 0.001
"""How much less than a gram a load may seem to be too much, for the rounding of fractions."""


class Laid(NamedTuple):
    """An item in its place."""

    place: Placement
    item: PackItem

    @property
    def ref(self) -> str:
        """Return the item's reference."""
        return self.place.item_ref

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Return from where to where it reaches along x, y and z, with its padding."""
        p, pad = self.place, self.place.padding_mm
        lows, sizes = (p.x_mm, p.y_mm, p.z_mm), (p.dx_mm, p.dy_mm, p.dz_mm)
        return tuple((low - pad, low + size + pad) for low, size in zip(lows, sizes, strict=True))

    @property
    def foot_mm(self) -> int:
        """Return how high its lower end is."""
        return self.spans[2][0]

    @property
    def head_mm(self) -> int:
        """Return how high its upper end is."""
        return self.spans[2][1]


def validate_plan(
    plan: PackPlan,
    items: Sequence[PackItem],
    cartons: Sequence[CartonType],
    rules: PackRules = DEFAULT_RULES,
) -> None:
    """Check a plan against every rule of packing.

    Each item is packed once, as what it is; in its own box if it ships in that, else in a known
    carton, inside it, apart from the others, turned as it may be, fragile ones with their padding
    all around. Packed by hand, each rests on enough of its base, bears no more than it may
    (nothing, if fragile; a weight is borne by what it stands on in proportion to the contact), and
    has nothing above it when it is lowered in. No carton is empty, mixes segregation groups, weighs
    more than it may, or states another weight or void than it has.

    Raises:
        PlanInvalid: at least one rule is broken; one problem for each time.

    """
    problems = list(_problems(plan, items, cartons, rules))
    if problems:
        raise PlanInvalid.of(*problems)


def _problems(
    plan: PackPlan, items: Sequence[PackItem], cartons: Sequence[CartonType], rules: PackRules
) -> Iterator[Problem]:
    by_ref = {item.item_ref: item for item in items}
    by_id = {carton.carton_id: carton for carton in cartons}
    yield from _unaccounted(plan, items)
    for number, packed in enumerate(plan.cartons, start=1):
        where = f"carton {number}"
        contents = [Laid(p, by_ref[p.item_ref]) for p in packed.placements if p.item_ref in by_ref]
        yield from _wrong_contents(where, contents)
        if packed.own_box:
            yield from _wrong_own_box(where, packed, contents)
            continue
        yield from _wrong_turns(where, contents)
        yield from _wrong_padding(where, contents, rules)
        yield from _wrong_places(where, contents, rules)
        carton = by_id.get(packed.carton_id)
        if carton is None:
            known = ", ".join(sorted(by_id)) or "a carton type"
            yield _broken(where, f"a known carton ({known})", packed.carton_id)
        else:
            yield from _wrong_carton(where, packed, contents, carton)


def _broken(where: str, expected: str, came: str) -> Problem:
    return Problem(path=where, expected=expected, came=came, remedy="plan this order again")


def _unaccounted(plan: PackPlan, items: Sequence[PackItem]) -> Iterator[Problem]:
    """Find the items that are lost, invented or packed twice."""
    wanted = Counter(item.item_ref for item in items)
    packed = Counter(p.item_ref for carton in plan.cartons for p in carton.placements)
    for ref in sorted(wanted.keys() | packed.keys()):
        if wanted[ref] > 1:
            yield _broken(ref, "one item of this item_ref", f"{wanted[ref]} items")
        if packed[ref] < wanted[ref]:
            yield _broken(ref, "the item in a carton", "no place: the item is lost")
        elif wanted[ref] == 0:
            yield _broken(ref, "only items of the order", "an invented item")
        elif packed[ref] > wanted[ref]:
            yield _broken(ref, "one place", f"{packed[ref]} places: the item is duplicated")


def _wrong_contents(where: str, contents: Sequence[Laid]) -> Iterator[Problem]:
    """Find items that are not what they should be."""
    groups = sorted({item.segregation_group for _, item in contents})
    if len(groups) > 1:
        yield _broken(where, "one segregation group", f"mixed groups {', '.join(groups)}")
    for place, item in contents:
        at = f"{where}, {place.item_ref}"
        if (place.line_no, place.sku) != (item.line_no, item.sku):
            expected, came = f"line {item.line_no}, {item.sku}", f"line {place.line_no}"
            yield _broken(at, expected, f"{came}, {place.sku}")
        size = item.dimensions
        sides = sorted((size.length_mm, size.width_mm, size.height_mm))
        if sorted((place.dx_mm, place.dy_mm, place.dz_mm)) != sides:
            expected = f"the sides {sides} mm in some orientation"
            yield _broken(at, expected, f"{place.dx_mm} x {place.dy_mm} x {place.dz_mm} mm")


def _wrong_turns(where: str, contents: Sequence[Laid]) -> Iterator[Problem]:
    """Find items that are turned as they may not be."""
    for place, item in contents:
        at, size = f"{where}, {place.item_ref}", item.dimensions
        lowest = min(size.length_mm, size.width_mm, size.height_mm)
        if item.orientation is Orientation.UPRIGHT and place.dz_mm != size.height_mm:
            expected = f"it upright, {size.height_mm} mm high"
            yield _broken(at, expected, f"an orientation {place.dz_mm} mm high")
        if item.orientation is Orientation.FLAT and place.dz_mm != lowest:
            expected = f"it flat, {lowest} mm high"
            yield _broken(at, expected, f"an orientation {place.dz_mm} mm high")


def _wrong_own_box(where: str, packed: PackedCarton, contents: Sequence[Laid]) -> Iterator[Problem]:
    """Find what is not one unit that ships in its own box."""
    shipping = [laid.item for laid in contents if laid.item.ships_in_own_box]
    if len(shipping) != 1 or len(packed.placements) != 1:
        refs = ", ".join(place.item_ref for place in packed.placements) or "nothing"
        yield _broken(where, "one item that ships in its own box", refs)
        return
    stated = (packed.carton_id, packed.gross_weight_g, packed.void_mm3)
    (item,) = shipping
    if stated != (item.sku, item.weight_g, 0):
        yield _broken(where, f"{item.sku} of {item.weight_g} g, no void", str(stated))


def _wrong_padding(where: str, contents: Sequence[Laid], rules: PackRules) -> Iterator[Problem]:
    """Find items without their padding, and those that should ship in their own box."""
    for place, item in contents:
        at = f"{where}, {place.item_ref}"
        padding_mm = rules.padding_mm if item.fragile else 0
        if place.padding_mm != padding_mm:
            yield _broken(at, f"{padding_mm} mm of padding", f"{place.padding_mm} mm")
        if item.ships_in_own_box:
            yield _broken(at, "the item in its own box", "it is packed into a carton")


def _wrong_places(where: str, contents: Sequence[Laid], rules: PackRules) -> Iterator[Problem]:
    """Find items that overlap, and those that can't stand where they are."""
    for index, laid in enumerate(contents):
        at = f"{where}, {laid.ref}"
        for later in contents[index + 1 :]:
            if not _contact(laid, later):
                continue
            if _meet(laid.spans[2], later.spans[2]):
                yield _broken(at, "no overlap", f"an overlap with {later.ref}")
            elif rules.by_hand and later.foot_mm < laid.foot_mm:
                yield _broken(at, f"it packed after {later.ref} below it", "it packed before")
        percent = _support_percent(laid, contents)
        if percent < rules.support_percent:
            expected = f"{rules.support_percent} % of the base supported"
            yield _broken(at, expected, f"a floating item, {percent} % supported")
    if rules.by_hand:
        yield from _overloaded(where, contents)


def _overloaded(where: str, contents: Sequence[Laid]) -> Iterator[Problem]:
    """Find items that bear more than they may."""
    resting = {low.ref: [high.ref for high in contents if _on(low, high)] for low in contents}
    loads = _loads_g(contents)
    for place, item in contents:
        at = f"{where}, {place.item_ref}"
        if item.fragile and resting[place.item_ref]:
            came = ", ".join(resting[place.item_ref])
            yield _broken(at, "nothing on top of a fragile item", came)
        limits = [item.bears_g]
        if item.bears_g_per_dm2 is not None:
            limits.append(item.bears_g_per_dm2 * place.dx_mm * place.dy_mm // 10_000)
        load = loads[place.item_ref]
        for limit in (limit for limit in limits if limit is not None):
            if load > limit + TOLERANCE_G:
                yield _broken(at, f"a load of at most {limit} g", f"{load:.0f} g on top of it")


def _loads_g(contents: Sequence[Laid]) -> dict[str, float]:
    """Return what each item bears, passed on downward by the area of contact."""
    loads = {laid.ref: 0.0 for laid in contents}
    for high in sorted(contents, key=lambda laid: -laid.foot_mm):
        below = {low.ref: _contact(low, high) for low in contents if _on(low, high)}
        for ref, area in below.items():
            weight = high.item.weight_g + loads[high.ref]
            loads[ref] += weight * area / sum(below.values())
    return loads


def _on(low: Laid, high: Laid) -> bool:
    """Say whether an item stands on another."""
    return low.head_mm == high.foot_mm and _contact(low, high) > 0


def _support_percent(laid: Laid, contents: Sequence[Laid]) -> int:
    """Return how much of an item's base touches the floor or the top of others, rounded down."""
    base = _length(laid.spans[0]) * _length(laid.spans[1])
    if laid.foot_mm == 0 or base <= 0:
        return 100
    return 100 * sum(_contact(low, laid) for low in contents if _on(low, laid)) // base


def _contact(one: Laid, other: Laid) -> int:
    """Return the area in which two items cover each other, seen from above, in mm²."""
    return _meet(one.spans[0], other.spans[0]) * _meet(one.spans[1], other.spans[1])


def _length(span: tuple[int, int]) -> int:
    return span[1] - span[0]


def _meet(one: tuple[int, int], other: tuple[int, int]) -> int:
    """Return the length that two intervals have in common."""
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _wrong_carton(
    where: str,
    packed: PackedCarton,
    contents: Sequence[Laid],
    carton: CartonType,
) -> Iterator[Problem]:
    """Find a carton that is empty, overfull, too heavy, or whose stated figures are wrong."""
    if not packed.placements:
        yield _broken(where, "at least one item", "an empty carton")
    for laid in contents:
        yield from _out_of_bounds(f"{where}, {laid.ref}", laid, carton.inner)
    gross_g = carton.empty_weight_g + sum(item.weight_g for _, item in contents)
    if gross_g > carton.max_weight_g:
        yield _broken(where, f"a weight of at most {carton.max_weight_g} g", f"{gross_g} g")
    if packed.gross_weight_g != gross_g:
        yield _broken(where, f"a gross weight of {gross_g} g", f"{packed.gross_weight_g} g")
    void_mm3 = carton.inner.volume_mm3 - sum(item.dimensions.volume_mm3 for _, item in contents)
    if packed.void_mm3 != void_mm3:
        yield _broken(where, f"a void of {void_mm3} mm3", f"{packed.void_mm3} mm3")


def _out_of_bounds(at: str, laid: Laid, inner: Dimensions) -> Iterator[Problem]:
    rooms = {"length": inner.length_mm, "width": inner.width_mm, "height": inner.height_mm}
    for (axis, room), (start, end) in zip(rooms.items(), laid.spans, strict=True):
        if start < 0 or end > room:
            came = f"out of bounds, {start} to {end} mm"
            yield _broken(at, f"a place between 0 and {room} mm along the {axis}", came)
