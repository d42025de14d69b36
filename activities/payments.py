"""Authorize, capture, void, refund: outside first, by key; then on record."""

from temporalio import activity

from activities.effects import Effects, first_result
from activities.handed_in import UNKNOWN, look_up
from activities.refunding import Refunding
from activities.renewing import Renewing, is_renewal, still_to_capture
from fulfillment.domain.authorizations import GatewayRequest, HeldAuthorization
from fulfillment.domain.errors import NotFound, PaymentDeclined
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.money import Money
from fulfillment.domain.money_ledger import PostingKind, postings
from fulfillment.domain.orders import Order, PaymentMethod
from fulfillment.messages import (
    AuthorizationRenewed,
    AuthorizePayment,
    CapturePayment,
    PaymentResult,
    Refunded,
    RefundPayment,
    RenewAuthorization,
    VoidPayment,
    WriteOffPayment,
    WrittenOff,
)
from fulfillment.ports import Ports
from fulfillment.records import PaymentRecord
from fulfillment.stores import UnitOfWork


class PaymentActivities:
    """Calls to the gateway, and what they came to."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)
        self._refunding = Refunding(ports)
        self._renewing = Renewing(ports)

    @activity.defn(name="authorize_payment")
    async def authorize_payment(self, request: AuthorizePayment) -> PaymentResult:
        """Have the order's amount held; a refusal of the bank is a result, not an error.

        What the storefront has had authorized is looked up, whether it can be captured.
        """
        async with self._ports.database.reading() as tx:
            earlier = await first_result(tx, request, PaymentResult)
            if earlier is not None:
                return earlier
            order = (await tx.orders.get(request.order_id)).order
            payment = await _payment(tx, request.order_id)
            amount_minor = await _to_hold(tx, order)
            there = await _is_collected(tx, payment)
        source = order.payment.reference or ""
        handed_in = payment.method is PaymentMethod.AUTHORIZED
        if there:
            result = _result(payment, amount_minor, reference=payment.reference)
        elif handed_in:
            result = await self._looked_up(payment, amount_minor)
        else:
            result = await self._authorize(request.key, payment, amount_minor, source)

        async def record(tx: UnitOfWork) -> PaymentResult:
            if result.declined is None:
                now = self._ports.clock.now()
                if not handed_in:
                    await self._book(tx, request, payment, result)
                await tx.orders.set_stage(request.order_id, OrderStage.RESERVING, "", now)
            return result

        return await self._effects.once(request, request.order_id, PaymentResult, record)

    async def _authorize(
        self, key: str, payment: PaymentRecord, amount_minor: int, source: str
    ) -> PaymentResult:
        if amount_minor == 0:
            return _result(payment, 0)
        try:
            held = await self._ports.payments.authorize(key, amount_minor, payment.currency, source)
        except (PaymentDeclined, NotFound) as refusal:
            return _result(payment, 0, declined=str(refusal))
        result = _result(payment, held.amount_minor, reference=held.reference)
        return result.model_copy(update={"expires_at": held.expires_at})

    async def _looked_up(self, payment: PaymentRecord, amount_minor: int) -> PaymentResult:
        needed = Money(amount_minor=amount_minor, currency=payment.currency)
        gateway, now = self._ports.payments, self._ports.clock.now()
        refusal = await look_up(gateway, payment.reference, needed, now) if amount_minor else None
        if refusal is not None:
            return _result(payment, 0, declined=refusal)
        return _result(payment, amount_minor, reference=payment.reference)

    async def _book(
        self,
        tx: UnitOfWork,
        request: AuthorizePayment,
        payment: PaymentRecord,
        result: PaymentResult,
    ) -> None:
        """Put on record what is held from now on."""
        held = payment.model_copy(update={"reference": result.reference})
        taken = postings(PostingKind.AUTHORIZED, result.amount_minor)
        await tx.payments.post(request.key, held, taken, self._ports.clock.now())
        if taken:
            await tx.payments.hold(_held(request, result))

    @activity.defn(name="capture_payment")
    async def capture_payment(self, request: CapturePayment) -> PaymentResult:
        """Take what the fulfillment's units cost."""
        async with self._ports.database.writing() as tx:
            await tx.orders.lock(request.order_id)
            earlier = await first_result(tx, request, PaymentResult)
            if earlier is not None and earlier.declined is None:
                return earlier
            payment = await _payment(tx, request.order_id)
            closed = await _closed(tx, payment, request.fulfillment_id)
            if earlier is not None:
                # Started again, a workflow asks for its first capture first: a later one counts.
                return closed or earlier
            begun = await _begun(tx, request)
            known = closed or (None if begun else await _collected(tx, payment, request))
            asked = None if known else begun or await _to_capture(tx, request, payment)
            if closed is None and begun is None:
                await _keep_units(tx, request)
        result = known or await self._capture(payment, asked)

        async def record(tx: UnitOfWork) -> PaymentResult:
            if closed is not None:
                return closed
            now_held = await _payment(tx, request.order_id)
            taken = postings(PostingKind.CAPTURED, result.amount_minor, request.fulfillment_id)
            now, by = self._ports.clock.now(), result.reference
            await tx.payments.post(request.key, now_held, taken, now, reference=by)
            await tx.payments.answered(request.key)
            return result

        return await self._effects.once(request, request.order_id, PaymentResult, record)

    async def _capture(self, payment: PaymentRecord, asked: GatewayRequest | None) -> PaymentResult:
        if asked is None:
            return _result(payment, 0)
        try:
            await self._ports.payments.capture(asked.key, asked.reference, asked.amount_minor)
        except (PaymentDeclined, NotFound) as refusal:
            return _result(payment, 0, declined=str(refusal))
        return _result(payment, asked.amount_minor, reference=asked.reference)

    @activity.defn(name="void_payment")
    async def void_payment(self, request: VoidPayment) -> PaymentResult:
        """Give back what is held and not captured; what the gateway does not know, is not held."""
        async with self._ports.database.reading() as tx:
            earlier = await first_result(tx, request, PaymentResult)
            if earlier is not None:
                return earlier
            payment = await _payment(tx, request.order_id)
            begun = [one for one in await tx.payments.asked(request.order_id) if is_renewal(one)]
            there = await _is_collected(tx, payment)
        rest = payment.authorized_minor - payment.captured_minor - payment.voided_minor
        unknown: str | None = None
        if rest > 0 and payment.reference is not None and not there:
            unknown = await self._void(request.key, payment.reference)
        for one in begun:
            await self._renewing.give_up(one)

        async def record(tx: UnitOfWork) -> PaymentResult:
            now_held = await _payment(tx, request.order_id)
            left = now_held.authorized_minor - now_held.captured_minor - now_held.voided_minor
            back = postings(PostingKind.VOIDED, left)
            await tx.payments.post(request.key, now_held, back, self._ports.clock.now())
            for one in begun:
                await tx.payments.answered(one.key)
            return _result(payment, rest, reference=payment.reference, declined=unknown)

        return await self._effects.once(request, request.order_id, PaymentResult, record)

    async def _void(self, key: str, reference: str) -> str | None:
        """Give it back; return why that was not to be done, if it was not."""
        try:
            await self._ports.payments.void(key, reference)
        except NotFound:
            return UNKNOWN
        return None

    @activity.defn(name="refund_payment")
    async def refund_payment(self, request: RefundPayment) -> Refunded:
        """Give back what units cost, each once; a refusal is a result, not an error."""
        return await self._refunding.refund(request)

    @activity.defn(name="renew_authorization")
    async def renew_authorization(self, request: RenewAuthorization) -> AuthorizationRenewed:
        """Hold anew what is still to be captured, if it lapses in time; else change nothing."""
        return await self._renewing.renew(request)

    @activity.defn(name="write_off_payment")
    async def write_off_payment(self, request: WriteOffPayment) -> WrittenOff:
        """Give up what was shipped and could not be captured; nobody asks for it any more."""

        async def record(tx: UnitOfWork) -> WrittenOff:
            payment = await _payment(tx, request.order_id)
            amount_minor = await tx.orders.amount_minor(request.fulfillment_id)
            lost = postings(PostingKind.WRITTEN_OFF, amount_minor, request.fulfillment_id)
            await tx.payments.post(request.key, payment, lost, self._ports.clock.now())
            return WrittenOff(amount_minor=amount_minor, currency=payment.currency)

        return await self._effects.once(request, request.order_id, WrittenOff, record)


async def _to_hold(tx: UnitOfWork, order: Order) -> int:
    """Return what the units cost that are not canceled."""
    progress = await tx.orders.progress(order.order_id)
    if not any(line.canceled for line in progress):
        return order.amount_minor
    return await still_to_capture(tx, order.order_id)


def _held(request: AuthorizePayment, result: PaymentResult) -> HeldAuthorization:
    return HeldAuthorization(
        key=request.key,
        order_id=request.order_id,
        reference=result.reference or "",
        amount_minor=result.amount_minor,
        expires_at=result.expires_at,
    )


async def _payment(tx: UnitOfWork, order_id: str) -> PaymentRecord:
    payment = await tx.payments.find(order_id)
    if payment is None:
        message = f"no payment of order {order_id} is on record"
        raise NotFound(message)
    return payment


async def _closed(
    tx: UnitOfWork, payment: PaymentRecord, fulfillment_id: str
) -> PaymentResult | None:
    """Return what was captured for a fulfillment, or that it was written off; None before that."""
    for entry in await tx.payments.entries(payment.order_id):
        if entry.fulfillment_id != fulfillment_id:
            continue
        if entry.kind is PostingKind.CAPTURED:
            return _result(payment, entry.amount_minor, reference=entry.reference)
        if entry.kind is PostingKind.WRITTEN_OFF:
            return _result(payment, 0, declined="it is written off")
    return None


async def _is_collected(tx: UnitOfWork, payment: PaymentRecord) -> bool:
    """Return whether the shop has collected what it had authorized, so that nobody else may."""
    if payment.method is not PaymentMethod.AUTHORIZED:
        return False
    heard = await tx.storefronts.find(payment.order_id)
    return heard is not None and heard.paid


async def _begun(tx: UnitOfWork, request: CapturePayment) -> GatewayRequest | None:
    """Return what was asked under this key; it may be done, whatever became of the units since."""
    asked = await tx.payments.asked(request.order_id)
    return next((one for one in asked if one.key == request.key), None)


async def _collected(
    tx: UnitOfWork, payment: PaymentRecord, request: CapturePayment
) -> PaymentResult | None:
    """Return what a fulfillment's units cost, where the shop has collected it; else None."""
    if not await _is_collected(tx, payment):
        return None
    amount_minor = await tx.orders.amount_minor(request.fulfillment_id)
    return _result(payment, amount_minor, reference=payment.reference)


async def _keep_units(tx: UnitOfWork, request: CapturePayment) -> None:
    """Put on record which units are captured: canceled on their way, they are nobody's later."""
    numbers = await tx.orders.unit_numbers(request.fulfillment_id)
    units = [(line_no, unit_no) for line_no, own in numbers.items() for unit_no in own]
    await tx.payments.keep_units(request.key, request.order_id, units)


async def _to_capture(
    tx: UnitOfWork, request: CapturePayment, payment: PaymentRecord
) -> GatewayRequest | None:
    """Put on record what is captured by which reference; None if nothing is."""
    amount_minor = await tx.orders.amount_minor(request.fulfillment_id)
    if amount_minor == 0 or payment.reference is None:
        return None
    return await tx.payments.ask(
        GatewayRequest(
            key=request.key,
            order_id=request.order_id,
            reference=payment.reference,
            amount_minor=amount_minor,
        )
    )


def _result(
    payment: PaymentRecord,
    amount_minor: int,
    *,
    reference: str | None = None,
    declined: str | None = None,
) -> PaymentResult:
    return PaymentResult(
        method=payment.method,
        amount_minor=amount_minor,
        currency=payment.currency,
        reference=reference,
        declined=declined,
    )
