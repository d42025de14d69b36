"""Every activity, made from the ports."""

from collections.abc import Callable
from typing import Any

from activities.amending import AmendingActivities
from activities.back_orders import BackOrderActivities
from activities.cancellation import CancellationActivities
from activities.delivery_exceptions import DeliveryExceptionActivities
from activities.end_of_day import EndOfDayActivities
from activities.floor_planning import FloorPlanningActivities
from activities.giving_back import GivingBackActivities
from activities.holds import HoldActivities
from activities.inventory import InventoryActivities
from activities.labeling import LabelingActivities
from activities.manifests import ManifestActivities
from activities.notifications import NotificationActivities
from activities.orders import OrderActivities
from activities.packing import PackingActivities
from activities.payments import PaymentActivities
from activities.pick_batches import PickBatchActivities
from activities.picking import PickingActivities
from activities.readdressing import ReaddressingActivities
from activities.replacements import ReplacementActivities
from activities.return_inspections import ReturnInspectionActivities
from activities.return_labels import ReturnLabelActivities
from activities.return_notices import ReturnNoticeActivities
from activities.return_receipts import ReturnReceiptActivities
from activities.return_settling import ReturnSettlingActivities
from activities.returns import ReturnActivities
from activities.shipping import ShippingActivities
from activities.sorting import SortingActivities
from activities.supply import SupplyActivities
from activities.tracking import TrackingActivities
from activities.verification import VerificationActivities
from activities.webhooks import WebhookActivities
from fulfillment.ports import Ports

OF_RETURNS: tuple[type, ...] = (
    ReturnActivities,
    ReturnLabelActivities,
    ReturnReceiptActivities,
    ReturnInspectionActivities,
    ReturnSettlingActivities,
    ReturnNoticeActivities,
)
CLASSES = (
    OrderActivities,
    VerificationActivities,
    HoldActivities,
    PaymentActivities,
    InventoryActivities,
    BackOrderActivities,
    SupplyActivities,
    CancellationActivities,
    GivingBackActivities,
    FloorPlanningActivities,
    PickBatchActivities,
    PickingActivities,
    SortingActivities,
    PackingActivities,
    LabelingActivities,
    ReaddressingActivities,
    AmendingActivities,
    ShippingActivities,
    TrackingActivities,
    DeliveryExceptionActivities,
    ManifestActivities,
    EndOfDayActivities,
    NotificationActivities,
    ReplacementActivities,
    *OF_RETURNS,
    WebhookActivities,
)


def activities(ports: Ports) -> list[Callable[..., Any]]:
    """Return all activities, bound to the ports."""
    return [
        getattr(bound, name)
        for bound in (kind(ports) for kind in CLASSES)
        for name in vars(type(bound))
        if hasattr(getattr(bound, name), "__temporal_activity_definition")
    ]


def activity_names() -> list[str]:
    """Return the names by which Temporal knows the activities."""
    return names_of(*CLASSES)


def names_of(*kinds: type) -> list[str]:
    """Return the names by which Temporal knows the activities of these classes."""
    definitions = [
        getattr(member, "__temporal_activity_definition", None)
        for kind in kinds
        for member in vars(kind).values()
    ]
    return sorted(one.name for one in definitions if one is not None)
