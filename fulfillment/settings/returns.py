"""On which terms goods may come back."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from fulfillment.domain.lifecycle import Policy
from fulfillment.domain.returns import ReturnPolicy, Undecided
from fulfillment.settings.spans import Waits, days, scaled


class ReturnSettings(BaseModel):
    """The terms of returns; an article may have its own (`final_sale` and more)."""

    time_scale: float

    return_window_days: Annotated[int, Field(ge=0, le=3_650)] = 30
    """How long after delivery what is merely unwanted may come back."""
    return_fault_window_days: Annotated[int, Field(ge=0, le=3_650)] = 730
    """How long after delivery what is wrong, damaged or incomplete may come back."""
    return_restocking_fee_percent: Annotated[int, Field(ge=0, le=100)] = 0
    """What is kept of the price of goods that are merely unwanted."""
    return_shipping_back_on_whole: bool = True
    """Whether what shipping cost is given back once the whole order is returned."""
    return_customer_pays_label: bool = False
    """Whether the label of what is merely unwanted is kept from the refund."""
    return_approval_over_minor: Annotated[int, Field(ge=0)] | None = None
    """From which value on, in minor units, a person must approve; never without it."""
    return_photo_over_minor: Annotated[int, Field(ge=0)] | None = None
    """From which value on damage without a photo must be approved; never without it."""
    return_approval: Waits = days(1, 1, 2, Policy.CANCEL)
    """How long an approval may take; then the next setting decides."""
    return_undecided: Undecided = Undecided.APPROVE
    return_remind_after: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(days=7)
    """When a customer is reminded whose goods have not come."""
    return_lapse_after: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(days=21)
    """How long after that the return lapses, and its label is given back."""
    return_inspection: Waits = days(1, 1, 2, Policy.KEEP_WAITING)
    """How long goods that came back may wait for inspection."""

    def return_policy(self) -> ReturnPolicy:
        """Return the terms of returns, with the time scale applied to what is waited for."""
        scale = self.time_scale
        return ReturnPolicy(
            window_days=self.return_window_days,
            fault_window_days=self.return_fault_window_days,
            restocking_fee_percent=self.return_restocking_fee_percent,
            shipping_back_on_whole=self.return_shipping_back_on_whole,
            customer_pays_label=self.return_customer_pays_label,
            approval_over_minor=self.return_approval_over_minor,
            photo_over_minor=self.return_photo_over_minor,
            approval=scaled(self.return_approval, scale),
            undecided=self.return_undecided,
            remind_after=self.return_remind_after / scale,
            lapse_after=self.return_lapse_after / scale,
            inspection=scaled(self.return_inspection, scale),
        )
