"""What each country asks of a phone number, by Google's public numbering data."""

from collections.abc import Sequence

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat


class GooglePhoneChecker:
    """Knows which phone numbers can exist; a number without a + is taken as the country's own.

    Source: libphonenumber's metadata, as shipped with phonenumbers.
    """

    def problems(self, phone: str, country: str) -> Sequence[str]:
        """Return what makes the number unusable, in words; empty if nothing does."""
        try:
            number = phonenumbers.parse(phone, country)
        except NumberParseException:
            return [f"{phone} is not a phone number{_example(country)}"]
        if phonenumbers.is_valid_number(number):
            return []
        return [f"{phone} is not a valid number for {_country(number, country)}{_example(country)}"]


def _country(number: PhoneNumber, country: str) -> str:
    # Several countries share a code (+1, +44, +7 ...): then it is the address that tells.
    code = number.country_code or 0
    if code == phonenumbers.country_code_for_region(country):
        return country
    return phonenumbers.region_code_for_country_code(code)


def _example(country: str) -> str:
    number = phonenumbers.example_number(country)
    if number is None:
        return ""
    return f", e.g. {phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)}"
