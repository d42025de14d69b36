"""What can be set of payments."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

RenewBefore = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=30))]


class PaymentSettings(BaseModel):
    """A part of the settings: payments."""

    stripe_api_key: SecretStr = SecretStr("")
    """Whose account at Stripe cards are charged to; without it, the sandbox that moves no money."""
    authorization_renew_before: RenewBefore = timedelta(days=1)
    """How long before the payer's bank lets an amount go it is held anew."""
