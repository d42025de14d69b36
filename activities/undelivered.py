"""Goods of parcels that were given up: booked off, and found again where they turn up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.records import ActionRecord, FulfillmentRecord, ParcelRecord, TaskRecord, TaskState
from fulfillment.stores import UnitOfWork
from fulfillment.stores.given_up import AWAY, GivenUpParcel, Whereabouts


def undelivered(parcel_id: str) -> Account:
    """Return the account of what is in a parcel that was given up."""
    return Account(kind=AccountKind.UNDELIVERED, ref=parcel_id)


async def booked_off(tx: UnitOfWork, parcels: Sequence[ParcelRecord]) -> list[Movement]:
    """Return how the contents of parcels leave their fulfillment's account with the carrier.

    The carrier's account is by SKU and lot, and not by parcel: of an article in several lots, the
    first ones are taken.
    """
    movements: list[Movement] = []
    left: dict[tuple[str, str], int] = {}
    source = Account(kind=AccountKind.CARRIER, ref=parcels[0].fulfillment_id)
    for sku, lot, quantity in sorted(await tx.stock.contents(str(source))):
        left[sku, lot] = quantity
    for parcel in parcels:
        for _, sku, units in parcel.contents:
            for lot, quantity in _taken(left, sku, units):
                target = undelivered(parcel.parcel_id)
                movements.append(
                    Movement(sku=sku, lot=lot, quantity=quantity, source=source, target=target)
                )
    return movements


def _taken(left: dict[tuple[str, str], int], wanted: str, units: int) -> list[tuple[str, int]]:
    """Take units of an article from what is left, lot by lot; return what was taken of which."""
    taken: list[tuple[str, int]] = []
    for (sku, lot), quantity in left.items():
        if sku == wanted and (part := min(quantity, units)):
            taken.append((lot, part))
            units -= part
    left.update({(wanted, lot): left[wanted, lot] - part for lot, part in taken})
    return taken


async def expect_back(
    tx: UnitOfWork, share: FulfillmentRecord, given_up: GivenUpParcel, at: datetime
) -> None:
    """Open the task to receive a given-up parcel when it comes back."""
    await tx.tasks.open(
        TaskRecord(
            task_id=f"{given_up.parcel_id}-undelivered",
            kind=TaskKind.UNDELIVERED,
            fulfillment_id=share.fulfillment_id,
            order_id=share.order_id,
            warehouse_id=share.warehouse_id,
            plan={
                "tracking_number": given_up.tracking_number,
                "parcel_id": given_up.parcel_id,
                "cause": given_up.cause,
                "choice": given_up.choice.value,
            },
            opened_at=at,
        )
    )


async def note_late_arrival(tx: UnitOfWork, parcel: ParcelRecord, at: datetime) -> None:
    """Book that a parcel has reached its customer after it was given up, and have it seen to.

    Nothing is done of a parcel that nobody had given up, or whose goods are back.
    """
    given_up = {
        one.parcel_id: one for one in await tx.given_up.of_fulfillment(parcel.fulfillment_id)
    }
    one = given_up.get(parcel.parcel_id)
    if one is None or one.goods not in AWAY:
        return
    customer = Account(kind=AccountKind.CUSTOMER, ref=parcel.order_id)
    await found_again(tx, one, customer, Whereabouts.ARRIVED, "carrier", at)
    share = await tx.fulfillments.get(parcel.fulfillment_id)
    plan = {
        "tracking_number": one.tracking_number,
        "parcel_id": one.parcel_id,
        "choice": one.choice.value,
        "do": "ask the customer to keep and pay, or to send back, what came twice",
    }
    told = f"{one.tracking_number} has arrived, and was given up ({one.choice.value})"
    await have_seen_to(tx, share, plan, told, at)


async def have_seen_to(
    tx: UnitOfWork, share: FulfillmentRecord, plan: dict[str, Any], told: str, at: datetime
) -> None:
    """Ask a person to see to a parcel that has arrived and was not to, and put that on record."""
    await tx.tasks.open(
        TaskRecord(
            task_id=f"{plan['parcel_id']}-late",
            kind=TaskKind.LATE_ARRIVAL,
            fulfillment_id=share.fulfillment_id,
            order_id=share.order_id,
            warehouse_id=share.warehouse_id,
            plan=plan,
            opened_at=at,
        )
    )
    await tx.journal.add_action(
        ActionRecord(
            at=at,
            by="carrier",
            action="late_arrival",
            order_id=share.order_id,
            fulfillment_id=share.fulfillment_id,
            detail=told,
        )
    )


async def found_again(  # noqa: PLR0913, PLR0917 - which goods, where they are, and who says so
    tx: UnitOfWork,
    given_up: GivenUpParcel,
    target: Account,
    goods: Whereabouts,
    by: str,
    at: datetime,
) -> None:
    """Book where the goods of a given-up parcel have turned up; nobody waits for them any more."""
    source = undelivered(given_up.parcel_id)
    movements = [
        Movement(sku=sku, lot=lot, quantity=quantity, source=source, target=target)
        for sku, lot, quantity in await tx.stock.contents(str(source))
    ]
    key = f"parcel/{given_up.parcel_id}/found_again/-/1"
    await tx.stock.move(key, movements, by=by, reason=goods.value, at=at)
    await tx.given_up.set_goods(given_up.parcel_id, goods)
    for task in await tx.tasks.page(
        kind=TaskKind.UNDELIVERED, fulfillment_id=given_up.fulfillment_id
    ):
        if task.plan.get("parcel_id") == given_up.parcel_id:
            await tx.tasks.close(task.task_id, TaskState.DONE, by, at)
