"""Settings of what happens about goods that are missing."""

from datetime import timedelta

from pydantic import BaseModel

from fulfillment.domain.back_order_choices import BackOrderChoice, ChoicePatience
from fulfillment.settings.spans import Span


class BackOrderSettings(BaseModel):
    """How long customers may think about a back-order, and what is done without their answer."""

    back_order_remind_customer: Span = timedelta(days=2)
    """How long after they were told that goods are missing they are reminded to choose."""
    back_order_decide: Span = timedelta(days=5)
    """How long after the reminder the default below is chosen for them."""
    back_order_default: BackOrderChoice = BackOrderChoice.WAIT
    """What is done then: wait, ship_rest, substitute or cancel; what does not fit, waits."""

    def choice_patience(self, time_scale: float) -> ChoicePatience:
        """Return what each order keeps of it, with the time scale applied."""
        return ChoicePatience(
            remind_after=self.back_order_remind_customer / time_scale,
            decide_after=self.back_order_decide / time_scale,
            default=self.back_order_default,
        )
