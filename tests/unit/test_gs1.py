"""Check digits, SSCCs and tracking numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.gs1 import (
    TRACKING_SERIALS,
    checked_sscc,
    checked_tracking_number,
    element_string,
    human_readable,
    mod10_check_digit,
    mod11_10_check_digit,
    sscc,
    tracking_number,
)

serials = st.integers(0, TRACKING_SERIALS - 1)


@pytest.mark.parametrize(
    ("digits", "expected"),
    [("37610425002123456", 9), ("629104150021", 3), ("00000000000000000", 0)],
    ids=["SSCC of the GS1 manual", "GTIN-13 of the GS1 calculator", "zeros"],
)
def test_mod10_agrees_with_the_published_examples(digits: str, expected: int) -> None:
    """GS1's own worked examples come out."""
    assert mod10_check_digit(digits) == expected


def test_mod11_10_agrees_with_the_published_example() -> None:
    """ISO/IEC 7064 gives 0794 with the check digit 5."""
    assert mod11_10_check_digit("0794") == 5


@pytest.mark.parametrize("check_digit", [mod10_check_digit, mod11_10_check_digit])
@pytest.mark.parametrize("text", ["12a", "1²3", "٣", "", "-1"])
def test_check_digits_want_digits(check_digit: object, text: str) -> None:
    """Other scripts' digits and superscripts are no digits here."""
    assert callable(check_digit)
    with pytest.raises(ValueError, match="expected digits only"):
        check_digit(text)


def test_an_sscc_has_its_parts_in_place() -> None:
    """Extension digit, company prefix, serial, check digit; and its text in groups."""
    code = sscc(3, "7610425", 2123456)
    assert code == "376104250021234569"
    assert element_string(code) == "00376104250021234569"
    assert human_readable(code) == "(00) 3 7610425 002123456 9"


@given(st.integers(0, 9), st.from_regex(r"[0-9]{4,12}", fullmatch=True), st.integers(0, 9999))
def test_every_sscc_is_valid(extension_digit: int, prefix: str, serial: int) -> None:
    """What we make we accept, and it has 18 digits."""
    code = sscc(extension_digit, prefix, serial)
    assert (checked_sscc(code), len(code)) == (code, 18)


@pytest.mark.parametrize(
    ("extension_digit", "prefix", "serial"),
    [
        (10, "4012345", 1),
        (-1, "4012345", 1),
        (3, "401", 1),
        (3, "4" * 13, 1),
        (3, "4012345", 10**9),
        (3, "4012345", -1),
        (3, "40x2345", 1),
    ],
)
def test_an_sscc_of_wrong_parts_is_refused(extension_digit: int, prefix: str, serial: int) -> None:
    """A serial too long must not run into the prefix."""
    with pytest.raises(ValueError, match="expected"):
        sscc(extension_digit, prefix, serial)


@given(serials, st.data())
def test_one_wrong_digit_in_an_sscc_is_detected(serial: int, data: st.DataObject) -> None:
    """A misread digit never makes another valid SSCC."""
    code = sscc(3, "4012", serial)
    at = data.draw(st.integers(0, 17))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != code[at]]))
    with pytest.raises(ValueError, match="scan again"):
        checked_sscc(code[:at] + wrong + code[at + 1 :])


@given(serials, st.data())
def test_one_wrong_digit_in_a_tracking_number_is_detected(serial: int, data: st.DataObject) -> None:
    """A misread digit never makes another valid tracking number."""
    number = tracking_number(serial)
    at = data.draw(st.integers(2, 13))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != number[at]]))
    with pytest.raises(ValueError, match="scan again"):
        checked_tracking_number(number[:at] + wrong + number[at + 1 :])


@given(serials)
def test_tracking_numbers_come_from_their_serial(serial: int) -> None:
    """The same serial gives the same number, which is valid and gives the serial back."""
    number = tracking_number(serial)
    assert checked_tracking_number(number) == tracking_number(serial)
    assert int(number[2:-1]) == serial


@pytest.mark.parametrize("serial", [-1, TRACKING_SERIALS])
def test_a_serial_out_of_range_is_refused(serial: int) -> None:
    """After the last number there is none."""
    with pytest.raises(ValueError, match="expected a serial"):
        tracking_number(serial)


@pytest.mark.parametrize(
    "text",
    ["", "FC", "XX000000000424", "FC00000000042", "FC00000000042x", "fc000000000424", "FC٣" * 5],
)
def test_what_is_not_ours_is_refused(text: str) -> None:
    """Prefix, length and digits are looked at before the check digit."""
    with pytest.raises(ValueError, match="expected FC and twelve digits"):
        checked_tracking_number(text)


@pytest.mark.parametrize("text", ["", "37610425002123456", "37610425002123456x", "x" * 18])
def test_what_is_no_sscc_is_refused(text: str) -> None:
    """Eighteen digits, nothing else."""
    with pytest.raises(ValueError, match="expected"):
        checked_sscc(text)
