"""What a fulfillment gives back: parcels on their way, labels, the pickup, the goods."""

from collections.abc import Sequence

from temporalio import activity

from activities.beating import beating
from activities.cancellation import intercepted_note
from activities.effects import Effects
from activities.intercepted import moved
from activities.tasks import finish_task
from fulfillment.domain.confirmations import PutBackConfirmation
from fulfillment.domain.errors import CarrierRefused, NotFound
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.put_backs import PutBackLine, PutBackOutcome, split
from fulfillment.domain.shipping import LabelReference, PickupReference
from fulfillment.messages import (
    GiveBackLabels,
    Intercepted,
    InterceptParcels,
    LabelsGivenBack,
    PutAway,
    RecordPutBack,
)
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord, FulfillmentRecord, LabelRecord
from fulfillment.stores import UnitOfWork


class GivingBackActivities:
    """Outside by key first, then on record; each of it once."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="intercept_parcels")
    @beating()
    async def intercept_parcels(self, request: InterceptParcels) -> Intercepted:
        """Have parcels brought back; the first that can't be stopped any more ends it.

        Each one that comes back is noted at once, so that nothing of it is forgotten.
        """
        earlier = await self._effects.earlier(request, Intercepted)
        if earlier is not None:
            return earlier
        async with self._ports.database.reading() as tx:
            labels = [
                label for name in request.fulfillment_ids for label in await tx.parcels.labels(name)
            ]
        answer = await self._intercept_all(request.key, labels)

        async def record(tx: UnitOfWork) -> Intercepted:
            await tx.journal.add_action(self._intercepted(request, answer))
            return answer

        return await self._effects.once(request, request.order_id, Intercepted, record)

    async def _intercept_all(self, key: str, labels: list[LabelRecord]) -> Intercepted:
        coming: list[str] = []
        for label in labels:
            number = label.tracking_number
            try:
                await self._ports.interceptor.intercept(f"{key}/{number}", reference_of(label))
            except CarrierRefused as refusal:
                return Intercepted(tracking_numbers=tuple(coming), refused=str(refusal))
            async with self._ports.database.writing() as tx:
                await tx.carrier_notes.keep(intercepted_note(number), key)
            coming.append(number)
        return Intercepted(tracking_numbers=tuple(coming))

    def _intercepted(self, request: InterceptParcels, answer: Intercepted) -> ActionRecord:
        coming = ", ".join(answer.tracking_numbers) or "nothing"
        return ActionRecord(
            at=self._ports.clock.now(),
            by="engine",
            action="intercept",
            order_id=request.order_id,
            detail=answer.refused or f"{coming} comes back",
            refused=answer.refused is not None,
        )

    @activity.defn(name="give_back_labels")
    @beating()
    async def give_back_labels(self, request: GiveBackLabels) -> LabelsGivenBack:
        """Void the live labels of a fulfillment, and call its pickup off if it has it alone.

        What a carrier does not take back is told, and is not live any more all the same.

        Raises:
            CarrierUnavailable: the carrier did not answer.

        """
        earlier = await self._effects.earlier(request, LabelsGivenBack)
        if earlier is not None:
            return earlier
        async with self._ports.database.reading() as tx:
            share = await tx.fulfillments.get(request.fulfillment_id)
            labels = await tx.parcels.labels(request.fulfillment_id)
            fetched = await tx.fulfillments.with_pickup(share.pickup_reference or "")
        if share.stage is Stage.AWAITING_PICKUP:
            return LabelsGivenBack(needless=True)
        alone = fetched == [share.fulfillment_id]
        refused = await self._void_all(request.key, labels)
        refused += await self._cancel_pickup(request.key, share) if alone else []
        answer = LabelsGivenBack(
            tracking_numbers=tuple(label.tracking_number for label in labels),
            pickup_reference=share.pickup_reference if alone else None,
            refused=tuple(refused),
        )

        async def record(tx: UnitOfWork) -> LabelsGivenBack:
            names = [label.label_id for label in labels]
            await tx.manifests.take_off(names, "label given back", self._ports.clock.now())
            for name in names:
                await tx.parcels.void_label(name)
            now = await tx.fulfillments.get(request.fulfillment_id)
            none = dict.fromkeys(
                ("carrier_id", "service_id", "pickup_reference", "pickup_from", "pickup_until")
            )
            await tx.fulfillments.save(now.model_copy(update=none))
            return answer

        return await self._effects.once_of_share(request, LabelsGivenBack, record)

    async def _void_all(self, key: str, labels: list[LabelRecord]) -> list[str]:
        refused = []
        for label in labels:
            number = label.tracking_number
            try:
                await self._ports.carrier.void_label(f"{key}/{number}", reference_of(label))
            except (CarrierRefused, NotFound) as refusal:
                refused.append(f"label {number}: {refusal}")
        return refused

    async def _cancel_pickup(self, key: str, share: FulfillmentRecord) -> list[str]:
        pickup = PickupReference(
            carrier_id=share.carrier_id or "", reference=share.pickup_reference or ""
        )
        try:
            await self._ports.carrier.cancel_pickup(f"{key}/pickup", pickup)
        except (CarrierRefused, NotFound) as refusal:
            return [f"pickup {pickup.reference}: {refusal}"]
        return []

    @activity.defn(name="record_put_back")
    async def record_put_back(self, request: RecordPutBack) -> PutAway:
        """Move the goods into their bins, where they can be promised again.

        What could not be put back is written off.

        Raises:
            ConfirmationRefused: more of an article is missing than was to be put back.

        """

        async def record(tx: UnitOfWork) -> PutAway:
            lines = await tx.changes.put_backs(request.fulfillment_id)
            if request.confirmation is None and lines:
                return PutAway(skus=(), units=0, left=_units(lines))
            share = await tx.fulfillments.get(request.fulfillment_id)
            confirmation = request.confirmation or PutBackConfirmation(by="carrier")
            now, by = self._ports.clock.now(), confirmation.by
            done = split(lines, confirmation.not_back)
            for outcome in dict.fromkeys(outcome for _, outcome in done):
                moves = [moved(line, outcome, share) for line, each in done if each is outcome]
                key, reason = f"{request.key}/{outcome.value}", f"put back: {outcome.value}"
                await tx.stock.move(key, moves, by=by, reason=reason, at=now)
            for line, outcome in done:
                await tx.changes.close_put_back(line, outcome, by, now)
            await finish_task(tx, share, TaskKind.PUT_BACK, by, now)
            back = [line for line, outcome in done if outcome is PutBackOutcome.BACK]
            return PutAway(
                skus=tuple(sorted({line.sku for line in back})),
                units=_units(back),
                not_back=_units(lines) - _units(back),
            )

        return await self._effects.once_of_share(request, PutAway, record)


def _units(lines: Sequence[PutBackLine]) -> int:
    return sum(line.quantity for line in lines)


def reference_of(label: LabelRecord) -> LabelReference:
    """Return a label as its carrier knows it."""
    return LabelReference(
        carrier_id=label.carrier_id,
        tracking_number=label.tracking_number,
        carrier_reference=label.carrier_reference,
    )
