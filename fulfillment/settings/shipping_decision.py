"""Settings of the decision on cartons and carrier service."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from fulfillment.domain.shipping_decision import ShippingRules


class ShippingDecisionSettings(BaseModel):
    """How much may be asked of carriers before goods are packed."""

    shipping_rated_plans: Annotated[int, Field(gt=0, le=20)] = 4
    """Carton plans of an order that are rated; each asks every carrier that is set up once."""
    shipping_quoted_within: Annotated[
        timedelta, Field(gt=timedelta(0), le=timedelta(seconds=4))
    ] = timedelta(seconds=2)
    """How long rates may take before packing: of the first plan, and again of the others."""

    def shipping_rules(self) -> ShippingRules:
        """Return how much may be asked of carriers to decide on an order's cartons."""
        return ShippingRules(
            rated_plans=self.shipping_rated_plans, quoted_within=self.shipping_quoted_within
        )
