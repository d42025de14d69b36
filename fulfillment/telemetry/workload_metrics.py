"""Gauges of the open work, looked at now and then, and not exposed when they are old."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from fulfillment.domain.lifecycle import OrderStage, TaskKind
from fulfillment.domain.workload import AgeBand, Standing, Workload
from fulfillment.telemetry.metrics import REGISTRY

STAGES = tuple(stage.value for stage in OrderStage if stage is not OrderStage.SETTLED)
STALE_AFTER = 4
"""Looks in a row that fail before what was seen last is no longer exposed."""

_log = logging.getLogger(__name__)


class WorkloadGauges(Collector):
    """Exposes the last look; every stage, kind and band stands there, with 0 where nothing is."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        """Expose nothing yet."""
        self._seen: Workload | None = None
        self._seen_at = 0.0
        self._failures = 0
        registry.register(self)

    async def watch(self, look: Callable[[], Awaitable[Workload]], every_seconds: float) -> None:
        """Look for ever, with a pause between; a look that fails is logged and tried again."""
        while True:
            await self.look(look)
            await asyncio.sleep(every_seconds)

    async def look(self, look: Callable[[], Awaitable[Workload]]) -> None:
        """Look once and keep what was seen."""
        try:
            self._seen = await look()
        except Exception as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self._failures += 1
            # The first one says it all; Prometheus sees the rest.
            if self._failures == 1:
                _log.warning("the open work can't be counted", exc_info=error)
            if self._failures >= STALE_AFTER:
                self._seen = None
        else:
            self._seen_at, self._failures = time.time(), 0

    def collect(self) -> Iterable[Metric]:
        """Return the gauges; none where nothing was seen lately."""
        seen = self._seen
        if seen is None:
            return
        yield _standing(
            "fulfillment_orders",
            "Unsettled orders by stage and how long they have been in it.",
            ("stage", STAGES),
            seen.orders,
        )
        yield _standing(
            "fulfillment_open_tasks",
            "Open tasks of the floor by kind and how long they have been open.",
            ("kind", tuple(TaskKind)),
            seen.tasks,
        )
        yield _by(
            "fulfillment_orders_late",
            "Orders whose promised time is past and whose goods have not all left.",
            "stage",
            {stage: seen.late.get(stage, 0) for stage in STAGES},
        )
        yield _by(
            "fulfillment_blocked_workflows",
            "Running workflows that can't go on until somebody does something.",
            "workflow",
            seen.blocked,
        )
        yield _gauge(
            "fulfillment_back_ordered_units",
            "Units of back-ordered orders that nothing is reserved for.",
            seen.back_ordered_units,
        )
        yield _gauge(
            "fulfillment_workload_seen_timestamp_seconds",
            "When the open work was counted last.",
            self._seen_at,
        )


def _standing(
    name: str, text: str, label: tuple[str, Iterable[str]], seen: Iterable[Standing]
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label[0], "age"])
    counts = {(standing.at, standing.age): standing.count for standing in seen}
    for at in label[1]:
        for age in AgeBand:
            family.add_metric([at, age.value], counts.get((at, age), 0))
    return family


def _by(name: str, text: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
