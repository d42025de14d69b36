"""Settings of the HTTP interface: who may ask, how often, and what storefronts sign with."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, SecretStr, field_serializer, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import NoDecode

from fulfillment.domain.access import ApiKey, parse_api_keys
from fulfillment.settings.spans import Span


class HttpSettings(BaseModel):
    """Who may ask over HTTP, and whose webhooks are taken."""

    api_keys: Annotated[tuple[ApiKey, ...], NoDecode] = ()
    """Who may ask over HTTP, as `fulfillment api-key` prints it: name:role:sha256, commas between.

    Without any, nobody may.
    """
    http_requests_per_second: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = 50.0
    """How often each key may ask, on average."""
    http_burst: Annotated[int, Field(gt=0, le=1_000_000)] = 200
    """How many requests of a key may come at once."""
    http_body_limit: Annotated[int, Field(gt=0, le=100_000_000)] = 2_000_000
    """Bytes that a request's body may have."""
    shopify_webhook_secret: SecretStr = SecretStr("")
    """What Shopify signs its webhooks with; without it, none is taken."""
    woocommerce_webhook_secret: SecretStr = SecretStr("")
    webhook_max_age: Span = timedelta(days=3)
    """How old a delivery of Shopify may be; its repeats keep the time of the first."""
    merchant: Path | None = None
    """What only the merchant knows about a storefront's orders, as JSON (docs/storefronts.md)."""

    @field_validator("api_keys", mode="before")
    @classmethod
    def _are_keys(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the sources gave
        if not isinstance(value, str):
            return value
        try:
            return parse_api_keys(value)
        except ValueError as error:
            message = (
                "name:role:sha256 for each key, each name once, as `fulfillment api-key` prints"
            )
            raise PydanticCustomError("api_keys", message) from error  # noqa: EM101 - its kind

    @field_serializer("api_keys")
    def _keys_as_text(self, keys: tuple[ApiKey, ...]) -> str:
        return ",".join(map(str, keys))
