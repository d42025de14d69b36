"""How this process reaches Temporal, and how it is observed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio.client import Client

from fulfillment.operations.engine import Engine
from fulfillment.operations.workload import workload
from fulfillment.settings import Settings
from fulfillment.telemetry import tracing
from fulfillment.telemetry.activity_metrics import ActivityMetrics
from fulfillment.telemetry.exposition import exposed
from fulfillment.telemetry.temporal_runtime import make_default as make_runtime
from fulfillment.telemetry.workload_metrics import WorkloadGauges
from fulfillment.temporal import client as temporal_client
from fulfillment.temporal.encryption import EncryptionCodec
from fulfillment.temporal.interceptors import ErrorTranslation
from fulfillment.temporal.plugin import FulfillmentPlugin

GAUGES = WorkloadGauges()
"""The open work, as this process saw it last."""


def plugin(settings: Settings | None = None) -> FulfillmentPlugin:
    """Return what every client of this product is made with, and through it every worker.

    Args:
        settings: say whether payloads are encrypted; without any, they are not.

    """
    return FulfillmentPlugin(
        interceptors=[ActivityMetrics(), ErrorTranslation()],
        codec=encryption_codec(settings) if settings else None,
    )


def encryption_codec(settings: Settings) -> EncryptionCodec | None:
    """Return what payloads are encrypted with; None where no key is set."""
    keyring = settings.keyring()
    if keyring is None:
        return None
    return EncryptionCodec(keyring, accept_plaintext=settings.encryption_accept_plaintext)


def observe(settings: Settings, program: str, *, exposing: bool = False) -> None:
    """Begin logs, metrics and traces of this process; to be called before the first client.

    Args:
        settings: format and level of the log, and where metrics are exposed.
        program: what this process is, as `worker`.
        exposing: whether it runs for long, and exposes the SDK's metrics where that is set.

    Raises:
        MetricsAddressTaken: nothing can listen where the SDK's metrics shall be.
        TracingInvalid: the OTEL_* variables ask for something that is not here.

    """
    make_runtime(settings.temporal_metrics_bind if exposing else "")
    tracing.begin(program, is_short=not exposing)


@asynccontextmanager
async def exposing(settings: Settings, engine: Engine) -> AsyncIterator[None]:
    """Expose this product's metrics, with counts of the open work, where that is set.

    Raises:
        MetricsAddressTaken: nothing can listen there.

    """
    with exposed(settings.metrics_bind):
        if not settings.metrics_bind:
            yield
            return
        every = settings.metrics_interval.total_seconds()
        counting = asyncio.ensure_future(GAUGES.watch(lambda: workload(engine), every))
        try:
            yield
        finally:
            counting.cancel()
            await asyncio.gather(counting, return_exceptions=True)


async def connect(settings: Settings, address: str | None = None) -> Client:
    """Connect to the Temporal server at the address, or the one that TEMPORAL_* variables name.

    Raises:
        TemporalSetupError: it does not answer, or not as this product needs it.

    """
    return await temporal_client.connect(
        address=address,
        plugins=[plugin(settings), *tracing.plugins()],
        timeout_seconds=settings.connect_timeout.total_seconds(),
    )
