"""Settings of how missing goods are arranged for."""

from datetime import timedelta

from pydantic import BaseModel

from fulfillment.domain.lifecycle import Patience, Policy
from fulfillment.domain.supply import SupplyMode


class SupplySettings(BaseModel):
    """Whether what is missing is purchased or produced, and how long that may be overdue."""

    supply: SupplyMode = SupplyMode.NONE
    """Whether what orders miss is arranged for by itself: none, or automatic (docs/supply.md)."""
    supply_overdue: Patience = Patience(
        remind_after=timedelta(days=1),
        escalate_after=timedelta(days=2),
        then_after=timedelta(days=4),
        policy=Policy.KEEP_WAITING,
    )
    """From the day on which a supply order should have brought its goods."""
