"""What a customer gets in the place of what came back, where it is not money."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from temporalio import activity

from activities.effects import Effects
from activities.return_amounts import due_for, lock_payer, put_refund, refund_on_record, with_refund
from fulfillment.domain.orders import ReplacementReason
from fulfillment.domain.replaced_money import exchange_worth
from fulfillment.domain.replacements import ReplacementLine
from fulfillment.domain.return_refunds import with_exchange
from fulfillment.domain.return_units import ReturnUnit
from fulfillment.domain.returns import ExchangeItem, ReturnReason, ReturnWish
from fulfillment.messages.returns import InKind, SettleInKind
from fulfillment.ports import Ports
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import ReturnRecord
from fulfillment.temporal.identifiers import effect_key, return_workflow_id

_REASONS = {
    ReturnReason.WRONG: ReplacementReason.WRONG_ITEM,
    ReturnReason.DAMAGED: ReplacementReason.DAMAGED,
    ReturnReason.MISSING_PARTS: ReplacementReason.MISSING_PARTS,
}


class ReturnSettlingActivities:
    """The end of a return that is settled in kind."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="settle_in_kind")
    async def settle_in_kind(self, request: SettleInKind) -> InKind:
        """Say what is sent for the units that were accepted, and put on record what is due besides.

        An exchange that what came back does not cover is not sent: its worth is given back.
        """

        async def settle(tx: UnitOfWork) -> InKind:
            await lock_payer(tx, request.order_id)
            made = await tx.returns.get(request.return_id)
            accepted = [unit for unit in made.units if unit.accepted]
            if not accepted:
                return InKind(why_not="nothing of it was accepted")
            if made.request.wish is ReturnWish.REPLACEMENT:
                return _once_more(accepted)
            return await self._exchange(tx, made, accepted, self._ports.clock.now())

        return await self._effects.once(request, request.order_id, InKind, settle)

    async def _exchange(
        self, tx: UnitOfWork, made: ReturnRecord, accepted: list[ReturnUnit], at: datetime
    ) -> InKind:
        asked = made.request
        worth = await due_for(tx, made, accepted)
        covered = with_exchange(worth, asked.exchange_minor, asked.paid_minor)
        number = await put_refund(tx, made, covered or worth, at)
        await tx.returns.save_units(made.return_id, with_refund(accepted, number, worth))
        refund = await refund_on_record(tx, await tx.returns.get(made.return_id), number)
        if covered is None:
            had = asked.paid_minor + worth.elsewhere_minor + worth.amount_minor
            missing = asked.exchange_minor - had
            paid = f"; give back {asked.paid_minor} paid as {asked.payment_reference}"
            why = f"the exchange costs {missing} more (minor units) than came back"
            return InKind(refund=refund, why_not=why + (paid if asked.paid_minor else ""))
        lines = _exchanged(asked.exchange, covered.exchange_minor)
        return InKind(lines=lines, refund=refund)


async def settled_in_kind(tx: UnitOfWork, return_id: str) -> bool:
    """Return whether it is decided what is sent in the place of what came back until then."""
    key = effect_key(return_workflow_id(return_id), "settle_in_kind")
    return await tx.effects.find(key) is not None


def _exchanged(wanted: Sequence[ExchangeItem], against_minor: int) -> tuple[ReplacementLine, ...]:
    """Return the lines of an exchange, each unit with what it is worth from now on."""
    prices = [item.unit_price_minor for item in wanted for _ in range(item.quantity)]
    worth = iter(exchange_worth(prices, against_minor))
    return tuple(
        ReplacementLine(
            sku=item.sku, quantity=item.quantity, worth=tuple(islice(worth, item.quantity))
        )
        for item in wanted
    )


def _once_more(accepted: list[ReturnUnit]) -> InKind:
    units: dict[int, tuple[int, ...]] = {}
    for unit in accepted:
        units[unit.line_no] = (*units.get(unit.line_no, ()), unit.unit_no)
    return InKind(units=units, reason=_REASONS[accepted[0].reason])
