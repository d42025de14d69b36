"""The independent check of a pack plan; it knows the rules, not how the plan was made."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from fulfillment.domain.cartonization import PackedCarton, PackItem, PackPlan, Placement
from fulfillment.domain.catalog import CartonType, Orientation
from fulfillment.domain.errors import PlanInvalid, Problem

SUPPORTED_PERCENT = 80
"""How much of its base an item must rest on, at least."""


def validate_plan(plan: PackPlan, items: Sequence[PackItem], cartons: Sequence[CartonType]) -> None:
    """Check a plan against every rule of packing.

    Each item is packed once, as what it is; in a known carton, inside it, apart from the others,
    turned as it may be, supported, with nothing on it if it is fragile and nothing above it when
    it is lowered in; no carton is empty, mixes segregation groups, weighs more than it may, or
    states another weight or void than it has.

    Raises:
        PlanInvalid: at least one rule is broken; one problem for each time.

    """
    problems = list(_problems(plan, items, cartons))
    if problems:
        raise PlanInvalid.of(*problems)


def _problems(
    plan: PackPlan, items: Sequence[PackItem], cartons: Sequence[CartonType]
) -> Iterator[Problem]:
    by_ref = {item.item_ref: item for item in items}
    by_id = {carton.carton_id: carton for carton in cartons}
    yield from _unaccounted(plan, items)
    for number, packed in enumerate(plan.cartons, start=1):
        where = f"carton {number}"
        contents = [(p, by_ref[p.item_ref]) for p in packed.placements if p.item_ref in by_ref]
        yield from _wrong_contents(where, contents)
        yield from _wrong_places(where, contents)
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


def _wrong_contents(
    where: str, contents: Sequence[tuple[Placement, PackItem]]
) -> Iterator[Problem]:
    """Find items that are not what they should be, or turned as they may not be."""
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
        if item.orientation is Orientation.UPRIGHT and place.dz_mm != size.height_mm:
            expected = f"it upright, {size.height_mm} mm high"
            yield _broken(at, expected, f"an orientation {place.dz_mm} mm high")


def _wrong_places(where: str, contents: Sequence[tuple[Placement, PackItem]]) -> Iterator[Problem]:
    """Find items that overlap, float, lie on a fragile one, or can't be reached from above."""
    for index, (place, item) in enumerate(contents):
        at = f"{where}, {item.item_ref}"
        for later, _ in contents[index + 1 :]:
            if not _base_on(place, later):
                continue
            if _meet(place.z_mm, place.dz_mm, later.z_mm, later.dz_mm):
                yield _broken(at, "no overlap", f"an overlap with {later.item_ref}")
            elif later.z_mm < place.z_mm:
                yield _broken(at, f"it packed after {later.item_ref} below it", "it packed before")
        ceiling = place.z_mm + place.dz_mm
        resting = [p for p, _ in contents if p.z_mm == ceiling and _base_on(place, p)]
        if item.fragile and resting:
            refs = ", ".join(p.item_ref for p in resting)
            yield _broken(at, "nothing on top of a fragile item", refs)
        percent = _support_percent(place, contents)
        if percent < SUPPORTED_PERCENT:
            expected = f"{SUPPORTED_PERCENT} % of the base supported"
            yield _broken(at, expected, f"a floating item, {percent} % supported")


def _support_percent(place: Placement, contents: Sequence[tuple[Placement, PackItem]]) -> int:
    """Return how much of an item's base touches the floor or the top of others, rounded down."""
    base = place.dx_mm * place.dy_mm
    if place.z_mm == 0 or base <= 0:
        return 100
    tops = [p for p, _ in contents if p.z_mm + p.dz_mm == place.z_mm]
    return 100 * sum(_base_on(place, top) for top in tops) // base


def _base_on(one: Placement, other: Placement) -> int:
    """Return the area in which two items cover each other, seen from above, in mm²."""
    along = _meet(one.x_mm, one.dx_mm, other.x_mm, other.dx_mm)
    return along * _meet(one.y_mm, one.dy_mm, other.y_mm, other.dy_mm)


def _meet(start: int, size: int, other_start: int, other_size: int) -> int:
    """Return the length that two intervals have in common."""
    return max(0, min(start + size, other_start + other_size) - max(start, other_start))


def _wrong_carton(
    where: str,
    packed: PackedCarton,
    contents: Sequence[tuple[Placement, PackItem]],
    carton: CartonType,
) -> Iterator[Problem]:
    """Find a carton that is empty, overfull, too heavy, or whose stated figures are wrong."""
    if not packed.placements:
        yield _broken(where, "at least one item", "an empty carton")
    for place, _ in contents:
        yield from _out_of_bounds(f"{where}, {place.item_ref}", place, carton)
    gross_g = carton.empty_weight_g + sum(item.weight_g for _, item in contents)
    if gross_g > carton.max_weight_g:
        yield _broken(where, f"a weight of at most {carton.max_weight_g} g", f"{gross_g} g")
    if packed.gross_weight_g != gross_g:
        yield _broken(where, f"a gross weight of {gross_g} g", f"{packed.gross_weight_g} g")
    void_mm3 = carton.inner.volume_mm3 - sum(item.dimensions.volume_mm3 for _, item in contents)
    if packed.void_mm3 != void_mm3:
        yield _broken(where, f"a void of {void_mm3} mm3", f"{packed.void_mm3} mm3")


def _out_of_bounds(at: str, place: Placement, carton: CartonType) -> Iterator[Problem]:
    inner = carton.inner
    ends: Mapping[str, tuple[int, int, int]] = {
        "length": (place.x_mm, place.dx_mm, inner.length_mm),
        "width": (place.y_mm, place.dy_mm, inner.width_mm),
        "height": (place.z_mm, place.dz_mm, inner.height_mm),
    }
    for axis, (start, size, room) in ends.items():
        if start < 0 or start + size > room:
            came = f"out of bounds, {start} to {start + size} mm"
            yield _broken(at, f"a place between 0 and {room} mm along the {axis}", came)
