"""Which orders a campaign has: every kind of the sample scenarios, and those that they lack."""

from fulfillment.domain.lifecycle import OutcomeKind
from fulfillment.domain.supply import Supplier, SupplyMethod, SupplySource
from fulfillment.messages import NoticeKind
from fulfillment.simulation.chaos.plan import Plan
from fulfillment.simulation.scenario import (
    Act,
    AddressKind,
    Captured,
    Delivery,
    Expectation,
    Goods,
    Group,
    Scenario,
    load_scenario,
)

NEVER_THERE = "GLOBE-RELIEF"
"""Nobody has it, and nobody brings it: customers do without it, or take another article."""
PRODUCED = "CLOCK-WALL"
PURCHASED = "TEA-ASSAM"
DELIVERED = "HONEY-JAR"
"""Nobody has it until its delivery; also ordinary orders want it, and what is purchased."""

RISKY_EUR_MINOR = 150_000
"""More than any basket costs but that of the order that is held for its risk."""

APPROVED_MINOR = 10_000
"""A return of more than this a person approves; only what is to be refused costs more."""

TEA_HOUSE = Supplier(supplier_id="TEA-HOUSE", name="Tea House", email="orders@tea.example")

_ALL_WELL = Expectation(
    outcome=OutcomeKind.COMPLETED,
    summary="completed",
    fulfillments=1,
    parcels=1,
    notices={NoticeKind.ACKNOWLEDGED: 1, NoticeKind.SHIPPED: 1, NoticeKind.DELIVERED: 1},
    captured=Captured.DELIVERED,
)
"""How orders end that no fault touches; a campaign judges what was lost, not this."""


def _listed(kind: str, sku: str, quantity: int, *acts: Act) -> Group:
    basket = {sku: quantity}
    return Group(kind=kind, count=1, goods=Goods.LISTED, basket=basket, acts=acts, expect=_ALL_WELL)


ADDED = (
    _listed("address asked for", "TEAPOT-CAST", 1, Act.ASK_CUSTOMER).model_copy(
        update={"to": ("DE",), "address": AddressKind.UNUSABLE}
    ),
    _listed("held for its risk", "HEADPHONES", 12, Act.RELEASE),
    _listed("another article taken", NEVER_THERE, 1).model_copy(
        update={"substitutes": ("LAMP-DESK",)}
    ),
    _listed("back-order, then purchase", PURCHASED, 2),
    _listed("refused at the door", "KNIFE-CHEF", 1, Act.REFUSE),
    _listed("return refused", "RUG-JUTE", 1, Act.RETURN_REFUSED),
    _listed("return that never came", "CHOCO-BOX", 1, Act.NEVER_SENT),
    _listed("picker replaced", "BOARD-OAK", 2, Act.REPLACE_PICKER).model_copy(
        update={"to": ("DE",), "near_berlin": True}
    ),
)
"""Kinds that no sample scenario has."""

_SOURCES = (
    SupplySource(
        sku=PURCHASED,
        method=SupplyMethod.PURCHASE,
        supplier_id=TEA_HOUSE.supplier_id,
        warehouse_id="BER",
        bin_id="BER-05-19-R",
        lead_time_days=0,
        lot_size=3,
    ),
)


def kinds() -> tuple[Group, ...]:
    """Return one group of each kind, with names that differ."""
    first, exceptions = load_scenario("first"), load_scenario("exceptions")
    known = {group.kind for group in first.groups}
    awaited = {"goods": Goods.LISTED, "basket": {DELIVERED: 2}}
    return (
        *(g.model_copy(update=awaited) if g.goods is Goods.AWAITED else g for g in first.groups),
        *(_not_told(group, known) for group in exceptions.groups),
        *ADDED,
    )


def _not_told(group: Group, known: set[str]) -> Group:
    """Return a group of a story as one of many, which has no books of its own to verify."""
    kind = f"{group.kind}, mended" if group.kind in known else group.kind
    # Who makes clocks makes them for all who wait, whoever's story began it.
    acts = tuple(act for act in group.acts if act is not Act.PRODUCE)
    expect = group.expect.model_copy(update={"books": None})
    return group.model_copy(update={"kind": kind, "acts": acts, "expect": expect})


def scenario_of(plan: Plan, seed: int) -> Scenario:
    """Return a scenario with as many orders as the plan has, each kind about equally often.

    Where orders are fewer than kinds, some kinds have none.
    """
    groups = kinds()
    each, rest = divmod(plan.orders, len(groups))
    plain = next(group for group in groups if is_plain(group))
    counted = [so_many(group, each + (rest if group is plain else 0)) for group in groups]
    return Scenario(
        name="chaos",
        about="Every kind of order, while everything breaks.",
        seed=seed,
        prefix="CHAOS",
        groups=tuple(group for group in counted if group.count),
        deliveries=(_delivery(plan),),
        absent=(PURCHASED, DELIVERED),
        suppliers=(TEA_HOUSE,),
        supply_sources=(*load_scenario("exceptions").supply_sources, *_SOURCES),
    )


def _delivery(plan: Plan) -> Delivery:
    quantity = 6 * plan.orders
    return Delivery(sku=DELIVERED, warehouse_id="RTM", quantity=quantity, after_seconds=6)


def is_plain(group: Group) -> bool:
    """Return whether nothing is out of the ordinary with a group's orders."""
    return group == Group(kind=group.kind, count=group.count, expect=group.expect)


def so_many(group: Group, count: int) -> Group:
    """Return a group of so many orders; scarce goods are there for one order only."""
    return group.model_copy(
        update={"count": min(1, count) if group.goods is Goods.SCARCE else count}
    )
