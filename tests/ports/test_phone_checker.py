"""Phone numbers of many countries, right ones and wrong ones."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.ports import PhoneChecker
from fulfillment.verification.phones import GooglePhoneChecker

CHECKER: PhoneChecker = GooglePhoneChecker()


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        ("+49 40 123456", "DE"),
        ("040 123456", "DE"),
        ("+1 212 555 2368", "DE"),
        ("(212) 555-2368", "US"),
        ("+44 1481 960194", "GB"),
        ("0049 40 123456", "DE"),
    ],
)
def test_accepts(phone: str, country: str) -> None:
    """A number that can exist has no problems, wherever it is from."""
    assert list(CHECKER.problems(phone, country)) == []


@pytest.mark.parametrize(
    ("phone", "country", "words"),
    [
        ("call me", "DE", "call me is not a phone number, e.g. +49 30 123456"),
        ("", "DE", " is not a phone number, e.g. +49 30 123456"),
        ("123", "DE", "123 is not a valid number for DE, e.g. +49 30 123456"),
        ("+44 123 45", "DE", "+44 123 45 is not a valid number for GB, e.g. +49 30 123456"),
        ("+1 555 0000", "CA", "+1 555 0000 is not a valid number for CA, e.g. +1 506-234-5678"),
        ("123", "XX", "123 is not a phone number"),
    ],
)
def test_says_what_is_wrong(phone: str, country: str, words: str) -> None:
    """A wrong number is named with the country whose rules it breaks and a right one."""
    assert list(CHECKER.problems(phone, country)) == [words]


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_accepts_its_own_examples(country: str) -> None:
    """What is given as an example is itself accepted."""
    words = CHECKER.problems("x", country)[0]
    assert list(CHECKER.problems(words.rpartition("e.g. ")[2], country)) == []


@given(phone=st.text(max_size=40), country=st.from_regex(r"[A-Z]{2}", fullmatch=True))
def test_answers_whatever_comes(phone: str, country: str) -> None:
    """Any text gets an answer, and at most one."""
    assert len(CHECKER.problems(phone, country)) <= 1
