"""What one order leaves in Temporal stays small."""

import json
import sys

from bench.history import measure
from fulfillment.temporal.dev_server import DevServer

MOST_EVENTS, MOST_ACTIVITIES, MOST_BYTES = 170, 16, 100_000


async def test_an_ordinary_order_stays_small(server: DevServer) -> None:
    """Both workflows together have at most 16 activities, 170 events and 100 kB."""
    left = await measure(server.address)
    sys.stdout.write(json.dumps(left))
    assert left["activities"] <= MOST_ACTIVITIES
    assert left["events"] <= MOST_EVENTS
    assert left["bytes"] <= MOST_BYTES
