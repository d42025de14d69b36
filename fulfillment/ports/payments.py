"""What is asked of payment gateways."""

from typing import Protocol

from fulfillment.domain.base import Instant, Value


class Authorization(Value):
    """What a gateway holds for an order, in minor units; of any amount where it says `XXX`."""

    reference: str
    amount_minor: int
    currency: str
    captured_minor: int = 0
    refunded_minor: int = 0
    voided: bool = False
    """Whether nothing is held beyond what was captured."""
    expires_at: Instant | None = None
    """Until when it is held; None where the gateway does not say."""
    disputed_minor: int = 0
    """What the payer's bank has taken back until a dispute is decided."""


class PaymentGateway(Protocol):
    """Card payments; every call is idempotent by its key."""

    async def authorize(
        self, key: str, amount_minor: int, currency: str, source: str
    ) -> Authorization:
        """Hold an amount at the payer's bank.

        Raises:
            PaymentDeclined: the bank said no.
            PaymentUnclear: no answer; ask again with the same key.

        """

    async def capture(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Take an amount of what is held; the rest stays held.

        Raises:
            NotFound: no such authorization.
            PaymentDeclined: more than is held, or it is not held any longer.
            PaymentUnclear: no answer; ask again with the same key.

        """

    async def void(self, key: str, reference: str) -> Authorization:
        """Give back what is held and not captured; what is voided already stays so.

        Raises:
            NotFound: no such authorization.
            PaymentUnclear: no answer; ask again with the same key.

        """

    async def refund(self, key: str, reference: str, amount_minor: int) -> Authorization:
        """Give back an amount of what was captured.

        Raises:
            PaymentDeclined: more than was captured and not given back yet.
            PaymentUnclear: no answer; ask again with the same key.

        """

    async def get(self, reference: str) -> Authorization:
        """Return what the gateway has on its books for a reference.

        Raises:
            NotFound: it never gave that reference out.
            PaymentUnclear: no answer.

        """
