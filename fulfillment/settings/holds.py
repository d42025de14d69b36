"""Settings of orders on hold."""

from datetime import timedelta

from pydantic import BaseModel

from fulfillment.domain.holds import QuestionPatience
from fulfillment.settings.spans import Span


class HoldSettings(BaseModel):
    """How long customers may take who are asked about an order on hold; then HOLD__POLICY applies.

    How long staff may take, FULFILLMENT_HOLD says.
    """

    hold_question_remind: Span = timedelta(days=2)
    """How long after they were asked they are reminded."""
    hold_question_decide: Span = timedelta(days=5)
    """How long after the reminder the policy of holds applies."""

    def question_patience(self, time_scale: float) -> QuestionPatience:
        """Return what each order keeps of it, with the time scale applied."""
        return QuestionPatience(
            remind_after=self.hold_question_remind / time_scale,
            decide_after=self.hold_question_decide / time_scale,
        )
