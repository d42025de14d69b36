"""What one picker fetches in one walk, for several fulfillments at once, and where it goes."""

from enum import StrEnum

from fulfillment.domain.base import Value


class BatchStage(StrEnum):
    """Where a pick batch stands: the step that is next to be done."""

    PICKING = "picking"
    SORTING = "sorting"
    SORTED = "sorted"
    CANCELED = "canceled"
    """All its members were withdrawn, or it was called off before anything was picked."""


class BatchPick(Value):
    """One line's units from one bin: a row of the pick list, in the sequence of the walk."""

    pick_no: int
    """Counted from 1 and kept for the batch's life; one added on the way gets the next number."""
    bin_id: str
    sku: str
    lot: str = ""
    quantity: int
    fulfillment_id: str
    order_id: str
    line_no: int
    tote: str
    """Where on the cart the units go; a tote holds one fulfillment's goods of one group."""


class BatchMember(Value):
    """A fulfillment of a batch, and its slot of the put wall."""

    fulfillment_id: str
    order_id: str
    slot: str
