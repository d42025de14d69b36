"""Every way that an order can take, each driven to its end: for faults, replays and kills.

A journey has articles of its own, so that many can go at once in one shop, and what is left of it
does not depend on their company. Each goes in the shop of its house, as `HOUSES` has it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import journeys_by_manifest as dock
import journeys_continuing as continuing
import journeys_returning as _returning  # noqa: F401 - its ways enter themselves
import journeys_supplied as supply
import journeys_through as _through  # noqa: F401 - its ways enter themselves
from fulfillment.ports import Ports
from journey import JOURNEYS, House, Journey
from journeys_against import FORBEARING, HURRIED, RESTLESS, hasty

__all__ = ["HOUSES", "JOURNEYS", "House", "Journey"]


@dataclass(frozen=True)
class Equipment:
    """How the settings and the outside parties of a shop differ from the usual ones."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    change: Callable[[Ports], Ports] = lambda ports: ports


HOUSES = {
    House.CALM: Equipment(),
    House.RESTLESS: Equipment(RESTLESS, hasty),
    House.HURRIED: Equipment(HURRIED),
    House.FORBEARING: Equipment(FORBEARING),
    House.SUPPLIED: Equipment(supply.SUPPLIED),
    House.BY_MANIFEST: Equipment(dock.BY_MANIFEST, dock.missed_once),
    House.LONG_LIVED: Equipment(continuing.LONG_LIVED),
}
