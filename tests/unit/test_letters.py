"""What customers are told: every kind in every language, as text and as HTML."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.notices import (
    LetterFacts,
    LetterItem,
    LetterParcel,
    NoticeKind,
    NoticeWish,
    is_wanted,
    language_of,
)
from fulfillment.notifications.letter_writer import COMMON, PHRASES, TemplateLetters, _phrases

LETTERS = TemplateLetters()
FACTS = LetterFacts(
    order_id="A-1001",
    customer_name="Zoë <Ångström> & Søn",
    total="26.87 EUR",
    detail="stock: 3 x MUG",
    replaces="A-900",
    return_id="RMA-5F2B7A522F0E",
    amount="12.40 EUR",
    until="2026-12-24",
    items=(LetterItem(quantity=2, name="Mug & Saucer"), LetterItem(quantity=1, name="Tee")),
    parcels=(
        LetterParcel(
            carrier="road",
            tracking_number="RD123",
            link="https://track.example/?a=1&n=RD123",
        ),
    ),
)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)


class Words(HTMLParser):
    """What a reader sees of HTML."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a tag."""
        if tag != "meta":
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """See words."""
        self.seen.append(data)


def read(html: str) -> Words:
    """Return what is to be seen, of tags that are all closed."""
    words = Words()
    words.feed(html)
    words.close()
    assert words.open == []
    return words


@pytest.mark.parametrize("language", sorted(LETTERS.languages))
def test_every_language_has_every_phrase(language: str) -> None:
    """No kind is missing, none is unknown, and each has its subject and its opening."""
    phrases = _phrases()[language]
    assert {kind.value for kind in NoticeKind} == set(phrases) - set(COMMON)
    for kind in NoticeKind:
        assert {"subject", "opening"} <= set(phrases[kind.value]) <= set(PHRASES)


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("language", sorted(LETTERS.languages))
def test_text_and_html_say_the_same(language: str, kind: NoticeKind) -> None:
    """Greeting, reason, goods, parcels and total stand in both, readable, in that language."""
    letter = LETTERS.customer_letter(kind, FACTS, f"{language}-XX")
    assert (language, True) == (letter.language, FACTS.order_id in letter.subject)
    words = read(letter.html)
    seen = re.sub(r"\s+", " ", " ".join(words.seen))
    assert "\n\n\n" not in letter.body
    for line in filter(None, map(str.strip, letter.body.splitlines())):
        if line.startswith("https://"):
            assert words.links == [line]
        else:
            assert re.sub(r"\W+", "", line) in re.sub(r"\W+", "", seen)
    assert FACTS.customer_name in letter.body
    assert FACTS.replaces in letter.body
    assert f'lang="{language}"' in letter.html


def test_an_unknown_language_is_english() -> None:
    """So is a locale that is none."""
    letters = [
        LETTERS.customer_letter(NoticeKind.DELIVERED, FACTS, name) for name in ("en", "xx-YY", "")
    ]
    assert len({letter.subject for letter in letters}) == 1


@pytest.mark.parametrize(
    ("locale", "language"),
    [("de", "de"), ("de-AT", "de"), ("de_CH.UTF-8", "de"), ("DE", "de"), ("gsw", "en")],
)
def test_languages_by_locale(locale: str, language: str) -> None:
    """The primary subtag alone decides."""
    assert language == language_of(locale, frozenset({"en", "de"}))


@given(ANY_TEXT, ANY_TEXT)
def test_nothing_a_customer_writes_becomes_markup(name: str, detail: str) -> None:
    """Names and reasons are seen as they were written, in text and in HTML."""
    facts = FACTS.model_copy(update={"customer_name": name, "detail": detail})
    letter = LETTERS.customer_letter(NoticeKind.REJECTED, facts, "en")
    seen = "".join(read(letter.html).seen)
    assert f"Dear {name}," in seen
    assert f"we had to close it: {detail}." in seen
    assert f"we had to close it: {detail}." in letter.body


def test_what_a_customer_wants_to_be_told() -> None:
    """All, what changes something or says that it ships, or nothing."""
    told = {wish: {kind for kind in NoticeKind if is_wanted(kind, wish)} for wish in NoticeWish}
    assert told[NoticeWish.ALL] == set(NoticeKind)
    assert told[NoticeWish.ALL] - told[NoticeWish.ESSENTIAL] == {
        NoticeKind.ACKNOWLEDGED,
        NoticeKind.OUT_FOR_DELIVERY,
        NoticeKind.DELIVERED,
        NoticeKind.RETURN_REQUESTED,
        NoticeKind.RETURN_RECEIVED,
    }
    assert told[NoticeWish.NONE] == set()


@pytest.mark.parametrize(
    ("choices", "offer"),
    [
        (("wait", "cancel"), "to cancel it."),
        (("wait", "ship_rest", "cancel"), "to ship the rest now or cancel it."),
        (("wait", "substitute", "cancel"), "to take another article or cancel it."),
        (
            ("wait", "ship_rest", "substitute", "cancel"),
            "to ship the rest now, take another article or cancel it.",
        ),
    ],
)
def test_a_letter_about_missing_goods_says_what_is_true(
    choices: tuple[str, ...], offer: str
) -> None:
    """It names the goods and what can be chosen, and does not say that they are on their way."""
    update = {"choices": choices, "answer_by": "2026-12-05"}
    letter = LETTERS.customer_letter(NoticeKind.BACK_ORDERED, FACTS.model_copy(update=update), "en")
    assert "Goods of your order A-1001 are not in stock" == letter.subject
    assert f"tell us by 2026-12-05 {offer}" in letter.body
    assert "this is not in stock at the moment:" in letter.body
    assert ("2 × Mug & Saucer", False) == (
        letter.body.split("\n\n")[3].splitlines()[0].strip(),
        "MUG" in letter.body,
    )


@pytest.mark.parametrize("language", sorted(LETTERS.languages))
def test_a_letter_about_canceled_goods_names_them(language: str) -> None:
    """By their names where they are known, else as the engine says it."""
    told = LETTERS.customer_letter(NoticeKind.PARTLY_CANCELED, FACTS, language)
    assert ("2 × Mug & Saucer" in told.body, "3 x MUG" in told.body) == (True, False)
    unknown = FACTS.model_copy(update={"items": ()})
    assert "3 x MUG" in LETTERS.customer_letter(NoticeKind.PARTLY_CANCELED, unknown, language).body
