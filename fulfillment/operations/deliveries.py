"""What a storefront's webhook delivers: an order, submitted once, or canceled."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from fulfillment.domain.base import Value
from fulfillment.domain.errors import FulfillmentError, InvalidOrder, Problem
from fulfillment.domain.orders import parse_order
from fulfillment.operations.engine import Engine
from fulfillment.operations.json_files import parse_json
from fulfillment.operations.order_access import find_order
from fulfillment.operations.orders import cancel_order, submit_order
from fulfillment.operations.refunds import stop_refunded
from fulfillment.records import ActionRecord, EffectRecord
from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.recognize import order_id_of, order_of, recognize
from fulfillment.webhooks.stores import RefusedDelivery

TOPICS = {
    "shopify": ("orders/create", "orders/paid", "orders/updated", "orders/cancelled"),
    "woocommerce": ("order.created", "order.updated"),
}
"""Topics whose payload is an order; all others are acknowledged and left alone."""


_OVER = ("cancelled", "refunded", "voided")


class Delivery(Value):
    """One delivery, whose signature holds."""

    storefront: str
    """`shopify` or `woocommerce`."""
    delivery_id: str
    topic: str
    body: bytes

    @property
    def key(self) -> str:
        """Return what makes it once.

        The body counts too: WooCommerce makes its ids from webhook and second, so that two orders
        of one second have the same.
        """
        digest = hashlib.sha256(self.body).hexdigest()
        return f"webhook/{self.storefront}/{self.delivery_id}/{digest}"


class DeliveryOutcome(StrEnum):
    """What became of a delivery; each is an answer after which it need not come again."""

    SUBMITTED = "submitted"
    """The order is on record, now or already."""
    CANCELED = "canceled"
    REFUSED = "refused"
    """It can't be done; why is on record in the audit."""
    IGNORED = "ignored"
    """Its topic is nothing that we act on."""


class DeliveryTaken(Value):
    """The answer to a delivery; the same delivery again gets the same."""

    outcome: DeliveryOutcome
    order_id: str | None = None
    code: str | None = None
    """Why it was refused, as the error's code."""
    fields: tuple[str, ...] = ()
    """What is wrong, by its path in the payload; what came there, the audit says."""


async def take_delivery(engine: Engine, delivery: Delivery, merchant: Merchant) -> DeliveryTaken:
    """Do what a delivery asks for, once; what can't be done is put on record, and is an answer too.

    Raises:
        Unavailable: nothing is on record of the delivery; let it come again.

    """
    if delivery.topic not in ("", *TOPICS[delivery.storefront]):
        return DeliveryTaken(outcome=DeliveryOutcome.IGNORED)
    async with engine.database.reading() as tx:
        earlier = await tx.effects.find(delivery.key)
    if earlier is not None:
        return DeliveryTaken.model_validate_json(earlier.result)
    order_id: str | None = None
    refusal: FulfillmentError | None = None
    try:
        payload = _payload(delivery)
        order_id = order_id_of(payload, merchant)
        outcome = await _done(engine, delivery.storefront, payload, merchant)
        taken = DeliveryTaken(outcome=outcome, order_id=order_id)
    except FulfillmentError as error:
        if error.retryable:
            raise
        refusal = error
        taken = _not_taken(order_id, error)
    await _record(engine, delivery, taken, refusal)
    return taken


def _payload(delivery: Delivery) -> Mapping[str, Any]:
    payload = parse_json(delivery.body, "delivery", InvalidOrder)
    if not isinstance(payload, Mapping) or recognize(payload) != delivery.storefront:
        raise InvalidOrder.of(
            Problem(
                path="delivery",
                expected=f"an order of {delivery.storefront}",
                came=f"a {type(payload).__name__} of another shape",
                remedy="subscribe to its order topics only; docs/http.md lists them",
            )
        )
    return payload


async def _done(
    engine: Engine, storefront: str, payload: Mapping[str, Any], merchant: Merchant
) -> DeliveryOutcome:
    order_id = order_id_of(payload, merchant)
    known = await find_order(engine, order_id) if order_id else None
    if known and _is_canceled(payload):
        await cancel_order(engine, known.order.order_id, f"canceled in {storefront}", storefront)
        return DeliveryOutcome.CANCELED
    if known:
        await stop_refunded(engine, known, storefront, payload, merchant)
    await submit_order(engine, order_of(payload, merchant) or parse_order(payload))
    return DeliveryOutcome.SUBMITTED


def _is_canceled(payload: Mapping[str, Any]) -> bool:
    """Return whether nothing of it is to be shipped: canceled, or refunded as a whole."""
    canceled = payload.get("cancelled_at") is not None or payload.get("status") in _OVER
    return canceled or payload.get("financial_status") in _OVER


def _not_taken(order_id: str | None, refusal: FulfillmentError) -> DeliveryTaken:
    return DeliveryTaken(
        outcome=DeliveryOutcome.REFUSED,
        order_id=order_id,
        code=refusal.code,
        fields=tuple(problem.path for problem in refusal.problems),
    )


async def _record(
    engine: Engine, delivery: Delivery, taken: DeliveryTaken, refusal: FulfillmentError | None
) -> None:
    effect = EffectRecord(
        key=delivery.key,
        step="take_delivery",
        order_id=None,
        request_hash=delivery.key.rpartition("/")[2],
        result=taken.model_dump_json(),
        at=engine.clock.now(),
    )
    async with engine.database.writing() as tx:
        if await tx.effects.find(delivery.key):
            # The same delivery, twice at the same time: the other one is on record.
            return
        await tx.effects.add(effect)
        if refusal is not None:
            await tx.journal.add_action(_refused(engine, delivery, taken, refusal))
            await tx.webhooks.add_refused(_kept(engine, delivery, taken))


def _kept(engine: Engine, delivery: Delivery, taken: DeliveryTaken) -> RefusedDelivery:
    """Return what operators see of it: where it is wrong, and not what came there."""
    return RefusedDelivery(
        at=engine.clock.now(),
        storefront=delivery.storefront,
        topic=delivery.topic,
        delivery_id=delivery.delivery_id,
        order_id=taken.order_id,
        code=taken.code or "",
        fields=taken.fields,
    )


def _refused(
    engine: Engine, delivery: Delivery, taken: DeliveryTaken, refusal: FulfillmentError
) -> ActionRecord:
    return ActionRecord(
        at=engine.clock.now(),
        by=delivery.storefront,
        action=f"webhook {delivery.topic}".strip(),
        order_id=taken.order_id,
        detail=f"{refusal.code}: {refusal}",
        refused=True,
    )
