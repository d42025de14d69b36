"""Settings of what operators see: logs and metrics."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from fulfillment.settings.spans import Span
from fulfillment.telemetry.logs import LogFormat, LogLevel

MetricsAddress = Annotated[str, Field(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[^:\s]+):\d{1,5}$|^$")]
"""An address to listen at, as host:port; "" is nowhere."""


class ObservingSettings(BaseModel):
    """How the log is written, and where metrics are exposed."""

    log_format: LogFormat = LogFormat.TEXT
    """How the log is written: text for people, JSON lines for machines (docs/observability.md)."""
    log_level: LogLevel = LogLevel.INFO
    metrics_bind: MetricsAddress = ""
    """Where a worker or `serve` exposes its metrics to Prometheus, as 127.0.0.1:9464; nowhere."""
    temporal_metrics_bind: MetricsAddress = ""
    """Where it exposes those of Temporal's SDK, as 127.0.0.1:9465; nowhere."""
    metrics_interval: Span = timedelta(seconds=15)
    """How often the open work is counted where metrics are exposed."""
