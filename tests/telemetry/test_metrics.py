"""Metrics: outcomes of attempts, gauges that grow old, addresses that are in use."""

import asyncio
import socket
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from temporalio.exceptions import ApplicationError, CancelledError

from fulfillment.domain.errors import StoreBusy
from fulfillment.domain.workload import AgeBand, Standing, Workload
from fulfillment.entrypoints.http.observing import request_id_of
from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.migrations import migrate
from fulfillment.telemetry.activity_metrics import outcome_of
from fulfillment.telemetry.exposition import MetricsAddressTaken, exposed
from fulfillment.telemetry.metered_database import MeteredDatabase
from fulfillment.telemetry.metrics import REGISTRY
from fulfillment.telemetry.workload_metrics import STALE_AFTER, WorkloadGauges
from fulfillment.temporal.dev_server import DevServer
from refused_workers import refused

SEEN = Workload(
    orders=(Standing(at="on_hold", age=AgeBand.OLDER, count=2),),
    tasks=(),
    late={"on_hold": 1},
    back_ordered_units=7,
    blocked={"OrderWorkflow": 2},
)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ApplicationError("no", non_retryable=True), "refused"),
        (ApplicationError("later"), "failed"),
        (RuntimeError("a bug"), "failed"),
        (CancelledError("stop"), "canceled"),
        (asyncio.CancelledError(), "canceled"),
    ],
)
def test_how_an_attempt_ended(error: BaseException, outcome: str) -> None:
    """Refused for good, tried again, or canceled."""
    assert outcome_of(error) == outcome


async def test_gauges_show_the_last_look_and_grow_old() -> None:
    """Every stage and band stands there; after some looks that fail, nothing does."""
    registry = CollectorRegistry()
    gauges = WorkloadGauges(registry)

    async def look() -> Workload:
        return SEEN

    async def fail() -> Workload:
        message = "others hold it"
        raise StoreBusy(message)

    assert generate_latest(registry) == b""
    await gauges.look(look)
    shown = generate_latest(registry).decode()
    assert 'fulfillment_orders{age="over_7d",stage="on_hold"} 2.0' in shown
    assert 'fulfillment_orders{age="under_1h",stage="received"} 0.0' in shown
    assert 'fulfillment_open_tasks{age="under_1h",kind="pick"} 0.0' in shown
    assert "fulfillment_back_ordered_units 7.0" in shown
    for _ in range(STALE_AFTER - 1):
        await gauges.look(fail)
    assert generate_latest(registry).decode() == shown
    await gauges.look(fail)
    assert generate_latest(registry) == b""
    await gauges.look(look)
    assert "fulfillment_orders_late" in generate_latest(registry).decode()


def sample(name: str, **labels: str) -> float:
    """Return a sample of this process, 0 where there is none."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_a_busy_database_is_counted(tmp_path: Path) -> None:
    """A transaction that gives up counts once, and the error goes on."""
    url = f"sqlite:///{tmp_path}/record.db"
    await migrate(url)
    first, second = SqlDatabase(url), SqlDatabase(url, busy_timeout_ms=1)
    before = sample("fulfillment_database_busy_total", kind="writing")
    timed = sample("fulfillment_database_transaction_seconds_count", kind="writing")
    async with first.writing():
        with pytest.raises(StoreBusy):
            async with MeteredDatabase(second).writing():
                pass
    async with MeteredDatabase(second).writing() as tx:
        assert await tx.orders.find("-") is None
    await first.dispose()
    await second.dispose()
    assert sample("fulfillment_database_busy_total", kind="writing") == before + 1
    assert sample("fulfillment_database_transaction_seconds_count", kind="writing") == timed + 2


@pytest.mark.parametrize("address", ["nowhere.invalid:1", "127.0.0.1:99999"])
def test_an_address_that_is_none(address: str) -> None:
    """It is refused by its variable, with what to do."""
    refused = pytest.raises(MetricsAddressTaken, match="FULFILLMENT_METRICS_BIND: expected")
    with refused, exposed(address):
        pass


async def test_a_busy_port_is_one_error(server: DevServer, tmp_path: Path) -> None:
    """The worker names the variable in one line and leaves with code 2."""
    # One process has one runtime of the SDK: the one that can not be made comes first.
    variables = ("FULFILLMENT_TEMPORAL_METRICS_BIND", "FULFILLMENT_METRICS_BIND")
    found = {"TEMPORAL_ADDRESS": server.address, "FULFILLMENT_DATA_DIR": str(tmp_path)}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        told = await refused(found, [{variable: address} for variable in variables])
    for variable, line in zip(variables, told, strict=True):
        assert len(line.splitlines()) == 1
        assert f"{variable}: expected host:port of this machine that is free" in line
        assert f"came {address} (Address already in use" in line


def test_a_request_id_is_a_uuid() -> None:
    """The caller's own is taken if it is one; any other text could be somebody's name."""
    given = "5f2b7a52-2f0e-4e39-9b1c-0e8f4f2b1a10"
    made = request_id_of("Zebedee Canaryson")
    assert request_id_of(given) == given
    assert request_id_of(made) == made
