"""Labels and slips as a scanner and a person read them: PDF, PNG and ZPL, at 203 dpi."""

import subprocess
import sys
from datetime import date
from typing import Any

import pypdfium2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import ImageChops
from pydantic import ValidationError
from reportlab.graphics.barcode.code128 import Code128, setb, setc

from fulfillment.domain.addresses import Address
from fulfillment.domain.documents import LabelContent, SlipContent, SlipLine
from fulfillment.domain.errors import Unprintable
from fulfillment.domain.gs1 import human_readable, sscc, tracking_number
from fulfillment.domain.money import Money
from fulfillment.domain.orders import Gift
from fulfillment.labels.page import Page
from fulfillment.labels.pdf import PdfDocuments
from fulfillment.labels.text import printable, width_pt, wrapped
from fulfillment.labels.typefaces import source_of
from fulfillment.labels.zpl import ZplPage
from fulfillment.ports import Documents
from paper import LABEL_DOTS, burned, printed, scanned, shown
from shipping_samples import RECIPIENT, SENDER

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


def carried(content: LabelContent) -> set[tuple[str, bytes]]:
    """Return what a label's codes must say: GS1-128 (]C1) with its AIs, and plain Code 128."""
    routing = content.routing_code.encode()
    return {
        ("]C1", f"00{content.sscc}".encode()),
        ("]C0", content.tracking_number.encode()),
        *([("]C1", b"403" + routing)] if 0 < len(routing) <= 12 else []),
    }


def misread(content: LabelContent) -> list[str]:
    """Return in which formats a label's codes do not read back as they must."""
    document = DOCUMENTS.label(content)
    pictures = {
        "pdf": shown(document, 300),
        "png": burned(document),
        "zpl": printed(DOCUMENTS.label_zpl(content)),
    }
    return [name for name, picture in pictures.items() if scanned(picture) != carried(content)]


def test_a_label_is_four_by_six_inches() -> None:
    """One page, as the roll has it."""
    document = pypdfium2.PdfDocument(DOCUMENTS.label(label_content()))
    assert [page.get_size() for page in document] == [pytest.approx((288, 432), abs=0.01)]


def test_a_picture_has_the_printers_dots() -> None:
    """One dot of the print head a pixel, black or white."""
    picture = burned(DOCUMENTS.label(label_content()))
    assert (picture.size, picture.mode) == (LABEL_DOTS, "1")
    assert printed(DOCUMENTS.label_zpl(label_content())).size == LABEL_DOTS


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**9 - 1), st.integers(0, 10**11 - 1))
def test_all_codes_read_back(serial: int, tracking_serial: int) -> None:
    """The scanner reads SSCC, routing and tracking number off each format."""
    content = label_content(
        sscc=sscc(3, "4012345", serial), tracking_number=tracking_number(tracking_serial)
    )
    assert misread(content) == []


ALPHABETS = (
    "abc XYZ-éßŁőğﬁñ",
    "Ελλάδα Ωμέγα ΰ",
    "Москва Їжак Ўзбек",
    "שלום עולם ירושלים",
    "السلام عليكم پژوهش ۱۲۳ لا",
    "नमस्ते क्षत्रिय हिन्दी श्री ड़",
    "กรุงเทพ ผู้ใหญ่ น้ำ ป้า",
    "東京都渋谷区あいウエ",
    "서울특별시 강남구",
    "0123456789 -/.,()#&'",
)
names = st.lists(st.sampled_from(ALPHABETS), min_size=1, max_size=3).flatmap(
    lambda some: st.text("".join(some), min_size=1, max_size=60)
)


@settings(max_examples=20, deadline=None)
@given(names, names, st.sampled_from(["CN", "JP", "TW", "SA", "IL", "IN", "TH", "GR", "DE"]))
def test_any_name_gives_a_label_that_reads(name: str, street: str, country: str) -> None:
    """Whatever is printable neither hides a code nor is mistaken for one."""
    if not (name.strip() and street.strip()):
        return
    recipient = Address(name=name, street=(street,), city=street[:20], country=country)
    content = label_content(recipient=recipient, hazard_class="9", fragile=True, upright=True)
    document = DOCUMENTS.label(content)
    assert scanned(burned(document)) == carried(content)
    assert scanned(printed(DOCUMENTS.label_zpl(content))) == carried(content)


def test_a_carriers_own_label_prints_as_a_picture() -> None:
    """A PDF that somebody else drew goes to the label printer dot by dot."""
    content = label_content()
    document = DOCUMENTS.label(content)
    for drawn in (document, DOCUMENTS.png(document)):
        assert scanned(printed(DOCUMENTS.picture_zpl(drawn))) == carried(content)


@settings(max_examples=100, deadline=None)
@example("~")
@example("0000000IL-+bcwxy~/")
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40))
def test_the_printers_font_takes_the_room_that_the_layout_gave_it(text: str) -> None:
    """Not more than a dot a letter wider than in the PDF, whatever the letters."""
    page = ZplPage(101.6, 152.4, "test")
    page.row(5, 10, text, 6, bold=False)
    ink = ImageChops.invert(printed(page.finish()).convert("L")).getbbox()
    right_mm = 5 + width_pt(text, 6) * 25.4 / 72
    assert ink is None or ink[2] <= right_mm * 8 + 3


def test_what_the_printer_can_draw_is_no_picture() -> None:
    """Codes, lines and ASCII are commands; a label without other script has no graphic field."""
    plain = RECIPIENT.model_copy(update={"name": "Zoe", "street": ("Main Street 1",)})
    sender = SENDER.model_copy(update={"street": ("Dock 4",)})
    zpl = DOCUMENTS.label_zpl(label_content(recipient=plain, sender=sender)).decode()
    assert (zpl.count("^BC"), "^GF" in zpl, "^FDZoe^FS" in zpl) == (3, False, True)
    assert len(zpl) < 2500
    tricky = plain.model_copy(update={"company": "A^B~C_D"})
    assert "^FDA_5eB_7eC_5fD^FS" in DOCUMENTS.label_zpl(label_content(recipient=tricky)).decode()


@pytest.mark.parametrize(
    "number", ["1Z5R89390357567127", "9400111202555842332669", "JD014600003RU", "abc-DEF~1"]
)
def test_other_carriers_numbers_read_back(number: str) -> None:
    """Letters, long and odd runs of digits, and signs."""
    assert misread(label_content(tracking_number=number)) == []


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
    assert misread(content) == []


def test_what_does_not_fit_at_all_is_refused() -> None:
    """Better no label than one that lacks the end of the street."""
    endless = RECIPIENT.model_copy(update={"company": "endless " * 500})
    with pytest.raises(Unprintable, match=r"recipient: expected a text that fits .*; shorten it"):
        DOCUMENTS.label(label_content(recipient=endless))
    page, box = Page(101.6, 152.4, "test"), (0.0, 10.0, 101.6, 10.0)
    with pytest.raises(Unprintable, match="code: expected a code that fits"):
        page.code128(box, "abcdefghijklmnopqrstuvwxyz" * 2, (2,), "code")


@pytest.mark.parametrize("letter", ["~", "W"])
def test_the_longest_tracking_number_reads(letter: str) -> None:
    """Thirty letters take the narrowest bars that the printer draws well."""
    content = label_content(tracking_number=letter * 30)
    assert misread(content) == []


def test_the_longest_ids_fit() -> None:
    """Identifiers have up to 64 characters."""
    content = label_content(order_id="W" * 64, parcel_id="M" * 64)
    (text,) = texts(DOCUMENTS.label(content))
    assert f"Order{'W' * 64}Parcel{'M' * 64}" in text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Łódź, Nguyễn Şükrü, Ħamrun Əliyev", "Łódź, Nguyễn Şükrü, Ħamrun Əliyev"),
        ("東京都 Москва Αθήνα תל אביב กรุงเทพ", "東京都 Москва Αθήνα תל אביב กรุงเทพ"),
        ("e\u0301 \u2011 2\u202fkg", "é - 2\u00a0kg"),
        ("Hi 🎉\ufe0f ♥", "Hi [party popper] ♥"),
        ("a\u200bb\tc \u202emoc", "ab c moc"),
        ("क्\u200dष", "क्\u200dष"),
    ],
)
def test_text_is_made_printable(text: str, expected: str) -> None:
    """What a font has stays, with its joiners; pictographs are spelled out, controls dropped."""
    assert printable(text) == expected


@pytest.mark.parametrize("text", ["ᚠᚢᚦ", "ꦧꦱ", "a\x00b", "\ud800", "\uffff"])
def test_scripts_without_a_font_are_refused(text: str) -> None:
    """No empty boxes: the message names the character and the way out."""
    with pytest.raises(Unprintable, match="write it in Latin letters"):
        printable(text)


@given(st.text(max_size=40))
def test_printable_text_is_in_the_fonts(text: str) -> None:
    """Whatever comes is refused or has a glyph for each character."""
    try:
        lacking = [c for c in printable(text) if source_of(c) is None and c not in "\u200c\u200d"]
    except Unprintable as refused:
        assert refused.problems[0].path == "text"  # noqa: PT017 - either outcome is right
    else:
        assert lacking == []


words = st.lists(st.text("abcMW .", min_size=1, max_size=30), max_size=8).map(" ".join)


@given(words, st.floats(20, 200))
def test_wrapping_loses_nothing(text: str, available_pt: float) -> None:
    """All characters are there in their sequence, and each row fits."""
    rows = wrapped(text, 9, available_pt)
    assert "".join(rows).replace(" ", "") == text.replace(" ", "")
    assert all(width_pt(row, 9) <= available_pt for row in rows)


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


def test_texts_without_a_font_are_named_before_anything_is_printed() -> None:
    """Verification can ask which texts a label or slip could not carry."""
    texts = {"ship_to.name": "山田 太郎", "gift.message": "ᚠᚢᚦ"}
    [problem] = PdfDocuments().problems(texts)
    assert problem.startswith("gift.message: expected characters of a script that we have a font")
