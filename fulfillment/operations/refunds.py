"""Refunds in a storefront of orders that are on record: nothing is shipped that was refunded."""

from collections.abc import Mapping
from typing import Any

from fulfillment.domain.errors import (
    FulfillmentError,
    InvalidOrder,
    Problem,
    RefundedInPart,
    TooLate,
)
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.orders import Order
from fulfillment.messages import CancelRequest
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_changes import cancel
from fulfillment.records import OrderRecord
from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.recognize import order_of

_UNCLEAR = "a refund that does not say of which goods"


async def stop_refunded(
    engine: Engine,
    known: OrderRecord,
    storefront: str,
    payload: Mapping[str, Any],
    merchant: Merchant,
) -> None:
    """Stop an order that is on record with goods that were refunded since, and put it to a person.

    What is on record can't be made smaller: so it is canceled while its goods lie in their bins,
    and a person submits what is left. A refund of money alone, which leaves all goods, stops
    nothing; one that does not say of which goods it is stops the order unless the merchant's
    `unclear_refunds_stop` is off.

    Raises:
        RefundedInPart: goods were refunded; says whether the order could be stopped.
        InvalidOrder: the refund is unclear, and the merchant wants no order stopped for that.

    """
    if not payload.get("refunds") or known.stage is OrderStage.SETTLED:
        return
    try:
        left = order_of(payload, merchant)
    except InvalidOrder as unclear:
        if not (_is_of_refunds(unclear) and merchant.unclear_refunds_stop):
            raise
        came = _UNCLEAR
    else:
        gone = _refunded(known.order, left)
        if not gone:
            return
        came = f"{gone} refunded"
    raise _put_to_a_person(came, await _stopped(engine, known, storefront))


def _is_of_refunds(unclear: InvalidOrder) -> bool:
    paths = [problem.path for problem in unclear.problems]
    return any(path.startswith("refunds") or path == "line_items" for path in paths)


def _refunded(known: Order, left: Order | None) -> str:
    kept = {line.line_no: line.quantity for line in left.lines} if left else {}
    less = [(line.quantity - kept.get(line.line_no, 0), line.sku) for line in known.lines]
    return ", ".join(f"{units} x {sku}" for units, sku in less if units > 0)


async def _stopped(engine: Engine, known: OrderRecord, storefront: str) -> str:
    """Cancel the order if it is not too late; return what a person is to do."""
    order_id = known.order.order_id
    try:
        reason = f"refunded in part in {storefront}"
        request = CancelRequest(reason=reason, by=storefront, in_bins_only=True)
        await cancel(engine, order_id, request)
    except TooLate as late:
        return f"take the goods out before they leave, it could not be stopped: {late}"
    return "it was canceled, nothing had been picked; submit what is left under an id of its own"


def _put_to_a_person(came: str, remedy: str) -> FulfillmentError:
    return RefundedInPart.of(
        Problem(path="refunds", expected="the goods that are on record", came=came, remedy=remedy)
    )
