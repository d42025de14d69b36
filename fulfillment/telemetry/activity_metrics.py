"""Counts and times every attempt of an activity."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from fulfillment.telemetry import metrics


class ActivityMetrics(Interceptor):
    """Stands outside of the error translation, so that it sees what Temporal sees."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002 - the SDK's name
        """Wrap activities."""
        return _Measured(next)


class _Measured(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401
        info = activity.info()
        name = info.activity_type
        waited = (datetime.now(UTC) - info.current_attempt_scheduled_time).total_seconds()
        # Two machines' clocks: a wait is never shorter than nothing.
        metrics.QUEUE_WAIT_SECONDS.labels(name).observe(max(waited, 0.0))
        if info.attempt > 1:
            metrics.ACTIVITY_RETRIES.labels(name).inc()
        begun, outcome = time.perf_counter(), "completed"
        try:
            return await super().execute_activity(input)
        except BaseException as error:
            outcome = outcome_of(error)
            raise
        finally:
            metrics.ACTIVITY_ATTEMPTS.labels(name, outcome).inc()
            metrics.ACTIVITY_SECONDS.labels(name, outcome).observe(time.perf_counter() - begun)


def outcome_of(error: BaseException) -> str:
    """Return how an attempt ended that raised: canceled, refused for good, or failed."""
    if isinstance(error, CancelledError | asyncio.CancelledError):
        return "canceled"
    if isinstance(error, ApplicationError) and error.non_retryable:
        return "refused"
    return "failed"
