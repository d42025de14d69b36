"""Compares what is left of a run with what its scenario expects; pure, each finding a sentence."""

from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from fulfillment.domain.base import content_hash
from fulfillment.domain.lifecycle import Picking
from fulfillment.domain.orders import PaymentMethod
from fulfillment.messages import NoticeKind
from fulfillment.records import PaymentRecord
from fulfillment.simulation.evidence import Evidence, OrderEvidence
from fulfillment.simulation.scenario import Captured
from fulfillment.simulation.shipping_judgment import (
    DOCK_MESSAGE,
    judge_replacements,
    judge_shipping,
)
from fulfillment.simulation.world import PlannedOrder, World
from fulfillment.temporal.identifiers import (
    effect_key,
    fulfillment_workflow_id,
    order_workflow_id,
)

PICKING_STEPS = {
    Picking.SINGLE: ("plan_picking", "record_picking"),
    Picking.BATCH: ("release_to_floor",),
}
FULFILLMENT_STEPS = (
    "record_sorting",
    "record_packing",
    "buy_labels",
    "record_handover",
    "record_delivery",
)
"""Effects that every delivered fulfillment must have had, besides those of how it was picked."""

OF_SEVERAL = ("floor/", "pick-batch/", "end-of-day/")
"""What the keys of planning, of batches and of manifests begin with."""

LETTERS = ("notify_customer", "notify_returner")
"""Effects that leave a mail to a customer."""

MESSAGES = (*LETTERS, "nudge_staff")
"""Effects that leave a mail."""


def receipt_keys(world: World) -> list[str]:
    """Return the effect keys of all goods that must have come in, at first or awaited."""
    ordered = {line.sku for planned in world.orders for line in planned.order.lines}
    awaited = [name for name, brought in world.deliveries().items() if brought.sku in ordered]
    opening = [receipt.receipt_id for receipt in world.catalog.opening_stock]
    return [effect_key(f"receipt/{name}", "receive_stock") for name in opening + awaited]


def judge_order(
    planned: PlannedOrder,
    found: OrderEvidence,
    refusals: dict[str, int],
    at_gateway: dict[str, int],
    picking: Picking = Picking.SINGLE,
) -> list[str]:
    """Return what is not as the order's scenario expects; empty if all is.

    Args:
        planned: the order with its expectation.
        found: what is left of it.
        refusals: how often what the robots tried was refused, by what they tried.
        at_gateway: captured minor units by the gateway's reference.
        picking: how the orders were picked.

    """
    return [
        *_judge_record(planned, found),
        *_judge_outcome(planned, found),
        *_judge_goods(planned, found),
        *_judge_notices(planned, found),
        *_judge_money(planned, found, at_gateway),
        *_judge_workflows(found),
        *_judge_effects(planned, found, picking),
        *_different("refusals", planned.group.expect.refusals, refusals),
    ]


def judge_whole(world: World, found: Evidence) -> list[str]:
    """Return what is wrong with the run beyond its single orders; empty if nothing is."""
    missing = sorted(set(receipt_keys(world)) - set(found.receipts))
    return [
        *(f"order {name} is on record, and of no scenario" for name in found.other_orders),
        *(f"effect {key} is not on record, and the goods were needed" for key in missing),
        *_judge_mails(found),
        *_judge_floor(world, found),
        *judge_shipping(world, found),
        *judge_replacements(found),
    ]


def _different(what: str, expected: object, came: object) -> Iterator[str]:
    if expected != came:
        yield f"{what}: expected {expected}, came {came}"


def _judge_record(planned: PlannedOrder, found: OrderEvidence) -> Iterator[str]:
    if found.record is None:
        yield "record: expected the order on record, came nothing"
        return
    handed_in = content_hash(planned.order)
    yield from _different("content as handed in first", handed_in, found.record.content_hash)


def _judge_outcome(planned: PlannedOrder, found: OrderEvidence) -> Iterator[str]:
    outcome, expect = found.record and found.record.outcome, planned.group.expect
    yield from _different("outcome", expect.outcome, outcome and outcome.kind)
    if outcome and not fnmatchcase(outcome.summary, expect.summary):
        yield from _different("outcome in words", expect.summary, outcome.summary)


def _judge_goods(planned: PlannedOrder, found: OrderEvidence) -> Iterator[str]:
    delivered, expect = found.delivered(), planned.group.expect
    parcels = sum(found.parcels.get(share.fulfillment_id, 0) for share in delivered)
    if len(delivered) < expect.fulfillments:
        yield f"fulfillments: expected {expect.fulfillments} delivered, came {len(delivered)}"
    if parcels < expect.parcels:
        yield f"parcels: expected {expect.parcels} delivered, came {parcels}"
    ordered = sum(line.quantity for line in planned.order.lines)
    lines = found.progress
    ended = sum(line.delivered + line.canceled + line.resent + line.refunded for line in lines)
    yield from _different("units delivered, canceled or given up", ordered, ended)


def _judge_notices(planned: PlannedOrder, found: OrderEvidence) -> Iterator[str]:
    """Compare what the customer was told; that a parcel comes today may be overtaken."""
    came = Counter(NoticeKind(notice.kind) for notice in found.notices)
    today, parcels = came.pop(NoticeKind.OUT_FOR_DELIVERY, 0), sum(found.parcels.values())
    if today > parcels:
        yield f"messages that a parcel comes today: expected at most {parcels}, came {today}"
    expected = {kind: times for kind, times in planned.group.expect.notices.items() if times}
    yield from _different("messages", _named(expected), _named(dict(came)))


def _named(notices: dict[NoticeKind, int]) -> dict[str, int]:
    return {kind.value: notices[kind] for kind in NoticeKind if kind in notices}


# --- money ---------------------------------------------------------------------------------------


def _judge_money(
    planned: PlannedOrder, found: OrderEvidence, at_gateway: dict[str, int]
) -> Iterator[str]:
    payment, wanted = found.payment, planned.group.expect.captured
    if payment is None:
        yield "payment: expected one on record, came none"
    elif wanted is None:
        yield from _judge_rest(payment)
    else:
        yield from _judge_captured(planned, found, payment, wanted, at_gateway)


def _judge_captured(
    planned: PlannedOrder,
    found: OrderEvidence,
    payment: PaymentRecord,
    wanted: Captured,
    at_gateway: dict[str, int],
) -> Iterator[str]:
    by_us = 0
    match wanted:
        case Captured.DELIVERED:
            by_us = found.delivered_minor
            yield from _different("captured", by_us, payment.captured_minor)
            if all(line.delivered == line.ordered for line in found.progress):
                yield from _different("captured in all", planned.order.amount_minor, by_us)
        case Captured.SHIPPED | Captured.REFUNDED:
            by_us = found.delivered_minor + found.undelivered_minor
            refunded = found.undelivered_minor if wanted is Captured.REFUNDED else 0
            yield from _different("captured", by_us, payment.captured_minor)
            yield from _different("refunded", refunded, payment.refunded_minor)
        case Captured.BEFORE:
            yield from _different("paid before", planned.order.amount_minor, payment.captured_minor)
        case Captured.NOTHING:
            yield from _different("captured", 0, payment.captured_minor)
    came = at_gateway.get(payment.reference or "", 0)
    yield from _different("captured at the gateway", by_us, came)
    yield from _judge_rest(payment)


def _judge_rest(payment: PaymentRecord) -> Iterator[str]:
    if payment.method in (PaymentMethod.TO_AUTHORIZE, PaymentMethod.AUTHORIZED):
        settled = payment.captured_minor + payment.voided_minor
        yield from _different("captured or given back", payment.authorized_minor, settled)


# --- Temporal and effects ------------------------------------------------------------------------


def _judge_workflows(found: OrderEvidence) -> Iterator[str]:
    canceled = {
        fulfillment_workflow_id(share.fulfillment_id)
        for share in found.fulfillments
        if share not in found.delivered()
    }
    for workflow in found.workflows:
        allowed = ("completed", "canceled") if workflow.workflow_id in canceled else ("completed",)
        if workflow.status not in allowed:
            yield f"{workflow.workflow_id}: expected {' or '.join(allowed)}, came {workflow.status}"
    outcome = found.record and found.record.outcome
    result = found.workflows[0].result if found.workflows else None
    if outcome and result:
        recorded = outcome.model_dump(mode="json")
        yield from _different("the workflow's own outcome", recorded, result.get("outcome"))


def _judge_effects(planned: PlannedOrder, found: OrderEvidence, picking: Picking) -> Iterator[str]:
    done = {key for workflow in found.workflows for key in workflow.keys}
    due = set(ordinary_keys(planned, found, picking))
    for key in sorted((done | due) - set(found.effects)):
        said = "Temporal says it was done" if key in done else "the outcome needs it"
        yield f"effect {key} is not on record, and {said}"
    # A batch's or manifest's effects are on several orders, and now and then on one alone.
    own = {key for key in found.effects if not key.startswith(OF_SEVERAL)}
    for key in sorted(own - done):
        yield f"effect {key} is on record, and Temporal knows nothing of it"


def ordinary_keys(
    planned: PlannedOrder, found: OrderEvidence, picking: Picking = Picking.SINGLE
) -> list[str]:
    """Return the keys of effects that follow from how the order ended, whatever its history."""
    order = order_workflow_id(found.order_id)
    steps = ["record_order", "verify_order", "settle_order"]
    if found.fulfillments:
        steps.append("reserve_stock")
    if planned.order.payment.method is PaymentMethod.TO_AUTHORIZE and found.fulfillments:
        steps.append("authorize_payment")
    keys = [effect_key(order, step) for step in steps]
    keys.append(effect_key(order, "notify_customer", NoticeKind.ACKNOWLEDGED.value))
    for share in found.delivered():
        name = fulfillment_workflow_id(share.fulfillment_id)
        keys += [effect_key(name, step) for step in (*PICKING_STEPS[picking], *FULFILLMENT_STEPS)]
        if planned.group.expect.captured is Captured.DELIVERED:
            keys.append(effect_key(name, "capture_payment"))
    return keys


def _judge_floor(world: World, found: Evidence) -> Iterator[str]:
    """Compare what happened in pick batches with what must have, at least."""
    expect = world.scenario.floor
    if expect is None:
        return
    came = {
        "largest batch": max((batch.members for batch in found.batches), default=0),
        "withdrawn in mid-walk": sum(batch.withdrawn for batch in found.batches),
        "found in other bins": sum(batch.other_bins for batch in found.batches),
        "pickers replaced": sum(len(batch.pickers) > 1 for batch in found.batches),
    }
    due = (expect.largest_batch, expect.withdrawn, expect.other_bins, expect.pickers_replaced)
    for (what, number), least in zip(came.items(), due, strict=True):
        if number < least:
            yield f"{what}: expected at least {least}, came {number}"
    for batch in found.batches:
        if batch.put_backs_open:
            yield f"batch {batch.batch_id}: {batch.put_backs_open} put-backs are open"


def _judge_mails(found: Evidence) -> Iterator[str]:
    orders = (*found.orders, *found.replacements)
    notices = [notice.key for order in orders for notice in order.notices]
    effects = [key for order in orders for key in order.effects if _step(key) in MESSAGES]
    mails = [key for key in found.mails if _step(key) != DOCK_MESSAGE]
    yield from _unmatched(notices, mails, "message", "its mail")
    yield from _unmatched(effects, mails, "effect", "its mail")
    yield from _unmatched(mails, effects, "mail", "its effect on record")
    yield from _unmatched(
        [key for key in mails if _step(key) in LETTERS],
        notices,
        "mail",
        "its message on record",
    )


def _unmatched(
    keys: Sequence[str], others: Sequence[str], what: str, missing: str
) -> Iterator[str]:
    for key, times in sorted((Counter(keys) - Counter(others)).items()):
        yield f"{what} {key}: expected {missing}, came {times} without"


def _step(key: str) -> str:
    return key.split("/")[-3]
