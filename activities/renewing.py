"""Authorizations are renewed before they lapse: held anew first, then the old one is given up."""

from dataclasses import dataclass

from activities.announced_changes import step_of
from activities.canceled_money import canceled_units
from activities.effects import Effects, first_result
from activities.refund_parts import captured_by
from fulfillment.domain.authorizations import GatewayRequest, HeldAuthorization
from fulfillment.domain.errors import EffectConflict, NotFound, PaymentDeclined
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.money_ledger import PostingKind, postings
from fulfillment.messages import AuthorizationRenewed, RenewAuthorization
from fulfillment.ports import Authorization, Ports
from fulfillment.records import PaymentRecord
from fulfillment.stores import UnitOfWork

_LEFT = (Stage.IN_TRANSIT, Stage.DELIVERED)
CAPTURING = "capture_payment"
RENEWING = "renew_authorization"


@dataclass(frozen=True)
class _Due:
    """What is to be held anew: the payment as it is, and what is left of it."""

    payment: PaymentRecord
    left_minor: int
    needed_minor: int
    """Of what is left, without what is canceled."""


class Renewing:
    """Holds anew what would lapse while an order waits."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    async def renew(self, request: RenewAuthorization) -> AuthorizationRenewed:
        """Hold anew what is still to be captured, if it lapses in time; else change nothing.

        Raises:
            PaymentUnclear: no answer; ask again with the same key.

        """
        async with self._ports.database.writing() as tx:
            await tx.orders.lock(request.order_id)
            done = await first_result(tx, request, AuthorizationRenewed)
            begun = None if done is not None else await self._begin(tx, request)
            held = await tx.payments.held(request.order_id)
        if begun is not None:
            done = await self._hold_anew(request, begun)
        if done is None:
            return AuthorizationRenewed(expires_at=held.expires_at if held else None)
        if done.given_up is not None:
            await self._ports.payments.void(f"{request.key}/void", done.given_up)
        return done

    async def give_up(self, begun: GatewayRequest) -> None:
        """Give back what a renewal may have held whose outcome nobody has put on record."""
        try:
            anew = await self._authorize(begun)
        except (PaymentDeclined, NotFound, EffectConflict):
            return  # nothing is held under this key, or nothing that it could give back
        await self._ports.payments.void(f"{begun.key}/void", anew.reference)

    async def _begin(self, tx: UnitOfWork, request: RenewAuthorization) -> GatewayRequest | None:
        """Put on record what is to be asked; what was begun is asked again, due or not.

        Also where a run before this one began it, by another key: it may be held.
        """
        known = await tx.payments.asked(request.order_id)
        own = next((one for one in known if one.key == request.key), None)
        if own is not None:
            # Answered, and no result of it on record: another request took it up, and it counts.
            return own if own.is_open else None
        begun = next(filter(is_renewal, known), None)
        due = await self._due(tx, request)
        if begun is not None or due is None:
            return begun
        return await tx.payments.ask(
            GatewayRequest(
                key=request.key,
                order_id=request.order_id,
                reference=due.payment.reference or "",
                amount_minor=due.needed_minor,
            )
        )

    async def _due(self, tx: UnitOfWork, request: RenewAuthorization) -> _Due | None:
        payment = await tx.payments.find(request.order_id)
        held = await tx.payments.held(request.order_id)
        if payment is None or held is None or not _lapses(request, held):
            return None
        left = payment.authorized_minor - payment.captured_minor - payment.voided_minor
        needed = min(left, await still_to_capture(tx, request.order_id))
        if not needed or await _capturing(tx, request.order_id):
            return None
        return _Due(payment, left, needed)

    async def _authorize(self, begun: GatewayRequest) -> Authorization:
        async with self._ports.database.reading() as tx:
            order = (await tx.orders.get(begun.order_id)).order
        source = order.payment.reference or ""
        return await self._ports.payments.authorize(
            begun.key, begun.amount_minor, order.currency, source
        )

    async def _hold_anew(
        self, request: RenewAuthorization, begun: GatewayRequest
    ) -> AuthorizationRenewed:
        try:
            anew: Authorization | str = await self._authorize(begun)
        except PaymentDeclined as refusal:
            anew = str(refusal)

        async def record(tx: UnitOfWork) -> AuthorizationRenewed:
            await tx.payments.answered(begun.key)
            due = await self._due(tx, request)
            counts = due is not None and _is_the_same(due, begun)
            if isinstance(anew, str) and counts:
                return AuthorizationRenewed(declined=anew)
            if due is None or not counts or isinstance(anew, str):
                return await self._needless(tx, request, anew)
            return await self._record(tx, request, due, anew)

        return await self._effects.once(request, request.order_id, AuthorizationRenewed, record)

    async def _needless(
        self, tx: UnitOfWork, request: RenewAuthorization, anew: Authorization | str
    ) -> AuthorizationRenewed:
        """Keep the old authorization, which was used, replaced or given up meanwhile."""
        old = await tx.payments.held(request.order_id)
        given_up = None if isinstance(anew, str) else anew.reference
        if old is not None and given_up == old.reference:
            given_up = None  # asked by the same key, which another request has put on record
        return AuthorizationRenewed(expires_at=old.expires_at if old else None, given_up=given_up)

    async def _record(
        self, tx: UnitOfWork, request: RenewAuthorization, due: _Due, anew: Authorization
    ) -> AuthorizationRenewed:
        """Let the new authorization count."""
        held = HeldAuthorization(
            key=request.key,
            order_id=request.order_id,
            reference=anew.reference,
            amount_minor=due.needed_minor,
            expires_at=anew.expires_at,
        )
        await tx.payments.hold(held)
        now, key = self._ports.clock.now(), request.key
        lapsed = postings(PostingKind.LAPSED, due.left_minor)
        after = await tx.payments.post(key, due.payment, lapsed, now)
        after = after.model_copy(update={"reference": anew.reference})
        anew_held = postings(PostingKind.AUTHORIZED, due.needed_minor)
        await tx.payments.post(key, after, anew_held, now)
        return AuthorizationRenewed(
            expires_at=anew.expires_at,
            amount_minor=due.needed_minor,
            given_up=due.payment.reference,
        )


def is_renewal(request: GatewayRequest) -> bool:
    """Return whether a request is a renewal whose outcome is not on record."""
    return request.is_open and step_of(request.key) == RENEWING


def _is_the_same(due: _Due, begun: GatewayRequest) -> bool:
    return (due.payment.reference, due.needed_minor) == (begun.reference, begun.amount_minor)


async def still_to_capture(tx: UnitOfWork, order_id: str) -> int:
    """Return what the units cost that are neither canceled nor captured."""
    gone = {*await canceled_units(tx, order_id), *await tx.refunds.refunded_units(order_id)}
    gone.update(await captured_by(tx, order_id))
    costs = await tx.refunds.amounts(order_id)
    return sum(unit.amount_minor for unit in costs if (unit.line_no, unit.unit_no) not in gone)


def _lapses(request: RenewAuthorization, held: HeldAuthorization) -> bool:
    in_time = held.expires_at is not None and held.expires_at <= request.until
    return in_time or request.lapsed


async def _capturing(tx: UnitOfWork, order_id: str) -> bool:
    """Return whether goods have left whose capture may just be under way by the old reference."""
    begun = await tx.payments.asked(order_id)
    if any(one.is_open and step_of(one.key) == CAPTURING for one in begun):
        return True
    left = {s.fulfillment_id for s in await tx.fulfillments.of_order(order_id) if s.stage in _LEFT}
    asked = {
        effect.key.split("/")[1]
        for effect in await tx.effects.of_order(order_id)
        if effect.step == CAPTURING
    }
    return bool(left - asked)
