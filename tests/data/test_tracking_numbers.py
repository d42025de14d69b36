"""Numbers of UPS, USPS, FedEx and DHL, against a public collection of valid and invalid ones."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fulfillment.domain.tracking_numbers import FORMS, carriers_of, number_in, plain

CARRIERS = ("ups", "usps", "fedex", "dhl")


@pytest.fixture(scope="module")
def folder() -> Path:
    """Return the folder of the numbers, or skip."""
    root = os.environ.get("FULFILLMENT_DATA")
    if not root:
        pytest.skip("FULFILLMENT_DATA does not name the folder of the public data")
    path = Path(root) / "tracking_numbers"
    if not (path / "ups.json").is_file():
        pytest.skip(f"FULFILLMENT_DATA has no ups.json in {path}")
    return path


def forms(folder: Path, carrier: str) -> list[dict[str, Any]]:
    """Return the collection's forms of a carrier; the one without an id has its name for it."""
    content = json.loads((folder / f"{carrier}.json").read_text(encoding="utf-8"))
    return [
        {"id": form["name"].lower().replace(" ", "_"), **form}
        for form in content["tracking_numbers"]
    ]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_valid_numbers_name_their_carrier(folder: Path, carrier: str) -> None:
    """In each form of the carrier, with and without spaces."""
    known = {form.name: form for form in FORMS}
    for form in forms(folder, carrier):
        for number in form["test_numbers"]["valid"]:
            assert known[form["id"]].fits(plain(number)), (form["id"], number)
            assert carrier in carriers_of(number), number


@pytest.mark.parametrize("carrier", CARRIERS)
def test_invalid_numbers_fit_no_form_of_theirs(folder: Path, carrier: str) -> None:
    """A wrong digit, a wrong letter, one too many."""
    known = {form.name: form for form in FORMS}
    for form in forms(folder, carrier):
        for number in form["test_numbers"]["invalid"]:
            assert not known[form["id"]].fits(plain(number)), (form["id"], number)


@pytest.mark.parametrize(
    ("scan", "number"),
    [
        ("420787459400111206206406260787", "9400111206206406260787"),
        ("420 22153 9101026837331000039521", "9101026837331000039521"),
        ("4201002334249200190132607600833457", "9200190132607600833457"),
        ("1001921334250001000300779017972697", "779017972697"),
        ("9622001900000000000000776632517510", "776632517510"),
        ("32971514560102447849175802862014", "784917580286"),
        ("1z5r8939 0357567127", "1Z5R89390357567127"),
        ("FC000000000424", "FC000000000424"),
        ("whatever", "WHATEVER"),
    ],
)
def test_the_number_in_a_scan(scan: str, number: str) -> None:
    """Without what the symbol has around it; what is not known stays as it is."""
    assert number_in(scan) == number


@pytest.mark.parametrize("carrier", CARRIERS)
def test_whatever_has_a_check_digit_is_checked(folder: Path, carrier: str) -> None:
    """In each form that the collection can check, every other check digit is noticed."""
    known = {form.name: form for form in FORMS}
    for form in forms(folder, carrier):
        checked = known[form["id"]]
        assert ("checksum" in form["validation"]) is (checked.check is not None), form["id"]
        for number in form["test_numbers"]["valid"] if checked.check else []:
            found = checked.pattern.fullmatch(plain(number))
            assert found is not None, number
            at, digit = found.start("check"), int(found["check"])
            others = [str((digit + more) % 10) for more in range(1, 10)]
            wrong = [f"{found.string[:at]}{other}{found.string[at + 1 :]}" for other in others]
            assert not any(map(checked.fits, wrong)), number
