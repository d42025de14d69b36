"""Everything that this product counts and times, in one registry.

Labels are bounded: names of activities, routes, outcomes; never an id, never what came in.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_PATIENT = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800)

ACTIVITY_ATTEMPTS = Counter(
    "fulfillment_activity_attempts",
    "Attempts of activities that ended: completed, refused (no retry helps), failed, canceled.",
    ["activity", "outcome"],
    registry=REGISTRY,
)
ACTIVITY_RETRIES = Counter(
    "fulfillment_activity_retries",
    "Attempts of activities after the first one.",
    ["activity"],
    registry=REGISTRY,
)
ACTIVITY_SECONDS = Histogram(
    "fulfillment_activity_seconds",
    "How long an attempt of an activity took.",
    ["activity", "outcome"],
    buckets=_FAST,
    registry=REGISTRY,
)
QUEUE_WAIT_SECONDS = Histogram(
    "fulfillment_activity_queue_wait_seconds",
    "From when an attempt was scheduled until a worker began it.",
    ["activity"],
    buckets=_PATIENT,
    registry=REGISTRY,
)
DATABASE_SECONDS = Histogram(
    "fulfillment_database_transaction_seconds",
    "How long a transaction took, waiting for its turn included.",
    ["kind"],
    buckets=_FAST,
    registry=REGISTRY,
)
DATABASE_BUSY = Counter(
    "fulfillment_database_busy",
    "Transactions that gave up since others held the database for too long, or it was away.",
    ["kind"],
    registry=REGISTRY,
)
HTTP_REQUESTS = Counter(
    "fulfillment_http_requests",
    "Requests by route template and status.",
    ["method", "route", "status"],
    registry=REGISTRY,
)
HTTP_SECONDS = Histogram(
    "fulfillment_http_request_seconds",
    "How long a request took.",
    ["method", "route"],
    buckets=_FAST,
    registry=REGISTRY,
)

# A counter that has not counted yet is not exposed, and what is not exposed can't be watched.
for _kind in ("reading", "writing"):
    DATABASE_BUSY.labels(_kind)
