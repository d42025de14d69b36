"""Every workflow, for the worker and for every replay test."""

from workflows.cut_off import CutOffWorkflow
from workflows.end_of_day import EndOfDayWorkflow
from workflows.floor_planning import FloorPlanningWorkflow
from workflows.fulfillment import FulfillmentWorkflow
from workflows.order import OrderWorkflow
from workflows.pick_batch import PickBatchWorkflow
from workflows.returns import ReturnWorkflow
from workflows.supply import SupplyWorkflow
from workflows.webhooks import WebhookWorkflow

WORKFLOWS = (
    OrderWorkflow,
    FulfillmentWorkflow,
    FloorPlanningWorkflow,
    PickBatchWorkflow,
    CutOffWorkflow,
    EndOfDayWorkflow,
    SupplyWorkflow,
    ReturnWorkflow,
    WebhookWorkflow,
)
