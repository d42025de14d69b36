"""Which effect changes what of an order, for the merchant."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from activities.return_events import RETURN_STEPS, return_event
from fulfillment.domain.holds import choices_of
from fulfillment.domain.lifecycle import Outcome, OutcomeKind
from fulfillment.domain.webhook_events import EventType, HoldState, reason_words
from fulfillment.messages import (
    AddressChanged,
    Amended,
    BatchRecorded,
    Delivered,
    FloorPlanned,
    HandedOver,
    HoldOrder,
    Intercepted,
    InterceptParcels,
    Labeled,
    LabelsGivenBack,
    ManifestPickup,
    ManifestSettled,
    PaymentResult,
    Refunded,
    ReplacementOrdered,
    Reservation,
    SettleOrder,
    StopWork,
    Verification,
    WorkStopped,
)
from fulfillment.messages.back_orders import BackOrderChosen


@dataclass(frozen=True)
class Change:
    """Something that became of an order, and of which share, parcel or amount."""

    type: EventType
    fulfillment_id: str | None = None
    reason: str | None = None
    amount_minor: int | None = None
    tracking_number: str | None = None
    replacement_order_id: str | None = None
    return_id: str | None = None
    hold: HoldState | None = None


def step_of(key: str) -> str:
    """Return the step of an effect's key."""
    return key.split("/")[-3]


def changes_of(request: Any, result: Any) -> list[Change]:  # noqa: ANN401 - any effect's
    """Return what an effect has changed of its order, by its key's step."""
    step = step_of(request.key)
    simple = _SIMPLE.get(step)
    if simple is not None:
        return [Change(simple, getattr(request, "fulfillment_id", None))]
    told = _TOLD.get(step)
    return told(request, result) if told else []


def _verified(_: Any, result: Verification) -> list[Change]:  # noqa: ANN401 - as changes_of
    return [] if result.findings else [Change(EventType.ORDER_VERIFIED)]


def _held(request: HoldOrder, _: Any) -> list[Change]:  # noqa: ANN401
    state = HoldState(kinds=request.kinds, choices=choices_of(request.kinds), until=request.until)
    return [Change(EventType.ORDER_ON_HOLD, reason=reason_words(request.reason), hold=state)]


def _authorized(_: Any, result: PaymentResult) -> list[Change]:  # noqa: ANN401
    if result.declined is not None:
        return [Change(EventType.PAYMENT_DECLINED, amount_minor=result.amount_minor)]
    held = result.amount_minor
    return [Change(EventType.PAYMENT_AUTHORIZED, amount_minor=held)] if held else []


def _captured(request: Any, result: PaymentResult) -> list[Change]:  # noqa: ANN401
    share = request.fulfillment_id
    if result.declined is not None:
        return [Change(EventType.PAYMENT_DECLINED, share, amount_minor=result.amount_minor)]
    taken = result.amount_minor
    return [Change(EventType.PAYMENT_CAPTURED, share, amount_minor=taken)] if taken else []


def _voided(_: Any, result: PaymentResult) -> list[Change]:  # noqa: ANN401
    back = result.amount_minor if result.declined is None else 0
    return [Change(EventType.PAYMENT_VOIDED, amount_minor=back)] if back else []


def _refunded(_: Any, result: Refunded) -> list[Change]:  # noqa: ANN401
    kind = EventType.PAYMENT_REFUND_OWED if result.owed else EventType.PAYMENT_REFUNDED
    return [Change(kind, amount_minor=result.amount_minor)] if result.amount_minor else []


def _reserved(_: Any, result: Reservation) -> list[Change]:  # noqa: ANN401
    shares = [share.fulfillment_id for share in result.fulfillments]
    reserved = [Change(EventType.FULFILLMENT_RESERVED, share) for share in shares]
    substituted = [Change(EventType.ORDER_SUBSTITUTED)] * bool(result.substitutions)
    missing = [Change(EventType.ORDER_BACK_ORDERED)] * bool(result.missing)
    return [*reserved, *substituted, *missing]


def _chosen(_: Any, result: BackOrderChosen) -> list[Change]:  # noqa: ANN401
    less = bool(result.canceled) and not result.nothing_left
    partly = [Change(EventType.ORDER_PARTLY_CANCELED)] * less
    return [Change(EventType.ORDER_BACK_ORDER_CHOSEN), *partly]


def _stopped(request: StopWork, result: WorkStopped) -> list[Change]:
    part = request.back_ordered_only or request.lines or request.fulfillment_id
    told = part and result.canceled and not result.nothing_left
    return [Change(EventType.ORDER_PARTLY_CANCELED)] if told else []


def _labeled(request: Any, result: Labeled) -> list[Change]:  # noqa: ANN401
    usable = not (result.canceled or result.stale)
    return [Change(EventType.FULFILLMENT_LABELED, request.fulfillment_id)] if usable else []


def _handed_over(request: Any, result: HandedOver) -> list[Change]:  # noqa: ANN401
    left = not result.readdressed
    return [Change(EventType.FULFILLMENT_SHIPPED, request.fulfillment_id)] if left else []


def _sent_elsewhere(_: Any, result: AddressChanged) -> list[Change]:  # noqa: ANN401
    return [Change(EventType.ORDER_ADDRESS_CORRECTED)] if result.fields else []


def _amended(_: Any, result: Amended) -> list[Change]:  # noqa: ANN401
    return [Change(EventType.ORDER_AMENDED)] if result.fields else []


def _labels_voided(request: Any, result: LabelsGivenBack) -> list[Change]:  # noqa: ANN401
    share, given = request.fulfillment_id, result.tracking_numbers
    return [Change(EventType.FULFILLMENT_LABELS_VOIDED, share)] if given else []


def _intercepted(request: InterceptParcels, result: Intercepted) -> list[Change]:
    if result.refused is not None:
        return []
    return [Change(EventType.FULFILLMENT_INTERCEPTED, name) for name in request.fulfillment_ids]


def _delivered(request: Any, result: Delivered) -> list[Change]:  # noqa: ANN401
    share = request.fulfillment_id
    kind = EventType.FULFILLMENT_DELIVERED if result.at else EventType.FULFILLMENT_UNDELIVERED
    return [Change(kind, share)]


_ENDED = {
    OutcomeKind.COMPLETED: EventType.ORDER_COMPLETED,
    OutcomeKind.CANCELED: EventType.ORDER_CANCELED,
    OutcomeKind.REJECTED: EventType.ORDER_REJECTED,
}


def _settled(request: SettleOrder, result: Outcome) -> list[Change]:
    words = reason_words(request.rejection) if request.rejection else None
    return [Change(_ENDED[result.kind], reason=words)]


def _returning(request: Any, result: Any) -> list[Change]:  # noqa: ANN401
    kind, amount_minor = return_event(request, result)
    if kind is None:
        return []
    return [Change(kind, amount_minor=amount_minor, return_id=request.return_id)]


def _replaced(_: Any, result: ReplacementOrdered) -> list[Change]:  # noqa: ANN401
    sent = result.replacement_id
    return [Change(EventType.ORDER_REPLACED, replacement_order_id=sent)]


def _planned(_: Any, result: FloorPlanned) -> list[Change]:  # noqa: ANN401
    members = [share for batch in result.batches for share, _ in batch.members]
    return [Change(EventType.FULFILLMENT_PICKING, share) for share in members]


def _batch_picked(_: Any, result: BatchRecorded) -> list[Change]:  # noqa: ANN401
    return [Change(EventType.FULFILLMENT_PICKED, share) for share in result.live]


def _fetched_later(_: Any, result: ManifestPickup | ManifestSettled) -> list[Change]:  # noqa: ANN401
    return [Change(EventType.FULFILLMENT_PICKUP_REBOOKED, share) for share in result.changed]


_SIMPLE = {
    "record_order": EventType.ORDER_ACKNOWLEDGED,
    "record_release": EventType.ORDER_RELEASED,
    "record_address": EventType.ORDER_ADDRESS_CORRECTED,
    "record_payment_means": EventType.ORDER_RELEASED,
    "record_question": EventType.ORDER_CUSTOMER_ASKED,
    "record_reply": EventType.ORDER_CUSTOMER_ANSWERED,
    "record_put_back": EventType.FULFILLMENT_PUT_BACK,
    "plan_picking": EventType.FULFILLMENT_PICKING,
    "record_short_pick": EventType.FULFILLMENT_SHORT_PICKED,
    "record_picking": EventType.FULFILLMENT_PICKED,
    "record_sorting": EventType.FULFILLMENT_SORTED,
    "record_packing": EventType.FULFILLMENT_PACKED,
    "rebook_pickup": EventType.FULFILLMENT_PICKUP_REBOOKED,
}
"""Effects that always change the same, by their step."""

_TOLD: dict[str, Callable[[Any, Any], list[Change]]] = {
    "verify_order": _verified,
    "hold_order": _held,
    "authorize_payment": _authorized,
    "capture_payment": _captured,
    "void_payment": _voided,
    "refund_payment": _refunded,
    "reserve_stock": _reserved,
    "record_back_order_choice": _chosen,
    "stop_work": _stopped,
    "buy_labels": _labeled,
    "record_handover": _handed_over,
    "record_new_address": _sent_elsewhere,
    "record_amendment": _amended,
    "give_back_labels": _labels_voided,
    "intercept_parcels": _intercepted,
    "record_delivery": _delivered,
    "order_replacement": _replaced,
    "settle_order": _settled,
    **dict.fromkeys(RETURN_STEPS, _returning),
    "plan_floor": _planned,
    "record_batch_picking": _batch_picked,
    "book_manifest_pickup": _fetched_later,
    "settle_manifest": _fetched_later,
}
"""Effects whose result says what they have changed."""

STOPPING = frozenset({"stop_work", "record_short_pick", "record_batch_picking", "call_off_batch"})
"""Effects that may cancel a share, or end its batch after it; which ones, its stage says."""

OF_SEVERAL = frozenset(
    {"plan_floor", "record_batch_picking", "book_manifest_pickup", "settle_manifest"}
)
"""Effects on the shares of several orders at once."""

ANNOUNCED = frozenset({*_SIMPLE, *_TOLD, *STOPPING})
"""The steps that change an order, for the merchant."""

UNANNOUNCED = frozenset(
    {
        "announce_manifest",
        "arrange_supply",
        "change_cartons",
        "close_manifest",
        "find_cut_offs",
        "end_supply",
        "follow_up_supply",
        "issue_components",
        "notify_customer",
        "nudge_batch_staff",
        "nudge_dock",
        "notify_returner",
        "nudge_return_staff",
        "nudge_staff",
        "nudge_supply_staff",
        "plan_supply",
        "record_assignment",
        "record_batch_assignment",
        "record_batch_sorting",
        "record_lapse",
        "record_other_means",
        "record_refusal",
        "record_rejection",
        "record_supply_receipt",
        "release_to_floor",
        "renew_authorization",
        "write_off_payment",
        "resolve_parcels",
        "review_parcels",
        "send_purchase_order",
        "settle_in_kind",
    }
)
"""The steps that change nothing of an order itself."""
