"""The fonts of printed documents: which there are, which letters they have, and how these look.

All of them are under the SIL Open Font License 1.1, which allows embedding (docs/documents.md).
HarfBuzz reads them; a glyph's outline is kept as PDF operators in thousandths of an em.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

import uharfbuzz as hb

UNITS_PER_EM = 1000
BOLD_WEIGHT = 700
STROKE_OF_BOLD = 0.03
"""How much a font that has one weight is emboldened, in em."""


class Source(NamedTuple):
    """Where a font is: a package, a file in it, a face of that file."""

    package: str
    file: str
    face: int = 0

    @property
    def path(self) -> str:
        """Return where the file is."""
        return str(files(self.package).joinpath(self.file))


LATIN = Source("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf")
"""Latin, Greek, Cyrillic."""
HEBREW = Source("fontpkg_heebo", "files/Heebo[wght].ttf")
ARABIC = Source("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf")
DEVANAGARI = Source("fontpkg_noto_sans_devanagari", "files/NotoSansDevanagari[wdth,wght].ttf")
THAI = Source("fontpkg_noto_sans_thai", "files/NotoSansThai[wdth,wght].ttf")
HAN = {
    region: Source("noto_cjk_sans_otc", "NotoSansCJK-Regular.ttc", index)
    for index, region in enumerate(("JP", "KR", "CN", "TW", "HK"))
}
"""Chinese, Japanese, Korean: one character looks different in each of these countries."""
HAN_ALIASES = {"KP": "KR", "MO": "HK"}


class Typeface:
    """A font in one weight, in thousandths of an em."""

    def __init__(self, source: Source, *, bold: bool) -> None:
        """Open the font; nothing but its directory is read."""
        face = hb.Face(hb.Blob.from_file_path(source.path), source.face)
        self.font = hb.Font(face)
        self.font.scale = (UNITS_PER_EM, UNITS_PER_EM)
        if bold and face.has_var_data:
            self.font.set_variations({"wght": BOLD_WEIGHT})
        elif bold:
            self.font.synthetic_bold = (STROKE_OF_BOLD, STROKE_OF_BOLD, True)

    def has(self, character: str) -> bool:
        """Return whether the font has a glyph for a character."""
        return self.font.get_nominal_glyph(ord(character)) is not None

    @lru_cache(maxsize=4096)  # noqa: B019 - typefaces live as long as the process
    def advance(self, glyph: int) -> int:
        """Return the width of a glyph."""
        return int(self.font.get_glyph_h_advance(glyph))

    @lru_cache(maxsize=4096)  # noqa: B019 - typefaces live as long as the process
    def outline(self, glyph: int) -> str:
        """Return a glyph's outline as PDF path operators, without painting it."""
        pen = _Pen()
        self.font.draw_glyph(glyph, _drawing(), pen)
        return " ".join(pen.operators)


class _Pen:
    def __init__(self) -> None:
        self.operators: list[str] = []
        self._at = (0.0, 0.0)

    def move(self, x: float, y: float) -> None:
        self._write((x, y), operator="m")

    def line(self, x: float, y: float) -> None:
        self._write((x, y), operator="l")

    def cubic(self, *ordinates: float) -> None:
        points = list(zip(ordinates[::2], ordinates[1::2], strict=True))
        self._write(*points, operator="c")

    def quadratic(self, *ordinates: float) -> None:
        """Draw what TrueType has, in what PDF has (degree elevation)."""
        (x0, y0), (xc, yc, x, y) = self._at, ordinates
        first = (x0 + 2 * (xc - x0) / 3, y0 + 2 * (yc - y0) / 3)
        second = (x + 2 * (xc - x) / 3, y + 2 * (yc - y) / 3)
        self._write(first, second, (x, y), operator="c")

    def close(self) -> None:
        self.operators.append("h")

    def _write(self, *points: tuple[float, float], operator: str) -> None:
        self.operators += [f"{x:.0f} {y:.0f}" for x, y in points]
        self.operators.append(operator)
        self._at = points[-1]


@cache
def _drawing() -> hb.DrawFuncs:
    drawing = hb.DrawFuncs()

    def told(draw: Callable[..., None]) -> Callable[..., None]:
        return lambda *told: draw(told[-1], *told[:-1])

    drawing.set_move_to_func(told(_Pen.move))
    drawing.set_line_to_func(told(_Pen.line))
    drawing.set_quadratic_to_func(told(_Pen.quadratic))
    drawing.set_cubic_to_func(told(_Pen.cubic))
    drawing.set_close_path_func(told(_Pen.close))
    return drawing


@cache
def typeface(source: Source, *, bold: bool) -> Typeface:
    """Return a font in a weight, opened once."""
    return Typeface(source, bold=bold)


def sources(region: str = "") -> tuple[Source, ...]:
    """Return the fonts, in the sequence in which they are asked for a letter.

    Args:
        region: the country whose form Han characters take, Simplified Chinese by default.

    """
    han = HAN.get(HAN_ALIASES.get(region, region), HAN["CN"])
    return (LATIN, HEBREW, ARABIC, DEVANAGARI, THAI, han)


@lru_cache(maxsize=8192)
def source_of(character: str, region: str = "") -> Source | None:
    """Return the first font that has a character, or None."""
    return next((s for s in sources(region) if typeface(s, bold=False).has(character)), None)
