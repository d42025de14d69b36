"""Parcels in trouble: the task that asks what to do, and what was decided."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from temporalio import activity

from activities.effects import Effects
from activities.refund_parts import units_in
from activities.tasks import require_live
from activities.tracking import tracking_state
from activities.undelivered import booked_off, expect_back
from fulfillment.domain.delivery_exceptions import GIVING_UP, Trouble, find_troubles
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.refunds import UnitNumber
from fulfillment.domain.replacements import ReplacementLine
from fulfillment.messages import Resolved, ResolveParcels, Reviewed, ReviewParcels
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord, FulfillmentRecord, ParcelRecord, TaskRecord, TaskState
from fulfillment.stores import UnitOfWork
from fulfillment.stores.given_up import GivenUpParcel, Whereabouts


class DeliveryExceptionActivities:
    """Effects on parcels that do not arrive as they should."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="review_parcels")
    async def review_parcels(self, request: ReviewParcels) -> Reviewed:
        """Find the parcels that a person must decide about; open, change or close their task."""

        async def review(tx: UnitOfWork) -> Reviewed:
            share = await tx.fulfillments.get(request.fulfillment_id)
            waited_for = await _waited_for(tx, share)
            states = [
                (label.tracking_number, await tracking_state(tx, label)) for label in waited_for
            ]
            troubles = find_troubles(states, request.worked, silent=request.silent)
            if share.stage is not Stage.IN_TRANSIT:
                troubles = ()
            return await self._ask_person(tx, share, troubles)

        return await self._effects.once_of_share(request, Reviewed, review)

    async def _ask_person(
        self, tx: UnitOfWork, share: FulfillmentRecord, troubles: tuple[Trouble, ...]
    ) -> Reviewed:
        now, plan = self._ports.clock.now(), _plan(troubles)
        tasks = await tx.tasks.page(
            state=None, kind=TaskKind.DELIVERY_EXCEPTION, fulfillment_id=share.fulfillment_id
        )
        open_one = next((task for task in tasks if task.state is TaskState.OPEN), None)
        if not troubles:
            if open_one is not None:
                await tx.tasks.close(open_one.task_id, TaskState.CLOSED, "carrier", now)
            return Reviewed()
        if open_one is not None:
            await tx.tasks.replan(open_one.task_id, plan)
            return Reviewed(troubles=troubles, task_id=open_one.task_id)
        task = TaskRecord(
            task_id=f"{share.fulfillment_id}-exception{len(tasks) + 1}",
            kind=TaskKind.DELIVERY_EXCEPTION,
            fulfillment_id=share.fulfillment_id,
            order_id=share.order_id,
            warehouse_id=share.warehouse_id,
            plan=plan,
            opened_at=now,
        )
        await tx.tasks.open(task)
        return Reviewed(troubles=troubles, task_id=task.task_id, opened=True)

    @activity.defn(name="resolve_parcels")
    async def resolve_parcels(self, request: ResolveParcels) -> Resolved:
        """Close the task with its decision; what is given up leaves the carrier's account.

        Raises:
            FulfillmentCanceled: it was canceled meanwhile, and its parcels come back.

        """

        async def resolve(tx: UnitOfWork) -> Resolved:
            share, now = await tx.fulfillments.get(request.fulfillment_id), self._ports.clock.now()
            require_live(share)  # or its units are no longer its own
            task = await tx.tasks.get(request.task_id)
            if task.state is TaskState.OPEN:
                await tx.tasks.close(request.task_id, TaskState.DONE, request.by, now)
            await tx.journal.add_action(_action(request, share, now))
            if request.choice not in GIVING_UP:
                return Resolved()
            return await self._give_up(tx, share, request, now)

        return await self._effects.once_of_share(request, Resolved, resolve)

    async def _give_up(
        self, tx: UnitOfWork, share: FulfillmentRecord, request: ResolveParcels, now: datetime
    ) -> Resolved:
        given_up = await _parcels_in(tx, share, request.troubles)
        parcels = [parcel for parcel, _ in given_up]
        movements = await booked_off(tx, parcels)
        await tx.stock.move(request.key, movements, by=request.by, reason="given up", at=now)
        await tx.fulfillments.save(_given_up_lines(share, parcels, request.choice))
        for parcel, trouble in given_up:
            one = _given_up(request, parcel, trouble, now)
            await tx.given_up.add(one)
            if one.goods is Whereabouts.EXPECTED_BACK:
                await expect_back(tx, share, one, now)
        units = await units_in(tx, share, {parcel.parcel_id for parcel in parcels})
        return Resolved(lines=tuple(_sent_again(parcels, units)), units=units)


def _sent_again(
    parcels: Sequence[ParcelRecord], units: Sequence[UnitNumber]
) -> Iterator[ReplacementLine]:
    """Return what lies in parcels, with its units as they lie in them, one after the other."""
    numbers = iter(units)
    for parcel in parcels:
        for line_no, sku, quantity in parcel.contents:
            own = tuple(number for _, number in islice(numbers, quantity))
            yield ReplacementLine(sku=sku, quantity=quantity, line_no=line_no, units=own)


def _plan(troubles: Sequence[Trouble]) -> dict[str, Any]:
    return {
        "parcels": [trouble.model_dump(mode="json") for trouble in troubles],
        "choices": [choice.value for choice in Choice],
    }


async def _waited_for(tx: UnitOfWork, share: FulfillmentRecord) -> list[Any]:
    """Return the labels of the parcels that nobody has given up."""
    given_up = {one.parcel_id for one in await tx.given_up.of_fulfillment(share.fulfillment_id)}
    labels = await tx.parcels.labels(share.fulfillment_id)
    return [label for label in labels if label.parcel_id not in given_up]


async def _parcels_in(
    tx: UnitOfWork, share: FulfillmentRecord, troubles: Sequence[Trouble]
) -> list[tuple[ParcelRecord, Trouble]]:
    in_trouble = {trouble.tracking_number: trouble for trouble in troubles}
    of_parcel = {
        label.parcel_id: in_trouble[label.tracking_number]
        for label in await tx.parcels.labels(share.fulfillment_id)
        if label.tracking_number in in_trouble
    }
    packed = await tx.parcels.of_fulfillment(share.fulfillment_id)
    return [(one, of_parcel[one.parcel_id]) for one in packed if one.parcel_id in of_parcel]


def _given_up_lines(
    share: FulfillmentRecord, parcels: Sequence[ParcelRecord], choice: Choice
) -> FulfillmentRecord:
    name = "resent" if choice is Choice.RESHIP else "refunded"
    units: dict[tuple[int, str], int] = {}
    for parcel in parcels:
        for line_no, sku, quantity in parcel.contents:
            units[line_no, sku] = units.get((line_no, sku), 0) + quantity
    lines = tuple(
        line.model_copy(update={name: getattr(line, name) + units.get((line.line_no, line.sku), 0)})
        for line in share.lines
    )
    return share.model_copy(update={"lines": lines})


def _given_up(
    request: ResolveParcels, parcel: ParcelRecord, trouble: Trouble, now: datetime
) -> GivenUpParcel:
    goods = Whereabouts.EXPECTED_BACK if trouble.comes_back else Whereabouts.LOST
    return GivenUpParcel(
        parcel_id=parcel.parcel_id,
        tracking_number=trouble.tracking_number,
        fulfillment_id=parcel.fulfillment_id,
        order_id=parcel.order_id,
        cause=trouble.cause,
        choice=request.choice,
        goods=goods,
        by=request.by,
        at=now,
    )


def _action(request: ResolveParcels, share: FulfillmentRecord, now: datetime) -> ActionRecord:
    numbers = ", ".join(trouble.tracking_number for trouble in request.troubles)
    detail = f"{request.choice.value}: {numbers}"
    return ActionRecord(
        at=now,
        by=request.by,
        action="resolve_exception",
        order_id=share.order_id,
        fulfillment_id=share.fulfillment_id,
        detail=f"{detail}; {request.reason}" if request.reason else detail,
    )
