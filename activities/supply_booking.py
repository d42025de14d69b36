"""Booking what a supply order brings, and what its production takes, in one transaction."""

import json
from collections.abc import Mapping
from datetime import datetime

from fulfillment.domain.errors import ConfirmationRefused, Problem
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.supply import (
    ComponentsGo,
    SupplyMethod,
    SupplyReport,
    SupplyState,
    check_report,
)
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import effect_key


def origin(supply: SupplyRecord) -> Account:
    """Return the account that a supply order's goods enter the books from."""
    purchased = supply.method is SupplyMethod.PURCHASE
    kind = AccountKind.SUPPLIER if purchased else AccountKind.PRODUCTION
    return Account(kind=kind, ref=supply.supply_id)


def in_bin(bin_id: str) -> Account:
    """Return the account of a bin."""
    return Account(kind=AccountKind.BIN, ref=bin_id)


async def held_supply(tx: UnitOfWork, supply_id: str) -> SupplyRecord:
    """Return a supply order that nobody else changes until the end of the transaction.

    All SKUs are held at once: its own, and those of its components.

    Raises:
        NotFound: no such supply order.

    """
    sku = (await tx.supply.get(supply_id)).sku
    source = await tx.supply.source(sku)
    parts = source.components if source else ()
    await tx.stock.levels([sku, *(part.sku for part in parts)])
    return await tx.supply.get(supply_id)


async def require_unbooked(tx: UnitOfWork, receipt_id: str | None, sku: str) -> None:
    """Refuse a delivery that the dock has booked as a receipt of stock; the SKU is held.

    Earlier releases have booked deliveries of supply orders so, too.

    Raises:
        ConfirmationRefused: this receipt of the article is booked already.

    """
    key = effect_key(f"receipt/{receipt_id}", "receive_stock")
    earlier = None if receipt_id is None else await tx.effects.find(key)
    booked = {} if earlier is None else json.loads(earlier.result)
    if sku in {booked.get("sku"), booked.get("supply", {}).get("sku")}:
        problem = Problem(
            path="receipt_id",
            expected=f"a delivery of {sku} that is not booked",
            came=f"{receipt_id}, which is",
            remedy="give another delivery a receipt id of its own",
        )
        raise ConfirmationRefused.of(problem)


async def book_receipt(
    tx: UnitOfWork, key: str, supply: SupplyRecord, report: SupplyReport, at: datetime
) -> SupplyRecord:
    """Book what has come into its bin, all that is outstanding if not said otherwise.

    Raises:
        ConfirmationRefused: nothing, or fewer units, are outstanding.
        NotFound: no such bin.

    """
    check_report(supply.state, supply.outstanding, report.quantity)
    units = report.quantity or supply.outstanding
    movement = Movement(
        sku=supply.sku,
        lot=report.lot,
        quantity=units,
        source=origin(supply),
        target=in_bin(report.bin_id or supply.bin_id),
    )
    reason = f"supply order {supply.supply_id}"
    await tx.stock.move(key, [movement], by=report.by, reason=reason, at=at)
    return await add_received(tx, supply, units, at)


async def add_received(
    tx: UnitOfWork, supply: SupplyRecord, units: int, at: datetime
) -> SupplyRecord:
    """Record that units of a supply order have come; with the last one it has ended."""
    received = supply.received + units
    changed: dict[str, object] = {"received": received}
    if received == supply.ordered:
        changed |= {"state": SupplyState.RECEIVED, "state_since": at}
    after = supply.model_copy(update=changed)
    await tx.supply.save(after)
    return after


async def require_undated(tx: UnitOfWork, supply: SupplyRecord) -> None:
    """Refuse what can be booked with its lot's date only.

    Raises:
        ConfirmationRefused: the article expires.

    """
    article = (await tx.catalog.articles([supply.sku]))[supply.sku]
    if article.min_shelf_life_days is not None:
        raise ConfirmationRefused.of(
            Problem(
                path="lot",
                expected=f"the lot of {supply.sku} with its last day, since it expires",
                came="a receipt without that day",
                remedy=f"`fulfillment stock receive --supply {supply.supply_id} --expires …`",
            )
        )


def takes(
    needed: Mapping[str, int], stock: Mapping[str, list[tuple[str, str, int]]], supply: SupplyRecord
) -> list[Movement]:
    """Return the movements of components from these bins (bin, lot, units) into production."""
    moved = []
    for sku, units in sorted(needed.items()):
        left = units
        for bin_id, lot, there in stock.get(sku, []):
            take = min(left, there)
            if take:
                moved.append(
                    Movement(
                        sku=sku,
                        lot=lot,
                        quantity=take,
                        source=in_bin(bin_id),
                        target=origin(supply),
                    )
                )
            left -= take
    return moved


async def leave_production(
    tx: UnitOfWork, supply: SupplyRecord, left: Mapping[str, int], go: ComponentsGo
) -> list[Movement]:
    """Return the movements of components out of production: into their bins again, or to scrap."""
    moved = []
    rest = dict(left)
    for taken in await tx.stock.taken_into(origin(supply)):
        units = min(rest.get(taken.sku, 0), taken.quantity)
        if units > 0:
            scrap = Account(kind=AccountKind.SCRAP, ref=supply.supply_id)
            target = taken.source if go is ComponentsGo.BACK else scrap
            changed = {"quantity": units, "source": taken.target, "target": target}
            moved.append(taken.model_copy(update=changed))
            rest[taken.sku] -= units
    return moved
