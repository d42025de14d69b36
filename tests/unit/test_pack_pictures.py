"""Pictures of packed cartons: what is painted where, and how it is rendered."""

import io
import xml.dom.minidom
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fulfillment.domain.cartonization import PackedCarton, PackItem, PackPlan, Placement
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.drawing import Disc, Drawing, Line, Polygon, Words, dashes, to_svg
from fulfillment.domain.pack_pictures import carton_picture
from fulfillment.domain.pack_scene import in_runs
from fulfillment.domain.packing import PackSheet, StepKind, pack_sheet
from fulfillment.domain.painting import Block, back_to_front, covers, project, sight_of
from fulfillment.domain.units import Dimensions
from fulfillment.domain.weighing import Weighing
from fulfillment.labels.pictures import to_png
from plant import order

RING = [
    Block(0, (0, 0, 1), (3, 1, 2)),
    Block(1, (2, 0, 0), (3, 3, 1)),
    Block(2, (0, 2, 0), (1, 3, 3)),
]
"""Three that might lie across each other; whichever way, each is seen where it is nearest."""


def grid(seed: int, count: int) -> list[Block]:
    """Return random disjoint blocks on a small grid, so that many touch and cover each other."""
    rng, blocks = Random(seed), list[Block]()
    for _ in range(12 * count):
        low = [rng.randrange(6) for _ in range(3)]
        high = [at + rng.randint(1, 4) for at in low]
        block = Block(len(blocks), (low[0], low[1], low[2]), (high[0], high[1], high[2]))
        if len(blocks) < count and not any(_overlap(block, other) for other in blocks):
            blocks.append(block)
    return blocks


def _overlap(one: Block, other: Block) -> bool:
    pairs = zip(one.low, one.high, other.low, other.high, strict=True)
    return all(low < other_high and other_low < high for low, high, other_low, other_high in pairs)


def seen_at(blocks: Sequence[Block], start: tuple[float, float, float]) -> int | None:
    """Return whose block the viewer sees along a line of sight: the one nearest to him."""
    along = [(_leave(block, start), block.owner) for block in blocks if _is_hit(block, start)]
    return max(along)[1] if along else None


def _leave(block: Block, start: tuple[float, float, float]) -> float:
    return min(high - at for high, at in zip(block.high, start, strict=True))


def _is_hit(block: Block, start: tuple[float, float, float]) -> bool:
    return max(low - at for low, at in zip(block.low, start, strict=True)) < _leave(block, start)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(seed=st.integers(min_value=0, max_value=10**6), count=st.integers(min_value=2, max_value=14))
def test_the_nearest_block_is_painted_last(seed: int, count: int) -> None:
    """At every place of the picture, what was painted last there is what the viewer sees."""
    blocks = grid(seed, count)
    painted = back_to_front(blocks)

    assert {block.owner for block in blocks} == {part.owner for part in painted}
    rng = Random(seed)
    for _ in range(60):
        start = (rng.uniform(-9, 9), rng.uniform(-9, 9), -0.5)
        last = [part.owner for part in painted if _is_hit(part, start)]
        assert seen_at(blocks, start) == (last[-1] if last else None)


def test_blocks_in_a_ring_are_cut() -> None:
    """Where no order serves, one is painted in parts."""
    ring = [
        Block(0, (0, 0, 2), (6, 2, 4)),
        Block(1, (4, 0, 0), (6, 6, 2)),
        Block(2, (2, 4, 0), (4, 6, 6)),
        Block(3, (0, 2, 4), (2, 6, 6)),
    ]
    for blocks in (RING, ring):
        painted = back_to_front(blocks)
        volumes = [sum(_volume(p) for p in painted if p.owner == b.owner) for b in blocks]
        assert [_volume(block) for block in blocks] == volumes


def _volume(block: Block) -> float:
    x, y, z = (high - low for low, high in zip(block.low, block.high, strict=True))
    return x * y * z


def test_overlapping_blocks_are_painted_anyhow() -> None:
    """No certified plan has them; a picture of one that is not shall not hang."""
    same = [Block(0, (0, 0, 0), (2, 2, 2)), Block(1, (1, 1, 1), (3, 3, 3))]

    assert [0, 1] == [block.owner for block in back_to_front(same)]


def test_what_is_seen_of_a_block() -> None:
    """All of one that nothing stands before, nothing of one behind a larger one."""
    far, near = Block(0, (0, 0, 0), (1, 1, 1)), Block(1, (2, 2, 0), (4, 4, 5))

    assert (1.0, 0.0) == (sight_of(near, [far]).share, sight_of(far, [near]).share)
    assert covers(near, (1, 1, 1))
    assert not covers(far, (4, 4, 5))
    assert project((1, 1, 1)) == pytest.approx((0, 0))


# --- the picture -----------------------------------------------------------------------------

CARTON = CartonType(
    carton_id="M",
    inner=Dimensions(length_mm=300, width_mm=200, height_mm=200),
    outer=Dimensions(length_mm=310, width_mm=210, height_mm=210),
    empty_weight_g=200,
    max_weight_g=9_000,
)


def sheet_of(*places: tuple[int, int, int, bool], name: str = "Cube") -> PackSheet:
    """Return a sheet with cubes of 100 mm at these places; some are fragile."""
    items = [
        PackItem(
            item_ref=f"{number}/1",
            line_no=number,
            sku=f"CUBE{number}",
            name=name,
            dimensions=Dimensions(length_mm=100, width_mm=100, height_mm=100),
            weight_g=500,
            fragile=fragile,
        )
        for number, (*_, fragile) in enumerate(places, start=1)
    ]
    size = {"dx_mm": 100, "dy_mm": 100, "dz_mm": 100}
    placements = tuple(
        Placement(item_ref=i.item_ref, line_no=i.line_no, sku=i.sku, x_mm=x, y_mm=y, z_mm=z, **size)
        for i, (x, y, z, _) in zip(items, places, strict=True)
    )
    packed = PackedCarton(carton_id="M", placements=placements, gross_weight_g=1, void_mm3=0)
    plan = PackPlan(cartons=(packed,))
    return pack_sheet(plan, items, [CARTON], order("A-7"), Weighing())


def words(drawing: Drawing) -> list[str]:
    """Return all that is written on a drawing."""
    return [mark.text for mark in drawing.marks if isinstance(mark, Words)]


def test_each_item_has_the_number_of_the_step_that_puts_it_in() -> None:
    """Also where padding comes before; carton, order and sizes are in the title."""
    sheet = sheet_of((0, 0, 0, False), (100, 0, 0, True), (200, 100, 0, False))
    drawing = carton_picture(sheet, 1)

    put = [str(s.number) for s in sheet.steps[0].steps if s.kind is StepKind.PUT]
    assert ["2", "4", "5"] == put
    assert set(put) <= set(words(drawing))
    assert "Order A-7: carton 1 of 1, M" == drawing.title
    assert "300 × 200 × 200 mm inside, 3 items, no fill, 1 g packed" in words(drawing)
    assert ["No. 2", "No. 4", "No. 5"] == [text for text in words(drawing) if text[:2] == "No"]
    assert "2: Cube (CUBE1); 4: Cube (CUBE2); 5: Cube (CUBE3)" == drawing.description
    assert drawing == carton_picture(sheet, 1)


def test_what_lies_behind_others_is_dashed() -> None:
    """With a dashed circle around its number; nothing else is dashed but the carton's far edges."""
    hidden = carton_picture(sheet_of((0, 100, 0, False), (100, 0, 100, False)), 1)
    open_view = carton_picture(sheet_of((0, 100, 0, False), (200, 0, 0, False)), 1)

    def dashed(drawing: Drawing) -> tuple[int, int]:
        lines = [m for m in drawing.marks if isinstance(m, Line) and m.dashed]
        return len(lines), sum(isinstance(m, Disc) and m.dashed for m in drawing.marks)

    assert (3, 0) == dashed(open_view)
    assert (3 + 9, 1) == dashed(hidden)


def test_numbers_never_cover_each_other() -> None:
    """Thirty thin items in a corner still have thirty numbers that can be read."""
    drawing = carton_picture(_pens(30), 1)
    centers = [m.center for m in drawing.marks if isinstance(m, Disc) and m.radius > 5]

    apart = [
        ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5
        for i, a in enumerate(centers)
        for b in centers[:i]
    ]
    assert 30 == len(centers)
    assert min(apart) > 22
    assert all(0 < x < drawing.width and 0 < y < drawing.height for x, y in centers)


def test_much_that_is_hidden_is_listed() -> None:
    """Forty outlines on top of each other would say nothing."""
    drawing = carton_picture(_pens(108), 1)

    assert "behind these: No. 8–12, 14–18" in " ".join(words(drawing))
    assert "2–5, 7, 9, 10" == in_runs([7, 2, 3, 5, 4, 10, 9])
    assert not any(m.dashed for m in drawing.marks if isinstance(m, Disc))


def _pens(count: int) -> PackSheet:
    sheet = sheet_of(*[(0, 0, 0, False)] * count)
    narrow = {"dx_mm": 5, "dy_mm": 5, "dz_mm": 60}
    placements = tuple(
        place.model_copy(
            update={"x_mm": 5 * (n % 6), "y_mm": 5 * (n // 6 % 6), "z_mm": n // 36 * 60, **narrow}
        )
        for n, place in enumerate(sheet.plan.cartons[0].placements)
    )
    packed = sheet.plan.cartons[0].model_copy(update={"placements": placements})
    return sheet.model_copy(update={"plan": PackPlan(cartons=(packed,))})


def test_svg_is_xml_whatever_the_names() -> None:
    """Markup and control characters in an article's name stay text, or are left out."""
    sheet = sheet_of((0, 0, 0, True), name='<script>"x"&\x01\x1f</script> ünï 漢字')
    drawing = carton_picture(sheet, 1)
    parsed = xml.dom.minidom.parseString(to_svg(drawing))  # noqa: S318 - our own

    assert [] == parsed.getElementsByTagName("script")
    assert "漢字" in to_svg(drawing)
    assert drawing.title == parsed.getElementsByTagName("title")[0].firstChild.data  # type: ignore[union-attr]
    assert len([m for m in drawing.marks if isinstance(m, Polygon)]) == len(
        parsed.getElementsByTagName("polygon")
    )


def test_png_shows_the_same_at_twice_the_size() -> None:
    """The colors lie where the drawing has them, and strange letters don't stop it."""
    drawing = carton_picture(sheet_of((80, 60, 0, False), name="漢字"), 1)
    with Image.open(io.BytesIO(to_png(drawing))) as image:
        assert (2 * drawing.width, 2 * drawing.height) == image.size
        [top] = [m for m in drawing.marks if isinstance(m, Polygon) and m.fill == "#cce8f8"]
        (x1, y1), (x2, y2) = top.corners[0], top.corners[2]
        along = [n / 10 for n in range(1, 10)]
        places = [(x1 + (x2 - x1) * share, y1 + (y2 - y1) * share) for share in along]
        found = [image.getpixel((round(2 * x), round(2 * y))) for x, y in places]

    assert found.count((0xCC, 0xE8, 0xF8)) > len(found) / 2


def test_dashes_end_with_their_line() -> None:
    """The last one is shortened."""
    expected = [((0.0, 0.0), (5.0, 0.0)), ((9.0, 0.0), (11.0, 0.0))]
    assert expected == list(dashes((0.0, 0.0), (11.0, 0.0)))
