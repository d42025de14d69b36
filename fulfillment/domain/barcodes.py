"""What a scanner reads off goods: a SKU, a GTIN, or a GS1 element string with lot and expiry."""

import calendar
import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import AfterValidator

from fulfillment.domain.base import Value
from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, Problem
from fulfillment.domain.gs1 import mod10_check_digit

GTIN_LENGTHS = (8, 12, 13, 14)
GROUP_SEPARATOR = "\x1d"
"""What a scanner sends for FNC1 after an element of variable length."""

_SYMBOLOGY = re.compile(r"^\](C1|d2|Q3|e0)")
"""Identifiers of GS1 symbols: GS1-128, DataMatrix, QR, DataBar (ISO/IEC 15424)."""
_FIXED = {"01": 14, "02": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2}
_VARIABLE = {"10": 20, "21": 20, "30": 8, "37": 8}
_GTIN, _LOT, _EXPIRY = "01", "10", "17"
_COUNTS = ("30", "37")
_BRACKETED = re.compile(r"\((\d{2})\)([^(]+)")


class Goods(Value):
    """What a code says that somebody holds in hand."""

    sku: str
    lot: str = ""
    expires: date | None = None
    units: int | None = None
    """How many are in the package that carries the code, where it says so."""


def read_goods(code: str, sku_of_gtin: Mapping[str, str]) -> Goods:
    """Return the goods that a code stands for.

    Args:
        code: a SKU, `SKU:LOT`, a GTIN of 8, 12, 13 or 14 digits, or a GS1 element string, in
            brackets as below a symbol or as a scanner sends it.
        sku_of_gtin: SKU by GTIN, in fourteen digits.

    Raises:
        ConfirmationRefused: a GS1 string that can't be read, or a GTIN of no article.

    """
    code = code.strip()
    elements = _elements(code)
    if elements:
        return _goods_of_elements(code, elements, sku_of_gtin)
    gtin = as_gtin(code)
    if gtin is not None and gtin in sku_of_gtin:
        return Goods(sku=sku_of_gtin[gtin])
    sku, _, lot = code.partition(":")
    return Goods(sku=sku, lot=lot)


def as_gtin(code: str) -> str | None:
    """Return a global trade item number as fourteen digits, or None if it is none.

    Source: GS1 General Specifications, section 7.9 (check digit), 2.1 (trade items).

    """
    if len(code) not in GTIN_LENGTHS or not (code.isascii() and code.isdigit()):
        return None
    whole = code.zfill(max(GTIN_LENGTHS))
    return whole if int(whole[-1]) == mod10_check_digit(whole[:-1]) else None


def checked_gtin(text: str) -> str:
    """Return a GTIN in fourteen digits.

    Raises:
        ValueError: not 8, 12, 13 or 14 digits, or the last is not the check digit of the others.

    """
    gtin = as_gtin(text)
    if gtin is None:
        message = f"expected a GTIN of 8, 12, 13 or 14 digits with its check digit, came {text!r}"
        raise ValueError(message)
    return gtin


Gtin = Annotated[str, AfterValidator(checked_gtin)]
"""A valid global trade item number, in fourteen digits."""


def _elements(code: str) -> dict[str, str]:
    """Return the values of a GS1 element string by application identifier; empty if it is none."""
    bracketed = _BRACKETED.findall(code)
    if bracketed and "".join(f"({ai}){value}" for ai, value in bracketed) == code:
        return dict(bracketed)
    plain = _SYMBOLOGY.sub("", code).lstrip(GROUP_SEPARATOR)
    carries_gtin = plain.startswith(_GTIN) and len(plain) > max(GTIN_LENGTHS)
    if plain == code and not carries_gtin:
        return {}
    return _split(code, plain)


def _split(code: str, rest: str) -> dict[str, str]:
    """Return the elements of a string as a scanner sends it.

    Source: GS1 General Specifications, section 7.8 (processing of element strings).

    """
    found: dict[str, str] = {}
    while rest:
        identifier, rest = rest[:2], rest[2:]
        if identifier in _FIXED:
            value, rest = rest[: _FIXED[identifier]], rest[_FIXED[identifier] :]
            rest = rest.removeprefix(GROUP_SEPARATOR)
        elif identifier in _VARIABLE:
            value, _, rest = rest.partition(GROUP_SEPARATOR)
        else:
            raise _unreadable(code, f"an element ({identifier}) that is not read here")
        found[identifier] = value
    return found


def _goods_of_elements(
    code: str, elements: Mapping[str, str], sku_of_gtin: Mapping[str, str]
) -> Goods:
    gtin = as_gtin(elements.get(_GTIN, ""))
    if gtin is None:
        raise _unreadable(code, "no element (01) with a GTIN and its check digit")
    if gtin not in sku_of_gtin:
        raise _unreadable(code, f"GTIN {gtin}, which is of nothing that is looked for")
    units = next((elements[ai] for ai in _COUNTS if ai in elements), None)
    if units is not None and not (units.isascii() and units.isdigit()):
        raise _unreadable(code, f"a count of {units}")
    expiry = elements.get(_EXPIRY)
    return Goods(
        sku=sku_of_gtin[gtin],
        lot=elements.get(_LOT, ""),
        expires=None if expiry is None else _date(code, expiry),
        units=None if units is None else int(units),
    )


def _date(code: str, digits: str) -> date:
    """Return an expiry date YYMMDD; day 00 is the month's last; what expires is of this century.

    Source: GS1 General Specifications, section 3.4.7 (expiration date: AI 17).

    """
    try:
        year, month, day = 2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:6])
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except ValueError as error:
        raise _unreadable(code, f"an expiry date of {digits}") from error


def _unreadable(code: str, came: str) -> FulfillmentError:
    return ConfirmationRefused.of(
        Problem(
            path=f"code {code}",
            expected="a SKU, a GTIN, or a GS1 code with the elements (01), (10), (17)",
            came=came,
            remedy="scan again, or key in the SKU, with its lot as SKU:LOT",
        )
    )
