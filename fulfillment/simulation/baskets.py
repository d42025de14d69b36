"""What customers put into their baskets, by what an order is for."""

from collections.abc import Callable
from random import Random

from fulfillment.domain.catalog import Article
from fulfillment.domain.orders import OrderLine
from fulfillment.simulation.assortment import (
    ARTICLES,
    AWAITED,
    ENGRAVABLE,
    EUROPE,
    MINOR_PER_CENT,
    ONLY_BERLIN,
    ONLY_ROTTERDAM,
    SCARCE,
    SCARCE_IN_BERLIN,
    SCATTERED,
    SPECIAL,
    SUBSTITUTE,
)
from fulfillment.simulation.scenario import Goods, Group

TAX_PERCENT = 19


def in_minor_units(cents: int, group: Group) -> int:
    """Return roughly what euro cents come to in the group's currency."""
    return round(cents * MINOR_PER_CENT.get(group.currency, 1.0))


def fill_basket(rng: Random, group: Group) -> tuple[OrderLine, ...]:
    """Return the lines of an order of that group, by luck."""
    chosen = _CHOICES[group.goods](rng, group)
    return tuple(_line(number, article, quantity, group) for number, (article, quantity) in chosen)


def _substitutes(article: Article, group: Group) -> tuple[str, ...]:
    replaceable = group.goods is Goods.REPLACEABLE and article.sku == ONLY_BERLIN
    return (SUBSTITUTE,) if replaceable else group.substitutes


def _line(number: int, article: Article, quantity: int, group: Group) -> OrderLine:
    price = in_minor_units(article.unit_value_minor, group)
    engraved = group.goods is Goods.ENGRAVED and article.sku in ENGRAVABLE
    return OrderLine(
        line_no=number,
        sku=article.sku,
        quantity=quantity,
        unit_price_minor=price,
        tax_minor=price * quantity * TAX_PERCENT // 100,
        properties={"engraving": "For Ada, 10 December"} if engraved else {},
        substitutes=_substitutes(article, group),
    )


Chosen = list[tuple[int, tuple[Article, int]]]


def _numbered(*chosen: tuple[Article, int]) -> Chosen:
    return list(enumerate(chosen, 1))


def _named(sku: str) -> Article:
    return next(article for article in ARTICLES if article.sku == sku)


def _ordinary(group: str) -> list[Article]:
    return [a for a in ARTICLES if a.segregation_group == group and a.sku not in SPECIAL]


def _plenty(rng: Random, group: Group) -> Chosen:
    overseas = bool(set(group.to) - set(EUROPE))
    # Nothing dangerous flies, and what goes overseas stays light.
    kind = "general" if overseas else rng.choice(("general", "general", "food", "batteries"))
    articles = _ordinary(kind)
    lines = rng.randint(1, min(3, len(articles)))
    return _numbered(*((a, rng.randint(1, 2)) for a in rng.sample(articles, lines)))


def _mixed(rng: Random, group: Group) -> Chosen:
    del group
    groups = ("general", "food", "chemicals")
    return _numbered(*((rng.choice(_ordinary(name)), 1) for name in groups))


def _engraved(rng: Random, group: Group) -> Chosen:
    del group
    return _numbered((_named(rng.choice(ENGRAVABLE)), 1), (_named("CHOCO-BOX"), 1))


def _split(rng: Random, group: Group) -> Chosen:
    del group
    return _numbered((_named(ONLY_BERLIN), 1), (_named(ONLY_ROTTERDAM), rng.randint(1, 2)))


def _awaited(rng: Random, group: Group) -> Chosen:
    del group
    return _numbered((_named(rng.choice(AWAITED)), rng.randint(1, 2)))


def _scarce(rng: Random, group: Group) -> Chosen:
    del rng, group
    return _numbered((_named(SCARCE), SCARCE_IN_BERLIN))


def _scattered(rng: Random, group: Group) -> Chosen:
    del rng, group
    return _numbered((_named(SCATTERED), 3))


def _replaceable(rng: Random, group: Group) -> Chosen:
    del rng, group
    return _numbered((_named(ONLY_BERLIN), 2))


def _fragile(rng: Random, group: Group) -> Chosen:
    del rng, group
    return _numbered((_named("GLASS-SET"), 1), (_named("COFFEE-1KG"), 2))


def _heavy(rng: Random, group: Group) -> Chosen:
    del rng, group
    return _numbered((_named("TEAPOT-CAST"), 4))


def _listed(rng: Random, group: Group) -> Chosen:
    del rng
    return _numbered(*((_named(sku), quantity) for sku, quantity in group.basket.items()))


_CHOICES: dict[Goods, Callable[[Random, Group], Chosen]] = {
    Goods.PLENTY: _plenty,
    Goods.MIXED: _mixed,
    Goods.ENGRAVED: _engraved,
    Goods.SPLIT: _split,
    Goods.AWAITED: _awaited,
    Goods.SCARCE: _scarce,
    Goods.SCATTERED: _scattered,
    Goods.REPLACEABLE: _replaceable,
    Goods.FRAGILE: _fragile,
    Goods.HEAVY: _heavy,
    Goods.LISTED: _listed,
}
