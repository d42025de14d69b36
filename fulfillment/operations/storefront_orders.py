"""What a storefront says of an order by and by: older news does nothing, newer is followed."""

from collections.abc import Awaitable, Callable

from fulfillment.domain.base import content_hash
from fulfillment.domain.errors import (
    FulfillmentError,
    HeldInStorefront,
    OrderConflict,
    Problem,
    RefundedInPart,
    Refused,
    TooLate,
)
from fulfillment.domain.orders import Order, PaymentMethod
from fulfillment.domain.storefront_orders import (
    Changes,
    Standing,
    StorefrontOrder,
    changes_since,
    moment_of,
    seen_next,
    seen_of_order,
    standing_of,
    still_due,
)
from fulfillment.messages import AmendOrder, CancelRequest
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_changes import amend, cancel, change_address
from fulfillment.records import ActionRecord, EffectRecord, OrderRecord
from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.seeing import Heard
from fulfillment.storefronts.state import ShopState
from fulfillment.stores import UnitOfWork


async def hear(engine: Engine, order_id: str, storefront: str, state: ShopState) -> Standing:
    """Put on record when an order changed in its storefront, unless newer news came before.

    From then on an order that has ended there can't be put on record any more.
    """
    now = StorefrontOrder(
        order_id=order_id,
        storefront=storefront,
        updated_at=state.updated_at,
        ended=state.ended,
    )
    async with engine.database.writing() as tx:
        before = await tx.storefronts.find(order_id)
        standing = standing_of(before, now)
        if standing is not Standing.OUTDATED:
            moment = moment_of(before, now, engine.clock.now())
            kept = {"updated_at": moment, "ended": now.ended}
            await tx.storefronts.put((before or now).model_copy(update=kept))
    return standing


async def remember(engine: Engine, order: Order, storefront: str, heard: Heard) -> None:
    """Keep as what an order was handed in, so that what differs later is found."""
    async with engine.database.writing() as tx:
        before = await tx.storefronts.find(order.order_id)
        if before is None or before.seen is None:
            known = before or StorefrontOrder(order_id=order.order_id, storefront=storefront)
            await tx.storefronts.put(known.model_copy(update={"seen": heard.seen}))


def require_going_on(known: OrderRecord, state: ShopState) -> None:
    """Have a person look where the storefront waits with an order that goes on here.

    Raises:
        HeldInStorefront: it does.

    """
    authorized = known.order.payment.method is PaymentMethod.AUTHORIZED
    if not state.waits or (authorized and state.waits == "on-hold"):
        return
    order_id = known.order.order_id
    raise HeldInStorefront.of(
        Problem(
            path=state.waits_by,
            expected="an order that is to be shipped, since it is on record",
            came=state.waits,
            remedy=f"it goes on here: cancel it (`fulfillment orders cancel {order_id}`), or set "
            "its status right in the storefront",
        )
    )


async def follow(  # noqa: PLR0913, PLR0917 - who asks, of which order, and what is said
    engine: Engine,
    key: str,
    known: OrderRecord,
    storefront: str,
    heard: Heard,
    merchant: Merchant,
) -> bool:
    """Do with an order on record what has changed of it in its storefront; say if anything was.

    Units that are not wanted any more are taken off, it is sent to its new address, and what the
    shop has collected since is not captured. What can't be followed is told to a person.

    Args:
        engine: the running engine.
        key: the delivery's; what it changes is decided once, and done under it.
        known: the order.
        storefront: who says so.
        heard: what is said.
        merchant: whether refunds that are unclear stop an order.

    Raises:
        RefundedInPart: goods were refunded that could not be taken off, or it is unclear which.
        OrderConflict: something else was changed that can't be followed.
        Unavailable: no answer; the same again is safe.

    """
    changes = await _decided(engine, key, known, storefront, heard)
    problems: list[Problem] = []
    kind: type[FulfillmentError] = OrderConflict
    steps: tuple[Callable[[], Awaitable[None]], ...] = (
        lambda: _take_off(engine, key, known, storefront, changes),
        lambda: _send_elsewhere(engine, key, known, storefront, heard, changes),
    )
    for step in steps:
        try:
            await step()
        except Refused as refusal:
            problems += refusal.problems
            kind = type(refusal) if isinstance(refusal, RefundedInPart) else kind
    unclear = await _of_unclear_refunds(engine, known, storefront, changes, merchant)
    if unclear is not None:
        problems.append(unclear)
        kind = RefundedInPart
    problems += _not_followed(known.order, changes)
    if problems:
        raise kind.of(*problems)
    return changes != Changes()


async def is_decided(engine: Engine, key: str) -> bool:
    """Return whether it is on record what a delivery changes."""
    async with engine.database.reading() as tx:
        return await tx.effects.find(_decision(key)) is not None


def _decision(key: str) -> str:
    return f"{key}/changes"


async def _decided(
    engine: Engine, key: str, known: OrderRecord, storefront: str, heard: Heard
) -> Changes:
    order = known.order
    name = _decision(key)
    async with engine.database.writing() as tx:
        row = await tx.storefronts.find(order.order_id) or StorefrontOrder(
            order_id=order.order_id, storefront=storefront
        )
        earlier = await tx.effects.find(name)
        if earlier is not None:
            return still_due(Changes.model_validate_json(earlier.result), heard.seen, row.seen)
        paid = order.payment.method is PaymentMethod.PAID or row.paid
        before = row.seen or seen_of_order(order, heard.seen, paid=paid)
        progress = await tx.orders.progress(order.order_id)
        left = {line.line_no: line.ordered - line.canceled for line in progress}
        changes = changes_since(before, heard.seen, left)
        paid = row.paid or (changes.paid and await _is_to_capture(tx, order))
        seen = seen_next(before, heard.seen)
        await tx.storefronts.put(row.model_copy(update={"seen": seen, "paid": paid}))
        if paid and not row.paid:
            await tx.journal.add_action(_paid_there(engine, order, storefront))
        await tx.effects.add(
            EffectRecord(
                key=name,
                step="follow_storefront",
                order_id=None,
                request_hash=content_hash(heard.seen),
                result=changes.model_dump_json(),
                at=engine.clock.now(),
            )
        )
    return changes


async def _is_to_capture(tx: UnitOfWork, order: Order) -> bool:
    payment = await tx.payments.find(order.order_id)
    authorized = order.payment.method is PaymentMethod.AUTHORIZED
    return authorized and payment is not None and not payment.captured_minor


def _paid_there(engine: Engine, order: Order, storefront: str) -> ActionRecord:
    return ActionRecord(
        at=engine.clock.now(),
        by=storefront,
        action="paid in the shop",
        order_id=order.order_id,
        detail="it was authorized when it came; nothing is captured here any more",
    )


async def _take_off(
    engine: Engine, key: str, known: OrderRecord, storefront: str, changes: Changes
) -> None:
    if not changes.less:
        return
    order = known.order
    wish = AmendOrder(by=storefront, less=changes.less)
    try:
        await amend(engine, order.order_id, wish, update_id=f"{key}/less")
    except Refused as refusal:
        units = [f"{less.quantity} x {order.line(less.line_no).sku}" for less in changes.less]
        raise RefundedInPart.of(
            Problem(
                path="line_items",
                expected="goods that can still be taken off the order",
                came=f"{', '.join(units)} refunded or removed",
                remedy=f"it goes on as it is: {refusal}",
            )
        ) from refusal


async def _send_elsewhere(  # noqa: PLR0913, PLR0917 - each is one thing that it needs
    engine: Engine, key: str, known: OrderRecord, storefront: str, heard: Heard, changes: Changes
) -> None:
    if not changes.elsewhere:
        return
    order_id, address = known.order.order_id, heard.address()
    try:
        await change_address(engine, order_id, address, storefront, update_id=f"{key}/address")
    except Refused as refusal:
        raise OrderConflict.of(
            Problem(
                path=heard.paths["ship_to"],
                expected="an address that the order can still be sent to",
                came="another one than on record",
                remedy=f"the old one stays: {refusal}",
            )
        ) from refusal


async def _of_unclear_refunds(
    engine: Engine, known: OrderRecord, storefront: str, changes: Changes, merchant: Merchant
) -> Problem | None:
    """Return what a person decides of a refund that does not say of which goods it is.

    What is less than any unit costs is money alone, and stops nothing.
    """
    order = known.order
    if changes.unclear_minor < min(_unit_minor(order, line.line_no) for line in order.lines):
        return None
    remedy = (
        f"if it is of goods, take them off (`fulfillment orders amend {order.order_id}`), or "
        f"cancel it (`fulfillment orders cancel {order.order_id}`); it goes on meanwhile"
    )
    if merchant.unclear_refunds_stop:
        remedy = await _stopped(engine, order.order_id, storefront)
    return Problem(
        path="refunds",
        expected="of which goods the refund is",
        came="its amount alone, which is not less than a unit costs",
        remedy=remedy,
    )


def _unit_minor(order: Order, line_no: int) -> int:
    line = order.line(line_no)
    return max(1, (line.goods_minor - line.discount_minor + line.tax_minor) // line.quantity)


async def _stopped(engine: Engine, order_id: str, storefront: str) -> str:
    """Cancel the order if it is not too late; return what a person is to do."""
    reason = f"refunded in part in {storefront}"
    request = CancelRequest(reason=reason, by=storefront, in_bins_only=True)
    try:
        await cancel(engine, order_id, request)
    except TooLate as late:
        return f"it could not be stopped: {late}"
    return "it was canceled, nothing had been picked; submit what is left under an id of its own"


def _not_followed(order: Order, changes: Changes) -> list[Problem]:
    problems = []
    if changes.more:
        problems.append(
            Problem(
                path="line_items",
                expected="the goods that are on record, or fewer",
                came=f"{', '.join(filter(None, changes.more)) or 'others'} added",
                remedy="nothing can be added to an order: submit it under an id of its own",
            )
        )
    if changes.wishes:
        problems.append(
            Problem(
                path="note",
                expected="the gift, the shipping method and the wishes that are on record",
                came="others",
                remedy=f"see to it (`fulfillment orders amend {order.order_id}`)",
            )
        )
    return problems
