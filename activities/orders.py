"""The order on record: received, held, released, corrected, settled."""

from collections.abc import Sequence

from temporalio import activity

from activities.effects import Effects
from fulfillment.domain.base import content_hash
from fulfillment.domain.baskets import Basket, BasketLine
from fulfillment.domain.errors import InvalidOrder, OrderConflict, Problem
from fulfillment.domain.lifecycle import OrderStage, Outcome, Policies, roll_up
from fulfillment.domain.money_ledger import Posting, PostingKind, postings
from fulfillment.domain.orders import Order, OrderLine, PaymentMethod
from fulfillment.messages import (
    Held,
    HoldOrder,
    OrderRecorded,
    RecordAddress,
    Recorded,
    RecordOrder,
    RecordRelease,
    SettleOrder,
)
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord, OrderRecord, PaymentRecord
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import order_workflow_id

RELEASE = "record_release"
ANSWERS = ("record_address", RELEASE)
"""The steps by which a person answers a hold, each hold once."""


class OrderActivities:
    """Effects on the order itself."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="record_order")
    async def record_order(self, request: RecordOrder) -> OrderRecorded:
        """Put an order on record; the same again returns what is on record, with its outcome.

        Raises:
            OrderConflict: this id is on record with other content.
            InvalidOrder: an article is not in the catalog.

        """
        order, now = request.order, self._ports.clock.now()
        async with self._ports.database.reading() as tx:
            earlier = await tx.orders.find(order.order_id)
        if earlier is not None:
            return _same(order, earlier, self._ports.policies)

        async def record(tx: UnitOfWork) -> OrderRecorded:
            await require_articles(tx, order)
            due = now + self._ports.policies.ship_within
            workflow_id = order_workflow_id(order.order_id)
            await tx.orders.add(order, content_hash(order), workflow_id, now, due)
            payment, posted = _payment(order)
            await tx.payments.post(request.key, payment, posted, now)
            return OrderRecorded(
                order_id=order.order_id,
                content_hash=content_hash(order),
                policies=self._ports.policies,
                sla_due=due,
            )

        return await self._effects.once(request, order.order_id, OrderRecorded, record)

    @activity.defn(name="hold_order")
    async def hold_order(self, request: HoldOrder) -> Held:
        """Put the order on hold, with the reason; one that was answered before stays answered."""
        if await self._effects.earlier(request, Held) is not None:
            return await self._answered(request)

        async def hold(tx: UnitOfWork) -> Held:
            now = self._ports.clock.now()
            await tx.orders.set_stage(request.order_id, OrderStage.ON_HOLD, request.reason, now)
            return Held()

        return await self._effects.once(request, request.order_id, Held, hold)

    async def _answered(self, request: HoldOrder) -> Held:
        async with self._ports.database.reading() as tx:
            steps = [effect.step for effect in await tx.effects.of_order(request.order_id)]
        answers = [step for step in steps if step in ANSWERS]
        occurrence = int(request.key.rpartition("/")[2])
        if len(answers) < occurrence:
            return Held()
        return Held(released=answers[occurrence - 1] == RELEASE)

    @activity.defn(name="record_address")
    async def record_address(self, request: RecordAddress) -> Recorded:
        """Put a corrected address on record, and who corrected it."""

        async def correct(tx: UnitOfWork) -> Recorded:
            await tx.orders.set_ship_to(request.order_id, request.correction.address)
            by = request.correction.by
            await tx.journal.add_action(self._action("correct_address", by, request.order_id))
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, correct)

    @activity.defn(name="record_release")
    async def record_release(self, request: RecordRelease) -> Recorded:
        """Put on record who let the order go on, and why."""

        async def release(tx: UnitOfWork) -> Recorded:
            by, why = request.release.by, request.release.reason
            await tx.journal.add_action(self._action("release_hold", by, request.order_id, why))
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, release)

    @activity.defn(name="settle_order")
    async def settle_order(self, request: SettleOrder) -> Outcome:
        """Close the order's books by what became of its lines."""

        async def settle(tx: UnitOfWork) -> Outcome:
            outcome = roll_up(await tx.orders.progress(request.order_id), request.rejection)
            await tx.orders.set_outcome(request.order_id, outcome, self._ports.clock.now())
            return outcome

        return await self._effects.once(request, request.order_id, Outcome, settle)

    def _action(self, action: str, by: str, order_id: str, detail: str = "") -> ActionRecord:
        now = self._ports.clock.now()
        return ActionRecord(at=now, by=by, action=action, order_id=order_id, detail=detail)


def _same(order: Order, earlier: OrderRecord, policies: Policies) -> OrderRecorded:
    if content_hash(order) != earlier.content_hash:
        raise OrderConflict.of(
            Problem(
                path=f"order {order.order_id}",
                expected="the content that is on record",
                came="other content",
                remedy="give another order another id; cancel or correct the one on record",
            )
        )
    return OrderRecorded(
        order_id=order.order_id,
        content_hash=earlier.content_hash,
        policies=policies,
        sla_due=earlier.sla_due,
        outcome=earlier.outcome,
    )


async def require_articles(tx: UnitOfWork, order: Order | Basket) -> None:
    """Check that each article and substitute is in the catalog.

    Raises:
        InvalidOrder: naming each line that has another one.

    """
    lines: Sequence[OrderLine | BasketLine] = order.lines
    named = [(f"lines[{n}].sku", line.sku) for n, line in enumerate(lines)]
    named += [
        (f"lines[{n}].substitutes[{rank}]", sku)
        for n, line in enumerate(lines)
        for rank, sku in enumerate(line.substitutes)
    ]
    known = await tx.catalog.articles({sku for _, sku in named})
    unknown = [
        Problem(
            path=path,
            expected="an article of the catalog",
            came=sku,
            remedy="correct the SKU, or add the article with `fulfillment catalog load`",
        )
        for path, sku in named
        if sku not in known
    ]
    if unknown:
        raise InvalidOrder.of(*unknown)


def _payment(order: Order) -> tuple[PaymentRecord, list[Posting]]:
    """Return the payment before anything was posted, and what was done in the shop."""
    method = order.payment.method
    kind = {PaymentMethod.AUTHORIZED: PostingKind.AUTHORIZED, PaymentMethod.PAID: PostingKind.PAID}
    payment = PaymentRecord(
        order_id=order.order_id,
        method=method,
        currency=order.currency,
        reference=order.payment.reference if method in kind else None,
    )
    return payment, postings(kind[method], order.amount_minor) if method in kind else []
