"""Whether a worker replays what is under way before it takes any of it."""

from typing import Annotated

from pydantic import BaseModel, Field


class VerifyingSettings(BaseModel):
    """What a worker replays before it polls, and refuses to start over."""

    verify_histories: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Running workflows of each kind that a worker replays before it polls; none by default."""
