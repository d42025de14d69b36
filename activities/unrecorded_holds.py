"""Holds that were placed before holds had rows: what their orders' effects tell of the answer."""

from fulfillment.messages import Held, HoldOrder
from fulfillment.stores import UnitOfWork

ANSWERS = {
    "record_address": Held(released=False),
    "record_release": Held(released=True),
    "record_payment_means": Held(released=True),
    "record_rejection": Held(rejected=""),
}
"""The steps that answer a hold, each hold once, and what each means for its order."""


async def answered_before(tx: UnitOfWork, request: HoldOrder) -> Held | None:
    """Return how a hold without a row was answered, or None where it waits still.

    The first hold has the first of the order's answers, the second one the second, and so on.
    """
    steps = [effect.step for effect in await tx.effects.of_order(request.order_id)]
    answers = [ANSWERS[step] for step in steps if step in ANSWERS]
    occurrence = int(request.key.rpartition("/")[2])
    return answers[occurrence - 1] if occurrence <= len(answers) else None
