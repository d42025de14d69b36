"""Measures the decision on cartons and service, and documents: ``python -m bench.shipping``.

It prints JSON. The demo's seeded orders (`--orders` of them), as they are and as a reseller would
place them, are decided on with all carton plans and with the fewest cartons alone, by the sample
tariffs: what both cost, cartons included, and where the time of a decision goes. `worse` counts the
orders that are dearer decided jointly although the fewest cartons' service is no later.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from activities.shipping_choice import ChosenPlan, PackedGoods, ShippingChoices
from fulfillment.bootstrap import SystemClock
from fulfillment.carriers.all_carriers import AllCarriers
from fulfillment.carriers.contract import ContractCarrier, load_tariffs
from fulfillment.domain.carton_search import cartonize
from fulfillment.domain.carton_validation import validate_plan
from fulfillment.domain.cartonization import PackItem, PackPlan, PackRules, pack_item
from fulfillment.domain.documents import LabelContent, SlipContent, SlipLine
from fulfillment.domain.gs1 import sscc, tracking_number
from fulfillment.domain.orders import Order, Urgency
from fulfillment.domain.shipping_decision import ShippingRules
from fulfillment.domain.tariffs import Mode
from fulfillment.domain.weighing import Weighing
from fulfillment.labels.pdf import PdfDocuments
from fulfillment.planners.cartons import ThreadedPackPlanner
from fulfillment.simulation.scenario import AddressKind, load_scenario
from fulfillment.simulation.world import World, make_world

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
RULES = PackRules(padding_mm=15)
"""As the settings are by default."""
LIMIT = timedelta(seconds=4)
STEPS = ("fewest_cartons", "candidates", "certified", "rated_and_chosen")


class Case(NamedTuple):
    """An order's goods in one warehouse."""

    goods: PackedGoods
    items: Sequence[PackItem]


class Decided(NamedTuple):
    """An order decided on both ways, and how long each step took."""

    joint: ChosenPlan
    fewest: ChosenPlan
    plans: int
    seconds: dict[str, float]

    @property
    def minor(self) -> tuple[int, int]:
        """Return the cost of both, in minor units."""
        joint, fewest = self.joint.decision.cost, self.fewest.decision.cost
        return (joint.amount_minor if joint else 0, fewest.amount_minor if fewest else 0)

    @property
    def worse(self) -> bool:
        """Return whether the joint decision is dearer, and not for being earlier."""
        joint, fewest = self.minor
        one, other = self.joint.service, self.fewest.service
        if one is None or other is None:
            return joint > fewest
        return joint > fewest and one.projected_delivery >= other.projected_delivery


def seeded_world(orders: int) -> World:
    """Return the demo's world with at least so many orders."""
    scenario = load_scenario("first")
    groups = [g for g in scenario.groups if g.address is AddressKind.USABLE]
    each = -(-orders // len(groups))
    more = tuple(group.model_copy(update={"count": each}) for group in groups)
    return make_world(scenario.model_copy(update={"groups": more}), AT)


def cases(orders: int, *, most_units: int) -> Iterator[Case]:
    """Yield orders with up to so many times their units, each promised for a day or not at all."""
    world = seeded_world(orders)
    articles = {article.sku: article for article in world.catalog.articles}
    for planned in world.orders[:orders]:
        luck = Random(f"shipping/{most_units}/{planned.order.order_id}")
        order = planned.order.model_copy(
            update={
                "urgency": luck.choice(tuple(Urgency)),
                "deliver_by": luck.choice([None, AT.date() + timedelta(days=luck.randint(1, 9))]),
            }
        )
        warehouse = luck.choice(world.catalog.warehouses)
        goods = PackedGoods(order, warehouse, articles, world.catalog.cartons, Weighing(), AT)
        yield Case(goods, _items(order, goods, luck, most_units))


def _items(order: Order, goods: PackedGoods, luck: Random, most_units: int) -> list[PackItem]:
    return [
        pack_item(goods.articles[line.sku], line.line_no, unit)
        for line in order.lines
        for unit in range(1, line.quantity * luck.randint(1, most_units) + 1)
    ]


class _Watch:
    """Says how much processor time each step took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._began = time.process_time()

    def step(self, name: str) -> None:
        """Count the time since the last step for this one."""
        now = time.process_time()
        self.seconds[name], self._began = now - self._began, now


async def decide(case: Case, choices: ShippingChoices) -> Decided:
    """Decide on an order with all plans, and with the fewest cartons."""
    goods, items = case
    watch = _Watch()
    cartonize(items, goods.cartons, RULES)
    watch.step("fewest_cartons")
    plans = ThreadedPackPlanner(LIMIT).candidates(items, goods.cartons, RULES)
    watch.step("candidates")
    for plan in plans:
        validate_plan(plan, items, goods.cartons, RULES)
    watch.step("certified")
    joint = await choices.choose(plans, goods)
    watch.step("rated_and_chosen")
    return Decided(joint, await choices.choose(plans[:1], goods), len(plans), watch.seconds)


async def measured(orders: int, *, most_units: int) -> dict[str, Any]:
    """Return the figures of so many orders."""
    carrier = AllCarriers([ContractCarrier(load_tariffs())], SystemClock())
    choices = ShippingChoices(carrier, ShippingRules())
    asked = list(cases(orders, most_units=most_units))
    await decide(asked[0], choices)
    found = [await decide(case, choices) for case in asked]
    took = [sum(one.seconds.values()) - one.seconds["fewest_cartons"] for one in found]
    joint, fewest = (sum(one.minor[n] for one in found) for n in (0, 1))
    cheaper = [one for one in found if one.minor[0] < one.minor[1]]
    return {
        "orders": len(found),
        "units": sum(len(case.items) for case in asked),
        "decisions_per_s": round(len(found) / sum(took), 1),
        "decision_cpu_ms": {
            "median": _ms(statistics.median(took)),
            "p99": _ms(sorted(took)[len(took) * 99 // 100]),
            "mean_of_steps": {
                name: _ms(statistics.mean(one.seconds[name] for one in found)) for name in STEPS
            },
        },
        "plans_per_order": round(statistics.mean(one.plans for one in found), 2),
        "joint_cost": joint,
        "fewest_cartons_cost": fewest,
        "cheaper_percent": round(100 * (fewest - joint) / fewest, 3),
        "cheaper_orders": len(cheaper),
        "cheaper_percent_in_them": _percent(cheaper),
        "worse": sum(one.worse for one in found),
    }


def _percent(found: Sequence[Decided]) -> float:
    fewest = sum(one.minor[1] for one in found)
    return round(100 * (1 - sum(one.minor[0] for one in found) / fewest), 2) if fewest else 0.0


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def label_content(order: Order, plan: PackPlan, goods: PackedGoods) -> LabelContent:
    """Return what the label of a plan's first parcel might say."""
    return LabelContent(
        order_id=order.order_id,
        parcel_id=f"{order.order_id}-p1",
        parcel_number=1,
        parcel_count=len(plan.cartons),
        sender=goods.warehouse.address,
        recipient=order.ship_to,
        carrier_name="overland",
        service_name="Road Parcel",
        mode=Mode.ROAD,
        routing_code="DE-R-2",
        weight_g=plan.cartons[0].gross_weight_g,
        ship_on=AT.date(),
        sscc=sscc(3, "4099999", 1),
        tracking_number=tracking_number(1),
        fragile=True,
        upright=True,
    )


def slip_content(order: Order, goods: PackedGoods) -> SlipContent:
    """Return what the packing slip of an order in one parcel says."""
    return SlipContent(
        order_id=order.order_id,
        parcel_id=f"{order.order_id}-p1",
        parcel_number=1,
        parcel_count=1,
        sender=goods.warehouse.address,
        recipient=order.ship_to,
        ordered_on=order.placed_at.date(),
        lines=tuple(
            SlipLine(sku=line.sku, name=goods.articles[line.sku].name, quantity=line.quantity)
            for line in order.lines
        ),
    )


def documents(orders: int) -> dict[str, Any]:
    """Return how many documents of each kind are made in a second of processor time."""
    printer = PdfDocuments()
    labels, slips = [], []
    for goods, items in cases(orders, most_units=1):
        plan = cartonize(items, goods.cartons, RULES)
        labels.append(label_content(goods.order, plan, goods))
        slips.append(slip_content(goods.order, goods))
    pdfs = [printer.label(content) for content in labels]
    kinds: dict[str, tuple[Callable[[Any], bytes], Sequence[Any]]] = {
        "label_pdf": (printer.label, labels),
        "label_zpl": (printer.label_zpl, labels),
        "label_png": (printer.png, pdfs),
        "packing_slip_pdf": (printer.packing_slip, slips),
    }
    seconds = {name: _taken(make, contents) for name, (make, contents) in kinds.items()}
    return {
        "documents_per_s": round(len(kinds) * len(labels) / sum(seconds.values()), 1),
        "documents_per_s_by_kind": {
            name: round(len(labels) / took, 1) for name, took in seconds.items()
        },
    }


def _taken(make: Callable[[Any], bytes], contents: Sequence[Any]) -> float:
    make(contents[0])
    began = time.process_time()
    for content in contents:
        make(content)
    return time.process_time() - began


async def shipping(orders: int, printed: int) -> dict[str, Any]:
    """Return all figures: of the orders as they are, of a reseller's, and of documents."""
    usual = await measured(orders, most_units=1)
    return {**usual, **documents(printed), "reseller": await measured(orders, most_units=6)}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--documents", type=int, default=40, help="of each kind")
    asked = parser.parse_args()
    print(json.dumps(asyncio.run(shipping(asked.orders, asked.documents)), indent=2))


if __name__ == "__main__":
    main()
