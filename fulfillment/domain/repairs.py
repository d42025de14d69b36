"""What mends a finding without asking anybody: safe to do twice, and to do where all is well."""

from enum import StrEnum

from fulfillment.domain.base import Value


class RepairKind(StrEnum):
    """What is done."""

    RESUME_ORDER = "resume_order"
    """Start an order's workflow again, or have it start its fulfillments; effects are found."""
    RESUME_BATCH = "resume_batch"
    RESUME_SUPPLY = "resume_supply"
    RESUME_RETURN = "resume_return"
    WAKE_STOCK = "wake_stock"
    """Share out anew what is free of a SKU, and tell those who wait for it."""
    WAKE_ORDER = "wake_order"
    """Have an order look again for what is missing."""
    CANCEL_FULFILLMENT = "cancel_fulfillment"
    """Have a fulfillment end that is canceled in the books."""


class Repair(Value):
    """A repair that a machine can do: what, and of which order, batch, SKU and so on."""

    kind: RepairKind
    subject: str

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.kind.value.replace('_', ' ')} {self.subject}"
