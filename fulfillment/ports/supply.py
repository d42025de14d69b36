"""Who has missing goods purchased and produced."""

from typing import Protocol


class SupplyStarter(Protocol):
    """Has purchases and productions carried."""

    async def start(self, supply_id: str) -> None:
        """Have a supply order's workflow look at what is missing; it is started if need be."""


class NoSupply:
    """Nobody: nothing is arranged for by itself."""

    async def start(self, supply_id: str) -> None:
        """Do nothing."""
