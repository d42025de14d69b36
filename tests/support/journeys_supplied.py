"""Journeys that wait for what is purchased or produced for them."""

from datetime import timedelta
from typing import Any

import plant as plants
from driving import Drive
from fulfillment.domain.lifecycle import Nudge, OrderStage, Patience
from fulfillment.domain.supply import SupplyEnd, SupplyReport, SupplyState
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.messages import NoticeKind
from fulfillment.messages.back_orders import ChooseBackOrder
from fulfillment.operations import back_orders, supply
from fulfillment.operations.catalog import load_catalog, parse_catalog
from journey import supplied
from plant import Plant, eventually
from workflows.supply import SupplyWorkflow

SOON = timedelta(seconds=1)
SUPPLIED: dict[str, Any] = {
    "supply": "automatic",
    "supply_overdue": Patience(
        remind_after=SOON, escalate_after=SOON, then_after=timedelta(hours=1)
    ),
}
BIN = "BER-A2-07"


@supplied
async def purchased(shop: Plant, drive: Drive) -> None:
    """Have it purchased, when it is overdue press who can ask, and receive it in two parts."""
    sku = await _offered(shop, f"BUY-{drive.order_id}")
    await drive.submit(("MUG", 1), (sku, 3))
    one = await _under_way(shop, sku, SupplyState.ORDERED)
    await _told(shop, one, Nudge.ESCALATION.value)
    await drive.carry(1)
    for number, units in ((2, 2), (3, 1)):
        report = SupplyReport(receipt_id=f"{drive.order_id}-{number}", quantity=units, by="ann")
        await supply.receive_supply(shop.engine, one.supply_id, report)
        await drive.carry(number)
    await drive.ended()
    await supply.supply_handle(shop.engine, one.supply_id).result()


@supplied
async def produced(shop: Plant, drive: Drive) -> None:
    """Have it produced of components that are in stock."""
    part = await _offered(shop, f"PART-{drive.order_id}")
    await shop.stock(drive.order_id, [(BIN, part, 4)])
    making = [{"sku": part, "quantity": 2}]
    sku = await _offered(shop, f"MAKE-{drive.order_id}", method="production", components=making)
    await drive.submit(("MUG", 1), (sku, 2))
    one = await _under_way(shop, sku, SupplyState.PRODUCING)
    await drive.carry(1)
    report = SupplyReport(receipt_id=f"{drive.order_id}-2", by="bo")
    await supply.receive_supply(shop.engine, one.supply_id, report)
    await drive.carry(2)
    await drive.ended()
    await supply.supply_handle(shop.engine, one.supply_id).result()


@supplied
async def not_supplied(shop: Plant, drive: Drive) -> None:
    """Learn that a purchase has failed, and give up what it was to bring."""
    sku = await _offered(shop, f"BUY-{drive.order_id}")
    await drive.submit(("MUG", 1), (sku, 1))
    one = await _under_way(shop, sku, SupplyState.ORDERED)
    await drive.at(OrderStage.BACK_ORDERED)
    end = SupplyEnd(reason="discontinued", by="eve")
    await supply.end_supply(shop.engine, one.supply_id, end, failed=True)
    await _asked_again(shop, drive)
    choices = [{"line_no": 2, "choice": "cancel"}]
    request = ChooseBackOrder.model_validate({"choices": choices, "by": "ada"})
    await back_orders.choose_back_order(shop.engine, drive.order_id, request)
    await drive.carry(1)
    await drive.ended()
    await supply.supply_handle(shop.engine, one.supply_id).result()


async def _offered(shop: Plant, sku: str, **source: Any) -> str:
    """Give an article that a supplier sells, or that is produced."""
    way = source or {"method": "purchase", "supplier_id": "ACME"}
    place = {"sku": sku, "warehouse_id": plants.BERLIN, "bin_id": BIN, "lead_time_days": 0}
    data = {
        "articles": [{**plants.ARTICLES[1].model_dump(mode="json"), "sku": sku}],
        "suppliers": [{"supplier_id": "ACME", "name": "Acme", "email": "sales@acme.example"}],
        "supply_sources": [{**place, **way}],
    }
    await load_catalog(shop.engine, parse_catalog(data))
    return sku


async def _under_way(shop: Plant, sku: str, state: SupplyState) -> SupplyRecord:
    async def look() -> SupplyRecord | None:
        found = await shop.read(lambda tx: tx.supply.page(limit=500))
        one = next((one for one in found if (one.sku, one.state) == (sku, state)), None)
        if one is None:
            return None
        # What is on record, the workflow may not know yet.
        shown = await supply.supply_handle(shop.engine, one.supply_id).query(SupplyWorkflow.status)
        return shown if shown is not None and shown.state is state else None

    found: SupplyRecord = await eventually(look)
    return found


async def _told(shop: Plant, one: SupplyRecord, text: str) -> None:
    handle = supply.supply_handle(shop.engine, one.supply_id)

    async def look() -> bool:
        told = await handle.query(SupplyWorkflow.timeline)
        return any(text in entry.event for entry in told)

    await eventually(look)


async def _asked_again(shop: Plant, drive: Drive) -> None:
    """Wait until the customer was told twice that goods are missing."""

    async def look() -> bool:
        notices = await shop.read(lambda tx: tx.journal.notices(drive.order_id))
        return [notice.kind for notice in notices].count(NoticeKind.BACK_ORDERED) == 2

    await eventually(look)
