"""A drawing as plain marks, in pixels, y downward; whoever renders it needs no geometry."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Literal, NamedTuple

Point = tuple[float, float]
DASHES = (5.0, 4.0)
"""Lengths of a dash and of the gap behind it."""


class Polygon(NamedTuple):
    """A filled area without an edge of its own."""

    corners: tuple[Point, ...]
    fill: str


class Line(NamedTuple):
    """A straight line."""

    start: Point
    end: Point
    color: str
    width: float = 1.0
    dashed: bool = False


class Disc(NamedTuple):
    """A filled circle with an edge."""

    center: Point
    radius: float
    fill: str
    edge: str
    dashed: bool = False


class Words(NamedTuple):
    """A line of text; `at` is on its baseline."""

    at: Point
    text: str
    size: float
    color: str
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False


Mark = Polygon | Line | Disc | Words


class Drawing(NamedTuple):
    """Marks in the order in which they are painted: a later one covers an earlier one."""

    width: int
    height: int
    title: str
    description: str
    """What is to be seen, for who can't see it."""
    marks: tuple[Mark, ...]


def to_svg(drawing: Drawing) -> str:
    """Return a drawing as an SVG document that needs nothing from outside.

    Source: Scalable Vector Graphics (SVG) 1.1, W3C Recommendation.
    """
    size = f'width="{drawing.width}" height="{drawing.height}"'
    box = f'viewBox="0 0 {drawing.width} {drawing.height}"'
    font = 'font-family="Helvetica, Arial, sans-serif" stroke-linejoin="round"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} {font} role="img">',
            f"<title>{_text(drawing.title)}</title>",
            f"<desc>{_text(drawing.description)}</desc>",
            f'<rect {size} fill="#ffffff"/>',
            *map(_mark, drawing.marks),
            "</svg>\n",
        )
    )


def dashes(start: Point, end: Point) -> Iterator[tuple[Point, Point]]:
    """Yield the dashes of a line, for renderers that know none."""
    along = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5
    at = 0.0
    while at < along:
        until = min(at + DASHES[0], along)
        yield _between(start, end, at / along), _between(start, end, until / along)
        at += sum(DASHES)


def _between(start: Point, end: Point, share: float) -> Point:
    return (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)


def _mark(mark: Mark) -> str:
    match mark:
        case Polygon(corners, fill):
            # A hairline of its own color closes the gap that antialiasing leaves to its neighbor.
            edge = f'stroke="{fill}" stroke-width="0.5"'
            return f'<polygon points="{_points(corners)}" fill="{fill}" {edge}/>'
        case Line((x1, y1), (x2, y2), color, width, dashed):
            ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
            stroke = f'stroke="{color}" stroke-width="{width:g}" stroke-linecap="round"'
            return f"<line {ends} {stroke}{_dashed(dashed=dashed)}/>"
        case Disc((x, y), radius, fill, edge, dashed):
            place = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
            return f'<circle {place} fill="{fill}" stroke="{edge}"{_dashed(dashed=dashed)}/>'
        case Words((x, y), text, size, color, anchor, bold):
            weight = ' font-weight="bold"' if bold else ""
            style = f'font-size="{size:g}" fill="{color}" text-anchor="{anchor}"{weight}'
            return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{_text(text)}</text>'


def _points(corners: Sequence[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def _dashed(*, dashed: bool) -> str:
    return f' stroke-dasharray="{DASHES[0]:g} {DASHES[1]:g}"' if dashed else ""


def _text(text: str) -> str:
    """Return a text as XML has it, without the characters that XML can't have."""
    return escape("".join(c for c in text if c.isprintable()))
