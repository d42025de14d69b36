"""Which carrier a scanned number belongs to, by its form and its check digit.

Forms that have a check digit come first; where several fit, all are named, the surest first.

Source: USPS Publication 199 (IMpb), FedEx and UPS label guides; the check digits are verified
against github.com/jkeen/tracking_number_data in the tests.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from fulfillment.domain.gs1 import checked_tracking_number

Check = Callable[[str, str], bool]
"""Whether a check digit is that of the characters before it."""

FEDEX_EXPRESS = (3, 1, 7)
FEDEX_GROUND = (1, 7, 3)


def mod10(weights: tuple[int, int], body: str, check: str, *, from_right: bool = False) -> bool:
    """Return whether the weighted sum and the check digit make a full ten.

    Args:
        weights: of the characters at even and at odd places, from 0.
        body: digits and capital letters; A counts 2, B counts 3, and so on.
        check: the check digit.
        from_right: whether places are counted from the right.

    """
    values = [_value(each) for each in (reversed(body) if from_right else body)]
    total = sum(value * weights[place % 2] for place, value in enumerate(values))
    return -total % 10 == int(check)


def mod11(weights: Sequence[int], body: str, check: str) -> bool:
    """Return whether the repeated weights give the check digit, modulo 11 and then 10."""
    total = sum(int(each) * weights[place % len(weights)] for place, each in enumerate(body))
    return total % 11 % 10 == int(check)


def mod7(body: str, check: str) -> bool:
    """Return whether the number modulo 7 is the check digit."""
    return int(body) % 7 == int(check)


def _value(each: str) -> int:
    return int(each) if each.isdigit() else (ord(each) - 3) % 10


def _legacy(body: str, check: str) -> bool:
    return mod10((3, 1), body if body.startswith("91") else f"91{body}", check)


@dataclass(frozen=True)
class NumberForm:
    """A form of tracking numbers: `pattern` has the groups `body` and `check`, or neither."""

    carrier: str
    name: str
    pattern: re.Pattern[str]
    check: Check | None = None

    def fits(self, number: str) -> bool:
        """Return whether a number without spaces has this form and the right check digit."""
        found = self.pattern.fullmatch(number)
        if found is None or self.check is None:
            return found is not None
        return self.check(found["body"], found["check"])


def _form(carrier: str, name: str, pattern: str, check: Check | None = None) -> NumberForm:
    return NumberForm(carrier, name, re.compile(pattern, re.ASCII), check)


_ROUTED = r"(?:420\d{5}(?:\d{4})?)?"
"""The destination's ZIP code, which the scanned symbol of USPS has in front."""
_MAILER = r"(?:9\d{8}(?:\d{7}|\d{11})|[0-8]\d{5}(?:\d{10}|\d{14}))"
"""A mailer id of nine or six digits, and the package's number."""
_LONG_MAILER = r"(?:9\d{8}(?:\d{7}|\d{11}|\d{15})|[0-8]\d{5}(?:\d{10}|\d{14}))"

FORMS = (
    _form("ups", "ups", r"1Z(?P<body>[A-Z0-9]{15})(?P<check>\d)", partial(mod10, (1, 2))),
    _form("ups", "ups_waybill", r"[AHJKTV](?P<body>\d{9})(?P<check>\d)", partial(mod10, (1, 2))),
    _form(
        "usps",
        "usps_impb_n",
        rf"{_ROUTED}(?P<body>94\d{{3}}{_LONG_MAILER})(?P<check>\d)",
        partial(mod10, (3, 1), from_right=True),
    ),
    _form(
        "usps",
        "usps_impb_c",
        rf"{_ROUTED}(?P<body>(?:92\d{{3}}(?=9)|93\d{{3}}(?=[0-8])|95\d{{3}}){_MAILER})(?P<check>\d)",
        partial(mod10, (3, 1)),
    ),
    _form("usps", "usps_legacy", rf"{_ROUTED}(?P<body>(?:91)?\d{{19}})(?P<check>\d)", _legacy),
    _form("usps", "usps_20", r"(?P<body>\d{19})(?P<check>\d)", partial(mod10, (3, 1))),
    _form(
        "fedex",
        "fedex_ground_96",
        r"96\d{5}(?P<body>\d{14})(?P<check>\d)",
        partial(mod10, (1, 3)),
    ),
    _form(
        "fedex",
        "fedex_ground_gsn",
        r"96\d{18}(?P<body>\d{13})(?P<check>\d)",
        partial(mod11, FEDEX_GROUND),
    ),
    _form(
        "fedex",
        "fedex_34",
        r"[0-8]\d{19}(?P<body>\d{13})(?P<check>\d)",
        partial(mod11, FEDEX_GROUND),
    ),
    _form(
        "fedex",
        "fedex_astra_32",
        r"3\d{15}(?P<body>\d{11})(?P<check>\d)\d{4}",
        partial(mod11, FEDEX_EXPRESS),
    ),
    _form("fedex", "fedex_12", r"(?P<body>\d{11})(?P<check>\d)", partial(mod11, FEDEX_EXPRESS)),
    _form("fedex", "fedex_ground", r"(?P<body>\d{14})(?P<check>\d)", partial(mod10, (1, 3))),
    _form(
        "fedex",
        "fedex_ground_sscc_18",
        r"\d{2}(?P<body>\d{15})(?P<check>\d)",
        partial(mod10, (3, 1)),
    ),
    _form("dhl", "dhl_express", r"(?P<body>\d{9,10})(?P<check>\d)", mod7),
    _form("dhl", "dhl_express_piece_id", r"J[A-Z]{2,3}\d{9,10}"),
    _form("dhl", "dhl_ecommerce", r"(?:GM|LX|RX|UV|CN|SG|TH|IN|HK|MY)(?=[A-Z]*\d)[A-Z0-9]{10,39}"),
    _form("dhl", "dhl_ecommerce_14", r"\d{14}"),
)
"""Those without a check digit last."""

SYMBOLS = frozenset(
    {"usps_impb_n", "usps_impb_c", "usps_legacy", "fedex_34", "fedex_ground_gsn", "fedex_astra_32"}
)
"""Forms of what a scanner reads: the number with more around it."""

FEDEX_DIGITS = 12
OURS = "contract"


def plain(number: str) -> str:
    """Return a number as typed or scanned without its spaces, in capitals."""
    return "".join(number.split()).upper()


def number_in(scan: str) -> str:
    """Return the tracking number in what a scanner reads or a person types.

    USPS has the destination's ZIP code in front of it, FedEx's long symbols end with it.
    """
    bare = plain(scan)
    for form in FORMS:
        found = form.pattern.fullmatch(bare) if form.name in SYMBOLS else None
        if found is not None and form.fits(bare):
            number = f"{found['body']}{found['check']}"
            return number[-FEDEX_DIGITS:] if form.carrier == "fedex" else number
    return bare


def named(number: str) -> str:
    """Return a number with the carriers whose it can be, as `1Z… (ups)`."""
    carriers = ", ".join(carriers_of(number))
    return f"{number} ({carriers})" if carriers else number


def carriers_of(number: str) -> tuple[str, ...]:
    """Return the carriers whose number this can be, the surest first; empty where nobody's is.

    `contract` is our own carriers' numbers.
    """
    bare = plain(number)
    try:
        checked_tracking_number(bare)
    except ValueError:
        return tuple(dict.fromkeys(form.carrier for form in FORMS if form.fits(bare)))
    return (OURS,)
