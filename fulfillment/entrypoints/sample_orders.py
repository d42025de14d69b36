"""Orders to try the engine with, made from whatever the catalog on record sells."""

from collections.abc import Sequence

from fulfillment.domain.catalog import Article
from fulfillment.domain.errors import Problem, Refused
from fulfillment.domain.orders import Order, parse_order
from fulfillment.operations.engine import Engine

CUSTOMERS = (
    ("Ada Lovelace", "ada@example.com", "Reeperbahn 1", "Hamburg", "20359", "DE"),
    ("Blaise Pascal", "blaise@example.com", "12 rue des Écoles", "Paris", "75005", "FR"),
    ("Christiaan Huygens", "christiaan@example.com", "Westeinde 2", "Voorburg", "2275 AD", "NL"),
    ("Lise Meitner", "lise@example.com", "Boltzmanngasse 3", "Wien", "1090", "AT"),
)
URGENCIES = ("standard", "economy", "standard", "express")
MAX_LINES = 3


async def sample_orders(engine: Engine, count: int) -> list[Order]:
    """Return so many orders of one to three lines each, with ids that no other call gives.

    Raises:
        Refused: there is nothing to order.

    """
    async with engine.database.reading() as tx:
        articles = await tx.catalog.articles(await tx.catalog.skus())
    sold = [article for article in articles.values() if not article.discontinued]
    if not sold:
        raise Refused.of(
            Problem(
                path="--sample",
                expected="articles in the catalog",
                came="none",
                remedy="load some with `fulfillment catalog load samples/catalog.json`",
            )
        )
    same_money = [article for article in sold if article.currency == sold[0].currency]
    now = engine.clock.now()
    prefix = f"SAMPLE-{now:%y%m%d-%H%M%S}{now.microsecond // 1000:03}"
    return [_order(f"{prefix}-{n}", now.isoformat(), n, same_money) for n in range(1, count + 1)]


def _order(order_id: str, placed_at: str, number: int, articles: Sequence[Article]) -> Order:
    name, email, street, city, postal_code, country = CUSTOMERS[number % len(CUSTOMERS)]
    chosen = {(number * 5 + step * 7) % len(articles) for step in range(1 + number % MAX_LINES)}
    return parse_order(
        {
            "order_id": order_id,
            "placed_at": placed_at,
            "currency": articles[0].currency,
            "customer": {"name": name, "email": email},
            "ship_to": {
                "name": name,
                "street": [street],
                "city": city,
                "postal_code": postal_code,
                "country": country,
            },
            "lines": [
                {
                    "sku": articles[index].sku,
                    "quantity": 1 + (number + index) % 2,
                    "unit_price_minor": articles[index].unit_value_minor,
                }
                for index in sorted(chosen)
            ],
            "shipping_minor": 490,
            "payment": {"method": "to_authorize", "reference": "tok_visa"},
            "urgency": URGENCIES[number % len(URGENCIES)],
        }
    )
