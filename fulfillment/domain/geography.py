"""Where countries lie, and which of them trucks join; approximate, for distances and modes.

Centroids are good to some hundred kilometers, which is what tariff zones need. Parts overseas
(Hawaii, the Canaries, French Guiana) are taken for their mainland unless the address has a place.
"""

from fulfillment.domain.addresses import Address
from fulfillment.domain.errors import NoServiceAvailable
from fulfillment.domain.units import Place

COUNTRIES_BY_LANDMASS = {
    "europe": """
        AD 42.5 1.6, AL 41.1 20.1, AM 40.3 44.9, AT 47.6 14.1, AZ 40.3 47.7, BA 44.2 17.8,
        BE 50.6 4.7, BG 42.7 25.5, BY 53.5 28.0, CH 46.8 8.2, CZ 49.8 15.5, DE 51.2 10.4,
        DK 56.0 9.6, EE 58.7 25.5, ES 40.2 -3.6, FI 63.0 26.3, FR 46.6 2.4, GE 42.2 43.5,
        GR 39.1 22.9, HR 45.1 16.4, HU 47.2 19.4, IT 42.8 12.5, KZ 48.2 67.3, LI 47.2 9.6,
        LT 55.3 23.9, LU 49.8 6.1, LV 56.9 24.9, MC 43.7 7.4, MD 47.2 28.5, ME 42.8 19.2,
        MK 41.6 21.7, NL 52.2 5.6, NO 62.0 9.5, PL 52.1 19.4, PT 39.6 -8.3, RO 45.9 25.0,
        RS 44.2 20.9, RU 57.0 45.0, SE 62.0 16.0, SI 46.1 14.8, SK 48.7 19.5, SM 43.9 12.5,
        TR 39.1 35.2, UA 49.0 31.4, UZ 41.4 64.6, VA 41.9 12.5, XK 42.6 20.9
    """,
    "great_britain": "GB 53.0 -1.5, IM 54.2 -4.5",
    "ireland": "IE 53.2 -8.1",
    "iceland": "IS 64.9 -18.6",
    "faroe_islands": "FO 62.0 -6.9",
    "malta": "MT 35.9 14.4",
    "cyprus": "CY 35.0 33.1",
    "greenland": "GL 65.0 -51.0",
    "west_asia": """
        AE 24.0 54.0, BH 26.0 50.5, IL 31.5 34.9, IQ 33.2 43.7, JO 31.3 36.5, KW 29.3 47.6,
        LB 33.9 35.9, OM 21.0 56.5, QA 25.3 51.2, SA 24.2 45.0
    """,
    "south_asia": "BD 23.8 90.3, IN 22.5 79.0, NP 28.2 84.0, PK 30.0 69.4",
    "sri_lanka": "LK 7.6 80.7",
    "east_asia": """
        CN 34.0 109.0, HK 22.4 114.1, KH 12.7 104.9, LA 18.5 103.8, MN 46.8 103.1, MO 22.2 113.5,
        MY 4.1 102.3, SG 1.35 103.8, TH 15.1 101.0, VN 16.6 106.3
    """,
    "japan": "JP 36.2 138.3",
    "south_korea": "KR 36.4 127.8",
    "taiwan": "TW 23.8 121.0",
    "indonesia": "ID -6.5 108.5",
    "philippines": "PH 14.0 121.5",
    "australia": "AU -29.5 143.0",
    "new_zealand": "NZ -41.0 174.0",
    "north_america": """
        BZ 17.2 -88.7, CA 49.5 -95.0, CR 10.0 -84.2, GT 15.7 -90.4, HN 14.8 -86.6, MX 22.0 -101.5,
        NI 12.9 -85.0, PA 8.5 -80.1, SV 13.7 -88.9, US 39.8 -98.6
    """,
    "cuba": "CU 21.6 -79.0",
    "hispaniola": "DO 18.9 -70.5, HT 19.0 -72.7",
    "jamaica": "JM 18.2 -77.3",
    "puerto_rico": "PR 18.2 -66.5",
    "trinidad": "TT 10.5 -61.3",
    "south_america": """
        AR -34.5 -64.5, BO -16.7 -64.7, BR -16.0 -48.0, CL -33.5 -71.0, CO 4.0 -73.1, EC -1.4 -78.8,
        PE -9.2 -74.4, PY -23.2 -58.4, UY -32.8 -56.0, VE 8.0 -66.2
    """,
    "north_africa": "DZ 35.0 3.0, EG 29.0 31.0, MA 32.5 -6.5, TN 35.0 9.6",
    "west_africa": "CI 7.6 -5.6, GH 7.9 -1.2, NG 9.6 8.1, SN 14.4 -14.5",
    "east_africa": "ET 8.6 39.6, KE 0.5 37.9, RW -2.0 29.9, TZ -6.3 34.8, UG 1.3 32.4",
    "southern_africa": "BW -22.2 23.8, MZ -18.7 35.0, NA -22.1 17.2, ZA -29.0 25.0, ZW -19.0 29.9",
    "mauritius": "MU -20.3 57.6",
}
"""Countries with their centroid, by the land that trucks cross in regular service.

Finer than geology where borders, deserts or jungle stop them (Korea, the Sahara, the Darién Gap).
"""

FIXED_LINKS = {"great_britain": "europe"}
"""Landmasses joined by a tunnel or bridge for trucks: here the Channel Tunnel."""

POSTAL_REGIONS = {
    "DE": (
        *((51.2, 13.0), (53.0, 13.1), (53.7, 9.7), (51.9, 10.0), (51.7, 7.3)),
        *((50.6, 7.1), (49.8, 8.4), (48.6, 9.0), (48.1, 11.2), (49.8, 11.2)),
    ),
    "US": (
        *((42.8, -71.8), (41.4, -75.6), (37.0, -78.8), (32.2, -84.6), (40.3, -84.3)),
        *((44.4, -94.4), (39.5, -93.3), (32.3, -96.1), (38.5, -110.3), (38.6, -120.6)),
    ),
}
"""Centroids of the regions that the first digit of the postal code means, 0 to 9."""


def _gazetteer() -> dict[str, tuple[Place, str]]:
    return {
        country: (Place(latitude=float(latitude), longitude=float(longitude)), landmass)
        for landmass, countries in COUNTRIES_BY_LANDMASS.items()
        for country, latitude, longitude in (entry.split() for entry in countries.split(","))
    }


GAZETTEER = _gazetteer()
"""Each known country's centroid and landmass."""


def landmass_of(country: str) -> str | None:
    """Return the name of a country's landmass, or None for a country that is not in the table."""
    return GAZETTEER[country][1] if country in GAZETTEER else None


def road_connected(start: str, end: str) -> bool:
    """Return whether trucks go from country to country without a ship; unknown ones are not joined.

    Within one country it is always so.
    """
    if start == end:
        return True
    joined = [FIXED_LINKS.get(land, land) for land in map(landmass_of, (start, end)) if land]
    return len(joined) == len((start, end)) and joined[0] == joined[1]


def place_of(address: Address) -> Place | None:
    """Return where an address is: its own place, else its postal region's or country's centroid.

    None means that the country is not in the table: the destination is not served.
    """
    if address.place is not None or address.country not in GAZETTEER:
        return address.place
    regions = POSTAL_REGIONS.get(address.country)
    digit = next((c for c in address.postal_code if c in "0123456789"), None)
    if regions is None or digit is None:
        return GAZETTEER[address.country][0]
    latitude, longitude = regions[int(digit)]
    return Place(latitude=latitude, longitude=longitude)


def require_place(address: Address) -> Place:
    """Return where an address is, as `place_of`.

    Raises:
        NoServiceAvailable: nobody knows where that is.

    """
    place = place_of(address)
    if place is None:
        message = f"no place on Earth is known for {address.country}"
        raise NoServiceAvailable(message)
    return place
