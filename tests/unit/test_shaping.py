"""Text as glyphs: joined, reordered, in its direction, and never an empty box."""

import pytest
from bidi import get_display
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.errors import Unprintable
from fulfillment.labels.shaping import clusters, shaped
from fulfillment.labels.text import printable
from fulfillment.labels.typefaces import ARABIC, HAN, HEBREW, LATIN, source_of, typeface


def visual(text: str) -> str:
    """Return a row's characters from left to right, those of a ligature in reading order."""
    return "".join(glyph.text for run in shaped(text).runs for glyph in run.glyphs)


def glyphs(text: str) -> list[int]:
    """Return a row's glyphs from left to right."""
    return [glyph.glyph for run in shaped(text).runs for glyph in run.glyphs]


def test_arabic_letters_join() -> None:
    """Alone, first, within and last a letter has four forms; lam and alef have one of their own."""
    assert len({*glyphs("ل"), *glyphs("للل")}) == 4
    lam_alef, alef = "\u0644\u0627", "\u0627"
    assert set(glyphs(lam_alef)).isdisjoint(glyphs("لم") + glyphs(alef))


def test_a_vowel_is_drawn_before_the_consonant_it_follows() -> None:
    """Devanagari's short i stands left of its consonant; conjuncts become one glyph."""
    assert glyphs("कि")[-1] == glyphs("क")[0]
    assert len(glyphs("क्ष")) == 1


@pytest.mark.parametrize(
    ("text", "right_to_left"),
    [
        ("תל אביב 6433222", True),
        ("רחוב דיזנגוף 99 (דירה 5)", True),
        ("King Street שלום 12", False),
        ("Main Street 1", False),
        ("12 שלום", True),
    ],
)
def test_rows_run_in_their_direction(text: str, *, right_to_left: bool) -> None:
    """Numbers and Latin words inside keep their own; the order is the standard's."""
    row = shaped(text)
    assert row.right_to_left == right_to_left
    mirrored = str.maketrans("()", ")(")
    expected, came = get_display(text), visual(text)
    assert came in {expected, expected.translate(mirrored)}


hebrew_and_latin = st.text("אבגדה abc 123 .,-/", max_size=30)


@settings(max_examples=200)
@given(hebrew_and_latin)
def test_the_order_is_that_of_the_bidirectional_algorithm(text: str) -> None:
    """As another implementation of Unicode Annex 9 has it."""
    assert visual(text) == get_display(text)


@settings(max_examples=200)
@given(st.text(max_size=30))
def test_nothing_is_printed_as_an_empty_box(text: str) -> None:
    """Whatever is printable has glyphs, in regular and in bold."""
    try:
        made = printable(text)
    except Unprintable:
        return
    for bold in (False, True):
        runs = shaped(made, bold=bold).runs
        assert 0 not in [glyph.glyph for run in runs for glyph in run.glyphs]


def test_each_script_has_its_font_and_each_country_its_han() -> None:
    """Mixed text takes a font for each run; what they share stays with the first."""
    assert [source_of(c) for c in "aΩЖאب"] == [LATIN, LATIN, LATIN, HEBREW, ARABIC]
    assert source_of("直") == HAN["CN"]
    assert [source_of("直", region) for region in ("JP", "TW", "HK", "MO", "KP", "DE")] == [
        *(HAN["JP"], HAN["TW"], HAN["HK"], HAN["HK"], HAN["KR"], HAN["CN"]),
    ]
    fonts = [typeface(source, bold=False).font for source in HAN.values()]
    assert len({font.get_nominal_glyph(ord("直")) for font in fonts}) > 1
    expected = [typeface(source, bold=False) for source in (LATIN, HAN["CN"])]
    assert [run.face for run in shaped("Tokyo 東京").runs] == expected


@given(st.text("คกำน้ีक्षिए\u200dabé", max_size=30))
def test_breaking_parts_no_letter_from_its_marks(text: str) -> None:
    """A row never begins with a mark; all characters stay in their sequence."""
    parts = clusters(text)
    assert "".join(parts) == text
    assert [part for part in parts[1:] if part[0] in "้ี्ि\u200d"] == []
