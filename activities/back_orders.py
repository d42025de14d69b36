"""What customers choose for the lines that are not in stock."""

from collections.abc import Sequence

from temporalio import activity

from activities.effects import Effects
from activities.queueing import held_entries, order_waiter, pass_on
from fulfillment.domain.back_order_choices import BackOrderChoice, LineChoice, check_choices
from fulfillment.domain.back_order_queue import QueueEntry
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.orders import LineQuantity, shortage
from fulfillment.messages.back_orders import BackOrderChosen, RecordBackOrderChoice
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord, OrderRecord
from fulfillment.stores import UnitOfWork


class BackOrderActivities:
    """Effects of choices on back-ordered lines."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="record_back_order_choice")
    async def record_back_order_choice(self, request: RecordBackOrderChoice) -> BackOrderChosen:
        """Cancel or let substitute what is chosen, and put the choice on record.

        Raises:
            ConfirmationRefused: it does not fit what the order misses now.

        """

        async def record(tx: UnitOfWork) -> BackOrderChosen:
            order = await tx.orders.get(request.order_id)
            missing = await _missing(tx, request.order_id)
            check_choices(order.order, missing, request.choices)
            canceled = _canceled(missing, request.choices)
            await tx.orders.cancel_units(request.order_id, canceled)
            await self._let_substitute(tx, order, request.choices)
            left = await _missing(tx, request.order_id)
            await self._show(tx, order, left)
            await tx.journal.add_action(self._action(request))
            progress = await tx.orders.progress(request.order_id)
            nothing = all(line.canceled == line.ordered for line in progress)
            return BackOrderChosen(canceled=canceled, missing=left, nothing_left=nothing)

        chosen = await self._effects.once(request, request.order_id, BackOrderChosen, record)
        if not chosen.canceled:
            return chosen
        woken = await pass_on(self._ports.database, self._ports.clock, request.order_id)
        return chosen.model_copy(update={"woken": woken})

    async def _let_substitute(
        self, tx: UnitOfWork, order: OrderRecord, choices: Sequence[LineChoice]
    ) -> None:
        waiter = order_waiter(order.order.order_id)
        instead = {one.line_no: one.substitute for one in choices if one.substitute is not None}
        entries = await held_entries(tx, waiter, instead.values())
        more = [
            entry.model_copy(update={"sku": sku, "rank": 1 + _last(entries, entry)} | _NONE_ASIDE)
            for entry in entries
            for sku in [instead.get(entry.line_no)]
            if entry.rank == 0 and sku is not None and not _takes(entries, entry, sku)
        ]
        if more:
            await tx.back_orders.replace(waiter, [*entries, *more])

    async def _show(
        self, tx: UnitOfWork, order: OrderRecord, missing: Sequence[LineQuantity]
    ) -> None:
        stage, blocked_on = OrderStage.FULFILLING, ""
        if missing:
            stage, blocked_on = OrderStage.BACK_ORDERED, f"stock: {shortage(missing)}"
        now = self._ports.clock.now()
        await tx.orders.set_stage(order.order.order_id, stage, blocked_on, now)

    def _action(self, request: RecordBackOrderChoice) -> ActionRecord:
        return ActionRecord(
            at=self._ports.clock.now(),
            by=request.by,
            action="choose_back_order",
            order_id=request.order_id,
            detail=", ".join(f"line {one.line_no}: {one.choice.value}" for one in request.choices),
        )


_NONE_ASIDE: dict[str, object] = {"set_aside": 0, "set_aside_at": None}


async def _missing(tx: UnitOfWork, order_id: str) -> tuple[LineQuantity, ...]:
    return tuple(
        LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.back_ordered)
        for line in await tx.orders.progress(order_id)
        if line.back_ordered > 0
    )


def _canceled(
    missing: Sequence[LineQuantity], choices: Sequence[LineChoice]
) -> tuple[LineQuantity, ...]:
    units = {one.line_no: one for one in choices if one.choice is BackOrderChoice.CANCEL}
    return tuple(
        line.model_copy(update={"quantity": units[line.line_no].units or line.quantity})
        for line in missing
        if line.line_no in units
    )


def _last(entries: Sequence[QueueEntry], entry: QueueEntry) -> int:
    return max(one.rank for one in entries if one.line_no == entry.line_no)


def _takes(entries: Sequence[QueueEntry], entry: QueueEntry, sku: str) -> bool:
    return any(one.line_no == entry.line_no and one.sku == sku for one in entries)
