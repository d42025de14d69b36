"""The one Temporal Runtime of a process: its core's log and its metrics.

A Runtime can't be changed once it is made, and each brings threads of its own. So it is made once,
before the first client, and every client of the process takes it as the default.
"""

import logging
from functools import cache

from temporalio import activity, workflow
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

from fulfillment.telemetry.exposition import TEMPORAL_VARIABLE, taken


@cache
def make_default(metrics_address: str = "") -> Runtime:
    """Make the process's Runtime, whose core logs as this product does; the same one each time.

    Args:
        metrics_address: `host:port` where the SDK's own metrics are exposed; nowhere by default.

    Raises:
        MetricsAddressTaken: nothing can listen there.

    """
    # Our formatter names what a line is about; the SDK would also write it into the message.
    activity.logger.activity_info_on_message = False
    workflow.logger.workflow_info_on_message = False
    try:
        runtime = Runtime(telemetry=_telemetry(metrics_address))
    except ValueError as error:
        raise taken(TEMPORAL_VARIABLE, metrics_address, _reason(error)) from error
    Runtime.set_default(runtime, error_if_already_set=False)
    return runtime


def _telemetry(metrics_address: str) -> TelemetryConfig:
    metrics = PrometheusConfig(
        bind_address=metrics_address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
    )
    forwarding = LogForwardingConfig(
        logger=logging.getLogger("temporalio.core"),
        append_target_to_name=False,
        prepend_target_on_message=False,
        append_log_fields_to_message=False,
    )
    log_filter = TelemetryFilter(core_level="WARN", other_level="ERROR")
    return TelemetryConfig(
        logging=LoggingConfig(filter=log_filter, forwarding=forwarding),
        metrics=metrics if metrics_address else None,
    )


def _reason(error: ValueError) -> str:
    return str(error).rpartition(": ")[2]
