"""What customers and staff are told, in words."""

from fulfillment.domain.base import Value
from fulfillment.domain.orders import Order

SUBJECTS = {
    "acknowledged": "We have received your order {order}",
    "on_hold": "We need your help with order {order}",
    "back_ordered": "Part of your order {order} is on its way to us",
    "shipped": "Your order {order} has left our warehouse",
    "delivered": "Your order {order} has been delivered",
    "canceled": "Your order {order} has been canceled",
    "partly_canceled": "Part of your order {order} has been canceled",
    "rejected": "We can't fulfill your order {order}",
}

BODIES = {
    "acknowledged": "thank you for your order. We have it on record and check it now.\n\n{items}"
    "\n\nTotal: {total}",
    "on_hold": "we can't go on with your order yet: {detail}.\nPlease contact us.",
    "back_ordered": "some of it is not in stock at the moment ({detail}).\n"
    "You keep your place in line, and it ships as soon as it arrives.",
    "shipped": "it is with the carrier now. Tracking: {detail}",
    "delivered": "the carrier has delivered it. We hope you enjoy it.",
    "canceled": "as asked, we have canceled it. Nothing will be shipped or charged.",
    "partly_canceled": "this part of it will not come: {detail}.\n"
    "The rest ships as planned; you pay for what ships.",
    "rejected": "we had to close it: {detail}.\nNothing will be shipped or charged.",
}


class Letter(Value):
    """Subject and text of a message."""

    subject: str
    body: str


def customer_letter(kind: str, order: Order, detail: str) -> Letter:
    """Return what the customer is told about something that has happened."""
    items = "\n".join(f"  {line.quantity} x {line.sku}" for line in order.lines)
    facts = {
        "order": order.order_id,
        "items": items,
        "total": str(order.amount),
        "detail": detail,
    }
    greeting = f"Dear {order.customer.name},\n\n"
    return Letter(
        subject=SUBJECTS[kind].format(**facts), body=greeting + BODIES[kind].format(**facts) + "\n"
    )


def staff_letter(kind: str, subject: str, reason: str) -> Letter:
    """Return how people on the floor are pressed."""
    return Letter(
        subject=f"{kind}: {subject}",
        body=f"{subject} waits: {reason}.\nSee `fulfillment floor list`.\n",
    )
