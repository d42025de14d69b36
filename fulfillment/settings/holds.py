"""Settings of orders on hold."""

from datetime import timedelta

from pydantic import BaseModel, field_validator
from pydantic_core import PydanticCustomError

from fulfillment.domain.holds import QuestionPatience


class HoldSettings(BaseModel):
    """How long customers may take who are asked about an order on hold; then HOLD__POLICY applies.

    How long staff may take, FULFILLMENT_HOLD says.
    """

    hold_question_remind: timedelta = timedelta(days=2)
    """How long after they were asked they are reminded."""
    hold_question_decide: timedelta = timedelta(days=5)
    """How long after the reminder the policy of holds applies."""

    @field_validator("hold_question_remind", "hold_question_decide")
    @classmethod
    def _asks_for_a_while(cls, span: timedelta) -> timedelta:
        if span <= timedelta(0):
            raise PydanticCustomError("too_short", "a duration longer than zero")  # noqa: EM101 - its kind
        return span

    def question_patience(self, time_scale: float) -> QuestionPatience:
        """Return what each order keeps of it, with the time scale applied."""
        return QuestionPatience(
            remind_after=self.hold_question_remind / time_scale,
            decide_after=self.hold_question_decide / time_scale,
        )
