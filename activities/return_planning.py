"""What a request to return comes to: which units, on which terms, and what they are worth."""

from collections.abc import Sequence

from activities.return_amounts import worth_of
from activities.returnable_units import receivable_units, returnable_units
from fulfillment.domain.errors import Problem, ReturnRefused
from fulfillment.domain.orders import Order
from fulfillment.domain.return_terms import (
    approval_reasons,
    choose_units,
    fee_percent,
    refusals,
)
from fulfillment.domain.return_units import ReturnUnit, ShippedUnit
from fulfillment.domain.returns import (
    ReturnItem,
    ReturnOrigin,
    ReturnPolicy,
    ReturnRequest,
    ReturnStage,
    ReturnWish,
)
from fulfillment.messages.returns import (
    RecordReturn,
)
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import ReturnRecord


async def plan_return(tx: UnitOfWork, request: RecordReturn, policy: ReturnPolicy) -> ReturnRecord:
    """Return the return that a request comes to, with the units that it takes.

    Raises:
        ReturnRefused: more units than were delivered, or the policy does not allow it.
        NotFound: no such order.

    """
    asked = request.request
    order = (await tx.orders.get(asked.order_id)).order
    ours = asked.origin is not ReturnOrigin.CUSTOMER
    free = await (receivable_units if ours else returnable_units)(tx, asked.order_id)
    chosen = choose_units(asked.items, free, on_its_way=ours)
    articles = await tx.catalog.articles({unit.sku for _, unit in chosen})
    problems = refusals(chosen, articles, policy, request.at)
    if problems and not ours:
        raise ReturnRefused.of(*problems)
    if problems:
        # It is here: a person who inspects it decides what the customer gets.
        asked = asked.model_copy(update={"wish": ReturnWish.NONE})
    units = [
        _unit(item, unit, fee_percent(item.reason, articles[unit.sku], policy))
        for item, unit in chosen
    ]
    await _require_payable(tx, order, asked, units, policy)
    approval = () if ours else approval_reasons(chosen, policy)
    stage = ReturnStage.REQUESTED if approval else ReturnStage.AWAITING_GOODS
    return ReturnRecord(
        return_id=request.return_id,
        order_id=asked.order_id,
        warehouse_id=asked.warehouse_id or chosen[0][1].warehouse_id,
        stage=stage,
        stage_since=request.at,
        requested_at=request.at,
        request=asked,
        policy=policy,
        approval=approval,
        units=tuple(units),
    )


def _unit(item: ReturnItem, unit: ShippedUnit, fee: int) -> ReturnUnit:
    return ReturnUnit(
        line_no=unit.line_no,
        unit_no=unit.unit_no,
        sku=unit.sku,
        fulfillment_id=unit.fulfillment_id,
        reason=item.reason,
        fee_percent=fee,
    )


async def _require_payable(
    tx: UnitOfWork,
    order: Order,
    asked: ReturnRequest,
    units: Sequence[ReturnUnit],
    policy: ReturnPolicy,
) -> None:
    """Check that an exchange is of known articles, and paid as far as it costs more.

    Raises:
        ReturnRefused: an article is unknown, or the difference is not paid.

    """
    if not asked.exchange:
        return
    known = await tx.catalog.articles({item.sku for item in asked.exchange})
    unknown = [item.sku for item in asked.exchange if item.sku not in known]
    problems = [
        Problem(
            path="exchange", expected="an article of the catalog", came=sku, remedy="correct it"
        )
        for sku in unknown
    ]
    due = await worth_of(tx, order.order_id, units, policy)
    worth = due.amount_minor + due.elsewhere_minor
    if asked.exchange_minor - asked.paid_minor > worth:
        problems.append(_unpaid(asked, worth, order.currency))
    if problems:
        raise ReturnRefused.of(*problems)


def _unpaid(asked: ReturnRequest, worth_minor: int, currency: str) -> Problem:
    more = asked.exchange_minor - worth_minor
    return Problem(
        path="paid_minor",
        expected=f"{more} {currency} (minor units) paid in the shop, since the exchange costs"
        f" {asked.exchange_minor} and {worth_minor} comes back",
        came=str(asked.paid_minor),
        remedy="have the difference paid there, and give amount and reference of the payment",
    )
