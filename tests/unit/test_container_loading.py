"""Loading one container: nothing overlaps, hangs over or is invented, and little room is left."""

from itertools import combinations
from math import inf, prod

from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.container_loading import BoxType, LoadedBox, load_container

ANY = (True, True, True)
sides = st.integers(min_value=2, max_value=12)
box_types = st.lists(
    st.tuples(
        st.tuples(sides, sides, sides),
        st.tuples(st.booleans(), st.booleans(), st.just(True)),  # noqa: FBT003 - a value
        st.integers(min_value=0, max_value=12),
    ),
    min_size=1,
    max_size=5,
)


def meet(one: LoadedBox, other: LoadedBox, axis: int) -> int:
    """Return the length that two boxes have in common along an axis."""
    ends = (one.low[axis] + one.size[axis], other.low[axis] + other.size[axis])
    return max(0, min(ends) - max(one.low[axis], other.low[axis]))


def supported(box: LoadedBox, loaded: list[LoadedBox]) -> int:
    """Return how much of a box's base rests on others."""
    below = [low for low in loaded if low.low[2] + low.size[2] == box.low[2]]
    return sum(meet(box, low, 0) * meet(box, low, 1) for low in below)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.tuples(sides, sides, sides), box_types, st.booleans())
def test_every_loading_is_valid(
    inner: tuple[int, int, int],
    kinds: list[tuple[tuple[int, int, int], tuple[bool, bool, bool], int]],
    full_support: bool,  # noqa: FBT001 - drawn
) -> None:
    """Boxes lie inside, apart, as they may be turned, supported, and are no more than there are."""
    types = [BoxType(str(n), *kind) for n, kind in enumerate(kinds)]

    loaded = load_container(
        inner, types, full_support=full_support, remaining_seconds=lambda: inf, widest=2
    )

    for kind in types:
        mine = [box for box in loaded if box.name == kind.name]
        assert len(mine) <= kind.quantity
        assert {tuple(sorted(box.size)) for box in mine} <= {tuple(sorted(kind.sides))}
        upright = {side for side, may in zip(kind.sides, kind.upright, strict=True) if may}
        assert {box.size[2] for box in mine} <= upright
    for box in loaded:
        assert all(0 <= box.low[k] <= inner[k] - box.size[k] for k in range(3))
        if full_support and box.low[2]:
            assert prod(box.size[:2]) == supported(box, loaded)
    for one, other in combinations(loaded, 2):
        assert 0 == prod(meet(one, other, axis) for axis in range(3))


def test_what_fits_exactly_is_loaded_without_a_gap() -> None:
    """Cubes of two sizes fill the container."""
    types = [BoxType("large", (4, 4, 4), ANY, 4), BoxType("small", (2, 2, 2), ANY, 32)]

    loaded = load_container(
        (8, 8, 8), types, full_support=True, remaining_seconds=lambda: inf, widest=4
    )

    assert 8**3 == sum(prod(box.size) for box in loaded)


def test_without_time_there_is_a_loading_all_the_same() -> None:
    """One greedy loading is always made."""
    loaded = load_container(
        (8, 8, 8),
        [BoxType("1", (3, 2, 4), ANY, 99)],
        full_support=True,
        remaining_seconds=lambda: 0,
    )

    assert sum(prod(box.size) for box in loaded) > 300


def test_what_fits_nowhere_is_left_out() -> None:
    """A box that is too long, or of which there is none, is not loaded."""
    types = [BoxType("long", (9, 1, 1), ANY, 1), BoxType("none", (1, 1, 1), ANY, 0)]

    assert [] == load_container((8, 8, 8), types, full_support=False, remaining_seconds=lambda: 1)
