"""Every workflow, for the worker and for every replay test."""

from workflows.fulfillment import FulfillmentWorkflow
from workflows.order import OrderWorkflow

WORKFLOWS = (OrderWorkflow, FulfillmentWorkflow)
