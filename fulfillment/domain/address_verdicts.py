"""What a carrier says of an address before anything is sent there."""

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Value
from fulfillment.domain.errors import Problem


class AddressVerdict(Value):
    """Whether an address can be delivered to, and how the carrier writes it."""

    problems: tuple[Problem, ...]
    """Empty where it can."""
    verified: bool
    """Whether it was checked at all; not every country's are."""
    corrected: Address | None = None
    residential: bool | None = None
