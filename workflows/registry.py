"""Every workflow, for the worker and for every replay test."""

from workflows.fulfillment import FulfillmentWorkflow
from workflows.order import OrderWorkflow
from workflows.webhooks import WebhookWorkflow

WORKFLOWS = (OrderWorkflow, FulfillmentWorkflow, WebhookWorkflow)
