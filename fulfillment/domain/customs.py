"""Which parcels cross a customs border, and what customs want to know of their goods."""

from collections.abc import Collection, Iterable, Mapping

from fulfillment.domain.addresses import Address
from fulfillment.domain.catalog import Article
from fulfillment.domain.errors import Problem
from fulfillment.domain.money import allocate

EUROPEAN_UNION = "EU"
CUSTOMS_UNION = frozenset(
    {
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MC",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    }
)
"""The member states and Monaco.

Source: Regulation (EU) No 952/2013 (Union Customs Code), article 4.
"""
OUTSIDE_OF_THE_UNION = (
    ("DE", "27498"),  # Heligoland
    ("DE", "78266"),  # Büsingen
    ("ES", "51"),  # Ceuta
    ("ES", "52"),  # Melilla
    ("IT", "23041"),  # Livigno
)
"""Countries and beginnings of postal codes that article 4 leaves out."""
TERRITORIES = {"LI": "CH", "IM": "GB", "JE": "GB", "GG": "GB"}
"""Countries that form one customs territory with a neighbor.

Source: customs treaty of Switzerland and Liechtenstein, 1923; UK Customs and Excise Management Act
1979, and the Crown dependencies' customs arrangements of 2018.
"""


def customs_territory(address: Address) -> str:
    """Return the customs territory that an address lies in: `EU`, or a country."""
    excluded = any(
        address.country == country and address.postal_code.startswith(beginning)
        for country, beginning in OUTSIDE_OF_THE_UNION
    )
    if excluded:
        return f"{address.country}-{address.postal_code}"
    if address.country in CUSTOMS_UNION:
        return EUROPEAN_UNION
    return TERRITORIES.get(address.country, address.country)


def crosses_border(sender: Address, recipient: Address) -> bool:
    """Return whether what goes from one to the other must be declared to customs."""
    return customs_territory(sender) != customs_territory(recipient)


def customs_problems(articles: Iterable[Article]) -> list[Problem]:
    """Return what the catalog lacks to declare these articles, one problem an article."""
    return [
        Problem(
            path=f"article {article.sku}",
            expected="an hs_code and an origin, since the parcel crosses a customs border",
            came=f"no {' and no '.join(lacking)}",
            remedy="add them to the catalog (fulfillment catalog load) and go on",
        )
        for article in articles
        if (lacking := _lacking(article))
    ]


def customs_value_minor(
    paid_minor: int, ordered: int, units: Collection[int], list_minor: int
) -> int:
    """Return the value of some of a line's units: what was paid for them, or what they sell at.

    Each unit has its own amount, so parcels that a line goes into declare together what was paid.

    Args:
        paid_minor: for the whole line, without tax and transport.
        ordered: units of the line.
        units: the numbers, from 1, of those whose value is wanted.
        list_minor: what a unit sells at; a present has a value, too.

    Source: WTO Customs Valuation Agreement, articles 1 (transaction value) and 6 (computed value).

    """
    if paid_minor == 0:
        return list_minor * len(units)
    each = allocate(paid_minor, [1] * ordered)
    return sum(each[number - 1] for number in units)


def _lacking(article: Article) -> list[str]:
    wanted: Mapping[str, str | None] = {"hs_code": article.hs_code, "origin": article.origin}
    return [name for name, value in wanted.items() if not value]
