"""Numbers of UPS, USPS, FedEx and DHL, against a public collection of valid and invalid ones."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fulfillment.domain.tracking_numbers import FORMS, carriers_of, plain

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
