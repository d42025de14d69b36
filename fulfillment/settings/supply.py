"""Settings of how missing goods are arranged for."""

from pydantic import BaseModel

from fulfillment.domain.lifecycle import Policy
from fulfillment.domain.supply import SupplyMode
from fulfillment.settings.spans import Waits, days


class SupplySettings(BaseModel):
    """Whether what is missing is purchased or produced, and how long that may be overdue."""

    supply: SupplyMode = SupplyMode.NONE
    """Whether what orders miss is arranged for by itself: none, or automatic (docs/supply.md)."""
    supply_overdue: Waits = days(1, 2, 4, Policy.KEEP_WAITING)
    """From the day on which a supply order should have brought its goods."""
