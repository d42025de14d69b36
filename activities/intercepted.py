"""Parcels that were to come back and do not: with the customer after all, or lost."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from activities.tasks import task_id
from activities.undelivered import have_seen_to
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.put_backs import PutBackLine, PutBackOutcome, in_parcel
from fulfillment.records import FulfillmentRecord, ParcelRecord
from fulfillment.stores import UnitOfWork

DO = "ask the customer to pay, or to send back, what was refunded"


def _account_of(line: PutBackLine, outcome: PutBackOutcome, share: FulfillmentRecord) -> Account:
    """Return where units end that were to be put back."""
    match outcome:
        case PutBackOutcome.BACK:
            return Account(kind=AccountKind.BIN, ref=line.bin_id)
        case PutBackOutcome.ARRIVED:
            return Account(kind=AccountKind.CUSTOMER, ref=share.order_id)
        case PutBackOutcome.LOST | PutBackOutcome.DAMAGED:
            return Account(kind=AccountKind.ADJUSTMENT, ref=share.warehouse_id)


def moved(line: PutBackLine, outcome: PutBackOutcome, share: FulfillmentRecord) -> Movement:
    """Return how units that were to be put back get to where they end, from where they are now."""
    is_lost = line.outcome is PutBackOutcome.LOST
    return Movement(
        sku=line.sku,
        lot=line.lot,
        quantity=line.quantity,
        source=_account_of(line, PutBackOutcome.LOST, share)
        if is_lost
        else Account.parse(line.source),
        target=_account_of(line, outcome, share),
    )


async def note_arrival_in_spite(tx: UnitOfWork, parcel: ParcelRecord, at: datetime) -> None:
    """Book that a parcel has reached its customer although it was to come back.

    Its goods are not put back any more, and a person is asked to see to it. Nothing is done where
    they were put back: then the carrier errs, or who put them back.
    """
    share = await tx.fulfillments.get(parcel.fulfillment_id)
    if share.stage is not Stage.CANCELED:
        return
    away = [
        *await tx.changes.put_backs(share.fulfillment_id),
        *await tx.changes.put_backs(share.fulfillment_id, PutBackOutcome.LOST),
    ]
    arrived = in_parcel(parcel.contents, [line for line in away if line.left_with_carrier])
    if not arrived:
        return
    moves = [moved(line, PutBackOutcome.ARRIVED, share) for line in arrived]
    key = f"parcel/{parcel.parcel_id}/arrived_in_spite/-/1"
    await tx.stock.move(key, moves, by="carrier", reason=PutBackOutcome.ARRIVED.value, at=at)
    for line in arrived:
        await tx.changes.close_put_back(line, PutBackOutcome.ARRIVED, "carrier", at)
    await show_left(tx, share)
    plan = await _plan(tx, parcel, arrived)
    told = f"{plan['tracking_number']} has arrived, and was to come back"
    await have_seen_to(tx, share, plan, told, at)


async def show_left(tx: UnitOfWork, share: FulfillmentRecord) -> None:
    """Show on the task what is still to be put back."""
    name = task_id(share.fulfillment_id, TaskKind.PUT_BACK)
    left = await tx.changes.put_backs(share.fulfillment_id)
    for task in await tx.tasks.page(kind=TaskKind.PUT_BACK, fulfillment_id=share.fulfillment_id):
        if task.task_id == name:
            rows = [line.model_dump(mode="json") for line in left]
            await tx.tasks.replan(name, {**task.plan, "rows": rows})


async def _plan(
    tx: UnitOfWork, parcel: ParcelRecord, arrived: Sequence[PutBackLine]
) -> dict[str, Any]:
    labels = await tx.parcels.labels(parcel.fulfillment_id)
    numbers = [one.tracking_number for one in labels if one.parcel_id == parcel.parcel_id]
    return {
        "tracking_number": ", ".join(numbers),
        "parcel_id": parcel.parcel_id,
        "choice": "intercept",
        "units": sum(line.quantity for line in arrived),
        "do": DO,
    }
