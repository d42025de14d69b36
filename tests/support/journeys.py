"""Every way that an order can take, each driven to its end: for faults, replays and kills.

A journey has articles of its own, so that many can go at once in one shop, and what is left of it
does not depend on their company. The restless ones need the short patience of `RESTLESS`.
"""

import journeys_returning as _returning  # noqa: F401 - its ways enter themselves
import journeys_through as _through  # noqa: F401 - its ways enter themselves
from journey import JOURNEYS, Journey
from journeys_against import RESTLESS, hasty

__all__ = ["JOURNEYS", "RESTLESS", "Journey", "hasty"]
