"""Another address for an order under way: checked like the first one, then used from here on."""

from temporalio import activity

from activities.effects import Effects
from activities.risk_check import risk_of
from activities.verification import address_doubts, shipping_findings, undeclarable
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.orders import Order
from fulfillment.domain.readdressing import EFFECT, AddressEffect, all_gone, changed_fields
from fulfillment.domain.risk import is_riskier, risk_finding, traits_of
from fulfillment.messages import AddressChanged, RecordNewAddress
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord, AmendmentRecord, FulfillmentRecord, OrderRecord
from fulfillment.stores import UnitOfWork

LOOK_FIRST = (
    "a person has to look at an order that goes there; cancel it, and hand it in again with this "
    "address"
)


class ReaddressingActivities:
    """The decision between another address and the parcels' leaving."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="record_new_address")
    async def record_new_address(self, request: RecordNewAddress) -> AddressChanged:
        """Put another address on record, and take labeled parcels back to labeling.

        What is wrong with the new address is the answer, and the old one stays; so it does where
        all parcels have left.
        """

        async def change(tx: UnitOfWork) -> AddressChanged:
            record = await tx.orders.get(request.order_id)
            new = record.order.model_copy(update={"ship_to": request.change.address})
            refusal = await self._refusal(tx, new) or await self._too_risky(tx, record, new)
            await tx.journal.add_action(self._action(request, refusal))
            if refusal is not None:
                return refusal
            await tx.traits.note(request.order_id, traits_of(new), record.recorded_at)
            return await self._record(tx, request, record.order, new)

        return await self._effects.once(request, request.order_id, AddressChanged, change)

    async def _refusal(self, tx: UnitOfWork, new: Order) -> AddressChanged | None:
        shares = await tx.fulfillments.of_order(new.order_id)
        missing = sum(line.back_ordered for line in await tx.orders.progress(new.order_id))
        if all_gone([share.stage for share in shares], missing):
            return AddressChanged(too_late=await _what_instead(tx, shares))
        found = [*shipping_findings(self._ports, new), *address_doubts(self._ports, new)]
        articles = await tx.catalog.articles({line.sku for line in new.lines})
        found += await undeclarable(tx, new, articles)
        if found:
            return AddressChanged(problems=tuple(f"{f.subject}: {f.message}" for f in found))
        return None

    async def _too_risky(
        self, tx: UnitOfWork, record: OrderRecord, new: Order
    ) -> AddressChanged | None:
        """Return that a person must look at the order, if it had been held with this address.

        Who asks is not told why: it may be who passed the check with another address.
        """
        rules = self._ports.risk
        then = await risk_of(tx, rules, record.model_copy(update={"order": new}))
        if then is None or not is_riskier(await risk_of(tx, rules, record), then):
            return None
        return AddressChanged(problems=(LOOK_FIRST,), because=risk_finding(then).message)

    async def _record(
        self, tx: UnitOfWork, request: RecordNewAddress, order: Order, new: Order
    ) -> AddressChanged:
        now, by = self._ports.clock.now(), request.change.by
        fields = changed_fields(order.ship_to, new.ship_to)
        if not fields:
            return AddressChanged()
        await tx.orders.set_ship_to(order.order_id, new.ship_to)
        relabel = []
        for share in await tx.fulfillments.of_order(order.order_id):
            if EFFECT[share.stage] is AddressEffect.RELABEL:
                name = share.fulfillment_id
                await tx.fulfillments.advance(name, Stage.AWAITING_PICKUP, Stage.LABELING, now)
                await tx.tasks.close_all(name, by, now)
                relabel.append(name)
        await tx.changes.add_amendment(
            AmendmentRecord(
                amendment_id=request.key,
                order_id=order.order_id,
                at=now,
                by=by,
                kind="address",
                change={"fields": list(fields), "country": new.ship_to.country},
            )
        )
        return AddressChanged(relabel=tuple(relabel), fields=fields)

    def _action(self, request: RecordNewAddress, refusal: AddressChanged | None) -> ActionRecord:
        detail = ""
        if refusal is not None:
            detail = refusal.too_late or "; ".join(refusal.problems)
            detail = f"{detail} ({refusal.because})" if refusal.because else detail
        return ActionRecord(
            at=self._ports.clock.now(),
            by=request.change.by,
            action="change_address",
            order_id=request.order_id,
            detail=detail,
            refused=refusal is not None,
        )


async def _what_instead(tx: UnitOfWork, shares: list[FulfillmentRecord]) -> str:
    if all(share.stage in {Stage.DELIVERED, Stage.CANCELED} for share in shares):
        return "all parcels have arrived"
    numbers = [
        f"{label.carrier_id} {label.tracking_number}"
        for share in shares
        for label in await tx.parcels.labels(share.fulfillment_id)
    ]
    return (
        f"all parcels have left ({', '.join(numbers)}); ask the carrier, or cancel the order while "
        "they can be intercepted and hand it in again"
    )
