"""Settings of the rules of risk."""

from pydantic import BaseModel

from fulfillment.domain.risk import RiskRules


class RiskSettings(BaseModel):
    """What makes an order so unusual that it goes on hold; nothing by default."""

    risk: RiskRules = RiskRules()
    """Limits and scores, as FULFILLMENT_RISK__VALUE_MINOR={"EUR": 100000} (docs/holds.md)."""
