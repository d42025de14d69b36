"""From the put wall into cartons: those that were planned, or others that the packer wants."""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping

from temporalio import activity

from activities.effects import Effects, first_result
from activities.shipping_choice import PackedGoods, ShippingChoices
from activities.sorting import certified
from activities.tasks import finish_task, task_id
from fulfillment.domain.carton_choice import plan_with
from fulfillment.domain.carton_validation import validate_plan
from fulfillment.domain.cartonization import PackedCarton
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.pack_checks import weights_as_planned, weights_off
from fulfillment.domain.packing import PackSheet, pack_sheet
from fulfillment.domain.planned_parcels import outer_of
from fulfillment.messages import CartonsChanged, ChangeCartons, Packed, RecordPacking
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord, FulfillmentRecord, ParcelRecord, TaskRecord
from fulfillment.stores import UnitOfWork


class PackingActivities:
    """Effects between the put wall and the cartons."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._choices = ShippingChoices(ports.carrier, ports.shipping_rules)
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="change_cartons")
    async def change_cartons(self, request: ChangeCartons) -> CartonsChanged:
        """Plan the open pack task anew, with the cartons that the packer wants, and their service.

        Raises:
            ConfirmationRefused: an unknown carton, or items that don't fit; nothing was changed.

        """
        async with self._ports.database.reading() as tx:
            earlier = await first_result(tx, request, CartonsChanged)
            if earlier is not None:
                return earlier
            share = await tx.fulfillments.get(request.fulfillment_id)
            order = (await tx.orders.get(share.order_id)).order
            before = PackSheet.model_validate((await _task(tx, share)).plan)
            cartons = await tx.catalog.cartons()
            goods = PackedGoods(
                order=order,
                warehouse=await tx.catalog.warehouse(share.warehouse_id),
                articles=await tx.catalog.articles({line.sku for line in share.lines}),
                cartons=cartons,
                weighing=request.weighing,
                at=request.at or self._ports.clock.now(),
            )
        wanted, items = request.change.cartons, before.items
        planner, rules = certified(self._ports), self._ports.pack_rules
        plan = await asyncio.to_thread(plan_with, wanted, items, cartons, planner)
        validate_plan(plan, items, cartons, rules)
        chosen = await self._choices.choose([plan], goods)
        sheet = pack_sheet(plan, items, cartons, order, request.weighing)
        sheet = sheet.model_copy(update={"service": chosen.service})

        async def record(tx: UnitOfWork) -> CartonsChanged:
            await tx.tasks.replan((await _task(tx, share)).task_id, sheet.model_dump(mode="json"))
            detail = f"{', '.join(before.carton_ids)} -> {', '.join(sheet.carton_ids)}"
            await self._audit(tx, share, "change_cartons", request.change.by, detail)
            return CartonsChanged(
                cartons=sheet.carton_ids, weights_g=sheet.weights_g, decision=chosen.decision
            )

        return await self._effects.once(request, share.order_id, CartonsChanged, record)

    @activity.defn(name="record_packing")
    async def record_packing(self, request: RecordPacking) -> Packed:
        """Move the goods into their cartons; each becomes a parcel, as heavy as the scales say."""

        async def record(tx: UnitOfWork) -> Packed:
            share = await tx.fulfillments.get(request.fulfillment_id)
            now, by = self._ports.clock.now(), request.confirmation.by
            await tx.fulfillments.advance(share.fulfillment_id, Stage.PACKING, Stage.LABELING, now)
            sheet = PackSheet.model_validate((await _task(tx, share)).plan)
            cartons = {carton.carton_id: carton for carton in await tx.catalog.cartons()}
            parcels = _parcels(share, sheet, request, cartons)
            await tx.parcels.add(parcels)
            await self._audit_override(tx, share, sheet, request)
            moved = await _into_cartons(tx, share, parcels)
            await tx.stock.move(request.key, moved, by=by, reason="packed", at=now)
            lines = tuple(li.model_copy(update={"packed": li.picked}) for li in share.lines)
            await tx.fulfillments.save(share.model_copy(update={"lines": lines}))
            await finish_task(tx, share, TaskKind.PACK, by, now)
            return Packed(parcel_ids=tuple(parcel.parcel_id for parcel in parcels))

        return await self._effects.once_of_share(request, Packed, record)

    async def _audit_override(
        self,
        tx: UnitOfWork,
        share: FulfillmentRecord,
        sheet: PackSheet,
        request: RecordPacking,
    ) -> None:
        """Put on record that a supervisor let weights pass that are off, if any is."""
        said = request.confirmation
        off = weights_off(sheet.carton_ids, sheet.weights_g, said, request.weighing)
        if off and said.override is not None:
            found = "; ".join(f"{p.path}: expected {p.expected}, came {p.came}" for p in off)
            detail = f"{said.override.reason} ({found}; packed by {said.by})"
            await self._audit(tx, share, "weight_override", said.override.by, detail)

    async def _audit(
        self, tx: UnitOfWork, share: FulfillmentRecord, action: str, by: str, detail: str
    ) -> None:
        await tx.journal.add_action(
            ActionRecord(
                at=self._ports.clock.now(),
                by=by,
                action=action,
                order_id=share.order_id,
                fulfillment_id=share.fulfillment_id,
                detail=detail,
            )
        )


async def _task(tx: UnitOfWork, share: FulfillmentRecord) -> TaskRecord:
    return await tx.tasks.get(task_id(share.fulfillment_id, TaskKind.PACK))


def _parcels(
    share: FulfillmentRecord,
    sheet: PackSheet,
    request: RecordPacking,
    cartons: Mapping[str, CartonType],
) -> list[ParcelRecord]:
    """Return the packed cartons; where they were weighed, that is their weight."""
    weighed = weights_as_planned(sheet.carton_ids, request.confirmation)
    weights = weighed or sheet.weights_g
    return [
        _parcel(share, number, packed, weight_g, cartons)
        for number, (packed, weight_g) in enumerate(
            zip(sheet.plan.cartons, weights, strict=True), start=1
        )
    ]


def _parcel(
    share: FulfillmentRecord,
    number: int,
    packed: PackedCarton,
    weight_g: int,
    cartons: Mapping[str, CartonType],
) -> ParcelRecord:
    units = Counter((placed.line_no, placed.sku) for placed in packed.placements)
    return ParcelRecord(
        parcel_id=f"{share.fulfillment_id}-p{number}",
        fulfillment_id=share.fulfillment_id,
        order_id=share.order_id,
        carton_id=packed.carton_id,
        outer=outer_of(packed, cartons),
        gross_weight_g=weight_g,
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
