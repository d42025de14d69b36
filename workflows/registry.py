"""Every workflow, for the worker and for every replay test."""

from workflows.floor_planning import FloorPlanningWorkflow
from workflows.fulfillment import FulfillmentWorkflow
from workflows.order import OrderWorkflow
from workflows.pick_batch import PickBatchWorkflow
from workflows.returns import ReturnWorkflow
from workflows.webhooks import WebhookWorkflow

WORKFLOWS = (
    OrderWorkflow,
    FulfillmentWorkflow,
    FloorPlanningWorkflow,
    PickBatchWorkflow,
    ReturnWorkflow,
    WebhookWorkflow,
)
