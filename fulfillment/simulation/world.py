"""Makes the world of a scenario from its seed: catalog, opening stock, orders and scripts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Instant, StrictValue
from fulfillment.domain.catalog import Article, Bin, Warehouse
from fulfillment.domain.orders import (
    Customer,
    Gift,
    Order,
    Payment,
    PaymentMethod,
)
from fulfillment.domain.replacements import replacement_id
from fulfillment.domain.units import Dimensions
from fulfillment.operations.catalog import Catalog
from fulfillment.operations.stock import Receipt
from fulfillment.simulation.assortment import (
    ARTICLES,
    AWAITED,
    BERLIN,
    CARTONS,
    EUROPE,
    HOMES,
    ONLY_BERLIN,
    ONLY_ROTTERDAM,
    PEOPLE,
    REGIONS,
    ROTTERDAM,
    SCARCE,
    SCARCE_IN_BERLIN,
    SCATTERED,
    WAREHOUSES,
    WRONG_POSTAL_CODE,
)
from fulfillment.simulation.baskets import fill_basket, in_minor_units
from fulfillment.simulation.scenario import Act, AddressKind, Delivery, Goods, Group, Scenario

DISCOUNT_PERCENT = 10
ONE_IN = 4
"""So many orders have a discount, and as many pay for shipping."""


FOLLOWED = frozenset({Act.LOSE, Act.EXCHANGE, Act.REPLACE})
"""Acts after which another order takes the place of goods."""


class PlannedOrder(StrictValue):
    """An order as the storefront hands it in, with what is to happen to it."""

    order: Order
    group: Group
    corrected: Address
    """Where the goods can really be sent."""

    @property
    def acts(self) -> tuple[Act, ...]:
        """Return what is out of the ordinary about it."""
        return self.group.acts


class World(StrictValue):
    """All that there is before the first order comes in."""

    scenario: Scenario
    placed_at: Instant
    catalog: Catalog
    orders: tuple[PlannedOrder, ...]

    def planned(self, order_id: str) -> PlannedOrder | None:
        """Return the order of that id, or None where somebody else handed it in."""
        return next((p for p in self.orders if p.order.order_id == order_id), None)

    def stories(self) -> list[PlannedOrder]:
        """Return the orders that are told as stories."""
        return [planned for planned in self.orders if planned.group.expect.books]

    def order_ids(self) -> list[str]:
        """Return the ids of all orders that there will be: those planned, then replacements."""
        planned = [planned.order.order_id for planned in self.orders]
        return planned + self.replacement_ids()

    def replacement_ids(self) -> list[str]:
        """Return the ids of the orders that take the place of goods of others."""
        replaced = (one.order.order_id for one in self.orders if FOLLOWED.intersection(one.acts))
        return [replacement_id(name, 1) for name in replaced]

    def deliveries(self) -> dict[str, Delivery]:
        """Return the scenario's deliveries by the ids of their receipts."""
        return {
            f"delivery-{number}-{delivery.sku}": delivery
            for number, delivery in enumerate(self.scenario.deliveries, 1)
        }

    def receiving_bin(self, delivery: Delivery) -> str:
        """Return the bin that a delivery goes into: the warehouse's last one."""
        return [b.bin_id for b in self.catalog.bins if b.warehouse_id == delivery.warehouse_id][-1]


def make_world(scenario: Scenario, placed_at: datetime) -> World:
    """Return the world of a scenario; the same seed and time give the same world.

    Args:
        scenario: what comes in.
        placed_at: when the last order was placed, timezone-aware.

    """
    rng = Random(f"{scenario.seed}/stock")
    bins = tuple(bin_ for warehouse in WAREHOUSES for bin_ in _bins(warehouse))
    orders = list(scenario.orders())
    return World(
        scenario=scenario,
        placed_at=placed_at,
        catalog=Catalog(
            articles=tuple(_varied(Random(f"{scenario.seed}/{a.sku}"), a) for a in ARTICLES),
            cartons=CARTONS,
            warehouses=WAREHOUSES,
            bins=bins,
            suppliers=scenario.suppliers,
            supply_sources=scenario.supply_sources,
            opening_stock=_opening_stock(rng, bins, scenario, len(orders)),
        ),
        orders=tuple(
            _plan_order(scenario, name, group, placed_at - timedelta(seconds=len(orders) - turn))
            for turn, (name, group) in enumerate(orders, 1)
        ),
    )


def _varied(rng: Random, article: Article) -> Article:
    sides = article.dimensions.model_dump()
    varied = {side: mm * rng.randint(95, 105) // 100 for side, mm in sides.items()}
    return article.model_copy(update={"dimensions": Dimensions(**varied)})


# --- the warehouses ------------------------------------------------------------------------------


def _bins(warehouse: Warehouse) -> list[Bin]:
    return [
        Bin(
            bin_id=f"{warehouse.warehouse_id}-{aisle:02d}-{cell:02d}-{side}",
            warehouse_id=warehouse.warehouse_id,
            aisle=aisle,
            cell=cell,
            side=side,
        )
        for aisle in range(warehouse.layout.aisles)
        for cell in range(warehouse.layout.cells)
        for side in ("L", "R")
    ]


def _opening_stock(
    rng: Random, bins: Sequence[Bin], scenario: Scenario, orders: int
) -> tuple[Receipt, ...]:
    goods = {group.goods for group in scenario.groups}
    stocked: list[Receipt] = []
    for warehouse in WAREHOUSES:
        # The last bin stays free for what comes in later.
        free = [b.bin_id for b in bins if b.warehouse_id == warehouse.warehouse_id][:-1]
        rng.shuffle(free)
        for article in (one for one in ARTICLES if one.sku not in scenario.absent):
            stocked += [
                Receipt(
                    receipt_id=f"opening-{warehouse.warehouse_id}-{article.sku}-{number}",
                    warehouse_id=warehouse.warehouse_id,
                    bin_id=free.pop(),
                    sku=article.sku,
                    quantity=quantity,
                    by="receiving dock",
                )
                for number, quantity in enumerate(
                    _bin_quantities(rng, article.sku, warehouse.warehouse_id, orders, goods), 1
                )
            ]
    return tuple(stocked)


def _bin_quantities(
    rng: Random, sku: str, warehouse_id: str, orders: int, goods: set[Goods]
) -> list[int]:
    if sku in AWAITED or (sku, warehouse_id) in (
        (ONLY_BERLIN, ROTTERDAM),
        (ONLY_ROTTERDAM, BERLIN),
    ):
        return []
    if sku == SCARCE and warehouse_id == BERLIN:
        return [SCARCE_IN_BERLIN]
    # At most three lines of two units an order, so two bins of this many serve them all.
    found = [rng.randint(3, 5) * orders + 10 for _ in range(rng.randint(1, 2))]
    if sku == SCATTERED and Goods.SCATTERED in goods:
        return [*found[:1], *found[:1]]
    return found[:1] if sku == ONLY_BERLIN and Goods.REPLACEABLE in goods else found


# --- the orders ----------------------------------------------------------------------------------


def _plan_order(scenario: Scenario, order_id: str, group: Group, at: Instant) -> PlannedOrder:
    rng = Random(f"{scenario.seed}/{order_id}")
    address = _address(rng, group)
    wrong = {"postal_code": WRONG_POSTAL_CODE.get(address.country, "")}
    usable = group.address is AddressKind.USABLE
    is_listed = group.goods is Goods.LISTED
    lines = fill_basket(rng, group)
    discount = sum(li.quantity * li.unit_price_minor for li in lines) * DISCOUNT_PERCENT // 100
    order = Order(
        order_id=order_id,
        placed_at=at,
        currency=group.currency,
        customer=_customer(address.name, address.phone),
        ship_to=address if usable else address.model_copy(update=wrong),
        lines=lines,
        shipping_minor=in_minor_units(490, group) if _one_in(rng) and not is_listed else 0,
        discount_minor=discount if _one_in(rng) and not is_listed else 0,
        payment=_payment(order_id, group),
        gift=_gift(address.name, group),
        urgency=group.urgency,
    )
    return PlannedOrder(order=order, group=group, corrected=address)


def _one_in(rng: Random) -> bool:
    return not rng.randrange(ONE_IN)


def _address(rng: Random, group: Group) -> Address:
    country = rng.choice(group.to or EUROPE)
    # Scarce goods must lie nearest to the customer: the first of the German homes.
    near = group.goods is Goods.SCARCE or group.near_berlin
    homes = HOMES[country][:1] if near else HOMES[country]
    street, city, postal_code, phone = rng.choice(homes)
    return Address(
        name=rng.choice(PEOPLE),
        street=(street,),
        city=city,
        region=REGIONS.get(country, ""),
        postal_code=postal_code,
        country=country,
        phone=phone,
    )


def _customer(name: str, phone: str | None) -> Customer:
    mailbox = name.lower().replace(" ", ".")
    return Customer(name=name, email=f"{mailbox}@customer.example", phone=phone)


def _payment(order_id: str, group: Group) -> Payment:
    references = {
        PaymentMethod.TO_AUTHORIZE: f"{group.card}-{order_id.lower()}",
        PaymentMethod.AUTHORIZED: f"auth-{order_id.lower()}",
        PaymentMethod.PAID: f"paid-{order_id.lower()}",
        PaymentMethod.ON_DELIVERY: None,
    }
    return Payment(method=group.payment, reference=references[group.payment])


def _gift(name: str, group: Group) -> Gift | None:
    if group.goods is not Goods.ENGRAVED:
        return None
    return Gift(message=f"Happy birthday, {name.split(maxsplit=1)[0]}!", wrap=True)
