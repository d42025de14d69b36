"""How long a workflow's history may get before it goes on as a new run."""

from typing import Annotated

from pydantic import BaseModel, Field


class ContinuingSettings(BaseModel):
    """When very long workflows continue as new."""

    continue_after_events: Annotated[int, Field(ge=40, le=40_000)] | None = None
    """Events from which on an order continues as new; without it, once Temporal suggests it."""
