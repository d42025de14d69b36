"""Every activity, made from the ports."""

from collections.abc import Callable
from typing import Any

from activities.cancellation import CancellationActivities
from activities.floor_planning import FloorPlanningActivities
from activities.inventory import InventoryActivities
from activities.labeling import LabelingActivities
from activities.notifications import NotificationActivities
from activities.orders import OrderActivities
from activities.packing import PackingActivities
from activities.payments import PaymentActivities
from activities.pick_batches import PickBatchActivities
from activities.picking import PickingActivities
from activities.shipping import ShippingActivities
from activities.sorting import SortingActivities
from activities.verification import VerificationActivities
from activities.webhooks import WebhookActivities
from fulfillment.ports import Ports

CLASSES = (
    OrderActivities,
    VerificationActivities,
    PaymentActivities,
    InventoryActivities,
    CancellationActivities,
    FloorPlanningActivities,
    PickBatchActivities,
    PickingActivities,
    SortingActivities,
    PackingActivities,
    LabelingActivities,
    ShippingActivities,
    NotificationActivities,
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
    definitions = [
        getattr(member, "__temporal_activity_definition", None)
        for kind in CLASSES
        for member in vars(kind).values()
    ]
    return sorted(one.name for one in definitions if one is not None)
