"""Numbers that parcels carry: GS1 serial shipping container codes and our tracking numbers."""

import re
from typing import Annotated

from pydantic import AfterValidator

SSCC_LENGTH = 18
APPLICATION_IDENTIFIER = "00"
"""GS1 application identifier of an SSCC."""
ROUTING_IDENTIFIER = "403"
"""GS1 application identifier of a routing code."""
ROUTING_SHAPE = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,12}")
"""GS1's character set 82; its 30 characters would not fit a label's width."""
FNC1 = "\xf1"
"""Function 1: first character of a GS1-128 symbol; written as barcode libraries take it."""

TRACKING_PREFIX = "FC"
TRACKING_SERIAL_DIGITS = 11
TRACKING_SERIALS = 10**TRACKING_SERIAL_DIGITS
"""How many tracking numbers there are."""


def _digits(text: str) -> list[int]:
    if not (text.isascii() and text.isdigit()):
        message = f"expected digits only, came {text!r}"
        raise ValueError(message)
    return [int(digit) for digit in text]


def mod10_check_digit(digits: str) -> int:
    """Return the check digit of a GS1 key: weights 3 and 1 from the right, to the next ten.

    It detects each error in a single digit.

    Raises:
        ValueError: not digits only.

    Source: GS1 General Specifications, section 7.9.1 (standard check digit calculation).

    """
    weighted = (d * (3, 1)[i % 2] for i, d in enumerate(reversed(_digits(digits))))
    return -sum(weighted) % 10


def sscc(extension_digit: int, company_prefix: str, serial: int) -> str:
    """Return the serial shipping container code of a logistic unit, 18 digits.

    Args:
        extension_digit: 0 to 9; multiplies the capacity of serials.
        company_prefix: GS1 company prefix, 4 to 12 digits.
        serial: fills the 16 less prefix digits that are left; must not be reused within a year.

    Raises:
        ValueError: a part is out of its range.

    Source: GS1 General Specifications, sections 1.4.4 (company prefix), 2.2.1 and 3.3.1 (SSCC).

    """
    width = SSCC_LENGTH - 2 - len(company_prefix)
    if not (0 <= extension_digit <= 9 and 4 <= width <= 12 and 0 <= serial < 10**width):  # noqa: PLR2004
        message = (
            "expected an extension digit of 0 to 9, a company prefix of 4 to 12 digits and a serial"
            f" that fills up 16 digits, came {extension_digit}, {company_prefix!r} and {serial}"
        )
        raise ValueError(message)
    body = f"{extension_digit}{company_prefix}{serial:0{width}d}"
    return f"{body}{mod10_check_digit(body)}"


def checked_sscc(text: str) -> str:
    """Return an SSCC as it came.

    Raises:
        ValueError: not 18 digits, or the last one is not the check digit of the others.

    """
    well_formed = len(text) == SSCC_LENGTH and text.isascii() and text.isdigit()
    if not well_formed or int(text[-1]) != mod10_check_digit(text[:-1]):
        message = f"expected an SSCC of 18 digits with its check digit, came {text!r}; scan again"
        raise ValueError(message)
    return text


Sscc = Annotated[str, AfterValidator(checked_sscc)]
"""A valid SSCC."""


def element_string(code: str) -> str:
    """Return what a GS1-128 symbol of an SSCC carries, after its leading FNC1.

    Source: GS1 General Specifications, sections 3.3.1 (AI 00) and 5.4 (GS1-128 symbology).

    """
    return f"{APPLICATION_IDENTIFIER}{checked_sscc(code)}"


def scanned_sscc(scan: str) -> str:
    """Return the SSCC of a scan, without symbology identifier, AI and brackets; else the scan.

    Source: GS1 General Specifications, section 5.4.6.4 (]C1 says GS1-128).

    """
    code = scan.strip().removeprefix("]C1").replace("(00)", "00").replace(" ", "")
    with_identifier = len(code) == SSCC_LENGTH + len(APPLICATION_IDENTIFIER)
    return code.removeprefix(APPLICATION_IDENTIFIER) if with_identifier else code


def routing_element_string(code: str) -> str | None:
    """Return what a GS1-128 symbol of a routing code carries, or None if it would not fit one.

    Source: GS1 General Specifications, sections 3.6.3 (AI 403) and 7.11 (character set 82).

    """
    return f"{ROUTING_IDENTIFIER}{code}" if ROUTING_SHAPE.fullmatch(code) else None


def human_readable(code: str) -> str:
    """Return an SSCC as the text below its symbol, as `(00) 3 4012345 123456789 0`.

    The grouping is for the eye: extension digit, seven and nine digits, check digit.

    Source: GS1 General Specifications, section 4.14 (human readable interpretation).

    """
    checked_sscc(code)
    return f"({APPLICATION_IDENTIFIER}) {code[0]} {code[1:8]} {code[8:17]} {code[17]}"


def mod11_10_check_digit(digits: str) -> int:
    """Return the check digit of ISO/IEC 7064 MOD 11,10.

    It detects each error in a single digit and nearly every swap of two neighbors.

    Raises:
        ValueError: not digits only.

    Source: ISO/IEC 7064:2003, hybrid systems, MOD 11,10.

    """
    carry = 10
    for digit in _digits(digits):
        carry = ((carry + digit) % 10 or 10) * 2 % 11
    return (11 - carry) % 10


def tracking_number(serial: int) -> str:
    """Return the tracking number of a serial: FC, eleven digits, a check digit; always the same.

    Raises:
        ValueError: the serial is negative or has more than eleven digits.

    """
    if not 0 <= serial < TRACKING_SERIALS:
        message = f"expected a serial of 0 to {TRACKING_SERIALS - 1}, came {serial}"
        raise ValueError(message)
    body = f"{serial:0{TRACKING_SERIAL_DIGITS}d}"
    return f"{TRACKING_PREFIX}{body}{mod11_10_check_digit(body)}"


def checked_tracking_number(text: str) -> str:
    """Return one of our tracking numbers as it came.

    Raises:
        ValueError: not FC and twelve digits, or the last one is not the check digit of the others.

    """
    body = text.removeprefix(TRACKING_PREFIX)
    well_formed = len(text) - len(body) == len(TRACKING_PREFIX) and body.isascii()
    if not (well_formed and body.isdigit() and len(body) == TRACKING_SERIAL_DIGITS + 1) or int(
        body[-1]
    ) != mod11_10_check_digit(body[:-1]):
        message = f"expected FC and twelve digits with their check digit, came {text!r}; scan again"
        raise ValueError(message)
    return text
