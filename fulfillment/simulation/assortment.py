"""What the sample warehouses sell, what they pack it in, and where their customers live."""

from datetime import time

from fulfillment.domain.addresses import Address
from fulfillment.domain.catalog import Article, CartonType, Layout, Orientation, Warehouse
from fulfillment.domain.units import Dimensions, Place

BERLIN = "BER"
ROTTERDAM = "RTM"

ONLY_BERLIN = "RUG-JUTE"
ONLY_ROTTERDAM = "POT-DELFT"
SCARCE = "LANTERN"
SCARCE_IN_BERLIN = 3
"""What the books say that the one bin in Berlin holds; an order takes all of it."""

SCATTERED = "BIKE-PUMP"
SUBSTITUTE = "BLANKET-WOOL"
"""What a customer takes for what only Berlin has."""

AWAITED = ("CLOCK-WALL", "GLOBE-RELIEF")
SPECIAL = frozenset({ONLY_BERLIN, ONLY_ROTTERDAM, SCARCE, *AWAITED})
"""Articles that ordinary orders leave alone, so that what is to happen to them happens."""

ENGRAVABLE = ("PEN-BRASS", "BOARD-OAK")


def _box(text: str) -> Dimensions:
    length, width, height = (int(side) for side in text.split("x"))
    return Dimensions(length_mm=length, width_mm=width, height_mm=height)


_CATALOG = """
    MUG-ENAMEL | Enamel mug | 95x95x90 | 350 | 1490 | hs=732394 from=CN
    TEAPOT-CAST | Cast iron teapot | 220x180x150 | 1900 | 6900 | hs=732392 from=CN
    GLASS-SET | Set of six glasses | 300x200x120 | 900 | 3490 | fragile hs=701337 from=DE
    VASE-TALL | Tall vase | 140x140x320 | 1200 | 4590 | fragile upright hs=691390 from=PT
    NOTEBOOK-A5 | Notebook A5 | 210x150x15 | 280 | 1290 | hs=482010 from=DE
    PEN-BRASS | Brass pen | 145x15x15 | 45 | 2990 | hs=960810 from=DE
    LAMP-DESK | Desk lamp | 400x160x160 | 1800 | 8900 | fragile hs=940521 from=CN
    BLANKET-WOOL | Wool blanket | 400x300x120 | 1400 | 7900 | hs=630120 from=LT
    BOARD-OAK | Oak cutting board | 420x280x30 | 1600 | 3900 | hs=441990 from=PL
    KNIFE-CHEF | Chef's knife | 340x60x30 | 320 | 9900 | hs=821192 from=DE
    HEADPHONES | Headphones | 200x180x90 | 420 | 14900 | hs=851830 from=CN
    BIKE-PUMP | Bicycle pump | 480x60x50 | 700 | 3290 | hs=841420 from=TW
    RUG-JUTE | Jute rug, rolled | 650x120x120 | 3200 | 8900 | hs=570299 from=IN
    POT-DELFT | Delft pot | 160x160x180 | 1300 | 5490 | fragile hs=691390 from=NL
    LANTERN | Storm lantern | 170x170x280 | 980 | 4190 | upright hs=940550 from=CN
    CLOCK-WALL | Wall clock | 320x320x60 | 1500 | 5900 | fragile hs=910521 from=CN
    GLOBE-RELIEF | Relief globe | 330x330x380 | 2100 | 11900 | fragile upright hs=490590 from=DE
    COFFEE-1KG | Coffee beans, 1 kg | 260x120x80 | 1030 | 2190 | group=food hs=090121 from=DE
    TEA-ASSAM | Assam tea | 120x80x80 | 260 | 1190 | group=food hs=090230 from=IN
    HONEY-JAR | Jar of honey | 80x80x110 | 650 | 890 | group=food fragile upright hs=040900 from=DE
    CHOCO-BOX | Box of chocolates | 240x160x40 | 480 | 1990 | group=food hs=180690 from=BE
    SOAP-BAR | Olive soap | 90x60x30 | 130 | 590 | group=care hs=340111 from=FR
    OIL-LAMP | Lamp oil | 90x60x250 | 850 | 990 | group=chemicals un=3 upright hs=271019 from=DE
    POWERBANK | Power bank | 150x75x25 | 360 | 4490 | group=batteries un=9 hs=850760 from=CN
"""
"""SKU, name, length x width x height in mm, weight in g, price in euro cents, marks."""


def _article(row: str) -> Article:
    sku, name, box, weight_g, price_minor, *rest = (cell.strip() for cell in row.split("|"))
    marks = " ".join(rest).split()
    named = dict(mark.split("=") for mark in marks if "=" in mark)
    return Article(
        sku=sku,
        name=name,
        dimensions=_box(box),
        weight_g=int(weight_g),
        fragile="fragile" in marks,
        orientation=Orientation.UPRIGHT if "upright" in marks else Orientation.ANY,
        segregation_group=named.get("group", "general"),
        hazard_class=named.get("un"),
        unit_value_minor=int(price_minor),
        hs_code=named["hs"],
        origin=named["from"],
    )


ARTICLES = tuple(_article(row) for row in _CATALOG.strip().splitlines())
"""As the manufacturers state them; `make_world` varies the sizes a little."""


def _carton(name: str, inner: str, empty_weight_g: int, cost_minor: int) -> CartonType:
    inside = _box(inner)
    outside = Dimensions(
        length_mm=inside.length_mm + 10,
        width_mm=inside.width_mm + 10,
        height_mm=inside.height_mm + 15,
    )
    return CartonType(
        carton_id=name,
        inner=inside,
        outer=outside,
        empty_weight_g=empty_weight_g,
        max_weight_g=30_000,
        cost_minor=cost_minor,
    )


CARTONS = (
    _carton("XS", "220x160x60", 90, 32),
    _carton("S", "310x220x160", 180, 48),
    _carton("M", "430x310x220", 340, 79),
    _carton("L", "520x420x400", 620, 129),
    _carton("XL", "700x500x450", 980, 189),
)

WAREHOUSES = (
    Warehouse(
        warehouse_id=BERLIN,
        name="Berlin",
        address=Address(
            name="Warehouse Berlin",
            street=("Westhafenstraße 1",),
            city="Berlin",
            postal_code="13353",
            country="DE",
            phone="+49 30 901820",
        ),
        place=Place(latitude=52.538, longitude=13.345),
        timezone="Europe/Berlin",
        layout=Layout(aisles=6, cells=20),
        pickup_at=time(17, 0),
    ),
    Warehouse(
        warehouse_id=ROTTERDAM,
        name="Rotterdam",
        address=Address(
            name="Warehouse Rotterdam",
            street=("Waalhaven Zuidzijde 16",),
            city="Rotterdam",
            postal_code="3089 JH",
            country="NL",
            phone="+31 10 252 1010",
        ),
        place=Place(latitude=51.887, longitude=4.452),
        timezone="Europe/Amsterdam",
        layout=Layout(aisles=5, cells=24),
        pickup_at=time(18, 0),
    ),
)

PEOPLE = (
    *("Ada Lovelace", "Alan Turing", "Grace Hopper", "Emmy Noether", "Konrad Zuse"),
    *("Sophie Germain", "Edsger Dijkstra", "Mary Somerville", "Leonhard Euler", "Lise Meitner"),
)

EUROPE = ("DE", "NL", "FR", "AT", "PL", "GB", "SE", "CH")

HOMES = {
    "DE": (
        ("Friedrich-Ebert-Straße 79", "Potsdam", "14469", "+49 331 2890"),
        ("Marienplatz 8", "München", "80331", "+49 89 23300"),
        ("Jungfernstieg 12", "Hamburg", "20354", "+49 40 428280"),
    ),
    "NL": (
        ("Prinsengracht 263", "Amsterdam", "1016 GV", "+31 20 556 7105"),
        ("Coolsingel 40", "Rotterdam", "3011 AD", "+31 10 267 1625"),
    ),
    "FR": (("12 Rue de Rivoli", "Paris", "75004", "+33 1 42 76 40 40"),),
    "AT": (("Stephansplatz 3", "Wien", "1010", "+43 1 515520"),),
    "PL": (("ul. Świętokrzyska 14", "Warszawa", "00-050", "+48 22 443 0000"),),
    "GB": (("221B Baker Street", "London", "NW1 6XE", "+44 20 7224 3688"),),
    "SE": (("Hornsgatan 20", "Stockholm", "118 20", "+46 8 508 11 829"),),
    "CH": (("Bahnhofstrasse 45", "Zürich", "8001", "+41 44 211 5511"),),
    "JP": (("1-1 Marunouchi", "Chiyoda-ku", "100-0005", "+81 3 3231 0000"),),
    "KW": (("Salem Al Mubarak Street 14", "Salmiya", "20003", "+965 2224 1000"),),
}
"""By country: street, city, postal code, phone."""

REGIONS = {"JP": "Tokyo"}

WRONG_POSTAL_CODE = {"DE": "1446", "NL": "10166", "FR": "7500"}
"""Codes that no post office knows, for addresses that can't be used as they are."""

MINOR_PER_CENT = {"EUR": 1.0, "JPY": 1.6, "KWD": 3.3, "USD": 1.1}
"""What a euro cent comes to in a currency's own minor units, roughly."""
