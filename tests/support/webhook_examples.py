"""An example of each webhook, for docs: ``python tests/support/webhook_examples.py`` writes it."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fulfillment.domain.holds import HoldKind, choices_of
from fulfillment.domain.lifecycle import STEPS, OrderStage, OutcomeKind, Stage
from fulfillment.domain.webhook_events import (
    ContentState,
    EventData,
    EventType,
    FulfillmentState,
    HoldState,
    LineState,
    Message,
    OrderState,
    ParcelState,
    ShareLineState,
)

FILE = Path(__file__).parents[2] / "docs" / "webhook-events.jsonl"
AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
TRACKING = "SPD000000000427"

_ORDER_STAGE = {
    EventType.ORDER_ACKNOWLEDGED: OrderStage.RECEIVED,
    EventType.ORDER_VERIFIED: OrderStage.RESERVING,
    EventType.ORDER_ON_HOLD: OrderStage.ON_HOLD,
    EventType.ORDER_CUSTOMER_ASKED: OrderStage.ON_HOLD,
    EventType.ORDER_CUSTOMER_ANSWERED: OrderStage.ON_HOLD,
    EventType.ORDER_RELEASED: OrderStage.ON_HOLD,
    EventType.ORDER_ADDRESS_CORRECTED: OrderStage.ON_HOLD,
    EventType.ORDER_AMENDED: OrderStage.FULFILLING,
    EventType.ORDER_BACK_ORDERED: OrderStage.BACK_ORDERED,
    EventType.ORDER_BACK_ORDER_CHOSEN: OrderStage.BACK_ORDERED,
    EventType.ORDER_PARTLY_CANCELED: OrderStage.FULFILLING,
    EventType.ORDER_COMPLETED: OrderStage.SETTLED,
    EventType.ORDER_CANCELED: OrderStage.SETTLED,
    EventType.ORDER_REJECTED: OrderStage.SETTLED,
    EventType.PAYMENT_AUTHORIZED: OrderStage.RESERVING,
    EventType.PAYMENT_DECLINED: OrderStage.RESERVING,
    EventType.PAYMENT_CAPTURED: OrderStage.FULFILLING,
    EventType.PAYMENT_VOIDED: OrderStage.FULFILLING,
    EventType.PAYMENT_REFUNDED: OrderStage.SETTLED,
    EventType.PAYMENT_REFUND_OWED: OrderStage.SETTLED,
    EventType.PAYMENT_DISPUTED: OrderStage.SETTLED,
    **{kind: OrderStage.SETTLED for kind in EventType if kind.value.startswith("return.")},
}
_OUTCOME = {
    EventType.ORDER_COMPLETED: OutcomeKind.COMPLETED,
    EventType.ORDER_CANCELED: OutcomeKind.CANCELED,
    EventType.ORDER_REJECTED: OutcomeKind.REJECTED,
    **{kind: OutcomeKind.COMPLETED for kind in EventType if kind.value.startswith("return.")},
}
_STAGE = {
    EventType.FULFILLMENT_RESERVED: Stage.RELEASED,
    EventType.FULFILLMENT_PICKING: Stage.PICKING,
    EventType.FULFILLMENT_SHORT_PICKED: Stage.PICKING,
    EventType.FULFILLMENT_PICKED: Stage.SORTING,
    EventType.FULFILLMENT_SORTED: Stage.PACKING,
    EventType.FULFILLMENT_PACKED: Stage.LABELING,
    EventType.FULFILLMENT_LABELED: Stage.AWAITING_PICKUP,
    EventType.FULFILLMENT_PICKUP_REBOOKED: Stage.AWAITING_PICKUP,
    EventType.FULFILLMENT_SHIPPED: Stage.IN_TRANSIT,
    EventType.FULFILLMENT_IN_TRANSIT: Stage.IN_TRANSIT,
    EventType.FULFILLMENT_OUT_FOR_DELIVERY: Stage.IN_TRANSIT,
    EventType.FULFILLMENT_EXCEPTION: Stage.IN_TRANSIT,
    EventType.FULFILLMENT_RETURNED: Stage.IN_TRANSIT,
    EventType.FULFILLMENT_DELIVERED: Stage.DELIVERED,
    EventType.FULFILLMENT_UNDELIVERED: Stage.UNDELIVERED,
    EventType.FULFILLMENT_CANCELED: Stage.CANCELED,
    EventType.FULFILLMENT_LABELS_VOIDED: Stage.CANCELED,
    EventType.FULFILLMENT_INTERCEPTED: Stage.IN_TRANSIT,
    EventType.FULFILLMENT_PUT_BACK: Stage.CANCELED,
    EventType.PAYMENT_CAPTURED: Stage.IN_TRANSIT,
}
_OF_A_PARCEL = (
    EventType.FULFILLMENT_IN_TRANSIT,
    EventType.FULFILLMENT_OUT_FOR_DELIVERY,
    EventType.FULFILLMENT_EXCEPTION,
    EventType.FULFILLMENT_RETURNED,
)
_OF_A_RETURN = tuple(kind for kind in EventType if kind.value.startswith("return."))
_BACK = (
    EventType.RETURN_RECEIVED,
    EventType.RETURN_INSPECTED,
    EventType.RETURN_REFUNDED,
    EventType.RETURN_RESOLVED,
)
_AMOUNT = {
    EventType.RETURN_REFUNDED: 1240,
    EventType.PAYMENT_AUTHORIZED: 2480,
    EventType.PAYMENT_DECLINED: 0,
    EventType.PAYMENT_CAPTURED: 2480,
    EventType.PAYMENT_VOIDED: 2480,
    EventType.PAYMENT_REFUNDED: 1240,
    EventType.PAYMENT_REFUND_OWED: 1240,
    EventType.PAYMENT_DISPUTED: 2480,
}
_REASON = {EventType.ORDER_ON_HOLD: "address", EventType.ORDER_REJECTED: "address"}
HELD = HoldState(
    kinds=(HoldKind.ADDRESS_AMBIGUOUS,),
    choices=choices_of([HoldKind.ADDRESS_AMBIGUOUS]),
    until=AT + timedelta(days=7),
)


def examples() -> Iterator[dict[str, Any]]:
    """Yield the body of each event, for an order of two mugs from a WooCommerce shop."""
    for kind in EventType:
        stage = _STAGE.get(kind)
        data = EventData(
            sequence=list(EventType).index(kind) + 1,
            order=_order(kind, stage),
            fulfillment=_share(stage) if stage else None,
            tracking_number=TRACKING if kind in _OF_A_PARCEL else None,
            amount_minor=_AMOUNT.get(kind),
            replacement_order_id="woo-727-R1" if kind is EventType.ORDER_REPLACED else None,
            return_id="RMA-5F2B7A522F0E" if kind in _OF_A_RETURN else None,
            reason=_REASON.get(kind),
            hold=HELD if kind is EventType.ORDER_ON_HOLD else None,
        )
        message = Message(
            message_id="msg_1",
            order_id="woo-727",
            sequence=data.sequence,
            type=kind.value,
            at=AT,
            data=data.model_dump(mode="json", exclude_none=True),
        )
        yield json.loads(message.body)


def _units(stage: Stage | None) -> dict[str, int]:
    reached = {"picked": 2, "packed": 4, "shipped": 6, "delivered": 7}
    return {name: 2 if _far(stage) >= needed else 0 for name, needed in reached.items()}


def _far(stage: Stage | None) -> int:
    if stage is Stage.UNDELIVERED:
        return STEPS.index(Stage.IN_TRANSIT)
    return STEPS.index(stage) if stage in STEPS else 0


def _order(kind: EventType, stage: Stage | None) -> OrderState:
    gone = kind in (EventType.ORDER_CANCELED, EventType.ORDER_REJECTED)
    ended = kind is EventType.ORDER_COMPLETED or kind in _OF_A_RETURN
    done = Stage.DELIVERED if ended else stage
    partly = kind is EventType.ORDER_PARTLY_CANCELED
    canceled = 2 if gone or stage is Stage.CANCELED else int(partly)
    substituted = int(kind is EventType.ORDER_SUBSTITUTED)
    reserved = 2 if (done and not canceled) or substituted else int(partly)
    line = LineState(
        line_no=1,
        sku="MUG",
        ordered=2,
        canceled=canceled,
        back_ordered=2 - canceled - reserved,
        reserved=reserved,
        substituted=substituted,
        returned=int(kind in _BACK),
        resent=2 if stage is Stage.UNDELIVERED else 0,
        **_units(done),
    )
    return OrderState(
        order_id="woo-727",
        external_id="727",
        stage=_ORDER_STAGE.get(kind, OrderStage.FULFILLING),
        outcome=_OUTCOME.get(kind),
        amount_minor=2480,
        currency="EUR",
        lines=(line,),
    )


def _share(stage: Stage) -> FulfillmentState:
    far = _far(stage)
    booked = far >= STEPS.index(Stage.AWAITING_PICKUP)
    carrier: dict[str, Any] = {"carrier_id": "speedy", "service_id": "standard"} if booked else {}
    until = AT + timedelta(hours=2)
    pickup: dict[str, Any] = {"pickup_from": AT, "pickup_until": until} if booked else {}
    number = {"tracking_number": TRACKING} if booked else {}
    contents = (ContentState(line_no=1, sku="MUG", quantity=2),)
    parcel = ParcelState(parcel_id="woo-727-1-p1", contents=contents, **carrier, **number)
    planned = 0 if stage is Stage.CANCELED else 2
    return FulfillmentState(
        fulfillment_id="woo-727-1",
        warehouse_id="BER",
        stage=stage,
        **carrier,
        **pickup,
        lines=(ShareLineState(line_no=1, sku="MUG", planned=planned, **_units(stage)),),
        parcels=(parcel,) if far >= STEPS.index(Stage.LABELING) else (),
    )


def rendered() -> str:
    """Return the file: one event a line."""
    return "".join(f"{json.dumps(body)}\n" for body in examples())


if __name__ == "__main__":
    FILE.write_text(rendered(), encoding="utf-8")
    sys.stdout.write(f"{FILE.name}\n")
