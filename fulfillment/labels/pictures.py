"""Drawings as PNG: the same marks as in SVG, painted by Pillow."""

import io
from functools import cache
from unicodedata import normalize

from PIL import Image, ImageDraw, ImageFont

from fulfillment.domain.drawing import Disc, Drawing, Line, Mark, Point, Polygon, Words, dashes
from fulfillment.domain.errors import Unprintable
from fulfillment.labels.text import printable
from fulfillment.labels.typefaces import LATIN, source_of

_SCALE, _FINER = 2, 2
"""Pixels of the PNG for one of the drawing's; and how much finer it is painted, to be smooth."""
_DPI = 192
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
_WEIGHTS = {False: "Regular", True: "Bold"}


def to_png(drawing: Drawing) -> bytes:
    """Return a drawing as PNG, at twice its size for screens and printers of high resolution."""
    fine = _SCALE * _FINER
    image = Image.new("RGB", (drawing.width * fine, drawing.height * fine), "white")
    canvas = ImageDraw.Draw(image)
    for mark in drawing.marks:
        _paint(canvas, mark, fine)
    written = io.BytesIO()
    image.reduce(_FINER).save(written, "PNG", optimize=True, dpi=(_DPI, _DPI))
    return written.getvalue()


def _paint(canvas: ImageDraw.ImageDraw, mark: Mark, fine: int) -> None:
    match mark:
        case Polygon(corners, fill):
            canvas.polygon([_scaled(corner, fine) for corner in corners], fill)
        case Line(start, end, color, width, dashed):
            for one, other in dashes(start, end) if dashed else ((start, end),):
                ends = [_scaled(one, fine), _scaled(other, fine)]
                canvas.line(ends, color, max(1, round(width * fine)))
        case Disc():
            _disc(canvas, mark, fine)
        case Words(at, text, size, color, anchor, bold):
            font = _font(round(size * 0.92 * fine), bold=bold)
            canvas.text(_scaled(at, fine), _in_font(text), color, font, _ANCHORS[anchor])


def _disc(canvas: ImageDraw.ImageDraw, disc: Disc, fine: int) -> None:
    (x, y), radius = _scaled(disc.center, fine), disc.radius * fine
    box = (x - radius, y - radius, x + radius, y + radius)
    canvas.ellipse(box, disc.fill, None if disc.dashed else disc.edge, fine)
    if disc.dashed:
        for start in range(0, 360, 45):
            canvas.arc(box, start, start + 25, disc.edge, fine)


def _scaled(point: Point, fine: int) -> Point:
    return (point[0] * fine, point[1] * fine)


def _in_font(text: str) -> str:
    """Return a text in characters that the font has; a picture is not worth refusing a name."""
    composed = "".join(_or_mark(character) for character in normalize("NFC", text))
    return "".join(c if source_of(c) is LATIN else "?" for c in composed)


def _or_mark(character: str) -> str:
    try:
        return printable(character)
    except Unprintable:
        return "?"


@cache
def _font(size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(LATIN.path, size)
    font.set_variation_by_name(_WEIGHTS[bold])
    return font
