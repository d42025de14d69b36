"""From the put wall into cartons."""

from collections import Counter, deque
from collections.abc import Mapping

from temporalio import activity

from activities.effects import Effects
from activities.tasks import finish_task, task_id
from fulfillment.domain.cartonization import PackedCarton, PackPlan
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.messages import Packed, RecordPacking
from fulfillment.ports import Ports
from fulfillment.records import FulfillmentRecord, ParcelRecord
from fulfillment.stores import UnitOfWork


class PackingActivities:
    """Effects between the put wall and the cartons."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="record_packing")
    async def record_packing(self, request: RecordPacking) -> Packed:
        """Move the goods into their cartons; each becomes a parcel."""

        async def record(tx: UnitOfWork) -> Packed:
            share = await tx.fulfillments.get(request.fulfillment_id)
            now, by = self._ports.clock.now(), request.confirmation.by
            await tx.fulfillments.advance(share.fulfillment_id, Stage.PACKING, Stage.LABELING, now)
            parcels = await _parcels(tx, share)
            await tx.parcels.add(parcels)
            moved = await _into_cartons(tx, share, parcels)
            await tx.stock.move(request.key, moved, by=by, reason="packed", at=now)
            lines = tuple(li.model_copy(update={"packed": li.picked}) for li in share.lines)
            await tx.fulfillments.save(share.model_copy(update={"lines": lines}))
            await finish_task(tx, share, TaskKind.PACK, by, now)
            return Packed(parcel_ids=tuple(parcel.parcel_id for parcel in parcels))

        return await self._effects.once_of_share(request, Packed, record)


async def _parcels(tx: UnitOfWork, share: FulfillmentRecord) -> list[ParcelRecord]:
    task = await tx.tasks.get(task_id(share.fulfillment_id, TaskKind.PACK))
    plan = PackPlan.model_validate(task.plan["plan"])
    cartons = {carton.carton_id: carton for carton in await tx.catalog.cartons()}
    return [
        _parcel(share, number, packed, cartons) for number, packed in enumerate(plan.cartons, 1)
    ]


def _parcel(
    share: FulfillmentRecord, number: int, packed: PackedCarton, cartons: Mapping[str, CartonType]
) -> ParcelRecord:
    units = Counter((placed.line_no, placed.sku) for placed in packed.placements)
    return ParcelRecord(
        parcel_id=f"{share.fulfillment_id}-p{number}",
        fulfillment_id=share.fulfillment_id,
        order_id=share.order_id,
        carton_id=packed.carton_id,
        outer=cartons[packed.carton_id].outer,
        gross_weight_g=packed.gross_weight_g,
        contents=tuple((line_no, sku, count) for (line_no, sku), count in sorted(units.items())),
    )


async def _into_cartons(
    tx: UnitOfWork, share: FulfillmentRecord, parcels: list[ParcelRecord]
) -> list[Movement]:
    wall = Account(kind=AccountKind.PUT_WALL, ref=share.fulfillment_id)
    lots: dict[str, deque[tuple[str, int]]] = {}
    for sku, lot, quantity in await tx.stock.contents(str(wall)):
        lots.setdefault(sku, deque()).append((lot, quantity))
    movements = []
    for parcel in parcels:
        carton = Account(kind=AccountKind.CARTON, ref=parcel.parcel_id)
        for _, sku, quantity in parcel.contents:
            movements += [
                Movement(sku=sku, lot=lot, quantity=taken, source=wall, target=carton)
                for lot, taken in _draw(lots[sku], quantity)
            ]
    return movements


def _draw(lots: deque[tuple[str, int]], quantity: int) -> list[tuple[str, int]]:
    drawn = []
    while quantity:
        lot, there = lots.popleft()
        taken = min(there, quantity)
        drawn.append((lot, taken))
        quantity -= taken
        if there > taken:
            lots.appendleft((lot, there - taken))
    return drawn
