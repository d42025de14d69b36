"""Labels and slips as a scanner and a person read them, rendered at a printer's 203 dpi."""

import subprocess
import sys
from datetime import date
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from reportlab.graphics.barcode.code128 import Code128, setb, setc

from fulfillment.domain.documents import LabelContent, SlipContent, SlipLine
from fulfillment.domain.errors import Unprintable
from fulfillment.domain.gs1 import human_readable, sscc, tracking_number
from fulfillment.domain.money import Money
from fulfillment.domain.orders import Gift
from fulfillment.labels.page import Page
from fulfillment.labels.pdf import PdfDocuments
from fulfillment.labels.text import REGULAR, printable, register_fonts, width_pt, wrapped
from fulfillment.ports import Documents
from shipping_samples import RECIPIENT, SENDER

DPI = 203
PARCEL: dict[str, Any] = {
    "order_id": "SHOP-2026-000123",
    "parcel_id": "SHOP-2026-000123-P1",
    "parcel_number": 1,
    "parcel_count": 3,
    "sender": SENDER,
    "recipient": RECIPIENT,
}
LINE = SlipLine(
    sku="MUG-01",
    name="Stoneware mug",
    quantity=2,
    properties={"engraving": "Für Zoë"},
    price=Money(amount_minor=3980, currency="EUR"),
)
DOCUMENTS: Documents = PdfDocuments()


def label_content(**changes: Any) -> LabelContent:
    """Return a label's content."""
    sample = PARCEL | {
        "carrier_name": "Overland",
        "service_name": "Road Parcel",
        "mode": "road",
        "routing_code": "BE-105-R3",
        "weight_g": 4250,
        "ship_on": date(2026, 3, 4),
        "sscc": sscc(3, "4012345", 123456789),
        "tracking_number": tracking_number(42),
    }
    return LabelContent.model_validate(sample | changes)


def slip_content(**changes: Any) -> SlipContent:
    """Return a slip's content."""
    sample = PARCEL | {"ordered_on": date(2026, 3, 2), "lines": (LINE,)}
    return SlipContent.model_validate(sample | changes)


def texts(document: bytes) -> list[str]:
    """Return the text of each page, its white space made single."""
    pages = pypdfium2.PdfDocument(document)
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in pages]


def codes(document: bytes) -> dict[str, bytes]:
    """Return what a scanner reads off the first page, by symbology identifier."""
    image = pypdfium2.PdfDocument(document)[0].render(scale=DPI / 72).to_pil()
    return {code.symbology_identifier: code.bytes for code in zxingcpp.read_barcodes(image)}


def test_a_label_is_four_by_six_inches() -> None:
    """One page, as the roll has it."""
    document = pypdfium2.PdfDocument(DOCUMENTS.label(label_content()))
    assert [page.get_size() for page in document] == [pytest.approx((288, 432), abs=0.01)]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**9 - 1), st.integers(0, 10**11 - 1))
def test_both_codes_read_back(serial: int, tracking_serial: int) -> None:
    """The scanner reads GS1-128 (]C1) with AI 00, and Code 128 (]C0) of the tracking number."""
    content = label_content(
        sscc=sscc(3, "4012345", serial), tracking_number=tracking_number(tracking_serial)
    )
    assert codes(DOCUMENTS.label(content)) == {
        "]C1": f"00{content.sscc}".encode(),
        "]C0": content.tracking_number.encode(),
    }


@pytest.mark.parametrize(
    "number", ["1Z5R89390357567127", "9400111202555842332669", "JD014600003RU", "abc-DEF~1"]
)
def test_other_carriers_numbers_read_back(number: str) -> None:
    """Letters, long and odd runs of digits, and signs."""
    assert codes(DOCUMENTS.label(label_content(tracking_number=number)))["]C0"] == number.encode()


def decoded(symbols: list[int]) -> str:
    """Return the text of Code 128 symbols, after checking their check symbol."""
    *body, check, stop = symbols
    assert stop == 106
    assert check == (body[0] + sum(i * symbol for i, symbol in enumerate(body))) % 103
    sets = {name: {v: k for k, v in table.items()} for name, table in (("B", setb), ("C", setc))}
    current, text = {104: "B", 105: "C"}[body[0]], ""
    for symbol in body[1:]:
        character = sets[current][symbol]
        if character.startswith("TO_"):
            current = character[-1]
        else:
            text += character
    return text


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=30))
def test_any_tracking_number_is_encoded_as_it_is(number: str) -> None:
    """The optimization of digit pairs loses and invents nothing."""
    symbol: Any = Code128(number, quiet=0)
    symbol.validate()
    assert decoded(symbol.encode()) == number


def test_a_label_says_all_in_words() -> None:
    """What the scanner can't read a person can."""
    content = label_content(
        fragile=True, upright=True, hazard_class="9", temperature_class="chilled"
    )
    (text,) = texts(DOCUMENTS.label(content))
    expected = [
        *SENDER.lines(),
        *RECIPIENT.lines(),
        *("Overland", "Road Parcel", "ROAD", "1 of 3", "Ship date 2026-03-04", "BE-105-R3"),
        *("Weight 4.250 kg", "Order SHOP-2026-000123", "Parcel SHOP-2026-000123-P1"),
        *("FRAGILE", "THIS WAY UP", "KEEP CHILLED", "HAZARD CLASS 9"),
        *(content.tracking_number, human_readable(content.sscc)),
    ]
    assert [phrase for phrase in expected if phrase not in text] == []


def test_marks_are_only_where_they_are_due() -> None:
    """A mark on everything is a mark on nothing."""
    (text,) = texts(DOCUMENTS.label(label_content()))
    marks = ("FRAGILE", "THIS WAY UP", "KEEP", "HAZARD")
    assert [mark for mark in marks if mark in text] == []


def test_the_same_content_prints_the_same_bytes() -> None:
    """Also in another process, with another hash seed: a reprint is the same document."""
    command = (
        "import sys; from fulfillment.domain.documents import LabelContent;"
        "from fulfillment.labels.pdf import PdfDocuments;"
        "content = LabelContent.model_validate_json(sys.stdin.read());"
        "sys.stdout.buffer.write(PdfDocuments().label(content))"
    )
    content = label_content()
    elsewhere = subprocess.run(
        [sys.executable, "-c", command],
        input=content.model_dump_json().encode(),
        capture_output=True,
        check=True,
    )
    assert DOCUMENTS.label(content) == elsewhere.stdout
    assert DOCUMENTS.label(content) == DOCUMENTS.label(content)


def test_a_long_address_is_wrapped_and_shrunk_not_cut() -> None:
    """Every word of it is on the label, and the codes still read."""
    long = RECIPIENT.model_copy(
        update={
            "name": "Maximiliana Alexandrina Friederike von und zu Hohenfels-Langenstein",
            "company": "Gesellschaft für angewandte Feinwerktechnik und Optik mbH & Co. KG",
            "street": tuple(
                f"Aufgang {n}, hinter dem zweiten Hof, dritte Tür links" for n in range(4)
            ),
        }
    )
    content = label_content(recipient=long, fragile=True)
    (text,) = texts(DOCUMENTS.label(content))
    assert [line for line in long.lines() if line not in text] == []
    assert len(codes(DOCUMENTS.label(content))) == 2


def test_what_does_not_fit_at_all_is_refused() -> None:
    """Better no label than one that lacks the end of the street."""
    endless = RECIPIENT.model_copy(update={"company": "endless " * 500})
    with pytest.raises(Unprintable, match=r"recipient: expected a text that fits .*; shorten it"):
        DOCUMENTS.label(label_content(recipient=endless))
    with pytest.raises(Unprintable, match="code: expected a code that fits"):
        Page(101.6, 152.4, "test").code128(10, 10, "abcdefghijklmnopqrstuvwxyz" * 2, (2,), "code")


@pytest.mark.parametrize("letter", ["~", "W"])
def test_the_longest_tracking_number_reads(letter: str) -> None:
    """Thirty letters take the narrowest bars that the printer draws well."""
    content = label_content(tracking_number=letter * 30)
    assert codes(DOCUMENTS.label(content))["]C0"] == letter.encode() * 30


def test_the_longest_ids_fit() -> None:
    """Identifiers have up to 64 characters."""
    content = label_content(order_id="W" * 64, parcel_id="M" * 64)
    (text,) = texts(DOCUMENTS.label(content))
    assert f"Order{'W' * 64}Parcel{'M' * 64}" in text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Łódź, Göteborg, Ærø", "Łódz, Göteborg, Ærø"),
        ("Nguyễn Şükrü Țăran Ķīņa", "Nguyen Şükrü Taran Kina"),
        ("Ħamrun ŋ Əliyev", "Hamrun n Eliyev"),
        ("e\u0301 \u2011 2\u202fkg", "é - 2 kg"),
        ("Hi 🎉\ufe0f ♥", "Hi [party popper] [black heart suit]"),
        ("a\u200bb\tc", "ab c"),
    ],
)
def test_latin_text_is_printable(text: str, expected: str) -> None:
    """What the font has stays; marks that it lacks fall off; pictographs are spelled out."""
    assert printable(text) == expected


@pytest.mark.parametrize(
    "text", ["東京都", "Москва", "Αθήνα", "תל אביב", "a\x00b", "\ud800", "\uffff"]
)
def test_other_scripts_are_refused(text: str) -> None:
    """No empty boxes: the message names the character and the way out."""
    with pytest.raises(Unprintable, match="write it in Latin letters"):
        printable(text)


@given(st.text(max_size=40))
def test_printable_text_is_in_the_font(text: str) -> None:
    """Whatever comes is refused or has a glyph for each character."""
    try:
        assert {ord(c) for c in printable(text)} <= register_fonts()
    except Unprintable as refused:
        assert refused.problems[0].path == "text"  # noqa: PT017 - either outcome is right


words = st.lists(st.text("abcMW .", min_size=1, max_size=30), max_size=8).map(" ".join)


@given(words, st.floats(20, 200))
def test_wrapping_loses_nothing(text: str, available_pt: float) -> None:
    """All characters are there in their sequence, and each row fits."""
    rows = wrapped(text, REGULAR, 9, available_pt)
    assert "".join(rows).replace(" ", "") == text.replace(" ", "")
    assert all(width_pt(row, REGULAR, 9) <= available_pt for row in rows)


def test_a_slip_lists_lines_with_their_properties_and_prices() -> None:
    """Order, quantity, article, engraving, price."""
    (text,) = texts(DOCUMENTS.packing_slip(slip_content()))
    expected = ["Order SHOP-2026-000123", "2 x Stoneware mug", "39.80 EUR", "SKU MUG-01"]
    expected += ["Engraving: Für Zoë", "1 of 3", "Ordered on 2026-03-02", *RECIPIENT.lines()]
    assert [phrase for phrase in expected if phrase not in text] == []


@pytest.mark.parametrize("gift", [Gift(), Gift(wrap=True), Gift(message="With love\nAda")])
def test_a_gift_shows_no_price(gift: Gift) -> None:
    """Message and wrap are on it, money is not."""
    (text,) = texts(DOCUMENTS.packing_slip(slip_content(gift=gift)))
    assert ("EUR" in text, "Price" in text) == (False, False)
    assert ("Wrapped as a gift" in text) == gift.wrap
    assert ("With love Ada" in text) == (gift.message is not None)


def test_a_long_slip_goes_on_over_pages() -> None:
    """No line is lost, and each page says which one it is."""
    lines = tuple(
        SlipLine(sku=f"SKU-{n:03d}", name=f"Article {n} " * 8, quantity=9999) for n in range(60)
    )
    pages = texts(DOCUMENTS.packing_slip(slip_content(lines=lines)))
    assert len(pages) > 4
    assert [n for n in range(60) if f"SKU-{n:03d}" not in " ".join(pages)] == []
    assert all(f"Page {n} of {len(pages)}" in page for n, page in enumerate(pages, 1))


def test_a_line_longer_than_a_page_is_split() -> None:
    """An essay as engraving is printed to its end."""
    essay = " ".join(f"word{n}" for n in range(1500))
    line = LINE.model_copy(update={"properties": {"engraving": essay}})
    pages = texts(DOCUMENTS.packing_slip(slip_content(lines=(line,))))
    assert len(pages) > 2
    assert [n for n in range(1500) if f"word{n}" not in " ".join(pages)] == []


def test_contents_that_contradict_themselves_are_refused() -> None:
    """Parcel 4 of 3, an SSCC with a wrong check digit, a tracking number with a space."""
    with pytest.raises(ValidationError, match="a parcel_number of at most 3, not 4"):
        label_content(parcel_number=4)
    with pytest.raises(ValidationError, match="with its check digit"):
        label_content(sscc="340123451234567890")
    with pytest.raises(ValidationError, match="String should match pattern"):
        label_content(tracking_number="FC 1")


def test_texts_of_other_scripts_are_named_before_anything_is_printed() -> None:
    """Verification can ask which texts a label or slip could not carry."""
    texts = {"ship_to.name": "Łukasz Żółć", "gift.message": "Поздравляю"}
    [problem] = PdfDocuments().problems(texts)
    assert problem.startswith("gift.message: expected characters of Latin scripts")
