"""Where Prometheus finds the metrics: one address for this product's, one for the SDK's."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.telemetry.metrics import REGISTRY

_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^:\s]+):(?P<port>\d{1,5})")
PRODUCT_VARIABLE = "FULFILLMENT_METRICS_BIND"
TEMPORAL_VARIABLE = "FULFILLMENT_TEMPORAL_METRICS_BIND"


class MetricsAddressTaken(FulfillmentError):
    """Metrics can't be exposed at this address."""

    code = "metrics_address_taken"


@contextmanager
def exposed(address: str) -> Iterator[None]:
    """Expose this product's metrics at `host:port` as long as the context is open.

    Raises:
        MetricsAddressTaken: nothing can listen there.

    """
    if not address:
        yield
        return
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise taken(PRODUCT_VARIABLE, address, "not an address")
    try:
        server, thread = start_http_server(
            int(match["port"]), match["host"].strip("[]"), registry=REGISTRY
        )
    except (OSError, OverflowError) as error:
        raise taken(PRODUCT_VARIABLE, address, getattr(error, "strerror", "") or "") from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def taken(variable: str, address: str, why: str) -> FulfillmentError:
    """Return the error for an address at which nothing can listen."""
    return MetricsAddressTaken.of(
        Problem(
            path=variable,
            expected="host:port of this machine that is free, as 127.0.0.1:9464",
            came=f"{address} ({why})",
            remedy="stop what listens there, take another port for each program, or unset it",
        )
    )
