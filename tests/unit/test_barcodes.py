"""Codes that a scanner reads off goods."""

from datetime import date

import pytest

from fulfillment.domain.barcodes import Goods, as_gtin, read_goods
from fulfillment.domain.errors import ConfirmationRefused

GTIN = "04012345678901"
KNOWN = {GTIN: "MUG"}
LOTTED = Goods(sku="MUG", lot="L-7", expires=date(2026, 12, 31))


@pytest.mark.parametrize(
    ("code", "goods"),
    [
        ("MUG", Goods(sku="MUG")),
        ("MUG:L-7", Goods(sku="MUG", lot="L-7")),
        ("4012345678901", Goods(sku="MUG")),
        ("12345", Goods(sku="12345")),
        (f"(01){GTIN}(17)261231(10)L-7", LOTTED),
        (f"]d201{GTIN}1726120010L-7", LOTTED),
        (f"01{GTIN}10L-7\x1d17261231", LOTTED),
        (f"]C101{GTIN}10L-7\x1d17261231\x1d3012", LOTTED.model_copy(update={"units": 12})),
    ],
)
def test_a_code_says_what_it_is_on(code: str, goods: Goods) -> None:
    """A SKU, a GTIN of any length, or GS1 elements in brackets or as a scanner sends them."""
    assert goods == read_goods(code, KNOWN)


@pytest.mark.parametrize(
    ("code", "came"),
    [
        ("(01)04012345678902", "no element (01)"),
        ("(01)00012345678905", "of nothing that is looked for"),
        (f"(01){GTIN}(17)261332", "an expiry date of 261332"),
        (f"]C101{GTIN}99X", "(99)"),
        (f"(01){GTIN}(30)many", "a count of many"),
    ],
)
def test_a_gs1_code_that_cannot_be_read_is_refused(code: str, came: str) -> None:
    """What is wrong with it is said, and what to do."""
    with pytest.raises(ConfirmationRefused) as refused:
        read_goods(code, KNOWN)
    assert came in str(refused.value)
    assert "scan again" in str(refused.value)


def test_a_gtin_has_its_check_digit() -> None:
    """Eight, twelve, thirteen or fourteen digits; all the same number in fourteen."""
    assert ("00012345678905", None, None) == (
        as_gtin("012345678905"),
        as_gtin("012345678904"),
        as_gtin("0123456789"),
    )
