"""Availability, shipping data and destination."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from temporalio import activity

from activities.availability import levels_today
from activities.carrier_verdicts import CarrierSaid, carrier_said
from activities.effects import Effects, first_result
from activities.risk_check import assess_risk
from fulfillment.domain.catalog import Article
from fulfillment.domain.customs import crosses_border, customs_problems
from fulfillment.domain.geography import place_of
from fulfillment.domain.holds import Finding, HoldKind
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.orders import LineQuantity, Order
from fulfillment.domain.risk import risk_finding
from fulfillment.messages import Verification, VerifyOrder
from fulfillment.ports import Ports
from fulfillment.stores import UnitOfWork


class VerificationActivities:
    """Looks for what would keep the order from arriving."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="verify_order")
    async def verify_order(self, request: VerifyOrder) -> Verification:
        """Return what is wrong with the order; with nothing wrong, or doubts waived, it goes on."""
        said = await self._carrier_said(request)

        async def verify(tx: UnitOfWork) -> Verification:
            record = await tx.orders.get(request.order_id)
            order, risk = record.order, await assess_risk(tx, self._ports.risk, record)
            found = [*shipping_findings(self._ports, order), *address_doubts(self._ports, order)]
            found += [*said.findings, *await _goods_findings(tx, order)]
            if risk is not None and risk.holds:
                found.append(risk_finding(risk))
            if request.waived:
                found = [one for one in found if not one.is_doubt]
            if not found:
                now = self._ports.clock.now()
                await tx.orders.set_stage(order.order_id, OrderStage.RESERVING, "", now)
            short = await _expected_back_orders(tx, order, self._ports.clock.now())
            return Verification(
                findings=tuple(found),
                expected_back_orders=tuple(short),
                remarks=said.remarks,
                risk=risk,
            )

        return await self._effects.once(request, request.order_id, Verification, verify)

    async def _carrier_said(self, request: VerifyOrder) -> CarrierSaid:
        """Ask a carrier about the address, unless that was done before or is of no account."""
        verifier = self._ports.verifier
        if verifier is None or request.waived:
            return CarrierSaid()
        async with self._ports.database.reading() as tx:
            if await first_result(tx, request, Verification) is not None:
                return CarrierSaid()
            order = (await tx.orders.get(request.order_id)).order
        return await carrier_said(verifier, order.ship_to)


def shipping_findings(ports: Ports, order: Order) -> list[Finding]:
    """Return what is wrong with where an order goes: address, phone, print, destination."""
    ship_to, phone = order.ship_to, order.ship_to.phone or order.customer.phone
    unusable, doubtful = HoldKind.ADDRESS_UNUSABLE, HoldKind.ADDRESS_AMBIGUOUS
    found = _findings("address", unusable, ports.addresses.problems(ship_to))
    if phone:
        found += _findings("phone", doubtful, ports.phones.problems(phone, ship_to.country))
    found += _findings("label", HoldKind.DOCUMENTS, ports.documents.problems(_printed(order)))
    if place_of(ship_to) is None:
        found += _findings("destination", unusable, [f"{ship_to.country} is not served"])
    return found


def address_doubts(ports: Ports, order: Order) -> list[Finding]:
    """Return what may be wrong with the address, and may be right."""
    doubts = ports.addresses.doubts(order.ship_to)
    return _findings("address", HoldKind.ADDRESS_AMBIGUOUS, doubts)


def _findings(subject: str, kind: HoldKind, messages: Iterable[str]) -> list[Finding]:
    return [Finding(subject=subject, message=message, kind=kind) for message in messages]


def _printed(order: Order) -> dict[str, str]:
    """Return the texts that its papers will carry, by their paths."""
    texts = {f"ship_to, line {n}": line for n, line in enumerate(order.ship_to.lines(), 1)}
    if order.ship_to.tax_id:
        texts["ship_to.tax_id"] = order.ship_to.tax_id
    if order.gift and order.gift.message:
        texts["gift.message"] = order.gift.message
    for line in order.lines:
        for name, wish in line.properties.items():
            texts[f"line {line.line_no}, {name}"] = f"{name}: {wish}"
    return texts


async def _goods_findings(tx: UnitOfWork, order: Order) -> list[Finding]:
    articles = await tx.catalog.articles({line.sku for line in order.lines})
    gone = [line.sku for line in order.lines if articles[line.sku].discontinued]
    told = [f"{sku} is discontinued" for sku in gone]
    found = _findings("availability", HoldKind.AVAILABILITY, told)
    return [*found, *await undeclarable(tx, order, articles)]


async def undeclarable(
    tx: UnitOfWork, order: Order, articles: Mapping[str, Article]
) -> list[Finding]:
    """Return what customs would lack, if the order crosses a border from each warehouse."""
    problems = customs_problems(articles.values())
    if not problems:
        return []
    warehouses = await tx.catalog.warehouses()
    if not all(crosses_border(place.address, order.ship_to) for place in warehouses):
        return []
    return _findings("customs", HoldKind.DOCUMENTS, map(str, problems))


async def _expected_back_orders(tx: UnitOfWork, order: Order, now: datetime) -> list[LineQuantity]:
    left: dict[str, int] = {}
    for level in await levels_today(tx, {line.sku for line in order.lines}, now):
        left[level.sku] = left.get(level.sku, 0) + level.available
    short = []
    for line in order.lines:
        have = min(line.quantity, max(0, left.get(line.sku, 0)))
        left[line.sku] = left.get(line.sku, 0) - have
        if have < line.quantity:
            missing = line.quantity - have
            short.append(LineQuantity(line_no=line.line_no, sku=line.sku, quantity=missing))
    return short
