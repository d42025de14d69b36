"""Purchases and productions of what is missing."""

from collections.abc import Sequence

from temporalio import activity

from activities.effects import Effects
from activities.pressing import press_staff
from activities.queueing import hand_out
from activities.supply_booking import (
    book_receipt,
    held_supply,
    require_unbooked,
    require_undated,
)
from activities.supply_components import (
    begin_production,
    end_order,
    lacking_parts,
    parts_in_bins,
    production_due,
)
from activities.supply_planning import open_supply, queue_components, raise_order, still_missing
from fulfillment.domain.supply import UNDER_WAY, SupplyState, check_end, purchase_letter
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.messages import Recorded
from fulfillment.messages.supply import (
    ArrangeSupply,
    ComponentsIssued,
    EndSupply,
    FollowUpSupply,
    IssueComponents,
    NudgeSupplyStaff,
    PlanSupply,
    RecordSupplyReceipt,
    SendPurchaseOrder,
    SupplyArranged,
    SupplyEnded,
    SupplyPlanned,
    SupplyReceived,
)
from fulfillment.ports import Mail, Ports
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import effect_key, supply_workflow_id


class SupplyActivities:
    """Effects on supply orders."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="arrange_supply")
    async def arrange_supply(self, request: ArrangeSupply) -> SupplyArranged:
        """Find or open a supply order for each missing article, and have its workflow look."""

        async def arrange(tx: UnitOfWork) -> SupplyArranged:
            await tx.stock.levels(request.skus)
            opened = [await self._open(tx, sku) for sku in sorted(set(request.skus))]
            return SupplyArranged(supply_ids=tuple(one.supply_id for one in opened if one))

        arranged = await self._effects.once(request, request.order_id, SupplyArranged, arrange)
        await self._start(arranged.supply_ids)
        return arranged

    async def _open(self, tx: UnitOfWork, sku: str) -> SupplyRecord | None:
        return await open_supply(tx, sku, self._ports.clock.now(), self._ports.policies.supply_day)

    async def _start(self, supply_ids: Sequence[str]) -> None:
        for supply_id in supply_ids:
            await self._ports.supply.start(supply_id)

    @activity.defn(name="plan_supply")
    async def plan_supply(self, request: PlanSupply) -> SupplyPlanned:
        """Order what is missing; a production's missing components are arranged for, too."""
        policies = self._ports.policies

        async def plan(tx: UnitOfWork) -> SupplyPlanned:
            supply = await held_supply(tx, request.supply_id)
            planned = SupplyPlanned(
                supply=supply,
                patience=policies.supply_overdue,
                continue_after_events=policies.continue_after_events,
            )
            if supply.state not in UNDER_WAY:
                return planned
            now = self._ports.clock.now()
            supply, more = await raise_order(tx, supply, request.at, policies.supply_day)
            planned = planned.model_copy(update={"supply": supply, "more": more})
            if supply.state is SupplyState.ORDERED:
                return planned.model_copy(update={"unsent": not await _sent(tx, supply)})
            if supply.state is not SupplyState.PLANNED:
                return planned
            missing, woken = await queue_components(tx, supply, now)
            found = {"missing": missing, "woken": tuple(woken), "ready": not missing}
            return planned.model_copy(update=found)

        planned = await self._effects.once_for(request, [], SupplyPlanned, plan)
        await self._arrange_components(planned)
        return planned

    async def _arrange_components(self, planned: SupplyPlanned) -> None:
        if not planned.missing:
            return
        skus, place = sorted({line.sku for line in planned.missing}), planned.supply.warehouse_id
        async with self._ports.database.writing() as tx:
            await tx.stock.levels(skus)
            opened = [
                await self._open(tx, sku) for sku in skus if await self._serves(tx, sku, place)
            ]
        await self._start([one.supply_id for one in opened if one is not None])

    async def _serves(self, tx: UnitOfWork, sku: str, warehouse_id: str) -> bool:
        """Return whether what is arranged of an article comes into this warehouse."""
        source = await tx.supply.source(sku)
        return source is not None and source.warehouse_id == warehouse_id

    @activity.defn(name="send_purchase_order")
    async def send_purchase_order(self, request: SendPurchaseOrder) -> Recorded:
        """Send the supplier what is ordered in all; once for each quantity."""
        earlier = await self._effects.earlier(request, Recorded)
        if earlier is not None:
            return earlier
        async with self._ports.database.reading() as tx:
            supply = await tx.supply.get(request.supply_id)
            supplier = await tx.supply.supplier(supply.supplier_id or "")
            article = (await tx.catalog.articles([supply.sku]))[supply.sku]
        line = f"{request.quantity} x {supply.sku} ({article.name}), to {supply.warehouse_id}"
        letter = purchase_letter(supply.supply_id, supplier.name, [line], again=request.again)
        mail = Mail(recipient=supplier.email, subject=letter.subject, body=letter.body)
        await self._ports.notifier.send(request.key, mail)
        return await self._noted(request, "purchase_order", line)

    @activity.defn(name="issue_components")
    async def issue_components(self, request: IssueComponents) -> ComponentsIssued:
        """Take the components from the bins of the producing warehouse, all of them or none."""

        async def issue(tx: UnitOfWork) -> ComponentsIssued:
            supply = await held_supply(tx, request.supply_id)
            if supply.state is not SupplyState.PLANNED:
                return ComponentsIssued(supply=supply)
            now = self._ports.clock.now()
            moved = await parts_in_bins(tx, supply, now)
            lacking = await lacking_parts(tx, supply, moved, now)
            if lacking:
                because = f"not in {supply.warehouse_id}: {', '.join(lacking)}"
                return ComponentsIssued(supply=supply, because=because)
            day = self._ports.policies.supply_day
            due = {"expected_at": await production_due(tx, supply, request.at, day)}
            planned = supply.model_copy(update=due)
            begun = await begin_production(tx, request.key, planned, moved, now)
            return ComponentsIssued(supply=begun)

        return await self._effects.once_for(request, [], ComponentsIssued, issue)

    @activity.defn(name="record_supply_receipt")
    async def record_supply_receipt(self, request: RecordSupplyReceipt) -> SupplyReceived:
        """Book what was delivered or completed, and share it out among those who wait.

        Raises:
            ConfirmationRefused: nothing, or fewer units, are outstanding; or the goods expire.
            NotFound: no such bin.

        """

        async def book(tx: UnitOfWork) -> SupplyReceived:
            before = await held_supply(tx, request.supply_id)
            await require_undated(tx, before)
            await require_unbooked(tx, request.report.receipt_id, before.sku)
            now = self._ports.clock.now()
            after = await book_receipt(tx, request.key, before, request.report, now)
            return SupplyReceived(supply=after, quantity=after.received - before.received)

        received = await self._effects.once_for(request, [], SupplyReceived, book)
        woken = await hand_out(self._ports.database, self._ports.clock, [received.supply.sku])
        return received.model_copy(update={"woken": woken})

    @activity.defn(name="end_supply")
    async def end_supply(self, request: EndSupply) -> SupplyEnded:
        """End a supply order; a production's components go back into stock, or to scrap.

        Raises:
            ConfirmationRefused: it has ended.

        """

        async def end(tx: UnitOfWork) -> SupplyEnded:
            supply = await held_supply(tx, request.supply_id)
            check_end(supply.state)
            after = await end_order(tx, supply, request, self._ports.clock.now())
            waiting = [
                entry.waiter
                for entry in await tx.back_orders.waiting([supply.sku])
                if entry.sku == supply.sku and entry.units > entry.set_aside
            ]
            await tx.journal.add_action(
                ActionRecord(
                    at=self._ports.clock.now(),
                    by=request.end.by,
                    action=f"supply_{request.state.value}",
                    detail=f"{supply.supply_id}: {request.end.reason}",
                )
            )
            return SupplyEnded(supply=after, waiting=tuple(dict.fromkeys(waiting)))

        ended = await self._effects.once_for(request, [], SupplyEnded, end)
        skus = [part.sku for part in ended.supply.components]
        woken = await hand_out(self._ports.database, self._ports.clock, skus) if skus else ()
        return ended.model_copy(update={"woken": woken})

    @activity.defn(name="follow_up_supply")
    async def follow_up_supply(self, request: FollowUpSupply) -> SupplyArranged:
        """Arrange again for what has been missing since; nothing where nobody waits."""

        async def arrange(tx: UnitOfWork) -> SupplyArranged:
            supply = await held_supply(tx, request.supply_id)
            source = await tx.supply.source(supply.sku)
            if source is None or not await still_missing(tx, supply.sku, source.warehouse_id):
                return SupplyArranged()
            opened = await self._open(tx, supply.sku)
            return SupplyArranged(supply_ids=(opened.supply_id,) if opened else ())

        arranged = await self._effects.once_for(request, [], SupplyArranged, arrange)
        await self._start(arranged.supply_ids)
        return arranged

    @activity.defn(name="nudge_supply_staff")
    async def nudge_supply_staff(self, request: NudgeSupplyStaff) -> Recorded:
        """Remind of an overdue supply order, or tell the supervisor."""
        earlier = await self._effects.earlier(request, Recorded)
        if earlier is not None:
            return earlier
        subject = f"supply order {request.supply_id}"
        await press_staff(self._ports, request.key, request.kind, subject, request.reason)
        detail = f"{subject}: {request.reason}"
        return await self._noted(request, request.kind.value, detail)

    async def _noted(
        self, request: SendPurchaseOrder | NudgeSupplyStaff, action: str, detail: str
    ) -> Recorded:
        async def record(tx: UnitOfWork) -> Recorded:
            now = self._ports.clock.now()
            entry = ActionRecord(at=now, by="engine", action=action, detail=detail)
            await tx.journal.add_action(entry)
            return Recorded(key=request.key)

        return await self._effects.once_for(request, [], Recorded, record)


async def _sent(tx: UnitOfWork, supply: SupplyRecord) -> bool:
    """Return whether the supplier was told of as many units as are ordered by now."""
    name = supply_workflow_id(supply.supply_id)
    key = effect_key(name, "send_purchase_order", f"{supply.ordered}")
    return await tx.effects.find(key) is not None
