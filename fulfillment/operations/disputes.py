"""Disputes: the payer's bank takes captured money back, and decides later who keeps it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from activities.announced_changes import Change
from activities.announcing import announce
from fulfillment.domain.base import Identifier, StrictValue, Value
from fulfillment.domain.confirmations import Person, Remark
from fulfillment.domain.errors import FulfillmentError, Problem, Refused
from fulfillment.domain.money import Money
from fulfillment.domain.money_ledger import MoneyAccount, PostingKind, balances, postings
from fulfillment.domain.webhook_events import EventType
from fulfillment.operations.booking import book_once
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import get_order
from fulfillment.operations.webhook_waking import wake
from fulfillment.ports import Mail, Notifier
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork


class DisputeState(StrEnum):
    """How far a dispute is."""

    OPENED = "opened"
    """The bank has taken the amount back."""
    WON = "won"
    """The shop has it again."""
    LOST = "lost"
    """The payer keeps it."""


_POSTED = {
    DisputeState.OPENED: (PostingKind.DISPUTED, MoneyAccount.CAPTURED),
    DisputeState.WON: (PostingKind.DISPUTE_WON, MoneyAccount.DISPUTED),
    DisputeState.LOST: (PostingKind.DISPUTE_LOST, MoneyAccount.DISPUTED),
}
"""What each state posts, and where the amount must be."""


class Dispute(StrictValue):
    """What the payer's bank said of an order's payment, in minor units."""

    dispute_id: Identifier
    order_id: Identifier
    state: DisputeState = DisputeState.OPENED
    amount_minor: Annotated[int, Field(gt=0)]
    reason: Remark = ""
    by: Person = "unknown"


class DisputeRecorded(Value):
    """What of the order's money is under dispute now, in minor units."""

    order_id: str
    disputed_minor: int


async def record_dispute(
    engine: Engine, mails: Notifier, supervisor_mail: str, dispute: Dispute
) -> DisputeRecorded:
    """Put on record what the bank said, once for each state, and tell the supervisor.

    Args:
        engine: the running engine.
        mails: hands the supervisor's mail over, once by its key.
        supervisor_mail: whose address that is.
        dispute: under the bank's own id.

    Raises:
        NotFound: no such order.
        Refused: more than was captured, or than is under dispute.
        InvalidReceipt: this state of the dispute is on record with other content.

    """
    order = (await get_order(engine, dispute.order_id)).order
    key = f"dispute/{dispute.dispute_id}/record_dispute/{dispute.state.value}/1"
    told: list[str] = []

    async def book(tx: UnitOfWork, of_key: str) -> DisputeRecorded:
        await tx.orders.lock(dispute.order_id)
        now_disputed = await _post(tx, engine, dispute, of_key)
        await tx.journal.add_action(_action(engine, dispute))
        if dispute.state is DisputeState.OPENED:
            change = Change(EventType.PAYMENT_DISPUTED, amount_minor=dispute.amount_minor)
            at = engine.clock.now()
            told.extend(await announce(tx, dispute.order_id, of_key, [change], at))
        return DisputeRecorded(order_id=dispute.order_id, disputed_minor=now_disputed)

    recorded = await book_once(engine, key, dispute, DisputeRecorded, book)
    await wake(engine, told)
    amount = Money(amount_minor=dispute.amount_minor, currency=order.currency)
    subject = f"dispute {dispute.state.value}: order {dispute.order_id}"
    body = f"{amount} of order {dispute.order_id}: {dispute.reason or 'no reason given'}.\n"
    hint = f"See `fulfillment orders money {dispute.order_id}`.\n"
    await mails.send(key, Mail(recipient=supervisor_mail, subject=subject, body=body + hint))
    return recorded


async def _post(tx: UnitOfWork, engine: Engine, dispute: Dispute, key: str) -> int:
    kind, source = _POSTED[dispute.state]
    payment = await tx.payments.find(dispute.order_id)
    on = balances(await tx.payments.entries(dispute.order_id))
    if payment is None or on[source] < dispute.amount_minor:
        raise _too_much(dispute, source, on[source])
    posted = postings(kind, dispute.amount_minor)
    await tx.payments.post(key, payment, posted, engine.clock.now())
    return balances(await tx.payments.entries(dispute.order_id))[MoneyAccount.DISPUTED]


def _action(engine: Engine, dispute: Dispute) -> ActionRecord:
    return ActionRecord(
        at=engine.clock.now(),
        by=dispute.by,
        action=f"dispute {dispute.state.value}",
        order_id=dispute.order_id,
        detail=f"{dispute.amount_minor} (minor units): {dispute.reason}",
    )


def _too_much(dispute: Dispute, source: MoneyAccount, there_minor: int) -> FulfillmentError:
    return Refused.of(
        Problem(
            path=f"dispute {dispute.dispute_id}",
            expected=f"at most {there_minor} minor units, what is {source.value}",
            came=str(dispute.amount_minor),
            remedy=f"`fulfillment orders money {dispute.order_id}` shows what was captured",
        )
    )
