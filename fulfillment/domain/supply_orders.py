"""A purchase or production on record, and how far it has come."""

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.supply import SupplyMethod, SupplyState


class SupplyComponent(Value):
    """What a production needs of a component, and how far that has come, in units."""

    sku: str
    needed: int
    issued: int = 0
    """Taken from the bins."""
    given_back: int = 0
    """Of the issued ones, those that went back or to scrap."""


class SupplyRecord(Value):
    """A purchase or production of one article, for all orders that miss it."""

    supply_id: str
    sku: str
    method: SupplyMethod
    supplier_id: str | None = None
    warehouse_id: str
    bin_id: str
    ordered: int
    received: int = 0
    state: SupplyState
    reason: str = ""
    """Why it ended before all had come."""
    opened_at: Instant
    state_since: Instant
    expected_at: Instant | None = None
    components: tuple[SupplyComponent, ...] = ()

    @property
    def outstanding(self) -> int:
        """Return the units that have not come yet."""
        return self.ordered - self.received
