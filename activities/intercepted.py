"""Parcels that were to come back and do not: with the customer after all, or lost."""

from collections.abc import Sequence
from datetime import datetime

from activities.tasks import task_id
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.put_backs import PutBackLine, PutBackOutcome, in_parcel
from fulfillment.records import ActionRecord, FulfillmentRecord, ParcelRecord, TaskRecord
from fulfillment.stores import UnitOfWork

DO = "ask the customer to pay, or to send back, what was refunded"


def account_of(line: PutBackLine, outcome: PutBackOutcome, share: FulfillmentRecord) -> Account:
    """Return where units end that were to be put back."""
    match outcome:
        case PutBackOutcome.BACK:
            return Account(kind=AccountKind.BIN, ref=line.bin_id)
        case PutBackOutcome.ARRIVED:
            return Account(kind=AccountKind.CUSTOMER, ref=share.order_id)
        case PutBackOutcome.LOST | PutBackOutcome.DAMAGED:
            return Account(kind=AccountKind.ADJUSTMENT, ref=share.warehouse_id)


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
    moved = [_to_customer(line, share) for line in arrived]
    key = f"parcel/{parcel.parcel_id}/arrived_in_spite/-/1"
    await tx.stock.move(key, moved, by="carrier", reason=PutBackOutcome.ARRIVED.value, at=at)
    for line in arrived:
        await tx.changes.close_put_back(line, PutBackOutcome.ARRIVED, "carrier", at)
    await show_left(tx, share)
    await _have_seen_to(tx, share, parcel, arrived, at)


def _to_customer(line: PutBackLine, share: FulfillmentRecord) -> Movement:
    lost = account_of(line, PutBackOutcome.LOST, share)
    return Movement(
        sku=line.sku,
        lot=line.lot,
        quantity=line.quantity,
        source=lost if line.outcome is PutBackOutcome.LOST else Account.parse(line.source),
        target=account_of(line, PutBackOutcome.ARRIVED, share),
    )


async def show_left(tx: UnitOfWork, share: FulfillmentRecord) -> None:
    """Show on the task what is still to be put back."""
    name = task_id(share.fulfillment_id, TaskKind.PUT_BACK)
    left = await tx.changes.put_backs(share.fulfillment_id)
    for task in await tx.tasks.page(kind=TaskKind.PUT_BACK, fulfillment_id=share.fulfillment_id):
        if task.task_id == name:
            rows = [line.model_dump(mode="json") for line in left]
            await tx.tasks.replan(name, {**task.plan, "rows": rows})


async def _have_seen_to(
    tx: UnitOfWork,
    share: FulfillmentRecord,
    parcel: ParcelRecord,
    arrived: Sequence[PutBackLine],
    at: datetime,
) -> None:
    labels = await tx.parcels.labels(share.fulfillment_id)
    numbers = [one.tracking_number for one in labels if one.parcel_id == parcel.parcel_id]
    number = ", ".join(numbers)
    await tx.tasks.open(
        TaskRecord(
            task_id=f"{parcel.parcel_id}-late",
            kind=TaskKind.LATE_ARRIVAL,
            fulfillment_id=share.fulfillment_id,
            order_id=share.order_id,
            warehouse_id=share.warehouse_id,
            plan={
                "tracking_number": number,
                "parcel_id": parcel.parcel_id,
                "choice": "intercept",
                "units": sum(line.quantity for line in arrived),
                "do": DO,
            },
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
            detail=f"{number} has arrived, and was to come back",
        )
    )
