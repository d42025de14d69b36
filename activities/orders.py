"""The order on record: received and settled."""

from collections.abc import Sequence

from temporalio import activity

from activities.effects import Effects
from fulfillment.domain.base import content_hash
from fulfillment.domain.baskets import Basket, BasketLine
from fulfillment.domain.errors import EndedInStorefront, InvalidOrder, OrderConflict, Problem
from fulfillment.domain.lifecycle import Outcome, Policies, roll_up
from fulfillment.domain.money_ledger import Posting, PostingKind, postings
from fulfillment.domain.orders import Order, OrderLine, PaymentMethod
from fulfillment.messages import OrderRecorded, RecordOrder, SettleOrder
from fulfillment.ports import Ports
from fulfillment.records import OrderRecord, PaymentRecord
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import order_workflow_id


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
            EndedInStorefront: its storefront has canceled or refunded it meanwhile.
            InvalidOrder: an article is not in the catalog.

        """
        order, now = request.order, self._ports.clock.now()
        async with self._ports.database.reading() as tx:
            earlier = await tx.orders.find(order.order_id)
        if earlier is not None:
            return _same(order, earlier, self._ports.policies)

        async def record(tx: UnitOfWork) -> OrderRecorded:
            await _require_live(tx, order.order_id)
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

    @activity.defn(name="settle_order")
    async def settle_order(self, request: SettleOrder) -> Outcome:
        """Close the order's books by what became of its lines."""

        async def settle(tx: UnitOfWork) -> Outcome:
            outcome = roll_up(await tx.orders.progress(request.order_id), request.rejection)
            now = self._ports.clock.now()
            await tx.holds.close(request.order_id, None, "engine", now)
            await tx.orders.set_outcome(request.order_id, outcome, now)
            return outcome

        return await self._effects.once(request, request.order_id, Outcome, settle)


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


async def _require_live(tx: UnitOfWork, order_id: str) -> None:
    heard = await tx.storefronts.find(order_id)
    if heard is not None and heard.ended:
        raise EndedInStorefront.of(
            Problem(
                path=f"order {order_id}",
                expected="an order that is to be shipped",
                came=f"one that is {heard.ended} in {heard.storefront}",
                remedy="nothing is to ship; if it is all the same, give it an id of its own",
            )
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
