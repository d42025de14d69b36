"""An order's money: what it has come to, by which postings, and whether the gateway agrees."""

from fulfillment.domain.authorizations import GatewayRequest
from fulfillment.domain.base import Currency, Instant, Value
from fulfillment.domain.errors import NotFound, Refused
from fulfillment.domain.money_ledger import MoneyAccount, MoneyEntry, balances
from fulfillment.domain.orders import PaymentMethod
from fulfillment.domain.refunds import Refund
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import get_order
from fulfillment.ports import Authorization, PaymentGateway
from fulfillment.records import BookFinding, PaymentRecord

_PAGE = 500


class OrderMoney(Value):
    """What an order's payment has come to, in minor units, with the ledger's postings."""

    order_id: str
    method: PaymentMethod
    currency: Currency
    amount_minor: int
    """What the order costs."""
    authorized_minor: int
    captured_minor: int
    voided_minor: int
    refunded_minor: int
    held_minor: int
    """Still at the gateway, neither captured nor given back."""
    owed_minor: int
    """To be given back in the shop, or by who collected it."""
    disputed_minor: int
    written_off_minor: int
    reference: str | None
    authorized_until: Instant | None
    unanswered: tuple[GatewayRequest, ...]
    """What the gateway was to be asked, and of which the outcome is not on record."""
    entries: tuple[MoneyEntry, ...]
    refunds: tuple[Refund, ...]


async def order_money(engine: Engine, order_id: str) -> OrderMoney:
    """Return what an order's payment has come to.

    Raises:
        NotFound: no such order.

    """
    order = (await get_order(engine, order_id)).order
    async with engine.database.reading() as tx:
        payment = await tx.payments.find(order_id)
        entries = tuple(await tx.payments.entries(order_id))
        held = await tx.payments.held(order_id)
        refunds = tuple(await tx.refunds.of_order(order_id))
        asked = await tx.payments.asked(order_id)
    levels = payment or PaymentRecord(
        order_id=order_id, method=order.payment.method, currency=order.currency
    )
    on = balances(entries)
    return OrderMoney(
        **levels.model_dump(),
        amount_minor=order.amount_minor,
        held_minor=on[MoneyAccount.HELD],
        owed_minor=on[MoneyAccount.OWED],
        disputed_minor=on[MoneyAccount.DISPUTED],
        written_off_minor=on[MoneyAccount.WRITTEN_OFF],
        authorized_until=held.expires_at if held else None,
        unanswered=tuple(one for one in asked if one.is_open),
        entries=entries,
        refunds=refunds,
    )


# --- does the gateway agree? -------------------------------------------------------------------


async def gateway_findings(engine: Engine) -> list[BookFinding]:
    """Ask the gateway for every order's references; return where it says something else.

    A payment that is just being changed may be found; look at it again.

    Raises:
        Refused: this engine reaches no gateway.
        PaymentUnclear: the gateway does not answer.

    """
    if engine.payments is None:
        message = "expected an engine that reaches a payment gateway, came one without"
        raise Refused(message)
    found: list[BookFinding] = []
    after: str | None = None
    while True:
        async with engine.database.reading() as tx:
            page = await tx.orders.page(limit=_PAGE, after=after)
        for record in page:
            money = await order_money(engine, record.order.order_id)
            if money.method in (PaymentMethod.TO_AUTHORIZE, PaymentMethod.AUTHORIZED):
                found += await _of_order(engine.payments, money)
        if len(page) < _PAGE:
            return found
        after = page[-1].order.order_id


async def _of_order(gateway: PaymentGateway, money: OrderMoney) -> list[BookFinding]:
    references = dict.fromkeys(e.reference for e in money.entries if e.reference is not None)
    known = [account for r in references if (account := await _account(gateway, r)) is not None]
    there = {
        "captured": sum(account.captured_minor for account in known),
        "refunded": sum(account.refunded_minor for account in known),
    }
    here = {
        "captured": money.captured_minor,
        "refunded": money.refunded_minor,
    }
    found = [
        _finding(money, f"{name} {here[name]} here, {there[name]} there")
        for name in here
        if here[name] != there[name]
    ]
    found += [
        _finding(money, f"what became of {one.key} ({one.amount_minor}) is not on record")
        for one in money.unanswered
    ]
    disputed = sum(account.disputed_minor for account in known)
    if disputed != money.disputed_minor:
        found.append(_finding(money, f"disputed {money.disputed_minor} here, {disputed} there"))
    return found


async def _account(gateway: PaymentGateway, reference: str) -> Authorization | None:
    try:
        return await gateway.get(reference)
    except NotFound:
        return None


def _finding(money: OrderMoney, what: str) -> BookFinding:
    references = sorted({entry.reference for entry in money.entries if entry.reference})
    return BookFinding(
        rule="the gateway has the same on its books",
        rows=(f"payments {money.order_id}", f"money_entries of {money.order_id}"),
        message=f"{money.order_id}: {what} (minor units of {money.currency})",
        repair=f"look up {', '.join(references)} at the gateway by the effects' keys; "
        f"see `fulfillment orders money {money.order_id}`",
    )
