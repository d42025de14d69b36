"""What a storefront's webhook delivers: an order, submitted once, or canceled."""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, cast

from fulfillment.domain.base import Value
from fulfillment.domain.errors import (
    EndedInStorefront,
    FulfillmentError,
    InvalidOrder,
    OrderConflict,
    Problem,
)
from fulfillment.domain.lifecycle import OrderStage, OutcomeKind
from fulfillment.domain.orders import parse_order
from fulfillment.domain.storefront_orders import Standing
from fulfillment.operations.engine import Engine
from fulfillment.operations.json_files import parse_json
from fulfillment.operations.order_access import find_order, get_order
from fulfillment.operations.orders import submit_order
from fulfillment.operations.storefront_ends import end_order, is_end_asked, require_not_ended
from fulfillment.operations.storefront_orders import (
    follow,
    hear,
    is_decided,
    remember,
    require_going_on,
)
from fulfillment.records import ActionRecord, EffectRecord, OrderRecord
from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.recognize import heard_of, order_id_in, order_of, recognize
from fulfillment.storefronts.state import DELETIONS, ShopState, state_of
from fulfillment.webhooks.stores import RefusedDelivery

TOPICS = {
    "shopify": (
        *("orders/create", "orders/paid", "orders/updated", "orders/cancelled"),
        "orders/delete",
    ),
    "woocommerce": ("order.created", "order.updated", "order.deleted", "order.restored"),
}
"""Topics of orders; all others are acknowledged and left alone."""


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
    """Nothing of it is shipped any more, or ever will be."""
    ACCEPTED = "accepted"
    """It is kept, and carried out as soon as that can be done."""
    CHANGED = "changed"
    """What changed of it in the storefront was followed."""
    NOTED = "noted"
    """There is nothing to do about it here."""
    OUTDATED = "outdated"
    """Something newer of the same order came before."""
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


def is_order_topic(delivery: Delivery) -> bool:
    """Return whether a delivery is of a topic that we act on, or says none."""
    return delivery.topic in ("", *TOPICS[delivery.storefront])


async def take_delivery(engine: Engine, delivery: Delivery, merchant: Merchant) -> DeliveryTaken:
    """Do what a delivery asks for, once; what can't be done is put on record, and is an answer too.

    Raises:
        Unavailable: nothing is on record of the delivery; let it come again.

    """
    if not is_order_topic(delivery):
        return DeliveryTaken(outcome=DeliveryOutcome.IGNORED)
    async with engine.database.reading() as tx:
        earlier = await tx.effects.find(delivery.key)
    if earlier is not None:
        return DeliveryTaken.model_validate_json(earlier.result)
    order_id: str | None = None
    refusal: FulfillmentError | None = None
    try:
        payload = _payload(delivery)
        order_id = order_id_in(delivery.storefront, payload, merchant)
        outcome = await _done(engine, delivery, payload, merchant)
        taken = DeliveryTaken(outcome=outcome, order_id=order_id)
    except FulfillmentError as error:
        if error.retryable:
            raise
        refusal = error
        taken = _not_taken(order_id, error)
    await _record(engine, delivery, taken, refusal)
    return taken


def order_of_delivery(delivery: Delivery, merchant: Merchant) -> str | None:
    """Return the id with us of the order that a delivery is about, where it can be read."""
    try:
        return order_id_in(delivery.storefront, _payload(delivery), merchant)
    except InvalidOrder:
        return None


def _payload(delivery: Delivery) -> Mapping[str, Any]:
    payload = parse_json(delivery.body, "delivery", InvalidOrder)
    found = recognize(payload)
    if delivery.topic in DELETIONS and found is not None:
        # The topic is not signed: an order's body, sent again under this one, must end nothing.
        raise InvalidOrder.of(
            Problem(
                path="delivery",
                expected="the id of what was deleted, alone",
                came=f"an order of {found}",
                remedy="look who sends it: a storefront does not",
            )
        )
    if not isinstance(payload, Mapping) or (
        delivery.topic not in DELETIONS and found != delivery.storefront
    ):
        raise InvalidOrder.of(
            Problem(
                path="delivery",
                expected=f"an order of {delivery.storefront}",
                came=f"a {type(payload).__name__} of another shape",
                remedy="subscribe to its order topics only; docs/http.md lists them",
            )
        )
    return cast("Mapping[str, Any]", payload)


async def _done(
    engine: Engine, delivery: Delivery, payload: Mapping[str, Any], merchant: Merchant
) -> DeliveryOutcome:
    storefront = delivery.storefront
    order_id = order_id_in(storefront, payload, merchant)
    if order_id is None:
        # Nothing is known of it, and its mapping says what is wrong with its id.
        await submit_order(engine, order_of(payload, merchant) or parse_order(payload))
        return DeliveryOutcome.SUBMITTED
    state = state_of(storefront, delivery.topic, payload)
    standing = await hear(engine, order_id, storefront, state)
    known = await find_order(engine, order_id)
    begun = known is not None and await _is_begun(engine, delivery, known)
    if standing is Standing.OUTDATED and not begun:
        return DeliveryOutcome.OUTDATED
    if state.ended:
        return await _ended(engine, delivery, known, state)
    if known is None:
        outcome = await _submitted(engine, storefront, payload, merchant)
        if outcome is not None:
            return outcome
        known = await get_order(engine, order_id)
    if standing is not Standing.OUTDATED:
        await require_not_ended(engine, delivery.key, known)
    if not begun:
        if known.stage is OrderStage.SETTLED or state.done:
            return DeliveryOutcome.NOTED
        require_going_on(known, state)
    heard = heard_of(storefront, payload, merchant)
    changed = await follow(engine, delivery.key, known, storefront, heard, merchant)
    return DeliveryOutcome.CHANGED if changed else DeliveryOutcome.SUBMITTED


async def _is_begun(engine: Engine, delivery: Delivery, known: OrderRecord) -> bool:
    """Return whether it is on record what a delivery has us do, which is perhaps not done.

    Newer news may have come meanwhile, or the order may have been shipped: then a person is told.
    What was canceled altogether needs nothing more.
    """
    if known.outcome is not None and known.outcome.kind is not OutcomeKind.COMPLETED:
        return False
    if await is_end_asked(engine, delivery.key, known.order.order_id):
        return True
    return await is_decided(engine, delivery.key)


async def _ended(
    engine: Engine, delivery: Delivery, known: OrderRecord | None, state: ShopState
) -> DeliveryOutcome:
    if known is None:
        return DeliveryOutcome.CANCELED
    canceled = await end_order(engine, delivery.key, known, delivery.storefront, state)
    return DeliveryOutcome.CANCELED if canceled else DeliveryOutcome.NOTED


async def _submitted(
    engine: Engine, storefront: str, payload: Mapping[str, Any], merchant: Merchant
) -> DeliveryOutcome | None:
    """Submit an order; None where another delivery of it was faster, so that it is to follow."""
    order = order_of(payload, merchant) or parse_order(payload)
    try:
        await submit_order(engine, order)
    except EndedInStorefront:
        return DeliveryOutcome.CANCELED
    except OrderConflict:
        return None
    await remember(engine, order, storefront, heard_of(storefront, payload, merchant))
    return DeliveryOutcome.SUBMITTED


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
        await tx.inbox.drop(delivery.key)
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
