"""Settings of carriers: tariffs, networks, and when one is left alone."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, SecretStr, field_validator

from fulfillment.domain.circuits import CircuitRules
from fulfillment.settings.spans import Span


def _text(value: Any) -> Any:  # noqa: ANN401 - whatever the sources gave
    return str(value) if isinstance(value, int | float) else value


class CarrierSettings(BaseModel):
    """Who carries parcels, and what is done where nobody answers."""

    time_scale: float

    tariffs: Path | None = None
    """The contract carriers' tariffs as JSON; sample tariffs by default."""
    carrier: dict[str, dict[str, SecretStr]] = Field(default_factory=dict)
    """Networks of carriers beside the contract carriers, as FULFILLMENT_CARRIER__EASYPOST__API_KEY.

    Which there are and what each has to be told: docs/carriers.md. Nobody is asked by default.
    """
    carrier_rest: Span = timedelta(minutes=5)
    """How long an order waits where no carrier answers: then twice that, at most 12 times."""
    carrier_circuit_failures: Annotated[int, Field(gt=0)] = 3
    """How often in a row a network may fail to answer before it is left alone for a while."""
    carrier_circuit_open: Span = timedelta(seconds=30)
    """How long that is; then one question tries whether it is back."""

    @field_validator("carrier", mode="before")
    @classmethod
    def _are_texts(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the sources gave
        if not isinstance(value, dict):
            return value
        # The environment reads a key of digits alone as a number.
        return {
            name: {key: _text(each) for key, each in section.items()}
            if isinstance(section, dict)
            else section
            for name, section in value.items()
        }

    def circuit_rules(self) -> CircuitRules:
        """Return when a carrier network is left alone, and for how long."""
        return CircuitRules(
            failures=self.carrier_circuit_failures,
            open_for=self.carrier_circuit_open / self.time_scale,
        )
