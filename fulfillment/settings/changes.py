"""Settings of what is changed of orders on their customers' wish."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from fulfillment.domain.lifecycle import PUT_BACK_PATIENCE
from fulfillment.settings.spans import Waits


class ChangeSettings(BaseSettings):
    """How long a put-back may wait, and what bringing parcels back costs the customer."""

    put_back: Waits = PUT_BACK_PATIENCE
    intercept_fee_minor: Annotated[int, Field(ge=0, le=10**9)] = 0
    """What is kept of the refund where parcels on their way are brought back, in minor units."""
